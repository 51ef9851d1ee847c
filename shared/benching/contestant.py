"""What happens in a contestant's own process: it trains, its floor is measured, and the clock is read.

The clock runs while steps are made, and while the two products of the floor are. What comes before the first step
(conversion, building a model, compilation) is timed apart.
"""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from shared.benching import floors
from shared.network import Array, Implementation, Parameters, Settings

AT_LEAST = 0.1
"""Seconds of steps in a turn, of those that can go on beyond the training; and half of that for the floor."""


@dataclass(frozen=True)
class Task:
    """Who trains, and how. `source` is a name of the registry or a .py file, or, for a peer, its module."""

    source: str
    peer: bool
    settings: Settings


@dataclass(frozen=True)
class Beginning:
    """What came before the first turn: seconds of compilation, and of the whole job where it was done in one call."""

    seconds_to_compile: float
    seconds_in_all: float | None
    peak_memory: int
    library: floors.Library
    threads: dict[str, int]


@dataclass(frozen=True)
class Turn:
    """What one turn gave: seconds for each step and for its two products alone, and the cost before each step.

    `seconds_in_all` is the whole turn without the floor. `processors` says how many were kept busy by the steps.
    """

    seconds_per_step: float
    seconds_of_floor: float
    seconds_in_all: float
    processors: float
    costs: Array


class Own:
    """An implementation of this suite, or a file with the same functions."""

    products = staticmethod(floors.columns)

    def __init__(self, source: str) -> None:
        import implementations

        self.module: Implementation = implementations.load(source)
        self.library = library_of_this_process()

    def begin(self, parameters: Parameters, X: Array, Y: Array, settings: Settings) -> tuple[float, float]:
        """Do the whole job in one call; return the seconds of compilation, and those of everything."""
        self.parameters, self.X, self.Y, self.settings = parameters, X, Y, settings
        start = time.perf_counter()
        training = self.module.train(parameters, X, Y, settings)
        return training.seconds_to_compile, time.perf_counter() - start

    def steps(self, count: int) -> tuple[Array, float]:
        """Train on; return the costs and the seconds that the steps took."""
        training = self.module.train(self.parameters, self.X, self.Y, replace(self.settings, iterations=count))
        self.parameters = training.parameters
        return training.costs, training.seconds_per_step * count


def library_of_this_process() -> floors.Library:
    """Say what makes the products of the file that was imported here: its library is the one that it has imported."""
    return next((name for name in ("torch", "jax") if name in sys.modules), "numpy")


class Contestant:
    """What the other process asks for, one method after the other."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.who = Own(task.source)

    def begin(self, parameters: Parameters, X: Array, Y: Array) -> Beginning:
        """Get ready for the steps."""
        compiling, in_all = self.who.begin(parameters, X, Y, self.task.settings)
        memory = peak_memory()
        self.floor = floors.floor(self.who.library, self.who.products, parameters.W1, X)
        self.products = enough(self.floor, AT_LEAST / 2, 1)
        return Beginning(compiling, in_all, memory, self.who.library, threads())

    def turn(self, count: int) -> Turn:
        """Make the products of the floor, then steps; return when all is quiet."""
        floor = self.floor(self.products) / self.products
        busy, start = time.process_time(), time.perf_counter()
        costs, seconds = self.who.steps(count)
        in_all, busy = time.perf_counter() - start, time.process_time() - busy
        come_to_rest()
        return Turn(seconds / count, floor, in_all, busy / in_all, np.asarray(costs))


def enough(run: Callable[[int], float], seconds: float, count: int) -> int:
    """Find out how often something has to be done to fill so many seconds."""
    while (took := run(count)) < seconds / 2:
        count *= 2
    return max(1, round(count * seconds / took))


def come_to_rest() -> None:
    """Wait until no thread of this process is busy: those of a library look for more work for a while."""
    busy = time.process_time()
    for _ in range(200):
        time.sleep(0.005)
        before, busy = busy, time.process_time()
        if busy - before < 0.0005:
            return


def peak_memory() -> int:
    """Bytes that this process has had in memory at most.

    Linux counts in ru_maxrss what the parent had before the process began, so its own book is read there.
    """
    book = Path("/proc/self/status")
    if book.exists():
        return next(int(line.split()[1]) * 1024 for line in book.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def threads() -> dict[str, int]:
    """Say how many threads each library in this process takes, as far as it says so itself."""
    from threadpoolctl import threadpool_info

    return {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
