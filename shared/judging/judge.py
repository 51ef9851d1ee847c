"""The judge at work: what is right for given data and parameters, and how an implementation's answers compare."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from shared.judging import rounding
from shared.judging.arithmetic import exact
from shared.judging.truth import Enclosure, Truth
from shared.judging.verdict import Allowance, Judgement, deviations, judge, localised
from shared.network import (
    QUANTITIES,
    Activation,
    Activations,
    Array,
    Gradients,
    Implementation,
    InputError,
    Parameters,
)


class ImplementationFailed(InputError):  # noqa: N818 -- it is the implementation that failed
    """A function of an implementation raised an exception. The text is one line that says where."""


@dataclass(frozen=True)
class Answers:
    """What an implementation gave at some parameters, by name, and which of its inputs it changed."""

    values: dict[str, Any]
    changed: tuple[str, ...] = ()


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of an implementation; turn what it raises into one line that names its place."""
    try:
        return function(*arguments)
    except (Exception, SystemExit) as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}, line {place.lineno}"
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise ImplementationFailed(f"{function.__name__} raised {what} ({where})") from error


def answers(
    implementation: Implementation, parameters: Parameters, X: Array, Y: Array, activation: Activation
) -> Answers:
    """Ask an implementation for every quantity; it gets copies, so that it can change nothing but its own."""
    values: dict[str, Any] = {}
    own = copies(parameters, X, Y)
    given = Parameters(*own[:4])
    values |= named(Activations, call(implementation.forward, given, own[4], activation))
    values["cost"] = call(implementation.cost, given, *own[4:], activation)
    values |= named(Gradients, call(implementation.gradients, given, *own[4:], activation))
    return Answers(values, changed(own, (*parameters, X, Y)))


def answers_to_step(
    implementation: Implementation,
    parameters: Parameters,
    X: Array,
    Y: Array,
    learning_rate: float,
    activation: Activation,
) -> Answers:
    """Ask an implementation for one step of gradient descent."""
    own = copies(parameters, X, Y)
    stepped = call(implementation.step, Parameters(*own[:4]), *own[4:], learning_rate, activation)
    return Answers(named(Parameters, stepped), changed(own, (*parameters, X, Y)))


def copies(parameters: Parameters, X: Array, Y: Array) -> tuple[Array, ...]:
    """Copy everything that an implementation is given."""
    return tuple(V.copy() for V in (*parameters, X, Y))


def changed(own: tuple[Array, ...], originals: tuple[Array, ...]) -> tuple[str, ...]:
    """Name the inputs that are no longer what they were."""
    names = (*Parameters._fields, "X", "Y")
    return tuple(name for name, a, b in zip(names, own, originals, strict=True) if not np.array_equal(a, b))


def named(kind: Any, values: Any) -> dict[str, Any]:
    """Name the entries of a tuple by the contract's fields; what is not there is None."""
    entries = dict(zip(kind._fields, values, strict=False)) if isinstance(values, tuple) else {}
    return {field: getattr(values, field, entries.get(field)) for field in kind._fields}


class Judge:
    """Knows what is right for data X, Y and a hidden activation; the judged dtype is that of X."""

    def __init__(self, X: Array, Y: Array, activation: Activation) -> None:
        self.X, self.Y, self.activation = X, Y, activation
        self.truth = Truth(X, Y)

    def at(self, parameters: Parameters) -> "Standard":
        """Work out the truth and the allowances at these parameters."""
        return Standard(self, parameters)


class Standard:
    """What is right at given parameters."""

    def __init__(self, judge: Judge, parameters: Parameters) -> None:
        n_h = parameters.W1.shape[0]
        self.of, self.parameters = judge, parameters
        self.worst = rounding.worst(judge.X, judge.activation, n_h)
        self.noise = rounding.noise(judge.X, judge.activation, deviations(parameters.W1.size))
        self.worst_lines = rounding.through_the_network(self.worst, parameters, judge.X, judge.Y)
        self.noise_lines = rounding.through_the_network(self.noise, parameters, judge.X, judge.Y)

    @cached_property
    def truths(self) -> dict[str, Enclosure]:
        """The true value of every quantity."""
        return self.of.truth.quantities(self.parameters, self.of.activation)

    def allowance(self, quantity: str) -> Allowance:
        """Say what rounding may do to a quantity."""
        return Allowance.of(self.worst_lines[quantity], self.noise_lines[quantity])

    def judge(self, quantity: str, values: object) -> Judgement:
        """Judge one quantity of the notation."""
        return judge(quantity, values, self.truths[quantity], self.allowance(quantity), self.of.X.dtype)

    def judge_all(self, values: Mapping[str, Any]) -> dict[str, Judgement]:
        """Judge every quantity, in the order of computation."""
        return {quantity: self.judge(quantity, values.get(quantity)) for quantity in QUANTITIES}

    def explain(self, judgements: Mapping[str, Judgement], quantity: str, values: Mapping[str, Any]) -> str:
        """Say whether a quantity that does not agree is a culprit or an heir; empty if its inputs are unfit."""
        own = {**self.parameters._asdict(), "X": self.of.X, "Y": self.of.Y, **values}
        earlier = {name: judgements[name] for name in QUANTITIES[: QUANTITIES.index(quantity)]}
        if judgements[quantity].problem or any(judgement.problem for judgement in earlier.values()):
            return ""
        allowance = Allowance.of(
            rounding.through_one_line(self.worst, quantity, own), rounding.through_one_line(self.noise, quantity, own)
        )
        truth = self.of.truth.line(quantity, own, self.of.activation)
        alone = judge(quantity, values[quantity], truth, allowance, self.of.X.dtype)
        return localised(judgements[quantity], alone, earlier)

    def judge_step(self, updated: Mapping[str, Any], learning_rate: float) -> dict[str, Judgement]:
        """Judge the parameters after one step of gradient descent."""
        right = self._after_step(learning_rate)
        return {name: judge(name, updated.get(name), *right[name], self.of.X.dtype) for name in Parameters._fields}

    @lru_cache(maxsize=1)  # noqa: B019 -- the judge's Standards are few, and one learning rate is all they see
    def _after_step(self, learning_rate: float) -> dict[str, tuple[Enclosure, Allowance]]:
        truths, right = self.of.truth.step(self.parameters, learning_rate, self.of.activation), {}
        for name, V in self.parameters._asdict().items():
            worst = rounding.updated(self.worst, exact(V), self.worst_lines[f"d{name}"], learning_rate)
            noise = rounding.updated(self.noise, exact(V), self.noise_lines[f"d{name}"], learning_rate)
            right[name] = (truths[name], Allowance.of(worst, noise))
        return right
