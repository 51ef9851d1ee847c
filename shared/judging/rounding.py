"""What rounding may do to each quantity: a proven bound and a standard deviation, entry by entry.

Each line of the network adds its own rounding to what its inputs bring, in the order of computation. How errors add up
is the business of `arithmetic.py`; here stands what each line computes, with how many roundings.

What is assumed of a program, for the bound to hold:
- matrix products add products (no Strassen, no Winograd, no narrower operands), in any order;
- exp, log and log1p err by at most 4 units in the last place (8 roundings), the limit that NumPy documents for its
  vector functions, but for XLA's log1p (`LOG1P_OF_XLA`); the counts of the sigmoid and the cost follow from that;
- the sigmoid is 1 / (1 + exp(-z)), or exp(z) / (1 + exp(z)), or exp(z - softplus(z)), as autograd forms it, with
  softplus(z) = max(z, 0) + log1p(exp(-|z|));
- dZ2 is (A2 - Y) / m or (1 - Y) / m - (1 - A2) / m, as torch.func differentiates binary_cross_entropy_with_logits,
  or (1 - Y) sigmoid(Z2) / m - Y sigmoid(-Z2) / m, as jax.grad differentiates optax's loss;
- the cost is the mean of softplus(Z2) - Y Z2, or of Y softplus(-Z2) + (1 - Y) softplus(Z2). One from log(A2) and
  log(1 - A2) stays within the bound while |Z2| is small; where A2 nears 0 or 1 it loses digits, and is wrong;
- tanh errs by at most 8 units in the last place (XLA's in float64 does by 6.5), or it is (exp(z) - exp(-z)) /
  (exp(z) + exp(-z)), whose two exponentials and three operations err by 20 roundings of 1 at most, if finite;
- a result or an operand below the smallest normal number may be flushed to zero;
- nothing overflows: a program that does is wrong, because its result is not finite.
"""

from collections.abc import Callable, Mapping

import numpy as np

from shared.judging.arithmetic import Arithmetic, Probabilistic, WithError, WorstCase, exact
from shared.judging.sums import alike
from shared.network import LEAKY_SLOPE, QUANTITIES, Activation, Array, Parameters

Lines = dict[str, WithError]

LOG1P_OF_XLA = 260.0
"""In float64, XLA's log1p(x) errs by up to 129 units in the last place where x lies in (-0.4143, -0.35)."""


def logistic(Z: Array) -> Array:
    """Compute 1 / (1 + exp(-Z)) without overflow; scipy.special, which has it, takes 0.3 s to import."""
    E = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1, E) / (1 + E)


def sigmoid(a: Arithmetic, Z: WithError) -> WithError:
    """At most 24 + 2 |Z| roundings, whichever of the three forms a program takes."""
    return WithError(
        logistic(Z.value), a.add(steepest(a, Z) * Z.error, a.rounded(24 + 2 * a.at_once(a.magnitude(Z)), highest(a, Z)))
    )


def highest(a: Arithmetic, Z: WithError) -> Array:
    """Bound the sigmoid from above: it grows, and it is never 0, though float64 may have no number so small."""
    return np.maximum(logistic(Z.value + a.uncertainty(Z)), a.tiny)


def steepest(a: Arithmetic, Z: WithError) -> Array:
    """Bound the sigmoid's slope s (1 - s) from above, by s, by 1 - s, and by 1/4."""
    one_minus_lowest = highest(a, WithError(-Z.value, Z.error))
    return np.minimum(np.minimum(highest(a, Z), one_minus_lowest), 0.25)


def hidden_sigmoid(a: Arithmetic, Z1: WithError) -> tuple[WithError, WithError]:
    """A1, and its slope A1 (1 - A1), whose error is at most that of A1, and three roundings."""
    A1 = sigmoid(a, Z1)
    return A1, WithError(A1.value * logistic(-Z1.value), a.add(A1.error, a.rounded(3, steepest(a, Z1))))


