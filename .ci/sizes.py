"""How many lines the house has: printed, and held below a ceiling. Less is more.

A change may lower a ceiling. Raising one needs a reason in the commit.
"""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

CEILINGS = {
    "compare.py": 290,
    "implementations": 1150,
    "shared": 28450,
    "shared/judging": 2800,
    "shared/checking": 14460,
    "tests": 19350,
}
LONGEST_FILE, LONGEST_FUNCTION = 320, 60


def main() -> int:
    """Print the lines of every room, and what is too long; return the exit status."""
    listed = subprocess.run(["git", "ls-files", "*.py", "*.jinja", "*.css"], capture_output=True, text=True, check=True)  # noqa: S607
    lines = Counter[str]()
    too_long: list[str] = []
    for path in map(Path, listed.stdout.split()):
        text = path.read_text()
        count = len(text.splitlines())
        for room in (path, *path.parents):
            lines[str(room)] += count
        if path.parts[0] in ("shared", "implementations", "compare.py") and path.suffix == ".py":
            too_long += [f"{path} has {count} lines, {LONGEST_FILE} at most"] * (count > LONGEST_FILE)
            too_long += functions_too_long(path, text)
    rooms = sorted(
        room for room in lines if room.split("/")[0] in CEILINGS and (room in CEILINGS or Path(room).is_dir())
    )
    for room in rooms:
        ceiling = CEILINGS.get(room)
        print(f"{room:32}{lines[room]:7,}{f'   at most {ceiling:,}' if ceiling else ''}")
    too_long += [
        f"{room} has {lines[room]:,} lines, {most:,} at most" for room, most in CEILINGS.items() if lines[room] > most
    ]
    for complaint in too_long:
        print(f"too long: {complaint}", file=sys.stderr)
    return 1 if too_long else 0


def functions_too_long(path: Path, text: str) -> Iterator[str]:
    """Name the functions that nobody takes in at one look."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            count = (node.end_lineno or node.lineno) - node.lineno + 1
            if count > LONGEST_FUNCTION:
                yield f"{path}: {node.name} has {count} lines, {LONGEST_FUNCTION} at most"


if __name__ == "__main__":
    sys.exit(main())
