"""A user's file as it is run: statement by statement, a notebook cell by cell; what fails leaves out no definition."""

import ast
import json
import linecache
import re
import signal
import sys
import tokenize
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, thread_time
from types import CodeType, FrameType
from typing import Any

from shared.checking.watching.places import CELL

PATIENCE, WITH_FRAMEWORKS, WAITING = 2.0, 6.0, 20.0
"""Seconds of computing that the statements of a file may take together; then only its definitions are carried out.
PyTorch and JAX take some seconds themselves when they are first used. And seconds that one statement may wait."""
DEFINITIONS = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.AsyncFunctionDef)


class OutOfPatienceError(BaseException):
    """The file is still busy, with a training for instance. No `except Exception` of the file's is to catch this."""


@dataclass
class Run:
    """What came of carrying out a file: the first error, and the lines that were not carried out to their ends."""

    error: BaseException | None = None
    left_out: list[str] = field(default_factory=list)
    is_late: bool = False
    seconds: float = 0.0


def text_of(path: Path) -> str:
    """Return the Python text of a file; of a notebook, that of all its cells."""
    if path.suffix == ".ipynb":
        return "\n\n".join(cells(path).values())
    with tokenize.open(path) as file:
        return file.read()


def cells(path: Path) -> dict[int, str]:
    """Return the code cells of a notebook by number, without magics and lines for the shell.

    Raises
    ------
    ValueError
        If it is no notebook.
    """
    book = json.loads(path.read_text(encoding="utf-8"))
    found = book.get("cells") or [cell for sheet in book.get("worksheets", []) for cell in sheet["cells"]]
    code = {}
    for number, cell in enumerate(found, 1):
        if cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            text = source if isinstance(source, str) else "".join(source)
            is_other = re.match(r"\s*%%(?!time|capture|prun)", text)  # bash or html, or what writes a file
            code[number] = "" if is_other else without_magics(text)
    return code


def without_magics(text: str) -> str:
    """Replace what only a notebook understands by `pass`, so that the lines keep their numbers."""
    magic = re.compile(r"^(\s*)(?:[%!].*|[\w.]+\?+|\?+[\w.]+)$")
    assigned = re.compile(r"^(\s*\w+\s*=\s*)[%!].*$")
    lines = (assigned.sub(r"\1None", magic.sub(r"\1pass", line)) for line in text.split("\n"))
    return "\n".join(lines)


def parts(path: Path) -> Iterator[tuple[str, str]]:
    """Go through the texts that make a file, each with the name under which its code is known."""
    if path.suffix != ".ipynb":
        yield str(path), text_of(path)
        return
    for number, text in cells(path).items():
        name = f"{path}{CELL}{number}"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        yield name, text


def carry_out(
    path: Path, names: dict[str, Any], after: Callable[[], None] = lambda: None, seconds: float | None = None
) -> Run:
    """Carry out a file. After an error, or when patience ends, only definitions are carried out.

    `after` is called after each statement; `seconds` is the patience, if it is not the usual one.
    """
    run = Run()
    for filename, text in parts(path):
        for statement in _statements(filename, text, run):
            if _defines(statement):
                _carry_out(statement, filename, names, run)
            elif run.error is None:
                with _patience(run, seconds):
                    _carry_out(statement, filename, names, run)
            else:
                run.left_out.append(_where(statement, filename))
            after()
    return run


def _defines(statement: ast.stmt) -> bool:
    """Tell whether a statement defines or imports something: it takes the time that it takes."""
    return isinstance(statement, DEFINITIONS) or any(
        isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(statement)
    )


def _statements(filename: str, text: str, run: Run) -> list[ast.stmt]:
    try:
        return ast.parse(text, filename).body
    except SyntaxError as error:
        run.error = run.error or error
        return []


def _carry_out(statement: ast.stmt, filename: str, names: dict[str, Any], run: Run) -> None:
    try:
        exec(_compiled(statement, filename), names)  # noqa: S102  # it is the user's own file
    except OutOfPatienceError as error:
        run.error, run.is_late = run.error or error, True
        run.left_out.append(_where(statement, filename))
    except BaseException as error:
        run.error = run.error or error
        run.left_out.append(_where(statement, filename))


def _where(statement: ast.stmt, filename: str) -> str:
    """Say where a statement stands: in which line, in a notebook of which cell."""
    cell = filename.partition(CELL)[2]
    return f"cell {cell}, line {statement.lineno}" if cell else f"line {statement.lineno}"


def _compiled(statement: ast.stmt, filename: str) -> CodeType:
    return compile(ast.Module([statement], []), filename, "exec", dont_inherit=True)


def patience() -> float:
    """Return how many seconds the statements of a file may take together."""
    return WITH_FRAMEWORKS if {"torch", "jax"} & set(sys.modules) else PATIENCE


@contextmanager
def _patience(run: Run, seconds: float | None) -> Iterator[None]:
    """Interrupt a statement when the time of all is over, where this machine can."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        if run.seconds + thread_time() - begun > (seconds or patience()) or monotonic() > latest:
            raise OutOfPatienceError

    latest = monotonic() + max(WAITING, 2 * (seconds or 0))  # others may be busy on this machine, too
    before, begun = signal.signal(signal.SIGALRM, interrupt), thread_time()
    signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
    try:
        yield
    except OutOfPatienceError as error:  # when the statement was over
        run.error, run.is_late = run.error or error, True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        run.seconds += thread_time() - begun
        with suppress(ValueError, TypeError):
            signal.signal(signal.SIGALRM, before)


class Notebook:
    """What a notebook finds as get_ipython(): whatever is asked of it, nothing happens."""

    def run_line_magic(self, *_: Any, **__: Any) -> None:
        """Do nothing."""

    run_cell_magic = magic = system = getoutput = run_line_magic

    def __call__(self) -> "Notebook":
        """Return itself."""
        return self
