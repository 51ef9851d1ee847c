"""Gradient descent on whole numbers, and the proof of how close it stays to gradient descent on real numbers.

**The Gram (dual) form.** X~ is X with a row of ones below: the bias is the weight of an input that is always 1. All
updates of [W1 b1] are combinations of examples, [W1 b1] = [W1 b1](0) - C X~', so C (n_h, m) is trained in its place:
Z1 = Z1(0) - C G with G = X~'X~ (m, m). Z1(0) and G are exact, and their size does not depend on n_x.

**Whole numbers.** C, W2 and b2 are whole multiples of u = 2^-bits, and stand for weights theta~. Each line of a step
is computed with whole numbers and rounded to u. Balls (python-flint) do what is not arithmetic: exp and log.

**The proof.** Let theta be the weights that real numbers would give, all of W1, b1, W2, b2 as one vector, and let
|theta~ - theta| <= e. After one more step the distance is at most growth e + rounding, where

- *rounding* is how far the computed step is from the exact step from theta~: each line is off by a few u
  (step_bounds.py counts them). An error dC moves the weights by dC X~', and the square of its length is dC G dC'.
- *growth* bounds how many times farther one exact step can pull theta~ and theta apart. No Z1 changes its sign on the
  way from one to the other: that is checked, but for units that are proven to have not moved at all. So the step is
  smooth there, and growth is the largest norm of I - rate H on the way, H the Hessian of the cost:

      H = sum over i of s_i g_i g_i' / m + R      g_i = the gradient of Z2_i, s_i = sigmoid'(Z2_i)
      R = for each unit j  [[X~ diag(B_j) X~', v_j], [v_j', 0]]  in its weights and W2_j, with
      v_j = X~ D_j',  D_ji = dZ2_i h'(Z1_ji),  B_ji = W2_j dZ2_i h''(Z1_ji)     (h'' = 0 where h has a kink)

  The first part has no negative eigenvalue; with `largest` its largest, and a rate above 0, the norm is at most
  max(1, rate largest - 1) + rate max_j (|v_j| + sqrt(B_j (G*G) B_j')), G*G entry by entry. The m x m matrices suffice:
  g_i'g_k = G_ik sum_j (W2_j h'_ji)(W2_j h'_jk) + A1_i'A1_k + 1, and |v_j|^2 = D_j G D_j'.

Growth is computed in float64 at theta~, and wanted all the way to theta. kappa^2 = (n_h + m + 64) 2^-50 is above the
relative rounding of all float64 sums here. With r^2 = max G_ii, w = 1 + sum |W2_j| and
q = r (1 + sqrt(n_h) + r w) + max |g_i|, g_i changes on the way by e q at most, s_i by e q / 10, and dZ2_i by
e q / (4 m), since |h'| and |h''| are 1 at most. Where that is below kappa / 32, with room for rounding
(`Bounds.hold`), the first part of H is off by less than kappa mean |g_i|^2, and R, where h'' changes by at most 2 for
each 1 of Z1, by less than kappa q. Both are added.

So a few dozen bits are lost in thousands of steps, where balls around each entry of Z1 lose a few tenths of a bit in
each.
"""

import math
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from flint import arb, arb_mat, ctx, fmpz_mat

from shared.judging.curves.fixed_point import (
    LIMB,
    blocks,
    fixed,
    floats,
    fraction_bits,
    integers,
    limbs,
    matrix,
    product,
    shifted,
)
from shared.judging.curves.step_bounds import LARGE, Bounds, bounds
from shared.judging.enclosure import Enclosure
from shared.network import KINKED, Activation, Array, Parameters

SPARE = 64
"""How many more bits the balls have than the whole numbers."""

PROVEN = 0.5e-15
"""The relative distance within which each cost must be known: 15 digits."""


class UnprovenError(ArithmeticError):
    """The bits do not suffice for the proof."""


@dataclass(frozen=True)
class Problem:
    """What is trained, converted once."""

    parameters: Parameters
    inputs: Array  # (n_x + 1, m), X~
    labels: list[bool]
    rate: float
    activation: Activation
    gram: Array  # (m, m), G
    gram_bits: int
    gram_floats: Array
    Z1: Array  # (n_h, m), Z1(0)
    Z1_bits: int
    inputs_bits: int

    @classmethod
    def of(cls, parameters: Parameters, X: Array, Y: Array, rate: float, activation: Activation) -> "Problem":
        """Compute G and Z1(0), exactly."""
        inputs, values = np.vstack([X, np.ones_like(X[:1])]), np.hstack([parameters.W1, parameters.b1])
        x, v, (n_h, m) = fraction_bits(inputs), fraction_bits(values), (len(values), X.shape[1])
        gram, Z1 = fmpz_mat(m, m), fmpz_mat(n_h, m)
        for rows in blocks(inputs):
            block = matrix(fixed(inputs[rows], x))
            gram += block.transpose() * block
            Z1 += matrix(fixed(values[:, rows], v)) * block
        G, labels = integers(gram), (Y[0] == 1).tolist()
        known = (parameters, inputs, labels, rate, activation)
        return cls(*known, G, 2 * x, floats(G, 2 * x), integers(Z1), v + x, x)


