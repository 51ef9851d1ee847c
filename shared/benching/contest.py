"""A contest: contestants in one dtype take turns at the same training, and are judged by the costs that they report."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from shared.benching.contestant import Beginning, Task, Turn
from shared.benching.process import ContestantFailed, Process
from shared.benching.record import Timing
from shared.comparing.comparison import judge_curve
from shared.judging.curves.band import Band, correct_curves
from shared.network import Array, DoesNotPayWarning, Parameters, Settings


class Start(NamedTuple):
    """What all contestants start from, in one dtype."""

    parameters: Parameters
    X: Array
    Y: Array
    settings: Settings


class Contest:
    """Contestants in one dtype, each in its process.

    The timing of one that fails says why; it takes no further part.
    """

    def __init__(self, processes: Mapping[str, Process], tasks: Mapping[str, Task], start: Start) -> None:
        self.processes, self.tasks, self.start = processes, tasks, start
        self.timings = {name: Timing() for name in processes}
        self.costs: dict[str, list[Array]] = {name: [] for name in processes}

    @property
    def running(self) -> list[str]:
        """Name those that have not failed."""
        return [name for name, timing in self.timings.items() if not timing.problem]

    def ask(self, name: str, method: str, *arguments: Any) -> Any:
        """Call a method of a contestant; None if it fails."""
        try:
            return self.processes[name].ask(method, *arguments)
        except ContestantFailed as failure:
            self.timings[name].problem = str(failure)
            return None

    def begin(self, name: str) -> None:
        """Let a contestant prepare for its turns."""
        begun: Beginning | None = self.ask(name, "begin", *self.start[:3])
        if begun:
            timing = self.timings[name]
            timing.seconds_to_compile, timing.seconds_in_all = begun.seconds_to_compile, begun.seconds
            timing.peak_memory, timing.library, timing.threads = begun.peak_memory, begun.library, begun.threads
            self.costs[name].append(begun.costs)
            for text in begun.warnings:
                warnings.warn(text, DoesNotPayWarning, stacklevel=2)

    def turn(self, name: str, stop: int) -> None:
        """Let a contestant go on until it has made `stop` steps in all."""
        turn: Turn | None = self.ask(name, "turn", max(1, stop - sum(map(len, self.costs[name]))))
        if turn:
            timing = self.timings[name]
            timing.seconds_per_step.append(turn.seconds_per_step)
            timing.seconds_of_floor.append(turn.seconds_of_floor)
            timing.processors.append(turn.processors)
            if self.tasks[name].peer:
                timing.seconds_in_all = (timing.seconds_in_all or 0) + turn.seconds
            self.costs[name].append(turn.costs)

    def judge(self, band: Band) -> dict[str, Timing]:
        """Judge the curve of every contestant that has not failed."""
        for name in self.running:
            costs = np.concatenate(self.costs[name])[: len(band.costs)].astype(np.float64)
            if len(costs) < len(band.costs):
                self.timings[name].problem = f"it gave {len(costs)} costs for {len(band.costs)} steps"
            else:  # without its problem, which is about trained weights: here the last cost is like any other
                self.timings[name].curve = replace(judge_curve(costs, band), problem="")
        return self.timings


def band_of(start: Start) -> Band:
    """Draw the band around the costs before each step of the training.

    Raises
    ------
    InputError
        If the training diverges.
    """
    parameters, X, Y, settings = start
    settings = replace(settings, iterations=settings.iterations - 1)  # a reference has one cost more than iterations
    return correct_curves(parameters, X, Y, settings)[1]
