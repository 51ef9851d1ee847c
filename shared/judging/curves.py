"""What a training curve may do: a reference trajectory, and the band of runs around it.

The space of examples. Full-batch updates keep W1 in the span of the examples: a step subtracts learning_rate dZ1 X'
from W1, and learning_rate times the row sums of dZ1 from b1, so Z1 moves by -learning_rate dZ1 (X'X + 1). Training
needs Z1 alone, m x m numbers in place of n_x x m, and many runs cost little. W1 is recovered where it is wanted:
W1 = W1(0) - C X', with C the sum of all learning_rate dZ1 so far.

The band's rule:
- the reference is this training in float64; its curve ends with the cost of the trained weights;
- each of MEMBERS more runs changes every weight, before every step, by one unit in the last place of the judged dtype.
  (A program rounds each weight once a step, by half a unit at most.) W2 and b2 go up or down at random, by the unit of
  their current value. W1 and b1 follow one of 2 x PATTERNS random patterns of ups and downs, drawn once for each hidden
  unit, by the unit of the larger of the weight's first and last value;
- s(i) is the root mean square of the members' distances from the reference at step i, or at the step before it where
  that was largest: the band never narrows;
- to s(i) comes, as variances add, the noise of two evaluations of the cost itself, the program's and the reference's:
  the largest noise at any checkpoint;
- if a program's distance is of that kind or smaller, distance / s(i) follows Student's t with MEMBERS degrees of
  freedom. The band's half-width is s(i) times the quantile that a correct program exceeds, at any of its steps, with
  probability FALSE_ALARM_RATE at most (Bonferroni: each step gets the rate divided by the number of steps).

The rule fails where a step is smaller than the weights' last place: then a program rounds the same way every time, and
drifts faster than changes at random do.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, stdtrit
from threadpoolctl import threadpool_limits

from shared.network import LEAKY_SLOPE, Activation, Array, InputError, Parameters, Settings

MEMBERS = 12
FALSE_ALARM_RATE = 1e-6
HORIZON = 0.01
"""The share of the cost that the band's half-width may reach: from there on curves cannot be compared by points."""
PATTERNS = 128
"""How many random patterns of ups and downs are drawn for each hidden unit's weights; each counts both ways."""


@dataclass(frozen=True)
class Reference:
    """The reference curve, and the weights at the checkpoints and after the last step, in the judged dtype.

    There is one more cost than iterations: that of the trained weights.
    """

    costs: Array
    checkpoints: dict[int, Parameters]
    trained: Parameters


@dataclass(frozen=True)
class Band:
    """How far from the reference curve a correct program's may be at each step."""

    costs: Array
    half_width: Array

    @property
    def horizon(self) -> int | None:
        """The first step at which the half-width exceeds the share HORIZON of the cost; None if it never does."""
        return first(~(self.half_width <= HORIZON * np.abs(self.costs)))

    def leaves(self, costs: Array) -> int | None:
        """Find the first step before the horizon at which a curve is outside the band (NaN is outside)."""
        inside = np.abs(costs - self.costs) <= self.half_width
        return first(~inside[: self.horizon])


def first(flags: Array) -> int | None:
    """Find the first True."""
    return int(np.argmax(flags)) if flags.any() else None


def checkpoint_steps(iterations: int) -> list[int]:
    """The steps that are judged one by one: 0, 1, 10, 100, ... and the last."""
    powers = [10**k for k in range(len(str(iterations))) if 10**k < iterations]
    return sorted({0, *powers, iterations - 1})


def reference(parameters: Parameters, X: Array, Y: Array, settings: Settings) -> Reference:
    """Train the reference.

    Parameters
    ----------
    parameters, X, Y
        What training starts from, in the judged dtype: W1 (n_h, n_x), b1 (n_h, 1), ..., X (n_x, m), Y (1, m).
    settings
        Learning rate, number of iterations, activation.

    Raises
    ------
    InputError
        If the training diverges.
    """
    run, wanted = Runs(parameters, X, Y, settings, count=1), checkpoint_steps(settings.iterations)
    costs, weights = np.empty(settings.iterations + 1), {}
    with threadpool_limits(1), unwatched():  # so small are the products here that threads would wait for each other
        for i in range(settings.iterations + 1):
            if i in wanted or i == settings.iterations:
                weights[i] = run.parameters()
            costs[i] = run.step()[0]
            if not np.isfinite(costs[i]):
                raise InputError(
                    f"training diverges: the reference's cost at iteration {i} is {costs[i]}; "
                    "choose a smaller --learning-rate, or smaller initial weights"
                )
    if not all(np.isfinite(V).all() for P in weights.values() for V in P):
        raise InputError(f"training diverges: weights are beyond {X.dtype}; choose a smaller --learning-rate")
    trained = weights.pop(settings.iterations)
    return Reference(costs, weights, trained)


def unwatched() -> np.errstate:
    """Let numbers overflow without a warning: what comes of it is looked at afterwards."""
    return np.errstate(over="ignore", invalid="ignore")


