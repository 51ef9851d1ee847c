"""What happens in a contestant's own process: it trains, its floor is measured, and the clock is read.

The clock runs during steps, and during the two products of the floor. What comes before the first step (conversion,
building a model, compilation) is timed separately.
"""

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_info

from shared.benching import floors
from shared.comparing.answers import training_problem
from shared.data.weights import draw
from shared.distributing.process import limit_threads
from shared.network import Array, DoesNotPayWarning, Implementation, InputError, Parameters, Settings, Training, named

AT_LEAST = 0.1
"""Seconds of steps in a turn, for contestants that can go on beyond the training; half of that for the floor."""

SHORTEST = 1e-6
"""Seconds: a step is taken to last at least this long when the steps that fill a time are estimated."""

FEW = 20
"""Steps from which the number that fills a time is estimated."""


@dataclass(frozen=True)
class Task:
    """Who trains, how, and with how many threads.

    `source` is a name of the registry or a .py file, or, for a peer, the name of its module.
    """

    source: str
    peer: bool
    settings: Settings
    threads: int


@dataclass(frozen=True)
class Beginning:
    """What came before the first turn.

    seconds_to_compile
        What an implementation of the suite reports; for a peer, the time of its first step, which compiles.
    seconds
        For an implementation of the suite, the whole job in one call; for a peer, building its model and making the
        first step.
    costs
        The cost before each step so far that counts for the curve: none, or that of a peer's first step.
    peak_memory
        The most bytes that the process has had in memory.
    said
        Its warnings that another implementation is faster.
    """

    seconds_to_compile: float
    seconds: float
    costs: Array
    peak_memory: int
    warnings: tuple[str, ...]
    library: floors.Library
    threads: dict[str, int]


@dataclass(frozen=True)
class Turn:
    """The results of one turn: seconds for each step and for its two products alone, and the cost before each step.

    `seconds` is the whole turn without the floor. `processors` is how many the steps kept busy.
    """

    seconds_per_step: float
    seconds_of_floor: float
    seconds: float
    processors: float
    costs: Array


class Pace(NamedTuple):
    """Seconds per step, and of the floor."""

    step: float
    floor: float


class Own:
    """An implementation of this suite, or a file with the same functions.

    `begin` gets ready, and returns the seconds of compilation and the costs so far; `steps` trains on, and returns the
    costs and the seconds that the steps took. A peer has the same.
    """

    def __init__(self, source: str) -> None:
        import implementations

        self.module: Implementation = implementations.load(source)
        self.library, self.layout = library_of_this_process(), floors.COLUMNS

    def begin(self, parameters: Parameters, X: Array, Y: Array, settings: Settings) -> tuple[float, Array]:
        """Do the whole job in one call. The turns then start from the initial weights again."""
        self.parameters, self.X, self.Y, self.settings = parameters, X, Y, settings
        training = self.train(settings)
        self.fill = max(1, round(AT_LEAST / max(training.seconds_per_step, SHORTEST)))
        return training.seconds_to_compile, np.empty(0)

    def steps(self, count: int) -> tuple[Array, float]:
        """Train on. Quick implementations make more steps than they have to, to be timed more precisely."""
        settings = replace(self.settings, iterations=max(count, self.fill))
        training = self.train(settings)
        self.parameters = training.parameters
        return training.costs, training.seconds_per_step * settings.iterations

    def train(self, settings: Settings) -> Training:
        """Call `train` of the contract, and check what it returns."""
        return checked(self.module.train(self.parameters, self.X, self.Y, settings), self.parameters, settings)


def checked(answer: Any, start: Parameters, settings: Settings) -> Training:
    """Check that what `train` returned can be timed and judged, and name its entries.

    Raises
    ------
    InputError
        If it cannot. The text is one line.
    """
    training = named(Training, answer)
    problem = training_problem(training, start, settings)
    if not problem and training["seconds_per_step"] <= 0:
        problem = f"seconds_per_step: it is {training['seconds_per_step']!r}; it should be the seconds that a step took"
    if problem:
        raise InputError(f"train returned what cannot be judged: {problem}")
    return Training(**{**training, "parameters": Parameters(**named(Parameters, training["parameters"]))})


def library_of_this_process() -> floors.Library:
    """Say which library makes the products of the imported file: the one that it imports."""
    return next((name for name in ("torch", "jax") if name in sys.modules), "numpy")


