"""A script that trains at the top level, on its own data: it is watched while it runs, and its first steps are read."""

import ast
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from importlib import import_module
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import psutil

from shared.checking.sandbox.binding import autograd_steps, numpy_steps
from shared.checking.sandbox.binding.passes import Step
from shared.checking.sandbox.binding.steps import is_unused, learning_rates, steps_of
from shared.checking.sandbox.binding.survey import TRAINING, is_like
from shared.checking.sandbox.source import Notebook, OutOfPatienceError, carry_out, parts
from shared.checking.watching import jax_primitives, numpy_arrays, torch_tensors
from shared.checking.watching.numbers import followed
from shared.checking.watching.operations import load, save
from shared.checking.watching.places import Sources
from shared.checking.watching.recorder import Recorder

Training = Callable[[Callable[[str, Any], Any]], list[float]]
"""A call of a training: it says of each argument which one it is, and gives the costs that came back."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LONGEST = 20.0
"""Seconds of computing that a script is watched for."""
FRAMEWORKS = ("torch", "jax")
STEPS, SINGLE = 3, 12
"""So many steps are examined, and of those that have a single example each, so many."""
KINDS = ("given", "gradients", "after")
"""The arrays of a step that are kept."""
MOST, LATEST = 1500, 12_000
"""Operations: enough for a few steps, and for a few that go through the examples one by one."""


def steps(path: Path, sources: Sources, to: Path) -> tuple[list[Step], str]:
    """Run a script in a copy of this process until it has made a few steps; return them, and its optimizer in words.

    Raises
    ------
    TimeoutError
        If it goes on for too long.
    """
    if not hasattr(os, "fork"):
        return [], ""
    with_frameworks = {*FRAMEWORKS} & {*sys.modules}
    return _made(_anew(path, sources, to) if with_frameworks else _copy(partial(_watch, path, sources, to)), to)


def steps_of_call(call: Training, named: Sequence[float], sources: Sources, to: Path) -> list[Step]:
    """Let a training in NumPy make a few steps in a copy of this process; `call` gives what came back, and the costs.

    `named` are its learning rates.
    """
    if not hasattr(os, "fork") or {*FRAMEWORKS} & {*sys.modules}:
        return []
    with suppress(TimeoutError):
        return _made(_copy(partial(_watch_call, call, named, sources, to)), to)[0]
    return []


def _copy(watch: Callable[[], None]) -> int:
    """Begin in a copy of this process."""
    pid = os.fork()
    if pid == 0:
        try:
            watch()
        finally:
            os._exit(0)
    return pid


def _made(pid: int, to: Path) -> tuple[list[Step], str]:
    """Wait until a process has written the steps that were made; return them, and the optimizer in words."""
    before = 0.0
    while not os.waitpid(pid, os.WNOHANG)[0]:
        used = sum(psutil.Process(pid).cpu_times()[:2])
        if not before and (to / "begun").exists():  # importing PyTorch and JAX may take long
            before = used
        if before and used - before > LONGEST:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise TimeoutError(
                f"not examined: the steps at its top level, no {STEPS} of which it made in {LONGEST:g} s"
            )
        sleep(0.005)
    return (list(_load(to)), (to / "done").read_text()) if (to / "done").exists() else ([], "")


def _anew(path: Path, sources: Sources, to: Path) -> int:
    """Run a script in a process that is no copy: PyTorch and JAX compute in threads, which do not come with one."""
    used = [name for name in FRAMEWORKS if name in sys.modules]
    command = [sys.executable, "-P", "-B", "-m", __name__, str(path), sources.shown, str(to), *used]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL).pid  # noqa: S603


def at_top(path: Path) -> tuple[bool, set[str]]:
    """Tell whether a file, run by itself, comes to a loop or calls a training; and which names it calls at its top."""
    with suppress(SyntaxError):
        statements = [each for _, text in parts(path) for each in ast.parse(text).body]
        defined = {node.name: node for each in statements for node in ast.walk(each) if isinstance(node, FUNCTIONS)}
        todo: list[ast.AST] = [each for each in statements if not isinstance(each, (*FUNCTIONS, ast.ClassDef))]
        called = set[str]().union(*map(called_in, todo))
        loops, seen = False, set[str]()
        while todo:
            node = todo.pop()
            loops = loops or any(isinstance(each, ast.For | ast.While) for each in ast.walk(node))
            new = called_in(node) & {*defined} - seen
            seen |= new
            todo += [defined[name] for name in new]
        return loops or any(is_like(name, TRAINING) for name in called), called
    return False, set()


def called_in(node: ast.AST) -> set[str]:
    """Name the functions and methods that are called in a part of a file."""
    return {ast.unparse(each.func).rpartition(".")[2] for each in ast.walk(node) if isinstance(each, ast.Call)}


def _watch(path: Path, sources: Sources, to: Path) -> None:
    """Carry the script out as if it were started by itself, and write down what it does."""
    (to / "begun").touch()
    recorder = _recorder(sources)
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(path), "get_ipython": Notebook()}
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)  # those that there were did not come with the copy
    if {*FRAMEWORKS} & {*sys.modules}:
        tensors, primitives = torch_tensors.watched(recorder), jax_primitives.watched(recorder)
        arrays = nullcontext(lambda name, V: V) if torch else numpy_arrays.watched(recorder)  # JAX takes NumPy's arrays
        with tensors, primitives, arrays as note, autograd_steps.passes(recorder, STEPS, stop) as seen:
            noted = partial(_note_arrays, names, note)
            carry_out(path, names, noted, seconds=LONGEST + 1)  # an optimizer imports more of PyTorch, which takes long
        passes, optimizer = seen.found(), seen.optimizer
        if not seen.noted:  # the gradients are made by hand
            passes = numpy_steps.passes(recorder.operations, recorder.inputs(), SINGLE)
    else:
        with numpy_arrays.watched(recorder) as note, followed(recorder):
            carry_out(path, names, lambda: _note_arrays(names, note), seconds=LONGEST / 4)
        passes, optimizer = numpy_steps.passes(recorder.operations, recorder.inputs(), SINGLE), ""
    text = "\n".join(text for _, text in parts(path))
    named = learning_rates(names, text)
    steps = steps_of(passes, recorder.operations, recorder.inputs(), named)
    if len(named) == 1 and not optimizer and is_unused(text):  # another number takes its place
        steps = [replace(step, rate=named[0]) for step in steps]
    _save(steps, to)
    (to / "done").write_text(optimizer)


def _watch_call(call: Training, named: Sequence[float], sources: Sources, to: Path) -> None:
    """Let a training be called, and write down what it does; what came back in time has costs of its own."""
    (to / "begun").touch()
    recorder, costs = _recorder(sources), list[float]()
    with suppress(Exception, OutOfPatienceError), numpy_arrays.watched(recorder) as note, followed(recorder):
        costs = call(note)
    found = numpy_steps.passes(recorder.operations, recorder.inputs(), SINGLE)
    steps = steps_of(found, recorder.operations, recorder.inputs(), named)
    for k, step in enumerate(steps if costs else ()):
        step.cost = costs[k] if k < len(costs) else None
    _save(steps, to)
    (to / "done").touch()


def stop() -> None:
    """Break off what is watched: it has shown enough."""
    raise OutOfPatienceError


def _recorder(sources: Sources) -> Recorder:
    """Make what writes a few steps down, silently, and stops what it watches when that is enough."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    recorder = Recorder(sources, numpy_arrays.plain, MOST)

    def full() -> None:
        numpy = not {*FRAMEWORKS} & {*sys.modules}
        if numpy and recorder.most < LATEST:
            found = numpy_steps.passes(recorder.operations, recorder.inputs(), STEPS)
            recorder.most = recorder.most if found else LATEST
        if recorder.is_full:
            stop()

    recorder.when_full = full
    return recorder


