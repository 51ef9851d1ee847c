# ruff: noqa: N802 (a line of the network is named after the quantity that it computes)
"""The exact answer: every quantity of the network, enclosed by ball arithmetic.

Parameters and inputs are floating-point numbers, hence exact, so each quantity has one real value. python-flint
computes with balls, midpoint +/- radius, and proves that each ball holds the true result. More bits, smaller balls.

X and W1 are large. They are multiplied as matrices of integers times a power of two, which is fast and makes Z1 exact:
its sign, on which the activation turns, is known at once, and a tie is proven to be one.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from flint import arb, arb_mat, ctx, fmpz_mat

from shared.judging.enclosure import Enclosure, to_balls
from shared.network import Activation, Array, Parameters

__all__ = ["NEEDS", "Enclosure", "Truth"]

PRECISIONS = (128, 256, 512, 1024, 2048, 4096, 8192)
"""Bits, tried in this order. The last ones are for sums that cancel to zero: the finest spacing is 2^-1074."""

EXACT = 4400
"""Bits in which sums of products of two float64 numbers are exact: all are multiples of 2^-2148 below 2^2048."""


class Truth:
    """The true values of everything computed from X and Y, which are converted once.

    Parameters
    ----------
    X : (n_x, m) float32 or float64
    Y : (1, m) float32 or float64, the labels

    Raises
    ------
    ValueError
        If an array, here or in a method, is not a finite float32 or float64 matrix or does not fit the others.
    """

    def __init__(self, X: Array, Y: Array) -> None:
        if Y.shape != (1, X.shape[-1]):
            raise ValueError(f"Y has shape {Y.shape}; X has shape {X.shape}, so it must be {(1, X.shape[-1])}")
        self._data = _Data.of(_checked("X", X), _checked("Y", Y))
        self._last: Any = None
        self._values: dict[int, dict[str, Any]] = {}  # of the last parameters, by precision

    def quantities(self, parameters: Parameters, activation: Activation = "relu") -> dict[str, Enclosure]:
        """Enclose Z1 A1 Z2 A2 cost dA2 dZ2 dW2 db2 dA1 dZ1 dW1 db1, sharply for the dtype of W1."""
        names = [name for name in NEEDS if name != "one_minus_A2"]

        def compute() -> dict[str, arb_mat]:
            values = self._evaluate(parameters, activation)
            return {name: values[name] for name in names}

        return _prove(compute, parameters.W1.dtype)

    def step(
        self, parameters: Parameters, learning_rate: float, activation: Activation = "relu"
    ) -> dict[str, Enclosure]:
        """Enclose W1 b1 W2 b2 after one step of gradient descent; after `quantities` no line is computed again."""
        if not math.isfinite(learning_rate):
            raise ValueError(f"the learning rate is {learning_rate}; only finite numbers have a true value")

        def compute() -> dict[str, arb_mat]:
            values, rate = self._evaluate(parameters, activation), arb(float(learning_rate))
            return {name: to_balls(start) - values[f"d{name}"] * rate for name, start in parameters._asdict().items()}

        return _prove(compute, parameters.W1.dtype)

    def line(self, quantity: str, theirs: Mapping[str, Array], activation: Activation = "relu") -> Enclosure:
        """Enclose what one line alone should have given, from a program's own inputs to that line.

        Parameters
        ----------
        quantity : what the line computes
        theirs : the program's arrays by name, as far as it has them; what the line needs of the others is enclosed too

        Raises
        ------
        KeyError
            If there is no such line, or `theirs` lacks what nothing computes: W1 b1 W2 b2.
        """
        used = {name: theirs[name] for name in _used(quantity, theirs)}
        lines, exact = _Lines(self._data, activation), _converted(used)
        if "A2" in exact:
            with ctx.workprec(EXACT):
                exact["one_minus_A2"] = _each(lambda a: 1 - a, exact["A2"])

        def enclosed(name: str) -> Any:
            if name not in values:
                values[name] = lines.compute(name, {needed: enclosed(needed) for needed in NEEDS[name]})
            return values[name]

        def compute() -> dict[str, arb_mat]:
            values.clear()
            values.update(exact)
            return {quantity: enclosed(quantity)}

        values: dict[str, Any] = {}
        return _prove(compute, next(iter(used.values())).dtype)[quantity]

    def _evaluate(self, parameters: Parameters, activation: Activation) -> dict[str, Any]:
        """Compute all lines with ctx.prec bits, unless the last call did."""
        asked = (activation, *((values.shape, values.dtype, values.tobytes()) for values in parameters))
        if asked != self._last:
            self._last, self._values = asked, {}
        if ctx.prec not in self._values:
            values = _converted(parameters._asdict())
            for name in NEEDS:
                values[name] = _Lines(self._data, activation).compute(name, values)
            self._values[ctx.prec] = values
        return self._values[ctx.prec]


class _Lines:
    """The network on ball matrices in the order of computation. A method is a line, its arguments are its inputs."""

    def __init__(self, data: "_Data", activation: Activation) -> None:
        self._data, self._ones = data, data.ones
        self._activation, self._slope = ACTIVATIONS[activation]

    def Z1(self, W1: Array, b1: arb_mat) -> arb_mat:  # (n_h, m)
        with ctx.workprec(EXACT):
            return _Integers.of(W1).times(self._data.X).balls() + b1 * self._ones

    def A1(self, Z1: arb_mat) -> arb_mat:  # (n_h, m)
        return _each(self._activation, Z1)

    def Z2(self, W2: arb_mat, A1: arb_mat, b2: arb_mat) -> arb_mat:  # (1, m)
        return W2 * A1 + b2 * self._ones

    def A2(self, Z2: arb_mat) -> arb_mat:  # (1, m)
        return _each(sigmoid, Z2)

    def one_minus_A2(self, Z2: arb_mat) -> arb_mat:  # (1, m), with all its digits even where A2 is next to 1
        return _each(lambda z: sigmoid(-z), Z2)

    def cost(self, Z2: arb_mat) -> arb_mat:  # (1, 1), never from log(A2)
        losses = _each(lambda y, z: y * softplus(-z) + (1 - y) * softplus(z), self._data.Y, Z2)
        return losses * self._ones.transpose() / self._data.m

    def dA2(self, A2: arb_mat, one_minus_A2: arb_mat) -> arb_mat:  # (1, m)
        return _each(lambda y, a, b: -(y / a) + (1 - y) / b, self._data.Y, A2, one_minus_A2) / self._data.m

    def dZ2(self, A2: arb_mat, one_minus_A2: arb_mat) -> arb_mat:  # (1, m), A2 - Y written so that nothing cancels
        return _each(lambda y, a, b: (1 - y) * a - y * b, self._data.Y, A2, one_minus_A2) / self._data.m

    def dW2(self, dZ2: arb_mat, A1: arb_mat) -> arb_mat:  # (1, n_h)
        return dZ2 * A1.transpose()

    def db2(self, dZ2: arb_mat) -> arb_mat:  # (1, 1)
        return dZ2 * self._ones.transpose()

    def dA1(self, W2: arb_mat, dZ2: arb_mat) -> arb_mat:  # (n_h, m)
        return W2.transpose() * dZ2

    def dZ1(self, dA1: arb_mat, Z1: arb_mat) -> arb_mat:  # (n_h, m)
        return _each(lambda d, z: d * self._slope(z), dA1, Z1)

    def dW1(self, dZ1: arb_mat) -> arb_mat:  # (n_h, n_x): the integer part is multiplied, the rest is bounded
        integers = _Integers.cut(dZ1, ctx.prec - 2)
        rest = _each(lambda d: d.abs_upper(), dZ1 - integers.balls()) * self._ones.transpose()
        balls = integers.times(self._data.X_transposed).balls() + rest * self._data.largest_X * arb(0, 1)
        used = np.array([not d.is_zero() for d in dZ1.entries()]).reshape(dZ1.nrows(), dZ1.ncols())
        for i, k in np.argwhere(used.astype(int) @ self._data.X_is_not_0 == 0).tolist():
            balls[i, k] = 0  # every product is exactly 0
        return balls

    def db1(self, dZ1: arb_mat) -> arb_mat:  # (n_h, 1)
        return dZ1 * self._ones.transpose()

    def compute(self, name: str, values: Mapping[str, Any]) -> arb_mat:
        inputs = {needed: values[needed] for needed in NEEDS[name]}
        try:
            balls: arb_mat = getattr(self, name)(**inputs)
        except ValueError as error:
            raise ValueError(f"{name} cannot be computed: the shapes of {', '.join(inputs)} do not fit") from error
        return balls


NEEDS = {
    name: tuple(inspect.signature(line).parameters)[1:]
    for name, line in vars(_Lines).items()
    if not name.startswith("_") and name != "compute"
}
"""The inputs of each line, beside X and Y, in the order of computation. (Only W1 is not in balls.)"""


def sigmoid(z: arb) -> arb:
    """1 / (1 + exp(-z)), written so that no exponential is large."""
    return 1 / (1 + (-z).exp()) if z > 0 else z.exp() / (1 + z.exp())


def softplus(z: arb) -> arb:
    """log(1 + exp(z)), written so that a small value keeps its digits."""
    return z + (-z).exp().log1p() if z > 0 else z.exp().log1p()


ACTIVATIONS: dict[str, tuple[Callable[[arb], arb], Callable[[arb], arb]]] = {
    "relu": (lambda z: z if z > 0 else arb(0), lambda z: arb(1) if z > 0 else arb(0)),
    "leaky_relu": (lambda z: z if z > 0 else z / 100, lambda z: arb(1) if z > 0 else arb(1) / 100),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (arb.tanh, lambda z: 1 / z.cosh() ** 2),
}
"""The hidden activations and their derivatives. Z1 is exact, so `z > 0` is never in doubt; 0 is in the left half."""


class _Integers(NamedTuple):
    """A matrix of integers, times 2^exponent."""

    whole: fmpz_mat
    exponent: int

    @classmethod
    def of(cls, values: Array) -> "_Integers":
        """Convert floating-point numbers, exactly, 63 bits at a time from the top."""
        whole, exponent = fmpz_mat(*values.shape), math.frexp(np.abs(values).max())[1]
        while values.any():
            exponent -= 63
            part = np.trunc(np.ldexp(values, -exponent))
            whole = whole * 2**63 + fmpz_mat(part.astype(np.int64).tolist())
            values = values - np.ldexp(part, exponent)
        return cls(whole, exponent)

    @classmethod
    def cut(cls, balls: arb_mat, bits: int) -> "_Integers":
        """Cut the midpoints off after `bits` bits, counted from the first bit of the largest."""
        parts = [tuple(map(int, ball.mid().man_exp())) for ball in balls.entries()]
        exponent = max((m.bit_length() + e for m, e in parts if m), default=0) - bits
        shifted = [m << e - exponent if e >= exponent else m >> exponent - e for m, e in parts]
        return cls(fmpz_mat(balls.nrows(), balls.ncols(), shifted), exponent)

    def times(self, other: "_Integers") -> "_Integers":
        return _Integers(self.whole * other.whole, self.exponent + other.exponent)

    def balls(self) -> arb_mat:
        return arb_mat(self.whole) * arb(2) ** self.exponent


class _Data(NamedTuple):
    """X and Y, converted once."""

    X: _Integers  # (n_x, m)
    X_transposed: _Integers  # (m, n_x)
    X_is_not_0: Array  # (m, n_x)
    largest_X: arb_mat  # (1, n_x), the largest |value| of each input
    Y: arb_mat  # (1, m)
    ones: arb_mat  # (1, m)
    m: int

    @classmethod
    def of(cls, X: Array, Y: Array) -> "_Data":
        integers, largest, m = _Integers.of(X), np.abs(X).max(axis=1, keepdims=True), X.shape[1]
        transposed = _Integers(integers.whole.transpose(), integers.exponent)
        return cls(
            integers, transposed, (X.T != 0).astype(int), to_balls(largest.T), to_balls(Y), arb_mat(1, m, [1] * m), m
        )


def _prove(compute: Callable[[], dict[str, arb_mat]], dtype: np.dtype[Any]) -> dict[str, Enclosure]:
    """Raise the precision until every radius is far below the spacing of `dtype`."""
    for bits in PRECISIONS:
        with ctx.workprec(bits):
            truths = {
                name: Enclosure.of(balls, () if name == "cost" else (balls.nrows(), balls.ncols()))
                for name, balls in compute().items()
            }
        if all(truth.is_sharp(dtype) for truth in truths.values()):
            return truths
    raise ArithmeticError(f"{PRECISIONS[-1]} bits do not suffice")


def _each(function: Callable[..., arb], *matrices: arb_mat) -> arb_mat:
    """Apply a function of real numbers entry by entry."""
    shape, *others = ((balls.nrows(), balls.ncols()) for balls in matrices)
    if any(other != shape for other in others):
        raise ValueError("the shapes differ")
    together = zip(*(balls.entries() for balls in matrices), strict=True)
    return arb_mat(*shape, [function(*entries) for entries in together])


def _used(quantity: str, theirs: Mapping[str, Array]) -> list[str]:
    """Name what a line is made from, as far back as it takes to find it in `theirs`."""
    names: list[str] = []
    for name in NEEDS[quantity]:
        if name in theirs or (name == "one_minus_A2" and "A2" in theirs):
            names.append("A2" if name == "one_minus_A2" else name)
        elif name in NEEDS:
            names += _used(name, theirs)
        else:
            raise KeyError(name)
    return list(dict.fromkeys(names))


def _converted(arrays: Mapping[str, Array]) -> dict[str, Any]:
    """Convert what a line or the network starts from; W1 stays as it is, because only Z1 uses it."""
    return {
        name: _checked(name, values) if name == "W1" else to_balls(_checked(name, values))
        for name, values in arrays.items()
    }


def _checked(name: str, values: Array) -> Array:
    """Give the values as float64 (float32 converts exactly), or say what is wrong with them."""
    if values.dtype not in (np.float32, np.float64) or values.ndim != 2 or not values.size:
        raise ValueError(f"{name} must be a float32 or float64 matrix, not {values.dtype} of shape {values.shape}")
    for i, j in np.argwhere(~np.isfinite(values)):
        raise ValueError(f"{name} holds {values[i, j]} at [{i}, {j}]; only finite numbers have a true value")
    return values.astype(np.float64)