class Peer:
    """A library that a user might pick instead: a file of shared/benching/peers."""

    def __init__(self, module: str) -> None:
        self.module = import_module(module)
        self.library, self.layout = self.module.LIBRARY, self.module.LAYOUT

    def begin(self, parameters: Parameters, X: Array, Y: Array, settings: Settings) -> tuple[float, Array]:
        """Build the model and make the first step."""
        self.train = self.module.begin(parameters, X, Y, settings)
        costs, seconds = self.steps(1)
        return seconds, costs

    def steps(self, count: int) -> tuple[Array, float]:
        """Train on."""
        start = time.perf_counter()
        costs = np.asarray(self.train(count))
        return costs, time.perf_counter() - start


class Contestant:
    """The methods that the parent process calls."""

    def __init__(self, task: Task) -> None:
        self.settings = task.settings
        self.trainer: Own | Peer = Peer(task.source) if task.peer else Own(task.source)
        limit_threads(task.threads)

    def ready(self) -> None:
        """Return once everything is imported and the threads that importing started are idle."""
        come_to_rest()

    def begin(self, parameters: Parameters, X: Array, Y: Array) -> Beginning:
        """Prepare for the turns."""
        with warnings.catch_warnings(record=True) as caught:
            start = time.perf_counter()
            compiling, costs = self.trainer.begin(parameters, X, Y, self.settings)
            seconds, memory = time.perf_counter() - start, peak_memory()
        texts = tuple(str(warning.message) for warning in caught if issubclass(warning.category, DoesNotPayWarning))
        self.floor = self.floor_of(parameters, X)
        self.products = filling(AT_LEAST / 2, self.floor)
        come_to_rest()
        return Beginning(compiling, seconds, costs, memory, texts, self.trainer.library, threads())

    def turn(self, count: int) -> Turn:
        """Make the products of the floor, then steps; return when no thread is busy."""
        floor = self.floor(self.products) / self.products
        busy, start = time.process_time(), time.perf_counter()
        costs, took = self.trainer.steps(count)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        come_to_rest()
        return Turn(took / len(costs), floor, seconds, busy / seconds, costs)

    def pace(self, n_x: int, m: int) -> Pace:
        """Measure how long a step takes at another size."""
        settings, rng = replace(self.settings, iterations=FEW), np.random.default_rng(0)
        X, Y = rng.standard_normal((n_x, m), settings.dtype), (np.arange(m)[None] % 3 == 0).astype(settings.dtype)
        parameters = draw(n_x, settings.hidden, 0, settings.dtype)
        self.trainer.begin(parameters, X, Y, settings)
        costs, took = self.trainer.steps(FEW)
        costs, took = self.trainer.steps(max(1, round(len(costs) * AT_LEAST / took)))
        floor = self.floor_of(parameters, X)
        products = filling(AT_LEAST / 4, floor)
        pace = Pace(took / len(costs), min(floor(products) for _ in range(3)) / products)
        come_to_rest()
        return pace

    def floor_of(self, parameters: Parameters, X: Array) -> floors.Floor:
        """Prepare the floor. NumPy's threads, which this used, must not look for more work while it is measured."""
        floor = floors.floor(self.trainer.library, self.trainer.layout, parameters.W1, X)
        come_to_rest()
        return floor


def filling(seconds: float, run: Callable[[int], float]) -> int:
    """Estimate how often to run something to fill this many seconds."""
    return max(1, round(FEW * seconds / run(FEW)))


def threads() -> dict[str, int]:
    """List how many threads each library in this process uses, as far as it reports that."""
    return {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}


def come_to_rest() -> None:
    """Wait until no thread of this process is busy: those of a library spin for a while, looking for more work."""
    busy = time.process_time()
    for _ in range(200):
        time.sleep(0.005)
        before, busy = busy, time.process_time()
        if busy - before < 0.0005:
            return


def peak_memory() -> int:
    """Return the most bytes that this process has had in memory.

    On Linux ru_maxrss includes what the parent had before this process began, so /proc is read there.
    """
    book = Path("/proc/self/status")
    if book.exists():
        return next(int(line.split()[1]) * 1024 for line in book.read_text().splitlines() if line.startswith("VmHWM"))
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS
