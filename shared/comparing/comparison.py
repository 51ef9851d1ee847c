"""The comparison: every implementation does the same, the judge judges, and the record keeps the results."""

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from shared.comparing import printed_costs
from shared.comparing.answers import call, changed, copies, training_problem
from shared.comparing.programs import Programs, Stage
from shared.comparing.questions import Questions, Standards, judged_A2
from shared.comparing.record import Artifacts, Curve, Exact, ExactDistance, Framework, Record
from shared.comparing.workers import Submit
from shared.data.costs import Printed
from shared.data.dataset import Dataset
from shared.judging.curves.band import Band, band_around, spread
from shared.judging.curves.exact_curve import ExactCurve, exact_curve
from shared.judging.curves.reference import train_reference
from shared.judging.curves.trained import TrainedWeights
from shared.judging.verdict import Judgement
from shared.network import (
    Activations,
    Array,
    Implementation,
    Parameters,
    Progress,
    Settings,
    Training,
    named,
    shapes,
    unfit,
)


class Comparison:
    """Compare implementations on the same data and weights.

    Parameters
    ----------
    record
        What is compared; `run` adds the results.
    parameters
        The initial weights, in the dtype of the settings.
    data
        The examples, in float64; they are rounded once, for all, to the dtype of the settings.
    settings
        How to train.
    programs
        How implementations are loaded, and what they train on.
    stage
        Shows progress.
    submit
        Where the true values and the band are computed: in this process, or in workers.
    """

    def __init__(
        self,
        record: Record,
        parameters: Parameters,
        data: Dataset,
        settings: Settings,
        programs: Programs,
        stage: Stage,
        submit: Submit,
    ) -> None:
        self.record, self.parameters, self.data, self.settings = record, parameters, data, settings
        self.programs, self.stage, self.submit = programs, stage, submit
        self.X, self.Y = data.train.X.astype(settings.dtype), data.train.Y.astype(settings.dtype)
        self.judged_beside: dict[tuple[str, str], Callable[[], Judgement]] = {}
        self.questions = Questions(parameters, self.X, self.Y, settings, programs.chunk, programs.X)

    def run(
        self,
        sources: Mapping[str, str],
        exact: bool = False,
        curvature: bool = False,
        costs: tuple[Path, Printed] | None = None,
    ) -> Record:
        """Run and judge implementations: their names, and the sources that the registry loads them from.

        `exact`: train in ball arithmetic as well. `curvature`: measure what makes correct curves part. `costs`: the
        content of a file of costs, to be judged like those of the implementations.

        Raises
        ------
        ImplementationFailed
            If an implementation raises an exception.
        """
        reference = train_reference(self.parameters, self.X, self.Y, self.settings)
        checkpoints = reference.checkpoints
        spread_beside = self.submit(spread, reference, self.X, self.Y, self.settings)
        standards = Standards(self.submit, self.questions, checkpoints)
        loaded, answered, curves = {}, {}, {}
        for name, source in sources.items():
            with self.stage(f"{name}: forward, gradients, steps", 0):
                loaded[name] = self.programs.load(name, source)
                answered[name] = self.questions.ask(loaded[name], checkpoints)
        examples = {"train": self.data.train} | ({"test": self.data.test} if self.data.test else {})
        about = {name: first_line(implementation) for name, implementation in loaded.items()}
        self.record.artifacts = artifacts = Artifacts(self.parameters, examples, None, about)
        for name, implementation in loaded.items():
            self.record.frameworks[name] = Framework()
            with self.programs.training(self.stage, name, implementation, self.settings.iterations) as progress:
                curves[name] = self.train(implementation, name, artifacts, progress)
        with self.stage("the true values and the band of correct curves", 0):
            at, after_steps = standards.wait()
            s = spread_beside()
        artifacts.band = band_around(reference, s, max(standard.cost_noise for standard in after_steps.values()))
        self.record.horizon = artifacts.band.horizon
        if costs:
            self.record.printed_costs = printed_costs.judge(*costs, artifacts.band)
        noise = [np.hstack([standard.noise("W1"), standard.noise("b1")]) for standard in after_steps.values()]
        beyond = self.record.horizon is not None
        weights = TrainedWeights(reference, self.X, np.maximum.reduce(noise), None if beyond else s.trained)
        for name, framework in self.record.frameworks.items():
            self.questions.judge(framework, answered[name], at, after_steps)
            if (curve := curves[name]) is not None:
                framework.curve = judge_curve(curve, artifacts.band)
                framework.trained = weights.judge(artifacts.trained[name])
        for (name, part), judgement in self.judged_beside.items():
            self.record.frameworks[name].trained[part] = judgement()
        if curvature:
            self.look_at_the_curvature()
        if exact:
            with self.stage("the exact curve", self.settings.iterations) as progress:
                self.compare_with_the_exact_curve(progress)
        return self.record

    def train(
        self, implementation: Implementation, name: str, artifacts: Artifacts, progress: Progress
    ) -> Array | None:
        """Let an implementation train, and measure its accuracy; return its costs and that of its trained weights."""
        framework, settings = self.record.frameworks[name], self.settings
        inputs = copies(self.parameters, self.programs.X, self.Y)
        training = call(implementation.train, Parameters(*inputs[:4]), *inputs[4:], settings, progress)
        framework.add_changed(changed(inputs, (*self.parameters, self.programs.X, self.Y)))
        named_training = named(Training, training)
        if problem := training_problem(named_training, self.parameters, settings):
            framework.curve = Curve("wrong", 0, None, float("nan"), problem)
            return None
        X, Y = copies(self.parameters, self.programs.X, self.Y)[4:]
        last = call(implementation.cost, named_training["parameters"], X, Y, settings.activation)
        framework.costs = [float(cost) for cost in named_training["costs"]]
        framework.seconds_per_step = float(named_training["seconds_per_step"])
        framework.seconds_to_compile = float(named_training["seconds_to_compile"])
        artifacts.trained[name] = Parameters(**named(Parameters, named_training["parameters"]))
        framework.train_accuracy = self.accuracy(implementation, name, "train", artifacts)
        framework.test_accuracy = self.accuracy(implementation, name, "test", artifacts)
        return np.append(named_training["costs"], last)

    def accuracy(self, implementation: Implementation, name: str, part: str, artifacts: Artifacts) -> float | None:
        """Compute the share of examples that a trained network classifies correctly: as 1 where A2 is above a half."""
        if part not in artifacts.examples:
            return None
        trained, examples = artifacts.trained[name], artifacts.examples[part]
        X, (n_h, n_x) = examples.X.astype(self.settings.dtype), trained.W1.shape
        wanted = shapes(n_x, n_h, X.shape[1])
        layers = named(Activations, call(implementation.forward, trained, X, self.settings.activation))
        if any(unfit(V, layers[V], wanted[V], self.X.dtype) for V in ("A1", "A2")):
            return None
        artifacts.passes[name, part] = Activations(**layers)
        Y = examples.Y.astype(self.settings.dtype)
        asked = X, Y, self.settings.activation, trained, layers["A2"]
        self.judged_beside[name, part] = self.submit(judged_A2, *asked)
        return float(np.mean((layers["A2"] > 0.5) == (examples.Y > 0.5)))

    def compare_with_the_exact_curve(self, progress: Progress) -> None:
        """Train with real numbers, and measure how far each curve is from that."""
        try:
            curve = exact_curve(self.parameters, self.X, self.Y, self.settings, progress)
        except ArithmeticError as error:
            warnings.warn(str(error), stacklevel=2)
            return
        digits = np.log10(np.abs(curve.costs.high)) - np.log10(np.maximum(curve.costs.radius, np.finfo(float).tiny))
        self.record.exact_curve = Exact(curve.costs.high.tolist(), int(digits.min()), curve.bits, curve.seconds)
        for framework in self.record.frameworks.values():
            if framework.costs:
                framework.exact_distance = exact_distance(np.array(framework.costs), curve)
        if printed := self.record.printed_costs:
            printed.exact_distance = exact_distance(printed_costs.among(curve.costs.high, printed), curve)

    def look_at_the_curvature(self) -> None:
        """Measure what makes correct curves part."""
        from shared.judging.curves.curvature import curvature  # it needs JAX

        with self.stage("the curvature along the training", self.settings.iterations) as progress:
            self.record.curvature = curvature(self.parameters, self.X, self.Y, self.settings, progress)


def exact_distance(costs: Array, curve: ExactCurve) -> ExactDistance:
    """Measure how far costs are from the exact ones."""
    return ExactDistance(curve.distance(costs).tolist(), *(curve.digits_kept(costs, digits) for digits in (6, 3, 1)))


def first_line(implementation: Implementation) -> str:
    """Return the first line of an implementation's docstring."""
    docstring = str(getattr(implementation, "__doc__", None) or "").strip()
    return docstring.partition("\n")[0] or "a file that says nothing of itself"


def judge_curve(costs: Array, band: Band) -> Curve:
    """Judge a whole training curve, with the cost of the trained weights at its end, against the band."""
    step = band.leaves(costs)
    largest = float(np.max(np.abs(costs - band.costs), initial=0.0))
    problem = ""
    if step == len(costs) - 1:
        problem = (
            f"the weights that train gives back cost {costs[-1]:.6g}; after its steps they cost {band.costs[-1]:.6g}"
        )
    return Curve("agrees" if step is None else "suspect", len(band.costs), step, largest, problem, band.share(costs))
