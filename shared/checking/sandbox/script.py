"""A script that trains at the top level, on its own data: it is watched while it runs, and its first steps are read."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import numpy as np

from shared.checking.sandbox.binding import autograd_steps
from shared.checking.sandbox.binding.steps import Step, load, save, steps_of
from shared.checking.sandbox.source import Notebook, OutOfPatienceError, carry_out
from shared.checking.watching import numpy_arrays, torch_tensors
from shared.checking.watching.places import Sources
from shared.checking.watching.recorder import Recorder

LONGEST = 20.0
"""Seconds that a script is watched for."""
STEPS = 3
MOST = 1500
"""Operations: enough for a few steps."""


def steps(path: Path, sources: Sources, to: Path) -> list[Step]:
    """Run a script in a copy of this process until it has made a few steps, and return them; none if it makes none."""
    if not hasattr(os, "fork"):
        return []
    pid, until = os.fork(), monotonic() + LONGEST
    if pid == 0:
        try:
            _watch(path, sources, to)
        finally:
            os._exit(0)
    while not (ended := os.waitpid(pid, os.WNOHANG)[0]) and monotonic() < until:
        sleep(0.005)
    if not ended:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return load(to) if (to / "done").exists() else []


def _watch(path: Path, sources: Sources, to: Path) -> None:
    """Carry the script out as if it were started by itself, and write down what it does."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    recorder = Recorder(sources, numpy_arrays.plain, MOST)
    names: dict[str, Any] = {"__name__": "__main__", "__file__": str(path), "get_ipython": Notebook()}

    def enough() -> None:
        raise OutOfPatienceError

    recorder.when_full = enough
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)  # those that there were did not come with the copy
        with torch_tensors.watched(recorder), autograd_steps.passes(recorder, STEPS, enough) as passes:
            carry_out(path, names)
        found = autograd_steps.steps_of(passes[:STEPS], recorder.operations)
    else:
        with numpy_arrays.watched(recorder) as note:
            carry_out(path, names, lambda: _note_arrays(names, note))
        found = steps_of(recorder.operations, recorder.inputs(), STEPS)
    save(found, to)
    (to / "done").touch()


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