def _note_arrays(names: dict[str, Any], note: Any) -> None:
    """Watch the arrays that the script has put into its variables, and into dicts and lists."""
    for path, container, key in list(_places(names)):
        if type(container[key]) is np.ndarray and container[key].dtype.kind in "bif":
            container[key] = note(path, container[key])


def _places(names: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name, value in names.items():
        if not name.startswith("__"):
            yield name, names, name
            keys: Any = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
            yield from ((f"{name}[{key!r}]", value, key) for key in keys)


def _save(steps: Sequence[Step], folder: Path) -> None:
    """Write steps into a folder: a few, or more if they have a single example each."""
    few = len(steps) if all(step.given["Y"].size == 1 for step in steps) else STEPS
    for number, step in enumerate(steps[:few]):
        place = folder / f"step{number:02}"
        place.mkdir()
        save(step.operations, place)
        numbers = [step.rows, step.turned, step.rate, np.nan if step.cost is None else step.cost]
        arrays = {f"{kind} {name}": V for kind in KINDS for name, V in getattr(step, kind).items()}
        np.savez(place / "arrays.npz", numbers=numbers, **arrays)


def _load(folder: Path) -> Iterator[Step]:
    """Read the steps that `_save` wrote."""
    for place in sorted(folder.glob("step*")):
        with np.load(place / "arrays.npz", allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        rows, turned, rate, cost = arrays.pop("numbers").tolist()
        given, gradients, after = (
            {name.split()[1]: V for name, V in arrays.items() if name.split()[0] == kind} for kind in KINDS
        )
        known = None if np.isnan(cost) else cost
        yield Step(given, gradients, load(place), bool(rows), bool(turned), after, rate, known)


if __name__ == "__main__":
    file, shown, folder, *used = sys.argv[1:]
    for name in used:  # they are watched only if they are there
        import_module(name)
    sys.argv[:] = [shown]
    sys.path.insert(0, str(Path(file).parent))
    _watch(Path(file), Sources(Path(file), shown), Path(folder))
