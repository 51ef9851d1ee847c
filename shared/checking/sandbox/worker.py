"""The room where a user's file runs: `python -m shared.checking.sandbox.worker FILE FOLDER`, a process of its own.

It takes one request a line from standard input and gives one answer a line to what was standard output,
as JSON. Arrays lie in the folder. Whatever the user's file prints goes to standard error, and so cannot
be taken for an answer.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from queue import SimpleQueue
from shutil import rmtree
from threading import Thread
from traceback import StackSummary, TracebackException, walk_tb
from typing import IO, Any, NamedTuple

import numpy as np
import numpy.random  # its generator is seeded here, for the copies of this process too
import psutil

from shared.checking.sandbox import calling, libraries, script
from shared.checking.sandbox.calling import Target
from shared.checking.sandbox.source import Notebook, OutOfPatienceError, carry_out, patience, text_of
from shared.checking.sandbox.unpack import NoEntriesError, entries
from shared.checking.watching.beside import Note, Watched, unwatched
from shared.checking.watching.operations import save
from shared.checking.watching.places import CELL, Sources

END_OF_CALL = b"\0end of call\0"
"""Written after what a call printed, so that the other side knows when it has read all of it."""

MARK = "TRIGRAD_CHECK"
"""This variable holds the folder: what carries it has been started here, in whatever session it is."""

MEMORY = "TRIGRAD_MEMORY"
"""This variable holds how many bytes the process may allocate."""

LARGEST_ANSWER = 2**28
"""Bytes that are read of what a call returns."""

SIGNATURES = {
    "gradients": "gradients(W1, b1, W2, b2, X, Y)",
    "forward": "forward(W1, b1, W2, b2, X)",
    "train": "train(W1, b1, W2, b2, X, Y, learning_rate, iterations)",
}
LONGEST_TRACEBACK = 6000


class Source(NamedTuple):
    """Where the user's file lies, whatever folder is the current one later, and what the user calls it."""

    path: Path
    shown: str