def hidden_tanh(a: Arithmetic, Z1: WithError) -> tuple[WithError, WithError]:
    """A1, and its slope 1 - A1^2, whose error is at most twice that of A1, and three roundings of 1.

    A library's tanh is an approximation, which errs alike where Z1 is about as large: so does the slope made of it.
    """
    flattest = np.clip(np.abs(Z1.value) - a.uncertainty(Z1), 0, 300)  # cosh^2 is finite there
    moves = a.magnitude(Z1) > 0
    passed_on, approximated = Z1.error / np.cosh(flattest) ** 2, a.rounded(20, moves * 1.0)
    slope = 1 / np.cosh(np.clip(Z1.value, -350, 350)) ** 2
    in_common = a.adding_up(WithError(np.rint(Z1.value), approximated)).error
    A1 = WithError(np.tanh(Z1.value), a.add(passed_on, approximated))
    return A1, WithError(slope, a.add(2 * passed_on, 2 * in_common, a.rounded(3, moves * 1.0)))


SMOOTH = {"sigmoid": hidden_sigmoid, "tanh": hidden_tanh}
"""The activations without a kink: A1 and its slope, with their errors."""


def left(a: Arithmetic, Z1: WithError) -> Array:
    """Tell where every program finds Z1 <= 0: far enough below, or exactly 0."""
    return (Z1.value + a.uncertainty(Z1) < 0) | ((Z1.value <= 0) & (Z1.error == 0))


def right(a: Arithmetic, Z1: WithError) -> Array:
    """Tell where every program finds Z1 > 0."""
    return Z1.value - a.uncertainty(Z1) > 0


def undecided(a: Arithmetic, Z1: WithError) -> Array:
    """Tell where rounding decides on which side of a kink a program finds Z1, and nobody knows how."""
    kink = a.activation not in SMOOTH
    return ~(left(a, Z1) | right(a, Z1) | a.settled) & kink


def left_slope(a: Arithmetic) -> float:
    """The slope of the hidden activation where Z1 <= 0."""
    return 0.0 if a.activation == "relu" else LEAKY_SLOPE


def line_A1(a: Arithmetic, q: Lines) -> WithError:  # noqa: N802
    """The activation of Z1: its error passes on, times the slope."""
    Z1, slope = q["Z1"], left_slope(a)
    if a.activation in SMOOTH:
        return SMOOTH[a.activation](a, Z1)[0]
    value = np.where(Z1.value > 0, Z1.value, slope * Z1.value)
    inherited = Z1.error * np.where(left(a, Z1), slope, 1)
    return WithError(
        value, a.add(inherited, a.rounded(2, np.where(right(a, Z1), 0, product(a, a.magnitude(Z1), slope))))
    )


def line_cost(a: Arithmetic, q: Lines) -> WithError:
    """Cross-entropy per example, softplus(Z2) - Y Z2: 20 roundings of softplus(Z2) + |Z2|; then the mean."""
    Z2, Y = q["Z2"], q["Y"].value
    m = Y.shape[1]
    softplus = np.logaddexp(0, Z2.value)
    slope = np.minimum(np.abs(logistic(Z2.value) - Y) + a.uncertainty(Z2) / 4, 1)
    local = a.add(
        a.rounded(20, softplus + a.uncertainty(Z2) + a.magnitude(Z2)), a.rounded(log1p_of_xla(a, Z2, Y), softplus)
    )
    loss = WithError((softplus - Y * Z2.value) / m, a.add(slope * Z2.error, local) / m)
    mean = a.total(loss)
    return WithError(mean.value[0, 0], a.add(mean.error[0, 0], a.rounded(3, a.magnitude(loss).sum())))


def log1p_of_xla(a: Arithmetic, Z2: WithError, Y: Array) -> Array:
    """Count the roundings of -log1p(-A2), for label 0, that XLA's log1p is worse by than others in float64."""
    A2 = logistic(Z2.value)
    concerned = (a.dtype == np.float64) & (Y < 0.5) & (A2 > 0.35) & (A2 < 0.4145)
    return np.where(concerned, a.at_once(np.asarray(LOG1P_OF_XLA)), 0)


