"""Where in the user's source an operation stands, and what the program calls its result."""

import ast
import linecache
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

from shared.checking.watching.operations import Place

CELL = "#cell "
"""In the file name of a cell's code: what stands between the notebook's path and the number of the cell."""


SUITE = str(Path(__file__).parents[2])
"""What lies in this folder is never the user's."""


def known_as(filename: str) -> str:
    """Say what a user calls a file; a cell of the notebook that this process belongs to is In[3], say."""
    shell = "IPython" in sys.modules and sys.modules["IPython"].get_ipython()
    cell = shell and shell.compile.format_code_name(filename)
    if not cell:
        return filename
    linecache.cache[cell[1]] = linecache.cache[filename]
    return str(cell[1])


class Span(NamedTuple):
    """The first and last line of an expression, and its first and last column in bytes, as Python counts them."""

    line: int
    end_line: int
    column: int
    end_column: int


class Sources:
    """The user's files: the one that is checked, under the name that the user gave it, and those beside it."""

    def __init__(self, path: Path, shown: str):
        self._path, self.shown, self._folder = str(path), shown, str(path.parent)
        self._own: dict[str, bool] = {}

    def is_own(self, filename: str) -> bool:
        """Tell whether code comes from one of the user's files."""
        if filename not in self._own:
            beside = filename.startswith(self._folder) and "site-packages" not in filename and Path(filename).is_file()
            is_cell = known_as(filename) != filename
            self._own[filename] = filename.partition(CELL)[0] == self._path or beside or is_cell
        return self._own[filename]

    def place(self, frame: FrameType | None) -> Place | None:
        """Find the expression that is being run, and the calls that led to it."""
        theirs = [each for each in _outwards(frame) if self.is_own(each.f_code.co_filename)]
        name = self._name(theirs[0].f_code.co_filename) if theirs else ""
        return _place(theirs[0].f_code, theirs[0].f_lasti, name, _lines(theirs[1:])) if theirs else None

    def line(self, frame: FrameType, number: int) -> Place | None:
        """Return the whole of a line of the function that is being run."""
        place, text = self.place(frame), linecache.getline(frame.f_code.co_filename, number).rstrip()
        start = len(text) - len(text.lstrip())
        return place and replace(place, line=number, end_line=number, column=start, end_column=len(text))

    def place_in(self, frames: Iterable[Any]) -> tuple[Place | None, str]:
        """Find the same in frames that JAX has kept, and what the result is called."""
        theirs = [each for each in frames if self.is_own(each.file_name)]
        if not theirs:
            return None, ""
        here, lines = theirs[0], tuple(each.start_line for each in theirs[1:])
        span = Span(here.start_line, here.end_line, here.start_column, here.end_column)
        file = self._name(here.file_name)
        return placed(span, here.file_name, file, here.function_name, lines), _names(here.file_name).get(span, "")

    def _name(self, filename: str) -> str:
        file = filename.partition(CELL)[0]
        return self.shown if file == self._path else Path(known_as(file)).name


class Anywhere(Sources):
    """Where every place is as good as any other."""

    def __init__(self) -> None:
        super().__init__(Path(), "")

    def is_own(self, filename: str) -> bool:
        """Take all code for the user's."""
        return True


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    """Go from call to call, up to that of this suite's."""
    while frame and not frame.f_code.co_filename.startswith(SUITE):
        yield frame
        frame = frame.f_back


def _lines(frames: list[FrameType]) -> tuple[int, ...]:
    return tuple(frame.f_lineno for frame in frames)


@cache
def _place(code: CodeType, instruction: int, file: str, called_from: tuple[int, ...]) -> Place:
    return placed(_span(code, instruction), code.co_filename, file, code.co_name, called_from)


def placed(span: Span, filename: str, shown: str, function: str, called_from: tuple[int, ...]) -> Place:
    """Make a place of a span, its columns in characters."""
    text, cell = linecache.getlines(filename), filename.partition(CELL)[2]
    columns = [
        len(text[row - 1].encode()[:column].decode(errors="replace")) if row <= len(text) else column
        for row, column in ((span.line, span.column), (span.end_line, span.end_column))
    ]
    at = (span.line, columns[0], span.end_line, columns[1])
    return Place(shown, *at, function, called_from, int(cell) if cell else None)


@cache
def _span(code: CodeType, instruction: int) -> Span:
    line, end_line, column, end_column = list(code.co_positions())[instruction // 2]
    line = line or code.co_firstlineno
    return Span(line, end_line or line, column or 0, end_column or 0)


def name_at(frame: FrameType | None, sources: Sources) -> str:
    """Name what the expression that is being run is assigned to; empty if it is only a part, or assigned to nothing."""
    theirs = next((each for each in _outwards(frame) if sources.is_own(each.f_code.co_filename)), None)
    return _names(theirs.f_code.co_filename).get(_span(theirs.f_code, theirs.f_lasti), "") if theirs else ""


@cache
def _names(filename: str) -> dict[Span, str]:
    """For each expression of a file that is assigned to something, by its span, what it is assigned to."""
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except SyntaxError:
        return {}
    names: dict[Span, str] = {}
    for node in ast.walk(tree):
        for target, value in _assignments(node):
            names[_span_of(value)] = str(target.value) if isinstance(target, ast.Constant) else ast.unparse(target)
    return names


def _assignments(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | ast.stmt]]:
    """Go through what a statement assigns: each target with its value; `x += v` as a whole is the value of x."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _paired(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value:
        yield node.target, node.value
    elif isinstance(node, ast.AugAssign):
        yield node.target, node
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key, value


def _paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    sides = isinstance(target, ast.Tuple | ast.List), isinstance(value, ast.Tuple | ast.List)
    if all(sides) and len(target.elts) == len(value.elts):  # type: ignore[attr-defined]
        for one, other in zip(target.elts, value.elts, strict=True):  # type: ignore[attr-defined]
            yield from _paired(one, other)
    elif not sides[0]:
        yield target, value


def _span_of(node: ast.expr | ast.stmt) -> Span:
    return Span(node.lineno, node.end_lineno or 0, node.col_offset, node.end_col_offset or 0)
