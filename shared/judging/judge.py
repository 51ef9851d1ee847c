"""The judge: what is right for given data and parameters, and how a program's values compare with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from shared.judging import rounding
from shared.judging.arithmetic import Probabilistic, WorstCase
from shared.judging.forks import MANY, Forks
from shared.judging.operands import narrow_kind
from shared.judging.truth import Enclosure, Truth
from shared.judging.verdict import Allowance, Judgement, deviations, judge, localised
from shared.network import QUANTITIES, Activation, Array, Parameters


@dataclass(frozen=True)
class Standard:
    """What is right for some quantities: their true values, what rounding may do to them, and what forks may do."""

    dtype: np.dtype
    right: dict[str, tuple[Enclosure, Allowance]]
    cost_noise: float
    forks: dict[str, Forks] = field(default_factory=dict)

    def judge(self, quantity: str, values: object) -> Judgement:
        """Judge one quantity; where forks could hide an error, by the sides that the program took."""
        judgement = judge(quantity, values, *self.right[quantity], self.dtype)
        if quantity not in self.forks or judgement.verdict != "agrees":
            return judgement
        settled = self.forks[quantity].settled(np.asarray(values, np.float64), *self.right[quantity])
        return judge(quantity, values, *settled, self.dtype)

    def noise(self, quantity: str) -> Array:
        """One standard deviation of rounding in a program that takes known sides."""
        return self.forks[quantity].noise if quantity in self.forks else self.right[quantity][1].noise

    def judge_all(self, values: Mapping[str, Any]) -> dict[str, Judgement]:
        """Judge every quantity, in the order of computation."""
        return {quantity: self.judge(quantity, values.get(quantity)) for quantity in self.right}


class Judge:
    """Knows what is right for data X (n_x, m), Y (1, m) and a hidden activation; the judged dtype is that of X.

    `chunk` is how many examples at a time a program looks at, if it does not look at all in one piece.

    Raises
    ------
    ValueError
        If a label is neither 0 nor 1: what rounding may do is known for these.
    """

    def __init__(self, X: Array, Y: Array, activation: Activation, chunk: int | None = None) -> None:
        if not np.isin(Y, (0, 1)).all():
            raise ValueError("the labels in Y must be 0 or 1")
        self.X, self.Y, self.activation, self.chunk = X, Y, activation, chunk
        self._followed: tuple[Parameters, rounding.Lines, rounding.Lines] | None = None

    @cached_property
    def truth(self) -> Truth:
        """The true values of everything computed from X and Y."""
        return Truth(self.X, self.Y)

    @cached_property
    def copies(self) -> Array:
        """How often each example occurs."""
        return rounding.copies_of(self.X)

    def at(self, parameters: Parameters) -> Standard:
        """Work out what every quantity of the notation should be at these parameters."""
        truths = self.truth.quantities(parameters, self.activation)
        worst, noise = self._lines(parameters)
        right = {name: (truths[name], Allowance.of(worst[name], noise[name])) for name in QUANTITIES}
        ones = np.ones_like(self.Y.T)
        forks = self.forks(parameters, {"dZ1": np.eye(len(ones)), "dW1": self.X.T, "db1": ones})
        return Standard(self.X.dtype, right, float(noise["cost"].error), forks)

    def after_step(self, parameters: Parameters, learning_rate: float) -> Standard:
        """Work out what the parameters should be after one step of gradient descent."""
        truths = self.truth.step(parameters, learning_rate, self.activation)
        (worst, noise), right = self._lines(parameters), {}
        for name in Parameters._fields:
            a = rounding.updated(self.worst(parameters), worst[name], worst[f"d{name}"], learning_rate)
            b = rounding.updated(self.noise(parameters), noise[name], noise[f"d{name}"], learning_rate)
            right[name] = (truths[name], Allowance.of(a, b))
        moved = {"W1": -learning_rate * self.X.T.astype(float), "b1": np.full(self.Y.T.shape, -learning_rate)}
        forks = self.forks(parameters, moved, learning_rate)
        return Standard(self.X.dtype, right, float(noise["cost"].error), forks)

    def forks(
        self, parameters: Parameters, directions: Mapping[str, Array], learning_rate: float = 0.0
    ) -> dict[str, Forks]:
        """Work out what forks do to quantities that an entry of dZ1 moves in these directions, (m, width)."""
        q, a = dict(self._lines(parameters)[1]), self.noise(parameters)
        forks = rounding.undecided(a, q["Z1"])
        forks &= forks.sum(axis=1, keepdims=True) <= MANY
        if not forks.any():
            return {}
        for line in ("dZ1", "dW1", "db1"):
            q[line] = rounding.LINES[line](replace(a, settled=forks), q)
        for V in directions.keys() & set(Parameters._fields):
            q[V] = rounding.updated(a, q[V], q[f"d{V}"], learning_rate)
        dA1 = self.truth.line("dA1", parameters._asdict(), self.activation).high
        gain = (1 - rounding.left_slope(a)) * np.where(q["Z1"].value > 0, -dA1, dA1)
        jumps = forks * gain
        return {V: Forks(jumps, moved.astype(np.float64), q[V].error) for V, moved in directions.items()}

    def explain(
        self, judgements: Mapping[str, Judgement], quantity: str, parameters: Parameters, values: Mapping[str, Any]
    ) -> str:
        """Say whether a quantity that does not agree is wrong by itself or inherits; empty if its inputs are unfit."""
        earlier = {name: judgements[name] for name in QUANTITIES[: QUANTITIES.index(quantity)]}
        A2_agrees = quantity == "cost" and earlier["A2"].verdict == "agrees"
        if A2_agrees and is_of_logarithms(values, self.Y, judgements["cost"].max_error):
            return OF_LOGARITHMS
        if judgements[quantity].problem or any(judgement.problem for judgement in earlier.values()):
            return ""
        text = localised(judgements[quantity], self.local(quantity, parameters, values), earlier)
        return text + (self.narrow_products(parameters, values["Z1"]) if quantity == "Z1" else "")

    def narrow_products(self, parameters: Parameters, Z1: Array) -> str:
        """Say so if the errors of Z1 are those of a float32 product whose operands were rounded to fewer bits."""
        kind = self.X.dtype == np.float32 and narrow_kind(parameters.W1, self.X, parameters.b1, Z1)
        asks = "(--matmul-precision highest asks for them all)"
        return f"\n  the errors are those of {kind}; float32 keeps 23 {asks}" if kind else ""

    def local(self, quantity: str, parameters: Parameters, values: Mapping[str, Any]) -> Judgement:
        """Judge the local error of a quantity: that of its line, given a program's own values of the inputs."""
        return judge(quantity, values[quantity], *self.line(quantity, parameters, values), self.X.dtype)

    def line(self, quantity: str, parameters: Parameters, values: Mapping[str, Any]) -> tuple[Enclosure, Allowance]:
        """Work out what a line should give from a program's own values, as far as it has them."""
        theirs = {**parameters._asdict(), "X": self.X, "Y": self.Y, **values}
        worst = rounding.through_one_line(self.worst(parameters), quantity, theirs)
        noise = rounding.through_one_line(self.noise(parameters), quantity, theirs)
        return self.truth.line(quantity, theirs, self.activation), Allowance.of(worst, noise)

    def worst(self, parameters: Parameters) -> WorstCase:
        """The arithmetic of the proof."""
        return rounding.worst(self.X, self.activation, n_h=parameters.W1.shape[0], chunk=self.chunk)

    def noise(self, parameters: Parameters) -> Probabilistic:
        """The arithmetic of the model."""
        entries = parameters.W1.size
        return rounding.noise(self.X, self.activation, deviations(entries), self.copies, self.chunk)

    def _lines(self, parameters: Parameters) -> tuple[rounding.Lines, rounding.Lines]:
        """Follow the errors of a whole pass through both arithmetics, once for the same parameters."""
        if self._followed is None or self._followed[0] is not parameters:
            ways = self.worst(parameters), self.noise(parameters)
            worst, noise = (rounding.through_the_network(a, parameters, self.X, self.Y) for a in ways)
            self._followed = parameters, worst, noise
        return self._followed[1:]


OF_LOGARITHMS = """it is the mean of -Y log(A2) - (1 - Y) log(1 - A2): where A2 nears 0 or 1, these lose digits,
  or are infinite; log(1 + exp(Z2)) - Y Z2 is the same number and keeps them"""


def is_of_logarithms(values: Mapping[str, Any], Y: Array, error: float) -> bool:
    """Tell whether the logarithms of a program's own A2 explain nine tenths of the error of its cost."""
    with np.errstate(all="ignore"):
        mean = np.mean(-np.log(np.where(Y > 0.5, values["A2"], 1 - values["A2"])), dtype=np.float64)
        cost = values["cost"]
        return isinstance(cost, float) and bool(abs(cost - mean) < error / 10 or (mean == np.inf and cost - cost != 0))
