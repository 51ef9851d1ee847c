"""The comparison: every implementation does the same, the judge looks on, and the record keeps what was found."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

import implementations
from shared.dataset import Dataset, Examples
from shared.judging import curves
from shared.judging.judge import Judge, Standard, answers, answers_to_step, call, changed, copies, named
from shared.network import Activations, Implementation, Parameters, Progress, Settings, Training
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
    """

    def __init__(self, record: Record, parameters: Parameters, data: Dataset, settings: Settings, stage: Stage) -> None:
        self.record, self.parameters, self.data, self.settings, self.stage = record, parameters, data, settings, stage
        self.X, self.Y = data.train.X.astype(settings.dtype), data.train.Y.astype(settings.dtype)

    def run(self, names: list[str]) -> Record:
        """Run and judge the implementations of these names.

        Raises
        ------
        ImplementationFailed
            If an implementation raises an exception.
        """
        with self.stage("working out the truth", 0) as progress:
            reference = curves.reference(self.parameters, self.X, self.Y, self.settings)
            standards = self.standards(reference, progress)
        loaded = {}
        for name in names:
            with self.stage(f"{name}: forward, gradients, steps", 0):
                loaded[name] = implementations.load(name)
                self.record.frameworks[name] = self.judge(loaded[name], standards)
        cost_noise = max(float(standard.allowance("cost").noise) for standard in standards.values())
        with self.stage("the band of correct curves", self.settings.iterations) as progress:
            band = curves.band(reference, self.X, self.Y, self.settings, cost_noise, progress)
        self.record.horizon = band.horizon
        for name, implementation in loaded.items():
            with self.stage(f"{name}: training", self.settings.iterations) as progress:
                self.train(implementation, self.record.frameworks[name], band, progress)
        return self.record

    def standards(self, reference: curves.Reference, progress: Progress) -> dict[int, Standard]:
        """Work out what is right at each checkpoint."""
        judge, standards = Judge(self.X, self.Y, self.settings.activation), {}
        for done, (step, parameters) in enumerate(reference.checkpoints.items()):
            standards[step] = judge.at(parameters)
            progress(done + 1)
        return standards

    def judge(self, implementation: Implementation, standards: Mapping[int, Standard]) -> Framework:
        """Judge every quantity at the initial weights, and one step from each checkpoint's weights."""
        activation, rate = self.settings.activation, self.settings.learning_rate
        first = answers(implementation, self.parameters, self.X, self.Y, activation)
        framework = Framework(quantities=standards[0].judge_all(first.values))
        framework.add_changed(first.changed)
        for name, judged in framework.quantities.items():
            if judged.verdict != "agrees":
                framework.explanations[name] = standards[0].explain(framework.quantities, name, first.values)
        for step, standard in standards.items():
            stepped = answers_to_step(implementation, standard.parameters, self.X, self.Y, rate, activation)
            framework.steps[step] = standard.judge_step(stepped.values, rate)
            framework.add_changed(stepped.changed)
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