def members(reference: Reference, X: Array, Y: Array, settings: Settings) -> Array:
    """Train the band's members; return s(i), (iterations + 1,).

    Parameters
    ----------
    reference
        The reference; X, Y and settings are those that it was trained with. The seed draws the ups and downs.
    """
    start = reference.checkpoints[0]
    jolts = Jolts(start, reference.trained, X, settings.seed)
    runs, s = Runs(start, X, Y, settings, MEMBERS), np.empty(len(reference.costs))
    with threadpool_limits(1), unwatched():
        for i, cost in enumerate(reference.costs):
            jolts.shake(runs)
            s[i] = np.sqrt(np.mean(np.square(runs.step() - cost)))
    return np.maximum.accumulate(s)


def band(reference: Reference, s: Array, cost_noise: float) -> Band:
    """Draw the band around the reference, from the members' s(i) and the noise of one evaluation of the cost."""
    return Band(reference.costs, quantile(len(s)) * np.hypot(s, np.sqrt(2) * cost_noise))


def quantile(iterations: int) -> float:
    """Student's t with MEMBERS degrees of freedom, two-sided, at the false-alarm rate of one step."""
    return float(-stdtrit(MEMBERS, FALSE_ALARM_RATE / iterations / 2))


class Runs:
    """Several trainings side by side, in the space of examples and in float64."""

    def __init__(self, parameters: Parameters, X: Array, Y: Array, settings: Settings, count: int) -> None:
        self.initial, self.settings = parameters, settings
        self.X, self.Y = X.astype(np.float64), Y.astype(np.float64)
        self.gram = self.X.T @ self.X + 1  #                                  (m, m)
        W1, b1, W2, b2 = (V.astype(np.float64) for V in parameters)
        self.Z1 = np.repeat([W1 @ self.X + b1], count, axis=0)  #             (count, n_h, m)
        self.W2 = np.repeat([W2.T], count, axis=0)  #                         (count, n_h, 1)
        self.b2 = np.repeat([b2], count, axis=0)  #                           (count, 1, 1)
        self.C = np.zeros_like(self.Z1)  #                                    (count, n_h, m)

    def step(self) -> Array:
        """Take one step in every run; return their costs before it, (count,)."""
        rate, m = self.settings.learning_rate, self.Y.shape[1]
        A1, slope = hidden(self.Z1, self.settings.activation)
        Z2 = self.W2.transpose(0, 2, 1) @ A1 + self.b2  #                     (count, 1, m)
        dZ2 = (expit(Z2) - self.Y) / m
        change = rate * self.W2 * dZ2 * slope  #                              (count, n_h, m), learning_rate dZ1
        self.W2 -= rate * (A1 @ dZ2.transpose(0, 2, 1))
        self.b2 -= rate * dZ2.sum(axis=2, keepdims=True)
        self.Z1 -= (change.reshape(-1, m) @ self.gram).reshape(change.shape)
        self.C += change
        softplus = np.maximum(Z2, 0) + np.log1p(np.exp(-np.abs(Z2)))
        return np.mean(softplus - self.Y * Z2, axis=(1, 2))

    def parameters(self) -> Parameters:
        """The weights of the first run, rounded to the judged dtype."""
        W1, b1, _, _ = self.initial
        C = self.C[0]
        trained = (W1 - C @ self.X.T, b1 - C.sum(axis=1, keepdims=True), self.W2[0].T, self.b2[0])
        return Parameters(*(V.astype(W1.dtype) for V in trained))


def hidden(Z1: Array, activation: Activation) -> tuple[Array, Array]:
    """The hidden activation and its slope."""
    if activation == "sigmoid":
        A1 = expit(Z1)
        return A1, A1 * (1 - A1)
    if activation == "leaky_relu":
        return np.maximum(Z1, LEAKY_SLOPE * Z1), np.where(Z1 > 0, 1, LEAKY_SLOPE)
    return np.maximum(Z1, 0), Z1 > 0


class Jolts:
    """One unit in the last place, up or down, on every weight: what it does to Z1, W2 and b2."""

    def __init__(self, initial: Parameters, final: Parameters, X: Array, seed: int) -> None:
        self.dtype, self.rng = X.dtype, np.random.default_rng(seed)
        units_W1 = self.last_place(np.maximum(np.abs(initial.W1), np.abs(final.W1)))
        units_b1 = self.last_place(np.maximum(np.abs(initial.b1), np.abs(final.b1)))
        changes = [self.patterns(w) @ X + self.patterns(b) for w, b in zip(units_W1, units_b1, strict=True)]
        self.on_Z1 = np.concatenate([(change, -change) for change in changes]).reshape(-1, X.shape[1])

    def last_place(self, V: Array) -> Array:
        """The unit in the last place of each entry, in the judged dtype."""
        return np.spacing(np.abs(V).astype(self.dtype)).astype(np.float64)

    def patterns(self, units: Array) -> Array:
        """Random ups and downs by these units, (PATTERNS, len(units))."""
        return self.signs((PATTERNS, len(units))) * units

    def signs(self, shape: tuple[int, ...]) -> Array:
        """Draw +1 or -1."""
        return 2.0 * self.rng.integers(2, size=shape) - 1

    def shake(self, runs: Runs) -> None:
        """Change every weight of every run: a random pattern for each hidden unit."""
        count, n_h, _ = runs.Z1.shape
        pattern = self.rng.integers(2 * PATTERNS, size=(count, n_h)) + 2 * PATTERNS * np.arange(n_h)
        runs.Z1 += self.on_Z1[pattern]
        runs.W2 += self.signs(runs.W2.shape) * self.last_place(runs.W2)
        runs.b2 += self.signs(runs.b2.shape) * self.last_place(runs.b2)