def main() -> None:
    """Load the file and answer requests, until nobody is there to ask."""
    source, folder, entry = Source(Path(sys.argv[1]).absolute(), sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    requests, answers = _private_pipes()
    todo: SimpleQueue[dict[str, Any]] = SimpleQueue()
    Thread(target=_listen, args=(requests, todo, folder), daemon=True).start()
    _set_the_scene(source)
    _limit_memory()
    target, answer = _load(source, entry, folder)
    while True:
        with suppress(BrokenPipeError):  # nobody is left to read it: the thread that listens ends this process
            answers.write(b"%s %s\n" % (os.fsencode(folder), json.dumps(answer).encode()))
            answers.flush()
        request = todo.get()
        answer = respond(target, source, request, folder)
        with suppress(OSError, ValueError, AttributeError):  # closed or replaced by the user
            sys.stdout.flush()
        with suppress(OSError):
            os.write(2, END_OF_CALL)


def respond(target: Target, source: Source, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Do what is asked; arrays lie in the folder, and are left there."""
    asked = {"own weights": _own_weights, "steps": _steps}.get(request["function"], _call)
    return asked(target, source, request, folder)


def _private_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Keep the two pipes to the other side, and let the user's file have an empty input and print to the error."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)  # type: ignore[union-attr]
    return requests, answers


def _listen(requests: IO[bytes], todo: SimpleQueue[dict[str, Any]], folder: Path) -> None:
    """Hand requests on. When there can be no more, clean up and end at once, whatever the user's code is doing."""
    for line in requests:
        todo.put(json.loads(line))
    with suppress(OSError):  # an answer that is still being written does not find it under its new name
        rmtree(folder.rename(f"{folder}-ended"), ignore_errors=True)
    end_marked(str(folder))
    os._exit(0)


def end_marked(mark: str) -> None:
    """End every process that a user's file has started, and that lives on."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                process.kill()


def _limit_memory() -> None:
    """Let what allocates more than it may fail with a MemoryError, before the whole machine does."""
    if find_spec("resource"):
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (int(os.environ[MEMORY]),) * 2)


def _set_the_scene(source: Source) -> None:
    """Let the user's file find what it would find by itself: its own folder first, and its own `shared`."""
    sys.dont_write_bytecode = True  # from here on: no __pycache__ beside the user's files
    sys.argv = [source.shown]
    sys.path.insert(0, str(source.path.parent))
    sys.meta_path.insert(0, libraries.First(source.path.parent))
    for name in [name for name in sys.modules if name.split(".")[0] == "shared"]:
        del sys.modules[name]


def _load(source: Source, entry: str, folder: Path) -> tuple[Target, dict[str, Any]]:
    """Load the file, and say what can be called in it or why it cannot be loaded."""
    name = source.path.stem + ("_" if libraries.is_one(source.path.stem) else "")
    spec = spec_from_loader(name, SourceFileLoader(name, str(source.path)))
    module = module_from_spec(spec)  # type: ignore[arg-type]
    sys.modules[name] = module
    vars(module).update(get_ipython=Notebook(), display=lambda *_: None)
    with _copies_end():
        run = carry_out(source.path, vars(module))
        target = calling.target(module, text_of(source.path), entry)
        trains, called = script.at_top(source.path)
        trains = not target.has_loss or ("train" not in target.functions and trains)
        if trains and not isinstance(run.error, SyntaxError):
            sources, to = Sources(source.path, source.shown), _empty(folder / "script")
            try:
                target.take_steps(*script.steps(source.path, sources, to), called)
            except TimeoutError as error:
                target.remarks.append(str(error))
        if not target.steps:
            target.let_train(Sources(source.path, source.shown), folder / "script")
    if run.error and not target.functions:
        where = {"failure": _failure(run.error, source), "line": _line(run.error, source)}
        return target, {**where, "summary": _summary(run.error)}
    if run.error and not target.is_script:
        why = "takes long" if run.is_late else _summary(run.error) or _failure(run.error, source)
        target.remarks.append(f"{run.left_out[0]} {'' if run.is_late else 'fails: '}{why}; it was left out")
    return target, what_can_be_called(target)


def what_can_be_called(target: Target) -> dict[str, Any]:
    """Say which functions there are, and what is called for them."""
    told = {"functions": target.functions, "problem": target.problem, "training": target.training()}
    return {**told, "remarks": target.all_remarks(), "binding": target.told()}


def _steps(target: Target, source: Source, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Leave in the folder what the steps of a script begin with."""
    np.savez(folder / "values.npz", *(step.given[name] for step in target.steps for name in calling.ORDER["gradients"]))
    return {"failure": ""}


def _own_weights(target: Target, source: Source, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Leave in the folder the weights that a training draws for the examples that lie there."""
    try:
        if not target.binding:
            raise TypeError("nothing here draws weights")
        X, Y = _arguments(folder)
        weights = target.binding.own_weights(X, Y, request["hidden"])
        np.savez(folder / "values.npz", *(weights[name] for name in sorted(weights)))
    except BaseException as error:
        return {"failure": _failure(error, source)}
    return {"failure": ""}


def _call(target: Target, source: Source, request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Call a function with the arguments that lie in the folder, and leave there what it returns."""
    function, given, before = request["function"], _arguments(folder), _arguments(folder)
    answer: dict[str, Any] = {"failure": "", "values": None, "notes": {}, "watched": False, "remark": ""}
    beside = _watched(target, source, function, folder) if request["watch"] and not target.is_script else None
    values: dict[str, Any] | None = None
    try:
        with _copies_end():
            returned = target.call(function, given, unwatched)
        values, answer["notes"] = entries(function, returned)
        arrays = [value for value in values.values() if not isinstance(value, str)]
        if sum(array.nbytes for array in arrays) > LARGEST_ANSWER:
            raise NoEntriesError(f"it returned more than {LARGEST_ANSWER:,} bytes; return gradients only")
        np.savez(folder / "values.npz", *arrays)
        if request["watch"] and target.is_script:
            save(target.step_from(given[:5]).operations, _empty(folder / "watched"))
            answer["watched"] = True
        answer["values"] = [(name, value if isinstance(value, str) else None) for name, value in values.items()]
    except NoEntriesError as error:
        answer["failure"] = str(error)
    except BaseException as error:
        answer["failure"] = _failure(error, source)
        if target.binding or target.is_script:  # another layout may do
            answer["failure"] = f"Traceback of what is called:\n{answer['failure']}"
        elif isinstance(error, TypeError) and _line(error, source) is None:
            answer["failure"] += f"\nit is called as {SIGNATURES[function]}"
    if beside:
        answer["remark"] = beside.outcome(values)
        answer["watched"] = values is not None and not answer["remark"]
    answer["changed"] = [i for i, (a, b) in enumerate(zip(given, before, strict=True)) if _differs(a, b)]
    return answer


def _watched(target: Target, source: Source, function: str, folder: Path) -> Watched:
    """Begin the same call in a copy of this process, where it is watched."""
    arguments = _arguments(folder)

    def call(note: Note) -> dict[str, Any]:
        return entries(function, target.call(function, arguments, note))[0]

    return Watched(call, Sources(source.path, source.shown), _empty(folder / "watched"))


def _empty(folder: Path) -> Path:
    """Make a folder with nothing in it."""
    rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@contextmanager
def _copies_end() -> Iterator[None]:
    """End the copies of this process that the user's code made with fork and left running: one gives the answer."""
    here = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != here:
            os._exit(0)


def _arguments(folder: Path) -> list[Any]:
    """Read fresh copies of the arguments; what has no dimensions arrives as a Python number."""
    with np.load(folder / "arguments.npz", allow_pickle=False) as file:
        arrays = [file[name] for name in file.files]
    return [array if array.ndim else array.item() for array in arrays]


def _differs(after: Any, before: Any) -> bool:
    if not isinstance(after, np.ndarray):
        return False
    return (after.shape, after.dtype, after.tobytes()) != (before.shape, before.dtype, before.tobytes())


def _failure(error: BaseException, source: Source) -> str:
    """Return the user's own traceback, which has the frames of their file only."""
    if isinstance(error, SystemExit):
        return f"it ended the process with exit({'' if error.code is None else repr(error.code)})"
    report = TracebackException.from_exception(error)
    for part in _chain(report):
        frames = [frame for frame in part.stack if frame.filename.partition(CELL)[0] == str(source.path)]
        for frame in frames:
            frame.filename = frame.filename.replace(str(source.path), source.shown).replace(CELL, ", cell ")
        part.stack = StackSummary.from_list(frames) if frames else None  # type: ignore[assignment]
        if getattr(part, "filename", None) == str(source.path):  # of a syntax error
            part.filename = source.shown
    text = "".join(report.format()).strip()
    half = LONGEST_TRACEBACK // 2
    return text if len(text) <= LONGEST_TRACEBACK else f"{text[:half]}\n  ...\n{text[-half:]}"


def _chain(report: TracebackException | None) -> Iterator[TracebackException]:
    """Go through an error, what caused it, and what it arose from."""
    if report is not None:
        yield report
        for other in (report.__cause__, report.__context__, *(report.exceptions or ())):
            yield from _chain(other)


def _line(error: BaseException, source: Source) -> int | None:
    """Return the line of the user's file where an error came up, or None if it was elsewhere."""
    if isinstance(error, SyntaxError) and error.filename == str(source.path):
        return error.lineno
    frames = StackSummary.extract(walk_tb(error.__traceback__), lookup_lines=False)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == str(source.path)), None)


def _summary(error: BaseException) -> str:
    """Say in one line why the file cannot be loaded."""
    if isinstance(error, OutOfPatienceError):
        return f"it did not finish within {patience():g} s"
    if isinstance(error, SyntaxError):
        return f"this is not Python: {error.msg}"
    if isinstance(error, SystemExit):
        return ""
    if isinstance(error, ModuleNotFoundError) and error.name and "." not in error.name:
        package = {"sklearn": "scikit-learn", "PIL": "pillow", "cv2": "opencv-python"}.get(error.name, error.name)
        known = f"install it: python -m pip install {package}"
        return f"{error}; {known if error.name in libraries.PACKAGES else f'put {error.name}.py beside it'}"
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    main()
