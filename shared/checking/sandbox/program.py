"""Runs the functions of a user's Python file in a process of its own, where they can harm nothing here.

It is the user's own code and it runs with the user's rights: this guards against accidents, not against malice.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, Self

import numpy as np
import psutil

from shared.checking.problems import Problem, of_a_step, resized
from shared.checking.sandbox.binding.paper import NAMES, in_columns
from shared.checking.sandbox.process import Child, GoneError
from shared.checking.sandbox.source import text_of
from shared.checking.sandbox.taken import Bound, Training
from shared.checking.watching.operations import Operation, load
from shared.data.files import one_line, what_it_is_instead
from shared.network import InputError

MAIN = "what is not needed for that belongs under if __name__ == '__main__'"


class CheckError(InputError):
    """A file that cannot be checked. The text is one line; `details` is what it printed, and the user's traceback."""

    def __init__(self, text: str, details: str = ""):
        super().__init__(text)
        self.details = details


class TooSlowError(CheckError):
    """A function that did not finish in time. More time may help."""


@dataclass(frozen=True)
class Reply:
    """What came of a call.

    Parameters
    ----------
    values : dict or None
        Each entry that was returned, by the user's own name: a NumPy array, or a text that says what it is instead.
    changed : tuple of int
        Which arguments the user's function modified in place.
    failure : str
        Why there are no values: the user's own traceback, for instance. Empty if there are.
    printed : str
        The last 2,000 characters that were printed.
    timed_out : bool
        Whether there are no values because it took too long.
    notes : dict
        How an entry was read, where that needs saying: "bfloat16, read as float32".
    operations : tuple of Operation
        What the program did, in order, if it was watched; shared/checking/watching/operations.py says how to read it.
    remark : str
        Why there are no operations although the call was to be watched.
    """

    values: dict[str, Any] | None
    changed: tuple[int, ...] = ()
    failure: str = ""
    printed: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    timed_out: bool = False
    operations: tuple[Operation, ...] = ()
    remark: str = ""


def details(printed: str, traceback: str = "") -> str:
    """Put together what a user can look at when their file failed."""
    heading = ["it printed:", *printed.rstrip().splitlines()] if printed.strip() else []
    return "\n".join([*heading, *traceback.splitlines()])


