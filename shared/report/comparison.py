"""The comparison: every implementation does the same, the judge looks on, and the record keeps what was found."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

import implementations
from shared.dataset import Dataset, Examples
from shared.judging import curves
from shared.judging.judge import Answers, Judge, Standard, answers, answers_to_step, call, changed, copies, named
from shared.network import Activations, Array, Implementation, Parameters, Progress, Settings, Training
from shared.report.beside import Ask, at_once
from shared.report.record import Curve, Framework, Record

Stage = Callable[[str, int], AbstractContextManager[Progress]]
"""stage(what, total) shows that something begins; the progress that it gives is told how much of it is done."""


class Comparison:
    """Compare implementations on the same data and weights.

    Parameters
    ----------
    record
        What the comparison is of; `run` adds the findings.
    parameters
        The initial weights, in the dtype of the settings.
    data
        The examples, in float64; they are rounded to the dtype of the settings once, for all.
    settings
        How to train.
    stage
        Shows progress.
    ask
        Where the true values and the band are worked out: here, or in processes beside this one.
    """

    def __init__(
        self,
        record: Record,
        parameters: Parameters,
        data: Dataset,
        settings: Settings,
        stage: Stage,
        ask: Ask = at_once,
    ) -> None:
        self.record, self.parameters, self.data, self.settings, self.stage = record, parameters, data, settings, stage
        self.ask = ask
        self.X, self.Y = data.train.X.astype(settings.dtype), data.train.Y.astype(settings.dtype)
        self.judging = Judge(self.X, self.Y, settings.activation)

    def run(self, sources: Mapping[str, str]) -> Record:
        """Run and judge implementations: their names, and what the registry finds them by.

        Raises
        ------
        ImplementationFailed
            If an implementation raises an exception.
        """
        reference = curves.reference(self.parameters, self.X, self.Y, self.settings)
        true_values = self.ask(standards, self.X, self.Y, self.settings, reference.checkpoints)
        members = self.ask(curves.members, reference, self.X, self.Y, self.settings)
        loaded, given = {}, {}
        for name, source in sources.items():
            with self.stage(f"{name}: forward, gradients, steps", 0):
                loaded[name] = implementations.load(source)
                given[name] = self.question(loaded[name], reference)
        with self.stage("the true values and the band of correct curves", 0):
            at_start, after_steps = true_values()
            s = members()
        for name in sources:
            self.record.frameworks[name] = self.judge(given[name], at_start, after_steps)
        band = curves.band(reference, s, max(standard.cost_noise for standard in after_steps.values()))
        self.record.horizon = band.horizon
        for name, implementation in loaded.items():
            with self.stage(f"{name}: training", self.settings.iterations) as progress:
                self.train(implementation, self.record.frameworks[name], band, progress)
        return self.record

    def question(self, implementation: Implementation, reference: curves.Reference) -> dict[int | None, Answers]:
        """Ask for every quantity at the initial weights (None), and for one step from each checkpoint's weights."""
        activation, rate = self.settings.activation, self.settings.learning_rate
        given: dict[int | None, Answers] = {
            step: answers_to_step(implementation, parameters, self.X, self.Y, rate, activation)
            for step, parameters in reference.checkpoints.items()
        }
        given[None] = answers(implementation, self.parameters, self.X, self.Y, activation)
        return given

    def judge(
        self, given: Mapping[int | None, Answers], at_start: Standard, after_steps: Mapping[int, Standard]
    ) -> Framework:
        """Judge what an implementation gave; where something does not agree, find out who is to blame."""
        values = given[None].values
        framework = Framework(quantities=at_start.judge_all(values))
        for name, judged in framework.quantities.items():
            if judged.verdict != "agrees":
                framework.explanations[name] = self.judging.explain(framework.quantities, name, self.parameters, values)
        for step, standard in after_steps.items():
            framework.steps[step] = standard.judge_all(given[step].values)
        for answer in given.values():
            framework.add_changed(answer.changed)
        return framework

    def train(
        self, implementation: Implementation, framework: Framework, band: curves.Band, progress: Progress
    ) -> None:
        """Let an implementation train, compare its curve with the band, and count what its network gets right."""
        own = copies(self.parameters, self.X, self.Y)
        training = call(implementation.train, Parameters(*own[:4]), *own[4:], self.settings, progress)
        framework.add_changed(changed(own, (*self.parameters, self.X, self.Y)))
        given = named(Training, training)
        framework.curve = judge_curve(given["costs"], band)
        if framework.curve.verdict == "wrong":
            return
        framework.costs = [float(cost) for cost in given["costs"]]
        framework.seconds_per_step = given["seconds_per_step"]
        framework.seconds_to_compile = given["seconds_to_compile"]
        framework.train_accuracy = self.accuracy(implementation, given["parameters"], self.data.train)
        if self.data.test:
            framework.test_accuracy = self.accuracy(implementation, given["parameters"], self.data.test)

    def accuracy(self, implementation: Implementation, parameters: Parameters, examples: Examples) -> float:
        """Count the share of examples whose label the network finds: 1 where A2 is above a half."""
        X = examples.X.astype(self.settings.dtype)
        A2 = named(Activations, call(implementation.forward, parameters, X, self.settings.activation))["A2"]
        return float(np.mean((np.asarray(A2) > 0.5) == (examples.Y > 0.5)))


def standards(
    X: Array, Y: Array, settings: Settings, checkpoints: Mapping[int, Parameters]
) -> tuple[Standard, dict[int, Standard]]:
    """Work out what is right at the initial weights, and after a step from each checkpoint's weights."""
    judge = Judge(X, Y, settings.activation)
    at_start = judge.at(checkpoints[0])
    return at_start, {step: judge.after_step(P, settings.learning_rate) for step, P in checkpoints.items()}


def judge_curve(costs: Any, band: curves.Band) -> Curve:
    """Judge a whole training curve against the band."""
    judged_steps = len(band.costs) if band.horizon is None else band.horizon
    problem = unfit(costs, len(band.costs))
    if problem:
        return Curve("wrong", judged_steps, None, float("nan"), problem)
    distance = np.abs(costs - band.costs)
    step = band.leaves(costs)
    largest = float(np.max(distance[:judged_steps], initial=0.0))
    return Curve("agrees" if step is None else "suspect", judged_steps, step, largest)


def unfit(costs: Any, iterations: int) -> str:
    """Say why costs cannot be compared at all; an empty string if they can."""
    if not isinstance(costs, np.ndarray) or costs.shape != (iterations,):
        return f"costs must be a NumPy array of {iterations} numbers, one for each iteration, before its update"
    if not np.isfinite(costs).all():
        return f"the cost is {costs[~np.isfinite(costs)][0]} at iteration {np.argmin(np.isfinite(costs))}"
    return ""
