"""The user's source around a place: the line as it stands, and the same line mended in the program's own names."""

import ast
import json
import linecache
import re
from pathlib import Path

from shared.checking.watching.operations import Place


def line_at(path: Path, place: Place) -> str:
    """Give the line of a place as it stands; empty if it cannot be found."""
    lines = text_of(path, place).splitlines()
    return lines[place.line - 1].rstrip() if place.line <= len(lines) else ""


def text_of(path: Path, place: Place) -> str:
    """Give the file, or the cell of a notebook, that a place lies in."""
    named = Path(place.file)
    if place.file in linecache.cache and place.cell is None:  # in a notebook that runs here, a cell
        return "".join(linecache.getlines(place.file))
    found = next((file for file in (named, path.parent / named.name, path) if file.is_file()), path)
    try:
        if place.cell is None:
            return found.read_text(encoding="utf-8")
        source = json.loads(found.read_text(encoding="utf-8"))["cells"][place.cell - 1]["source"]
        return source if isinstance(source, str) else "".join(source)
    except (OSError, ValueError, KeyError, IndexError):
        return ""


def mended(path: Path, place: Place, own: str, right: str) -> str:
    """Write the line with one quantity in the place of another; empty where that takes more than a name.

    The name that is replaced must be the only one of its kind in the expression, and the function must have a name for
    the quantity that belongs there.
    """
    line, text = line_at(path, place), text_of(path, place)
    expression = line[place.column : place.end_column] if place.line == place.end_line else ""
    function = function_around(text, place.line)
    wrong_name, right_name = name_for(own, names_in(expression)), name_for(right, names_in(function))
    if not wrong_name or not right_name:
        return ""
    changed = re.sub(rf"(?<![\w.]){re.escape(wrong_name)}(?!\w)", right_name, expression)
    return f"{line[: place.column]}{changed}{line[place.end_column :]}".strip()


def function_around(text: str, line: int) -> str:
    """Give the text of the innermost function around a line; of the whole file if there is none."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return ""
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or line)
    ]
    inner = max(around, key=lambda node: node.lineno, default=None)
    return text if inner is None else ast.unparse(inner)


def names_in(text: str) -> set[str]:
    """Name the variables of a text, arguments of functions too."""
    try:
        tree = ast.parse(text.strip())
    except SyntaxError:
        return set()
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def name_for(quantity: str, names: set[str]) -> str:
    """Find the one name that a quantity can have among these: Z1 is Z1, z1, Z or z; empty if it is not clear which."""
    for reduced in (str.lower, lambda name: re.sub(r"[\d_]", "", name).lower()):
        fitting = [name for name in names if reduced(name) == reduced(quantity)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            return ""
    return ""
