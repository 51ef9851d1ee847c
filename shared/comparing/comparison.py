"""The comparison: every implementation does the same, the judge looks on, and the record keeps what was found."""

import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

import implementations
from shared.comparing.answers import Answers, answers, answers_to_step, call, changed, copies
from shared.comparing.record import Curve, Exact, ExactDistance, Framework, Material, Record
from shared.comparing.workers import Ask, at_once
from shared.data.dataset import Dataset
from shared.judging.curves.band import Band, band_around, spread
from shared.judging.curves.exact_curve import exact_curve
from shared.judging.curves.reference import train_reference
from shared.judging.judge import Judge, Standard
from shared.judging.verdict import unfit
from shared.network import Activations, Array, Implementation, Parameters, Progress, Settings, Training, named

Stage = Callable[..., AbstractContextManager[Progress]]
"""stage(what, total, unit="") shows that something begins; the progress that it gives is told how much is done."""


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

    chunk: int | None = None  # how many examples at a time implementations look at, if not at all in one piece

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
        self.given: Any = self.X  # to implementations
        self.judging = Judge(self.X, self.Y, settings.activation, self.chunk)

    def run(self, sources: Mapping[str, str], exact: bool = False, curvature: bool = False) -> Record:
        """Run and judge implementations, and compare their curves with the exact one if that is wanted.

        Parameters
        ----------
        sources
            The implementations' names, and what the registry finds them by.
        exact
            Whether to train in ball arithmetic as well.
        curvature
            Whether to look for what makes correct curves part.

        Raises
        ------
        ImplementationFailed
            If an implementation raises an exception.
        """
        reference = train_reference(self.parameters, self.X, self.Y, self.settings)
        true_values = self.ask(standards, self.X, self.Y, self.settings, reference.checkpoints, self.chunk)
        found_spread = self.ask(spread, reference, self.X, self.Y, self.settings)
        loaded, given = {}, {}
        for name, source in sources.items():
            with self.stage(f"{name}: forward, gradients, steps", 0):
                loaded[name] = self.load(name, source)
                given[name] = self.question(loaded[name], reference.checkpoints)
        with self.stage("the true values and the band of correct curves", 0):
            at_start, after_steps = true_values()
            s = found_spread()
        for name in sources:
            self.record.frameworks[name] = self.judge(given[name], at_start, after_steps)
        band = band_around(reference, s, max(standard.cost_noise for standard in after_steps.values()))
        self.record.horizon = band.horizon
        examples = {"train": self.data.train} | ({"test": self.data.test} if self.data.test else {})
        about = {name: first_line(implementation) for name, implementation in loaded.items()}
        self.record.material = Material(self.parameters, examples, band, about)
        for name, implementation in loaded.items():
            with self.training(name, implementation) as progress:
                self.train(implementation, name, self.record.material, progress)
        if curvature:
            self.look_at_the_curvature()
        if exact:
            with self.stage("the exact curve", self.settings.iterations) as progress:
                self.compare_with_the_exact_curve(progress)
        return self.record

    def load(self, name: str, source: str) -> Implementation:
        """Import an implementation."""
        return implementations.load(source, *self.record.device)

    def training(self, name: str, implementation: Implementation) -> AbstractContextManager[Progress]:
        """Show how far an implementation's training is."""
        return self.stage(f"{name}: training", self.settings.iterations)

    def question(
        self, implementation: Implementation, checkpoints: Mapping[int, Parameters]
    ) -> dict[int | None, Answers]:
        """Ask for every quantity at the initial weights (None), and for one step from each checkpoint's weights."""
        activation, rate = self.settings.activation, self.settings.learning_rate
        given: dict[int | None, Answers] = {
            None: answers(implementation, self.parameters, self.given, self.Y, activation)
        }
        for step, parameters in checkpoints.items():
            given[step] = answers_to_step(implementation, parameters, self.given, self.Y, rate, activation)
        return given

    def unfit(self, given: Mapping[str, Any]) -> str:
        """Say why what training gave cannot be judged; an empty string if it can."""
        problems = {"costs": unfit("costs", given["costs"], (self.settings.iterations,), self.X.dtype)}
        trained = named(Parameters, given["parameters"])
        for name, start in self.parameters._asdict().items():
            problems[f"the trained {name}"] = unfit(name, trained[name], start.shape, self.X.dtype)
        for name in ("seconds_per_step", "seconds_to_compile"):
            if not isinstance(given[name], float | int) or not np.isfinite(given[name]):
                problems[name] = f"it is {given[name]!r}, not a number of seconds"
        return "; ".join(f"{name}: {problem}" for name, problem in problems.items() if problem)

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

    def train(self, implementation: Implementation, name: str, material: Material, progress: Progress) -> None:
        """Let an implementation train, compare its curve with the band, and count what its network gets right."""
        framework = self.record.frameworks[name]
        own = copies(self.parameters, self.given, self.Y)
        training = call(implementation.train, Parameters(*own[:4]), *own[4:], self.settings, progress)
        framework.add_changed(changed(own, (*self.parameters, self.given, self.Y)))
        given = named(Training, training)
        if problem := self.unfit(given):
            framework.curve = Curve("wrong", 0, None, float("nan"), problem)
            return
        last = call(
            implementation.cost, given["parameters"], self.given.copy(), self.Y.copy(), self.settings.activation
        )
        if material.band is not None:
            framework.curve = judge_curve(np.append(given["costs"], last), material.band)
        framework.costs = [float(cost) for cost in given["costs"]]
        framework.seconds_per_step = float(given["seconds_per_step"])
        framework.seconds_to_compile = float(given["seconds_to_compile"])
        material.trained[name] = Parameters(**named(Parameters, given["parameters"]))
        framework.train_accuracy = self.accuracy(implementation, name, "train", material)
        framework.test_accuracy = self.accuracy(implementation, name, "test", material)

    def accuracy(self, implementation: Implementation, name: str, part: str, material: Material) -> float | None:
        """Count the share of examples whose label a trained network finds: 1 where A2 is above a half."""
        if part not in material.examples:
            return None
        trained, examples = material.trained[name], material.examples[part]
        X, (n_h, m) = examples.X.astype(self.settings.dtype), (len(trained.W1), examples.X.shape[1])
        found = named(Activations, call(implementation.forward, trained, X, self.settings.activation))
        if unfit("A1", found["A1"], (n_h, m), self.X.dtype) or unfit("A2", found["A2"], (1, m), self.X.dtype):
            return None
        material.passes[name, part] = Activations(**found)
        return float(np.mean((found["A2"] > 0.5) == (examples.Y > 0.5)))

    def compare_with_the_exact_curve(self, progress: Progress) -> None:
        """Train with real numbers, and see how far each curve is from that."""
        try:
            curve = exact_curve(self.parameters, self.X, self.Y, self.settings, progress)
        except ArithmeticError as error:
            warnings.warn(str(error), stacklevel=2)
            return
        digits = np.log10(np.abs(curve.costs.high)) - np.log10(np.maximum(curve.costs.radius, np.finfo(float).tiny))
        self.record.exact_curve = Exact(curve.costs.high.tolist(), int(digits.min()), curve.bits, curve.seconds)
        for framework in self.record.frameworks.values():
            if framework.costs:
                costs = np.array(framework.costs)
                kept = (curve.digits_kept(costs, digits) for digits in (6, 3, 1))
                framework.exact_distance = ExactDistance(curve.distance(costs).tolist(), *kept)

    def look_at_the_curvature(self) -> None:
        """Look for what makes correct curves part."""
        from shared.judging.curves.curvature import curvature  # it needs JAX

        with self.stage("the curvature along the training", self.settings.iterations) as progress:
            self.record.curvature = curvature(self.parameters, self.X, self.Y, self.settings, progress)


