"""The user's source around a place: the line as it stands, and the same line mended in the program's own names."""

import ast
import io
import linecache
import re
import tokenize
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from shared.checking.sandbox.binding.words import kind_of, roles_of, weight_of
from shared.checking.sandbox.source import cells
from shared.checking.watching.operations import Place
from shared.network import Parameters

MOST = 40
"""A text with more numbers holds data."""


def numbers_in(text: str) -> tuple[float, ...]:
    """Give the numbers of a text that a mistake may have, such as a strength, a guard or a size; and 1 less each."""
    with suppress(SyntaxError):
        values = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant))
        numbers = [*dict.fromkeys(V for V in values if isinstance(V, int | float) and V not in (0, 1))][:MOST]
        return tuple(dict.fromkeys([*numbers, *(round(1 - each, 15) for each in numbers if 0 < each < 1)]))
    return ()


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
        return found.read_text(encoding="utf-8") if place.cell is None else cells(found)[place.cell]
    except (OSError, ValueError, KeyError):
        return ""


def texts(path: Path) -> Iterator[tuple[str, Place]]:
    """Give the text of a file, or those of a notebook's cells, each with a place in it."""
    for cell in cells(path) if path.suffix == ".ipynb" and path.is_file() else [None]:
        place = Place(path.name, 1, 0, 1, 0, cell=cell)
        yield text_of(path, place), place


def without_comments(text: str) -> str:
    """Leave out the comments of a text; everything else stays where it is."""
    lines = text.splitlines()
    with suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(lines)


def where_called(path: Path, place: Place) -> Place:
    """Go from an expression in a function of one argument to the call: what is wrong is what it was called with."""
    text = text_of(path, place)
    function = function_around(text, place.line)
    if function is None or not place.called_from or len([a for a in function.args.args if a.arg != "self"]) != 1:
        return place
    calls = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and node.lineno <= place.called_from[0] <= (node.end_lineno or node.lineno)
        and ast.unparse(node.func).split(".")[-1] == function.name
    ]
    if len(calls) != 1:
        return place
    return where_called(path, replace(placed_at(text, calls[0], place), called_from=place.called_from[1:]))


def where_passed_back(path: Path, place: Place) -> Place:
    """Go from the forward of a torch.autograd.Function to what its backward returns."""
    text = text_of(path, place)
    for node in ast.walk(ast.parse(text)) if place.function == "forward" else ():
        if isinstance(node, ast.ClassDef) and node.lineno <= place.line <= (node.end_lineno or 0):
            rules = [each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "backward"]
            returns = [each.value for rule in rules for each in ast.walk(rule) if isinstance(each, ast.Return)]
            if returns and returns[-1] and [each.arg for each in rules[0].args.args][:1] == ["ctx"]:
                return placed_at(text, returns[-1], place)
    return place


def where_stepped(weight: str, path: Path, is_missing: bool = False) -> Place | None:
    """Find the one place where a weight, or all of them in turn, move by a learning rate times something.

    If its own step `is_missing`, that of another one is right.
    """
    steps = list[tuple[Place, str]]()
    for text, whole in texts(path) if weight in Parameters._fields else ():
        with suppress(SyntaxError):
            for node in ast.walk(ast.parse(text)):
                match node:
                    case (
                        ast.BinOp(left=moved, op=ast.Add() | ast.Sub(), right=by)
                        | ast.AugAssign(target=moved, op=ast.Add() | ast.Sub(), value=by)
                    ) if any("rate" in roles_of(name) for name in re.findall(r"\w+", ast.unparse(by))):
                        steps.append((placed_at(text, node, whole), ast.unparse(moved)))
    names = [moved for _, moved in steps]
    of_it = [step for step, name in zip(steps, names, strict=True) if weight_of(name) == weight]
    of_its_kind = [step for step, name in zip(steps, names, strict=True) if kind_of(name.split(".")[-1]) == weight[0]]
    steps = of_it or (of_its_kind if not is_missing else []) or steps
    return steps[0][0] if len(steps) == 1 else None


def where_assigned(path: Path, place: Place) -> Place:
    """Go from an expression to where the only size that it uses was taken: m = X.shape[0], len(X) or X.size."""
    text = text_of(path, place)
    around, used = function_around(text, place.line), set(re.findall(r"\w+", line_at(path, place)))
    sizes = [
        node
        for node in ast.walk(around or ast.parse(text))
        if isinstance(node, ast.Assign)
        and re.search(r"\.shape\b|\.size\b|\blen\(", ast.unparse(node.value))
        and not any(isinstance(part, ast.Dict | ast.MatMult) for part in ast.walk(node.value))
        and used & names_in(", ".join(map(ast.unparse, node.targets)))
    ]
    return placed_at(text, sizes[0].value, place) if len(sizes) == 1 else place


def placed_at(text: str, node: ast.expr | ast.stmt, like: Place) -> Place:
    """Make the place of a part of a text, in the file of another place; columns are counted in characters."""
    lines, around = text.splitlines(), function_around(text, node.lineno)
    start, end = (
        len(lines[row - 1].encode()[:column].decode(errors="replace"))
        for row, column in ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
    )
    function, end_line = around.name if around else "<module>", node.end_lineno or 0
    return replace(like, line=node.lineno, column=start, end_line=end_line, end_column=end, function=function)


def mended(path: Path, place: Place, written: str, right: str) -> str:
    """Write the line with one formula in the place of another; empty where that takes more than names.

    The expression must hold the one as it is written in the notation, and the function must have names for the other.
    """
    function = function_around(text_of(path, place), place.line)
    known = names_in(text_of(path, place) if function is None else ast.unparse(function))
    wrong, wanted = with_names(written, names_in(expression_at(path, place))), with_names(right, known)
    return changed(path, place, rf"(?<![\w.]){re.escape(wrong)}(?!\w)", wanted) if wrong and wanted else ""


def changed(path: Path, place: Place, pattern: str, right: str) -> str:
    """Write the line of a place with what a pattern finds in its expression replaced; empty if it finds nothing."""
    line, (expression, count) = line_at(path, place), re.subn(pattern, right, expression_at(path, place))
    return f"{line[: place.column]}{expression}{line[place.end_column :]}".strip() if count else ""


def expression_at(path: Path, place: Place) -> str:
    """Give the expression of a place; empty if it takes more than a line."""
    return line_at(path, place)[place.column : place.end_column] if place.line == place.end_line else ""


def with_names(formula: str, names: set[str]) -> str:
    """Write a formula with the names that a program has for its quantities; empty if it has none, or several."""
    said = {quantity: name_for(quantity, names) for quantity in names_in(formula)}
    written = re.sub(r"(?<![\w.])[A-Za-z]\w*", lambda each: said.get(each[0], each[0]), formula)
    return written if all(said.values()) else ""


def function_around(text: str, line: int) -> ast.FunctionDef | None:
    """Find the innermost function around a line."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    around = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or line)
    ]
    return max(around, key=lambda node: node.lineno, default=None)


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