class Descent:
    """Gradient descent, one step at a time, with `bits` fraction bits."""

    def __init__(self, problem: Problem, bits: int) -> None:
        self.problem, self.bits, self.unit, self.steps = problem, bits, arb(2) ** -bits, 0
        self.Z1 = shifted(problem.Z1, bits - problem.Z1_bits)  #           (n_h, m), Z1(0)
        self.C = np.zeros_like(self.Z1)  #                                   (n_h, m)
        self.W2 = self._rounded(problem.parameters.W2.T)  #                  (n_h, 1)
        self.b2 = self._rounded(problem.parameters.b2)  #                    (1, 1)
        self.error = 1 + len(self.C)  # e in units: W2 and b2 may have been rounded
        self.resting_C = np.ones_like(self.W2, bool)  # C and W2 of such units are proven to have not moved so far
        self.resting_W2 = np.ones_like(self.W2, bool)
        whole_part = int(np.abs(problem.gram).max()).bit_length() - problem.gram_bits
        self.gram_bits = min(problem.gram_bits, LIMB * math.ceil(bits / LIMB) - whole_part)
        self.gram = limbs(shifted(problem.gram, self.gram_bits - problem.gram_bits))  # as many limbs as C has
        lengths = 1.01 * np.sqrt(np.diag(problem.gram_floats))
        self.lengths = np.array([[math.ceil(length) for length in lengths]], object)  # (1, m), above |x~_i|

    def step(self) -> arb:
        """Make a step.

        Returns
        -------
        cost : arb
            A ball that holds the cost before the step.

        Raises
        ------
        UnprovenError
            If these bits do not prove a sign, the cost's digits, or how far rounding can have led the weights astray.
        """
        with ctx.workprec(self.bits + SPARE):
            Z1, off = self._forward()
            positive = self._positive(Z1, off)
            A1, slope, curvature = self._hidden(Z1, positive)
            Z2 = (self.W2.T @ A1 >> self.bits)[0] + self.b2[0]
            exponentials = [self._exponential(z) for z in Z2]
            A2 = np.array([self._sigmoid(z, t) for z, t in zip(Z2, exponentials, strict=True)], object)
            dZ2 = (A2 - (np.array(self.problem.labels, object) << self.bits)) // len(Z2)
            proven = self._bounds(A1, slope, curvature, A2, dZ2, off)
            cost = self._cost(Z2, exponentials, proven.in_cost(self.error, off))
        self._update(A1, slope, dZ2)
        self._watch_rest(positive, slope)
        self.error = proven.after_step(self.error)
        self.steps += 1
        return cost

    def parameters(self) -> dict[str, Enclosure]:
        """Enclose the weights as they are now."""
        W1, b1, _, _ = self.problem.parameters
        values, radius, C = np.hstack([W1, b1]), arb(0, self.error) * self.unit, matrix(self.C)
        v, x, columns = fraction_bits(values), self.problem.inputs_bits, []
        with ctx.workprec(self.bits + SPARE):
            for rows in blocks(self.problem.inputs):
                start = arb_mat(matrix(fixed(values[:, rows], v))) * arb(2) ** -v
                moved = arb_mat(C * matrix(fixed(self.problem.inputs[rows], x)).transpose()) * arb(2) ** -x * self.unit
                columns.append(_enclosed(start - moved, radius))
            W2, b2 = (_enclosed(arb_mat(matrix(V)) * self.unit, radius) for V in (self.W2.T, self.b2))
        joined = [np.hstack([getattr(part, name) for part in columns]) for name in ("high", "low", "radius")]
        first = Enclosure(*(part[:, :-1] for part in joined))
        return {"W1": first, "b1": Enclosure(*(part[:, -1:] for part in joined)), "W2": W2, "b2": b2}

    def _forward(self) -> tuple[Array, int]:
        """Z1 at theta~, and by how many units it may be off: G is cut off after `gram_bits`."""
        Z1 = self.Z1 - shifted(integers(product(limbs(self.C), self.gram)), -self.gram_bits)
        if self.gram_bits == self.problem.gram_bits:
            return Z1, 1
        off = 2 + max(shifted(np.abs(self.C).sum(axis=1), -self.gram_bits))
        return (Z1, off) if off < LARGE else self._give_up("the products of the examples do not fit")

    def _positive(self, Z1: Array, off: int) -> Array:
        """Decide where Z1 > 0; theta is e away, so Z1 e |x~_i|. Units that have not moved are known exactly."""
        margin = self.error * self.lengths + off
        positive = np.where(self.resting_C, self.problem.Z1 > 0, Z1 - margin > 0)
        undecided = ~self.resting_C & ~positive & (Z1 + margin > 0)
        if self.problem.activation in KINKED and undecided.any():
            j, i = np.argwhere(undecided)[0]
            self._give_up(f"Z1[{j}, {i}] may be positive or negative, as far as is known")
        return positive

    def _hidden(self, Z1: Array, positive: Array) -> tuple[Array, Array, Array]:
        """A1, its slope and its curvature."""
        if self.problem.activation == "sigmoid":
            A1 = np.array([self._sigmoid(z, self._exponential(z)) for z in Z1.flat], object).reshape(Z1.shape)
            slope = A1 * ((1 << self.bits) - A1) >> self.bits
            return A1, slope, slope * ((1 << self.bits) - 2 * A1) >> self.bits
        if self.problem.activation == "tanh":
            A1 = np.array([self._tanh(z) for z in Z1.flat], object).reshape(Z1.shape)
            slope = (1 << self.bits) - (A1 * A1 >> self.bits)
            return A1, slope, -2 * A1 * slope >> self.bits
        leaky = self.problem.activation == "leaky_relu"
        left_Z1, left_slope = (Z1 // 100, (1 << self.bits) // 100) if leaky else (0, 0)
        slope = np.full_like(Z1, left_slope)
        slope[positive] = 1 << self.bits
        return np.where(positive, Z1, left_Z1), slope, np.zeros_like(Z1)

    def _exponential(self, z: int) -> arb:
        return (arb(-abs(z)) * self.unit).exp()

    def _sigmoid(self, z: int, exponential: arb) -> int:
        """Give the sigmoid of z from exp(-|z|), within two units."""
        ball = (1 if z > 0 else exponential) / (self.unit * (1 + exponential))
        if not ball.rad() < 1:
            self._give_up("exp is not known to all bits")
        return int(ball.mid().floor().fmpz())

    def _tanh(self, z: int) -> int:
        """Give tanh of z, within two units."""
        ball = (arb(z) * self.unit).tanh() / self.unit
        if not ball.rad() < 1:
            self._give_up("tanh is not known to all bits")
        return int(ball.mid().floor().fmpz())

    def _cost(self, Z2: Array, exponentials: list[arb], off: int) -> arb:
        """The mean of log(1 + exp(-|z|)), plus |z| where z has the wrong sign; it is off by as much as Z2 at most."""
        wrong = sum(abs(z) for z, label in zip(Z2, self.problem.labels, strict=True) if (z > 0) != label)
        exact = (sum((t.log1p() for t in exponentials), arb(0)) + wrong * self.unit) / len(Z2)
        cost = exact + arb(0, off) * self.unit
        if not cost.rad() < abs(cost) * PROVEN:
            self._give_up(f"the cost is known only as {cost.str(15)}")
        return cost

    def _bounds(self, A1: Array, slope: Array, curvature: Array, A2: Array, dZ2: Array, off: int) -> Bounds:
        W2, A1, slope, curvature, A2, dZ2 = (floats(V, self.bits) for V in (self.W2, A1, slope, curvature, A2, dZ2))
        one = 1 << self.bits
        proven = bounds(W2, A1, slope, curvature, A2, dZ2, self.problem.gram_floats, self.problem.rate, float(off))
        if not proven.hold(self.error / one, off / one, len(A2)):
            self._give_up("the weights are not known well enough to tell how fast errors grow")
        return proven

    def _update(self, A1: Array, slope: Array, dZ2: Array) -> None:
        top, bottom = self.problem.rate.as_integer_ratio()
        change = dZ2 * top // bottom  #                                      (m,), rate dZ2
        self.C = self.C + (self.W2 * slope * change >> 2 * self.bits)
        self.W2 = self.W2 - (A1 @ change[:, None] >> self.bits)
        self.b2 = self.b2 - change.sum()

    def _watch_rest(self, positive: Array, slope: Array) -> None:
        """Keep track of what has not moved, so that an exact tie at the start is one as long as nothing moves it."""
        flat, no_weight = ~slope.any(axis=1, keepdims=True), self.problem.parameters.W2.T == 0
        nothing = {"relu": ~positive, "sigmoid": np.zeros_like(positive)}.get(
            self.problem.activation, self.problem.Z1 == 0
        )
        silent = nothing.all(axis=1, keepdims=True)  # A1 = 0, if C rests
        was_resting_C = self.resting_C
        self.resting_C = was_resting_C & (flat | (self.resting_W2 & no_weight))
        self.resting_W2 = self.resting_W2 & was_resting_C & silent

    def _rounded(self, values: Array) -> Array:
        return shifted(fixed(values, fraction_bits(values)), self.bits - fraction_bits(values))

    def _give_up(self, reason: str) -> NoReturn:
        raise UnprovenError(f"with {self.bits} bits, before step {self.steps}, {reason}")


def _enclosed(balls: arb_mat, radius: arb) -> Enclosure:
    shape = (balls.nrows(), balls.ncols())
    return Enclosure.of(arb_mat(*shape, [entry + radius for entry in balls.entries()]), shape)