def first_line(implementation: Implementation) -> str:
    """Give the first line of what an implementation's file says of itself."""
    said = str(getattr(implementation, "__doc__", None) or "").strip()
    return said.partition("\n")[0] or "a file that says nothing of itself"


def standards(
    X: Array, Y: Array, settings: Settings, checkpoints: Mapping[int, Parameters], chunk: int | None = None
) -> tuple[Standard, dict[int, Standard]]:
    """Work out what is right at the initial weights, and after a step from each checkpoint's weights."""
    judge = Judge(X, Y, settings.activation, chunk)
    at_start = judge.at(checkpoints[0])
    return at_start, {step: judge.after_step(P, settings.learning_rate) for step, P in checkpoints.items()}


def judge_curve(costs: Array, band: Band) -> Curve:
    """Judge a whole training curve, with the cost of the trained weights at its end, against the band."""
    judged_steps = len(band.costs) if band.horizon is None else band.horizon
    step = band.leaves(costs)
    largest = float(np.max(np.abs(costs - band.costs)[:judged_steps], initial=0.0))
    problem = ""
    if step == len(costs) - 1:
        problem = (
            f"the weights that train gives back cost {costs[-1]:.6g}; after its steps they cost {band.costs[-1]:.6g}"
        )
    return Curve("agrees" if step is None else "suspect", judged_steps, step, largest, problem)
