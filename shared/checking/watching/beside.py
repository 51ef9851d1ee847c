"""The same call twice: as it is, and watched in a copy of the process, which starts from the same state.

The copy is made with fork before the call. It gives the same answer, or its trace is not used: a program that looks at
the type of its arrays may behave differently when it is watched, and the unwatched counts.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from warnings import catch_warnings

import numpy as np

from shared.checking.watching import jax_primitives, numpy_arrays, torch_tensors
from shared.checking.watching.numbers import followed
from shared.checking.watching.operations import Operation, save
from shared.checking.watching.places import Sources
from shared.checking.watching.recorder import Recorder

LONGEST = 10.0
"""Seconds that a watched call may take."""
ROUNDINGS = 1000
"""So many of its largest entry's roundings an array of JAX's may be off when it is watched."""
NOT_SAME = "watching was left out: while it is watched, the program gives something else"
NOT_DONE = "watching was left out: while it is watched, the program does not come to an end"
NO_COPY = "watching was left out: this machine cannot copy a process (fork)"


Note = Callable[[str, Any], Any]
"""Says which argument a value is, by its name in this suite, and gives back what is to be passed on in its place."""
ToWatch = Callable[[Note], dict[str, Any]]
"""A call; it says of each argument which one it is, and returns what came of it by name."""


def unwatched(name: str, value: Any) -> Any:
    """Note nothing."""
    return value


class Watched:
    """A watched call that goes on in a copy of this process."""

    def __init__(self, call: ToWatch, sources: Sources, to: Path):
        self._to, self._end = to, monotonic() + LONGEST
        with catch_warnings(action="ignore"):  # JAX warns of copies of a process that has threads
            self.pid = os.fork() if hasattr(os, "fork") else None
        if self.pid == 0:
            try:
                _run(call, sources, to)
            finally:
                os._exit(0)

    def outcome(self, values: dict[str, Any] | None) -> str:
        """Wait for the copy; say why its trace does not count, or nothing if it does: it gave the same values.

        Where there are no values there is no trace, and nothing to be said of it.
        """
        if self.pid is None:
            return NO_COPY
        self._end = self._end if values else monotonic()
        while not (ended := os.waitpid(self.pid, os.WNOHANG)[0]) and monotonic() < self._end:
            sleep(0.001)
        if not ended:
            with suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if values and not (self._to / "done").exists():
            return NOT_SAME if ended else NOT_DONE
        return "" if not values or _same(values, self._to) else NOT_SAME


def _run(call: ToWatch, sources: Sources, to: Path) -> None:
    """Call, in the copy: nothing is printed, and it ends by itself when nobody waits for it any more."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(1)  # those that there were did not come with the copy
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, LONGEST + 1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    values, operations = record(call, sources)
    np.savez(to / "values.npz", *_arrays_by_name(values))
    save(operations, to)
    (to / "done").touch()


def record(call: ToWatch, sources: Sources) -> tuple[dict[str, Any], list[Operation]]:
    """Make a call with watched arguments; return what it gives and what it did."""
    recorder = Recorder(sources, numpy_arrays.plain)
    tensors, primitives = torch_tensors.watched(recorder), jax_primitives.watched(recorder)
    with numpy_arrays.watched(recorder) as note, tensors, primitives, followed(recorder):
        return call(note), recorder.operations


def _same(values: dict[str, Any], folder: Path) -> bool:
    """Tell whether the copy gave the same values, to the last bit; of JAX's, to rounding."""
    arrays = _arrays_by_name(values)
    with np.load(folder / "values.npz", allow_pickle=False) as file:
        others = [file[name] for name in file.files]
    alike = (
        (one.dtype, one.shape) == (other.dtype, other.shape)
        and (one.tobytes() == other.tobytes() or ("jax" in sys.modules and _is_near(one, other)))
        for one, other in zip(arrays, others, strict=False)
    )
    return len(arrays) == len(others) and all(alike)


def _arrays_by_name(values: dict[str, Any]) -> list[np.ndarray]:
    """Give the arrays in the order of their names: what JAX compiles gives a dict in an order of its own."""
    return [np.asarray(values[name]) for name in sorted(values) if not isinstance(values[name], str)]


def _is_near(one: np.ndarray, other: np.ndarray) -> bool:
    """Tell whether two arrays differ by rounding only: what JAX compiles, and what it does step by step, may."""
    last_place = np.spacing(np.abs(one[np.isfinite(one)]).max(initial=0))
    return np.allclose(one, other, rtol=0, atol=ROUNDINGS * last_place, equal_nan=True)