class Program:
    """A user's file, loaded in a process that lives as long as the `with` block.

    After a crash or a timeout the next call loads the file again.

    Parameters
    ----------
    path : Path
        The file.
    timeout : float
        How many seconds it may take to load the file, and how many each call may take.
    entry : str
        The function, class or method to call, if the user named one.
    memory : int, optional
        How many bytes it may allocate: half of the machine's if none are given.

    Raises
    ------
    CheckError
        When the `with` block begins, if the file cannot be loaded or nothing in it gives gradients.
    """

    functions: tuple[str, ...] = ()
    """Which of gradients, forward and train can be called."""
    bound: Bound | None = None
    """What is called in place of gradients(W1, b1, W2, b2, X, Y), if the file has no such function."""
    training = Training()
    """What a script does by itself."""
    remarks: tuple[str, ...] = ()
    """What was left out of the file, and which of its functions are left alone."""

    def __init__(self, path: Path, timeout: float, entry: str = "", memory: int | None = None):
        self.path, self.timeout, self.entry = path, timeout, entry
        self.memory = memory or psutil.virtual_memory().total // 2
        self._child: Child | None = None

    def _begin(self) -> Child:
        """Let a child load the file."""
        _check(self.path)
        return Child(self.path, self._folder, self.entry, self.memory)

    def __enter__(self) -> Self:
        self._holder = TemporaryDirectory(prefix="trigrad-", ignore_cleanup_errors=True)
        self._folder = Path(self._holder.name)
        try:
            self._ready(monotonic() + self.timeout)
        except BaseException:  # Ctrl-C too
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        self._holder.cleanup()

    def call(self, function: str, *arguments: Any, watch: bool = False) -> Reply:
        """Call one of the file's functions with copies of the arguments.

        Parameters
        ----------
        function : str
            Its name.
        *arguments : array, float or int
            What it is given.
        watch : bool
            Whether to record its operations. It is called as well without being watched, and only that counts.

        Returns
        -------
        Reply
            What it returned, or why it returned nothing.
        """
        deadline = monotonic() + self.timeout
        np.savez(self._folder / "arguments.npz", *arguments)
        try:
            child = self._ready(deadline)
            child.ask(function=function, watch=watch)
            answer = child.answer(deadline)
        except CheckError as error:
            return Reply(None, failure=error.details or str(error))
        except (GoneError, TimeoutError) as error:
            late = isinstance(error, TimeoutError)
            return Reply(None, failure=self._why(error), printed=self._end(), timed_out=late)
        values = None if answer["values"] is None else self._values(answer["values"])
        operations = load(self._folder / "watched") if answer["watched"] else ()
        rest = {"operations": operations, "remark": answer["remark"]}
        return Reply(values, tuple(answer["changed"]), answer["failure"], child.printed(), answer["notes"], **rest)

    def _ready(self, deadline: float) -> Child:
        """Return a child that has loaded the file."""
        if self._child:
            return self._child
        self._child = child = self._begin()
        try:
            answer = child.answer(deadline)
        except (GoneError, TimeoutError) as error:
            answer = {"failure": self._why(error), "line": None, "summary": ""}
        failure = self._wrong(answer)
        if failure:
            raise CheckError(str(failure), details(self._end(), failure.details))
        self.functions, self.remarks = tuple(answer["functions"]), tuple(answer["remarks"])
        self.bound = answer["binding"] and Bound(**answer["binding"])
        self.training = Training(**answer["training"])
        return child

    @property
    def text(self) -> str:
        """The file as it is run."""
        return text_of(self.path)

    @property
    def said(self) -> list[str]:
        """What a user should know of how the file was taken."""
        return [*(self.bound.sentences() if self.bound else []), *self.remarks]

    def fitted(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Fit problems to a program that has sizes of its own, or draws its weights itself."""
        if self.bound and self.bound.steps:
            yield from self.own_steps()
            return
        if not self.bound or not (self.bound.own or self.bound.sizes):
            yield from problems
            return
        for problem in resized(problems, self.bound.sizes) if self.bound.sizes else problems:
            if not self.bound.own:
                yield problem
            elif problem.dtype == np.float64:  # the weights that it draws are no numbers of float32
                yield self._with_own_weights(problem)

    def _with_own_weights(self, problem: Problem) -> Problem:
        """Put the weights into a problem that the program draws for it."""
        bound = self.bound
        if not bound:
            return problem
        turned = problem.X.T if bound.rows else problem.X
        Y = problem.Y.ravel() if bound.flat_labels else problem.Y.T if bound.rows else problem.Y
        np.savez(self._folder / "arguments.npz", np.ascontiguousarray(turned), np.ascontiguousarray(Y))
        arrays = self._own("own weights", hidden=problem.sizes["n_h"])
        drawn = dict(zip(("W1", "W2", "b1", "b2"), arrays, strict=True))
        return problem.with_weights({name: V.astype(problem.dtype) for name, V in drawn.items()})

    def own_steps(self) -> Iterator[Problem]:
        """Make problems of the steps of a script."""
        arrays = self._own("steps")
        for number in range(len(arrays) // len(NAMES)):
            given = dict(zip(NAMES, arrays[len(NAMES) * number :], strict=False))
            q = in_columns(given, self.training.rows, self.training.turned)
            yield of_a_step(f"step {number + 1} of {self.training.maker}", q)

    def _own(self, what: str, **request: Any) -> list[np.ndarray]:
        """Ask for arrays of the program's own."""
        deadline = monotonic() + self.timeout
        try:
            child = self._ready(deadline)
            child.ask(function=what, **request)
            answer = child.answer(deadline)
        except (GoneError, TimeoutError) as error:
            answer = {"failure": self._why(error)}
        if answer["failure"]:
            entry, why = self.bound.entry if self.bound else "", answer["failure"].splitlines()[-1]
            raise CheckError(f"{self.path}: {entry} failed: {why}", answer["failure"])
        with np.load(self._folder / "values.npz", allow_pickle=False) as file:
            return [file[name] for name in file.files]

    def _wrong(self, answer: dict[str, Any]) -> CheckError | None:
        """Say what is wrong with the file, if anything is."""
        if "failure" not in answer:
            return None if "gradients" in answer["functions"] else CheckError(f"{self.path}: {answer['problem']}")
        if not answer["summary"]:
            return CheckError(f"{self.path}: when loaded, {answer['failure']}; {MAIN}")
        line = f", line {answer['line']}" if answer["line"] else ""
        return CheckError(one_line(f"{self.path}{line}: {answer['summary']}"), answer["failure"])

    def _why(self, error: Exception) -> str:
        late = isinstance(error, TimeoutError)
        return f"it did not finish within {self.timeout:g} s (--timeout)" if late else str(error)

    def _values(self, entries: list[tuple[str, str | None]]) -> dict[str, Any]:
        """Read the entries that are arrays; the others have a text instead."""
        with np.load(self._folder / "values.npz", allow_pickle=False) as file:
            arrays = iter([file[name] for name in file.files])
        return {name: next(arrays) if text is None else text for name, text in entries}

    def _end(self) -> str:
        """End the child if there is one, and return the last that it printed."""
        child, self._child = self._child, None
        if child is None:
            return ""
        child.end()
        return child.printed()


def _check(path: Path) -> None:
    """Find out whether the file is a text in Python's sense, before anything runs."""
    instead = what_it_is_instead(path, "Python")
    if instead and not (path.is_file() and path.stat().st_size == 0):
        raise CheckError(f"{path}: {instead}")
    if path.suffix not in (".py", ".ipynb"):
        raise CheckError(f"{path}: this is neither a .py file nor a notebook; name the file with your backprop")
    try:
        text_of(path)
    except (json.JSONDecodeError, KeyError, AttributeError, TypeError):
        raise CheckError(f"{path}: this is no notebook, since it is not JSON with cells; save it again") from None
    except (SyntaxError, UnicodeDecodeError):
        utf_16 = path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")
        found = "this is UTF-16 (as PowerShell's > may write it)" if utf_16 else "this is not text in UTF-8"
        raise CheckError(f"{path}: {found}; save it as UTF-8") from None