def line_dA2(a: Arithmetic, q: Lines) -> WithError:  # noqa: N802
    """-Y / A2 + (1 - Y) / (1 - A2), over m: 5 roundings; the error of A2 counts 1 / A2^2 or 1 / (1 - A2)^2 times."""
    A2, Y = q["A2"], q["Y"].value
    m, share = Y.shape[1], np.where(Y > 0.5, A2.value, 1 - A2.value)
    lowest = np.maximum(share - a.uncertainty(A2), 0)
    value = np.where(Y > 0.5, -1, 1) / share / m
    return WithError(value, a.add(A2.error / (m * share * lowest), a.rounded(5, 1 / (m * lowest))))


def line_dZ2(a: Arithmetic, q: Lines) -> WithError:  # noqa: N802
    """(A2 - Y) / m, or sigmoid(Z2) / m - Y / m with a sigmoid formed anew, as autograd does.

    Or (1 - Y) / m - (1 - A2) / m: two roundings of the second term, at most one of the first, and one of the result,
    that is 2 |1 - A2| + |1 - Y| + |A2 - Y| or less, hence no more than 3 of 1 + |A2|.
    """
    A2, Y, Z2 = q["A2"], q["Y"].value, q["Z2"]
    m = Y.shape[1]
    minus_Z2 = WithError(-Z2.value, Z2.error)
    formed = np.maximum(highest(a, Z2), Y * highest(a, minus_Z2))
    anew = a.rounded(2 * (24 + 2 * a.at_once(a.magnitude(Z2))), formed)
    local = np.maximum(a.rounded(4, (a.magnitude(A2) + Y) / m), a.rounded(3, (1 + a.magnitude(A2)) / m))
    return a.scaled(WithError((A2.value - Y) / m, a.add(A2.error / m, anew / m, local)))


def line_dZ1(a: Arithmetic, q: Lines) -> WithError:  # noqa: N802
    """dA1 times the activation's slope; where a program may find Z1 on either side of 0, either slope."""
    dA1, Z1, slope = q["dA1"], q["Z1"], left_slope(a)
    if a.activation in SMOOTH:
        return line_dZ1_smooth(a, dA1, SMOOTH[a.activation](a, Z1)[1])
    value = dA1.value * np.where(Z1.value > 0, 1, slope)
    inherited = dA1.error * np.where(left(a, Z1), slope, 1)
    either = np.where(undecided(a, Z1), (1 - slope) * a.magnitude(dA1), 0)
    return WithError(
        value, a.add(inherited, either, a.rounded(2, np.where(right(a, Z1), 0, product(a, a.magnitude(dA1), slope))))
    )


def line_dZ1_smooth(a: Arithmetic, dA1: WithError, slope: WithError) -> WithError:  # noqa: N802
    """dA1 times the slope of a smooth activation."""
    inherited = a.add(dA1.error * a.magnitude(slope), a.magnitude(dA1) * slope.error)
    local = a.rounded(2, product(a, a.magnitude(dA1), a.magnitude(slope)))
    return WithError(dA1.value * slope.value, a.add(inherited, local))


def product(a: Arithmetic, A: Array, B: float | Array) -> Array:
    """Multiply magnitudes: where neither is 0, the product may underflow, yet it is not 0."""
    return np.where((A > 0) & (B > 0), np.maximum(A * B, a.tiny), 0)


LINES: dict[str, Callable[[Arithmetic, Lines], WithError]] = {
    "Z1": lambda a, q: a.product(q["W1"], q["X"], q["b1"]),
    "A1": line_A1,
    "Z2": lambda a, q: a.product(q["W2"], q["A1"], q["b2"]),
    "A2": lambda a, q: sigmoid(a, q["Z2"]),
    "cost": line_cost,
    "dA2": line_dA2,
    "dZ2": line_dZ2,
    "dW2": lambda a, q: a.over_examples(q["dZ2"], q["A1"].T),
    "db2": lambda a, q: a.total(q["dZ2"]),
    "dA1": lambda a, q: a.scaled(a.product(q["W2"].T, q["dZ2"])),
    "dZ1": lambda a, q: a.scaled(line_dZ1(a, q)),
    "dW1": lambda a, q: a.over_examples(q["dZ1"], q["X"].T),
    "db1": lambda a, q: a.total(q["dZ1"]),
}
"""Each quantity's line, from what is known of the quantities before it. (dA2 is the doctor's only.)"""


