"""The doctor in a program of somebody's own: a function or a class is examined in the process that it lives in."""

import ast
import inspect
import linecache
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from math import inf
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

from rich.console import Console

from shared.checking import checkup, lines, problems, told
from shared.checking.sandbox import calling, worker
from shared.checking.sandbox.process import Child
from shared.checking.sandbox.program import CheckError, Program
from shared.checking.sandbox.source import without_magics
from shared.checking.watching.places import known_as
from shared.data import dataset, default_data
from shared.network import Activation

WIDE = 200
"""Columns, so that no table is wrapped."""
TIMEOUT = 60.0
"""Seconds that a file may take for each call."""
PAGE = '<pre style="line-height: normal; font-family: monospace; overflow-x: auto">{code}</pre>'


class Answer:
    """What was found; it shows itself as what the command prints, in a notebook in colour."""

    def __init__(self, found: checkup.Checkup, activation: Activation):
        self.checkup, self.verdict, self.status, self.activation = found, found.verdict, found.status, activation

    @property
    def sentence(self) -> str:
        """The verdict in a sentence."""
        return str(self).partition("\n")[0]

    def as_dict(self) -> dict[str, Any]:
        """Give all of it, as --json does."""
        with lines.with_hidden_units(self.activation):
            return told.as_dict(self.checkup)

    def _printed(self) -> Console:
        console = Console(record=True, width=WIDE, file=StringIO(), color_system="truecolor")
        with lines.with_hidden_units(self.activation):
            for part in told.parts(self.checkup):
                console.print(part, highlight=False, soft_wrap=isinstance(part, str))
        return console

    def __str__(self) -> str:
        return "\n".join(line.rstrip() for line in self._printed().export_text().splitlines())

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self._printed().export_html(inline_styles=True, code_format=PAGE)


def examined(what: Callable[..., Any] | str | Path, entry: str, activation: Activation) -> Answer:
    """Examine a file, or a function or a class in this process."""
    examples = dataset.load(*default_data.paths()).train
    given = Program(Path(what), TIMEOUT, entry) if isinstance(what, str | Path) else InProcess(what, entry)
    try:
        with lines.with_hidden_units(activation), given as program:
            found = checkup.check(program, program.fitted(problems.everything(examples.X, examples.Y)))
            found.examination.remarks[:0] = program.said
    except CheckError as error:
        if error.details:
            error.add_note(error.details)
        raise
    return Answer(found, activation)


class InProcess(Program):
    """A function or a class of this process, with the functions beside it."""

    def __init__(self, what: Callable[..., Any], entry: str):
        if not hasattr(what, "__module__") or not hasattr(what, "__name__"):
            raise CheckError(f"{what!r} is neither a function nor a class nor the path of a file")
        self.what = what
        super().__init__(Path(what.__name__), inf, f"{what.__name__}.{entry}" if entry else what.__name__)

    @property
    def text(self) -> str:
        """The source around it."""
        return "\n".join(texts(ModuleType(self.what.__module__), self.what))

    def _begin(self) -> Child:
        file = file_of(self.what)
        return Here(self.what, worker.Source(Path(file), known_as(file)), self._folder, self.entry)


class Here(Child):
    """Stands for a child: what it is asked is done in this process."""

    def __init__(self, what: Callable[..., Any], source: worker.Source, folder: Path, entry: str):
        self.source, self.folder = source, folder
        for filename in list(linecache.cache):  # so that the text of every cell is found by its name
            known_as(filename)
        names = getattr(inspect.unwrap(what), "__globals__", None) or vars(sys.modules[what.__module__])
        module = ModuleType(what.__module__)
        vars(module).update(names, **{what.__name__: what})  # what was defined in a function is no part of the module
        self.target = calling.target(module, "\n".join(texts(module, what)), entry)
        self._answer = worker.what_can_be_called(self.target)

    def ask(self, **request: Any) -> None:
        """Do it."""
        self._answer = worker.respond(self.target, self.source, request, self.folder)

    def answer(self, deadline: float) -> dict[str, Any]:
        """Give the answer, however long it took."""
        return self._answer

    def printed(self) -> str:
        """Give nothing: what was printed is to be seen where all of this process is."""
        return ""

    def end(self) -> None:
        """End nothing."""


def texts(module: ModuleType, what: Callable[..., Any]) -> Iterator[str]:
    """Give the source around a function or a class, that of a notebook cell by cell, and then its own."""
    cells = [text for text in map(without_magics, vars(module).get("In", ())) if is_python(text)]
    with suppress(OSError, TypeError):  # typed in, or made by exec
        yield from cells or [inspect.getsource(sys.modules.get(module.__name__, module))]
    with suppress(OSError, TypeError):
        yield dedent(inspect.getsource(what))


def is_python(text: str) -> bool:
    """Tell whether a text can be parsed."""
    with suppress(SyntaxError):
        return bool(ast.parse(text).body)
    return False


def file_of(what: Callable[..., Any]) -> str:
    """Name the file of a function, or that of a class by one of its methods."""
    codes = [each.__code__ for each in (inspect.unwrap(what), *vars(what).values()) if hasattr(each, "__code__")]
    return codes[0].co_filename if codes else str(what.__name__)