def through_the_network(a: Arithmetic, parameters: Parameters, X: Array, Y: Array) -> Lines:
    """Follow the errors of a whole pass, forward and backward, from exact parameters, inputs and labels."""
    q = {name: exact_input(a, V) for name, V in (*parameters._asdict().items(), ("X", X), ("Y", Y))}
    with np.errstate(over="ignore", invalid="ignore"):
        for quantity in QUANTITIES:
            q[quantity] = LINES[quantity](a, q)
    return q


def exact_input(a: Arithmetic, V: Array) -> WithError:
    """Wrap what every program is given as it is; it may take those too small to be normal for 0."""
    magnitude = np.abs(V).astype(np.float64)
    return WithError(V.astype(np.float64), np.where(magnitude < a.tiny, magnitude, 0))


def through_one_line(a: Arithmetic, quantity: str, values: Mapping[str, Array]) -> WithError:
    """Follow the errors of one line alone, from a program's own values, taken as exact.

    What the line needs and `values` does not hold is followed from what `values` does hold.
    """
    with np.errstate(all="ignore"):
        return _Followed(a, {name: V for name, V in values.items() if name != quantity})[quantity]


class _Followed(Lines):
    """What is known of each quantity, worked out when it is needed: a program's own values are exact."""

    def __init__(self, a: Arithmetic, values: Mapping[str, Array]):
        super().__init__()
        self._a, self._own = a, values

    def __missing__(self, name: str) -> WithError:
        self[name] = exact(np.asarray(self._own[name])) if name in self._own else LINES[name](self._a, self)
        return self[name]


def updated(a: Arithmetic, V: WithError, dV: WithError, learning_rate: float) -> WithError:
    """V - learning_rate dV; the learning rate is itself rounded to the dtype, to 0 if it is too small to be normal.

    A program may multiply by it before it sums dV's terms: `WorstCase.summed` counts a rounding more than n terms have.
    """
    rate = abs(learning_rate)
    change = product(a, a.magnitude(dV), rate)
    local = a.add(a.rounded(1, a.magnitude(V) + change), a.rounded(4, change), change if rate < a.tiny else 0 * change)
    return WithError(V.value - learning_rate * dV.value, a.add(V.error, rate * dV.error, local))


def worst(X: Array, activation: Activation, n_h: int, chunk: int | None = None) -> WorstCase:
    """Set up the proof for the dtype of X: its own float64 sums have n_x, m or n_h terms, two of each at most."""
    growth = 1 + (2 * (sum(X.shape) + n_h) + 100) * float(np.finfo(np.float64).eps)
    return WorstCase(X.dtype, activation, growth, chunk=chunk)


def noise(
    X: Array, activation: Activation, deviations: float, copies: Array, chunk: int | None = None
) -> Probabilistic:
    """Set up the model for the dtype of X; `copies` is how often each example occurs, (m,)."""
    return Probabilistic(X.dtype, activation, deviations, copies, chunk=chunk)


def copies_of(X: Array) -> Array:
    """Count how many examples share their roundings in W1 X with each example, (m,).

    Where two examples have the same pixel, its product with a weight is rounded alike, and so is what is added to a
    partial sum of the same spacing. So an example shares with each other one the part of its roundings that belongs to
    pixels which the two have in common; all parts, and 1 for itself, are added up. Pixels count as the same within the
    spacing of a sum of products; what is smaller than that is lost in the sum (see `Probabilistic.shared_roundings`).
    """
    eps, X = float(np.finfo(X.dtype).eps), X.astype(np.float64)
    spacing = eps * np.sqrt(np.square(X).sum(axis=0).max())
    weights = np.minimum(1, 12 * np.square(X / spacing)) if spacing > 0 else 0 * X
    shared = (alike(X, np.full((len(X), 1), spacing)) * weights).sum(axis=0)
    return shared / np.maximum(weights.sum(axis=0), np.finfo(float).tiny)
