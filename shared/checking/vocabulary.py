"""The functions that a line of the network, right or wrong, may be written with, by their names in its text."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from shared.judging.rounding import logistic
from shared.network import Array

TO_TANH = math.sqrt(2 / math.pi)
"""What the usual approximation of gelu multiplies its argument by before the tanh."""


class Hidden(NamedTuple):
    """A hidden activation that frameworks offer: its name with an article, the function, and the function's slope."""

    article: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def ndtr(z: Array) -> Array:
    """The distribution function of the normal distribution."""
    from scipy import special  # only when it is called: it takes 0.3 s to import

    return special.ndtr(z)


def bell(z: Array) -> Array:
    """The slope of ndtr: the density of the normal distribution."""
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def tanh_of_gelu(z: Array) -> Array:
    """The tanh in the usual approximation of gelu."""
    return np.tanh(TO_TANH * (z + 0.044715 * z**3))


def slope_of_gelu_tanh(z: Array) -> Array:
    """The slope of the approximation."""
    t = tanh_of_gelu(z)
    return (1 + t) / 2 + z / 2 * (1 - t * t) * TO_TANH * (1 + 3 * 0.044715 * z**2)


def mish(z: Array) -> Array:
    """The product of z and the tanh of its softplus."""
    return z * np.tanh(np.logaddexp(0, z))


def slope_of_mish(z: Array) -> Array:
    """Its slope, by the rules of product and chain."""
    t = np.tanh(np.logaddexp(0, z))
    return t + z * (1 - t * t) * logistic(z)


def softmax(z: Array, axis: int) -> Array:
    """Shares of 1 along an axis, in proportion to exp(z)."""
    E = np.exp(z - z.max(axis=axis, keepdims=True))
    return E / E.sum(axis=axis, keepdims=True)


def elu(z: Array) -> Array:
    """exp(z) - 1 on the left."""
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


SELU = 1.6732632423543772, 1.0507009873554805
"""How far selu goes down, and its slope on the right."""


def selu(z: Array) -> Array:
    """The self-normalising elu."""
    down, right = SELU
    return right * np.where(z > 0, z, down * elu(z))


def slope_of_selu(z: Array) -> Array:
    """Its slope."""
    down, right = SELU
    return right * np.where(z > 0, 1, down * np.exp(np.minimum(z, 0)))


HIDDEN: dict[str, Hidden] = {
    "sigmoid": Hidden("a sigmoid", logistic, lambda z: logistic(z) * logistic(-z)),
    "tanh": Hidden("a tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "softplus": Hidden("a softplus", lambda z: np.logaddexp(0, z), logistic),
    "gelu": Hidden("a gelu", lambda z: z * ndtr(z), lambda z: ndtr(z) + z * bell(z)),
    "gelu_tanh": Hidden("a gelu through tanh", lambda z: z / 2 * (1 + tanh_of_gelu(z)), slope_of_gelu_tanh),
    "elu": Hidden(
        "an elu", lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))), lambda z: np.exp(np.minimum(z, 0))
    ),
    "silu": Hidden("a silu", lambda z: z * logistic(z), lambda z: logistic(z) * (1 + z * logistic(-z))),
    "relu6": Hidden("a relu6", lambda z: np.clip(z, 0, 6), lambda z: (z > 0) & (z < 6)),
    "selu": Hidden("a selu", selu, slope_of_selu),
    "mish": Hidden("a mish", mish, slope_of_mish),
    "softsign": Hidden("a softsign", lambda z: z / (1 + np.abs(z)), lambda z: 1 / (1 + np.abs(z)) ** 2),
    "arctan": Hidden("an arctan", np.arctan, lambda z: 1 / (1 + z * z)),
    "hardtanh": Hidden("a hardtanh", lambda z: np.clip(z, -1, 1), lambda z: (z > -1) & (z < 1)),
    "square": Hidden("a square", np.square, lambda z: 2 * z),
}
"""Activations beside relu. A test checks each slope against the function's values."""


def mean(losses: Array) -> Array:
    """The mean over the examples; each share is divided by m before the sum, so that it cannot overflow."""
    return np.asarray(np.sum(losses / losses.size))


def total(V: Array) -> Array:
    """The sum over the examples, as a column."""
    return np.asarray(V).sum(axis=1, keepdims=True)


def narrowed(V: Array, bits: int) -> Array:
    """Round to so many bits of mantissa, after the first."""
    mantissa, exponent = np.frexp(V)
    return np.ldexp(np.round(mantissa * 2 ** (bits + 1)) / 2 ** (bits + 1), exponent).astype(V.dtype)


def only(V: Array, k: int) -> Array:
    """One example's share; the others count nothing."""
    kept = np.zeros(V.shape[-1], V.dtype)
    kept[k] = 1
    return V * kept


def without(V: Array, k: int) -> Array:
    """Everything but one example's share."""
    return V - only(V, k)


def shares_of_batches(V: Array, size: int) -> Array:
    """Divide each example by the size of its batch and by their number: the mean of the means of batches."""
    number = np.arange(V.shape[1]) // int(size)
    return V / np.bincount(number)[number] / (number[-1] + 1)


def standardised(X: Array, axis: int | None, added: float = 0.0) -> Array:
    """Subtract the mean along an axis, and divide by the standard deviation."""
    deviation = X.std(axis=axis, keepdims=True) + added
    return (X - X.mean(axis=axis, keepdims=True)) / np.where(deviation > 0, deviation, 1)


def of_length_1(X: Array) -> Array:
    """Divide each example by its norm."""
    norm = np.linalg.norm(X, axis=0, keepdims=True)
    return X / np.where(norm > 0, norm, 1)


def alike(Y: Array) -> Array:
    """How much each example counts where both labels count as much as each other."""
    ones, zeros = max(Y.sum(), 1), max((1 - Y).sum(), 1)
    return np.where(Y > 0.5, Y.size / (2 * ones), Y.size / (2 * zeros))


def memory(dVs: list[Array], kept: float) -> Array:
    """Add up gradients, each weighed less by the factor `kept` than the one after it."""
    found = np.zeros_like(dVs[0])
    for dV in dVs:
        found = kept * found + dV
    return found


def average(dVs: list[Array], kept: float) -> Array:
    """A running average that began at 0."""
    return (1 - kept) * memory(dVs, kept)


def adam(dVs: list[Array], mean_kept: float = 0.9, square_kept: float = 0.999, added: float = 1e-8) -> Array:
    """Adam's direction: the average gradient over the root of the average square, both corrected for the start."""
    first = average(dVs, mean_kept) / (1 - mean_kept ** len(dVs))
    second = average([np.square(dV) for dV in dVs], square_kept) / (1 - square_kept ** len(dVs))
    return first / (np.sqrt(second) + added)


FUNCTIONS: dict[str, Callable[..., object]] = {
    **{name: hidden.value for name, hidden in HIDDEN.items()},
    **{f"slope_of_{name}": hidden.slope for name, hidden in HIDDEN.items()},
    **{name: getattr(np, name) for name in ("exp", "log", "log10", "log2", "sqrt", "abs", "sign", "round", "trunc")},
    **{name: getattr(np, name) for name in ("minimum", "maximum", "where", "clip", "heaviside", "nan_to_num", "roll")},
    **{name: getattr(np, name) for name in ("hstack", "vstack", "ones_like", "zeros_like", "sum", "cumsum", "arange")},
    **{name: getattr(np, name) for name in ("outer", "broadcast_to", "full_like", "log1p", "expm1", "power", "sinh")},
    **{name: getattr(np, name) for name in ("cos", "sin", "cosh", "reciprocal", "divide", "mod", "floor", "ceil")},
    **{f.__name__: f for f in (mean, total, only, without, shares_of_batches, standardised, of_length_1, alike)},
    **{f.__name__: f for f in (memory, average, adam, softmax)},
    "relu": lambda z: np.maximum(z, 0),
    "f16": lambda V: V.astype(np.float16).astype(V.dtype),
    "f32": lambda V: np.asarray(V).astype(np.float32),
    "tf32": lambda V: narrowed(V, 10),
    "bf16": lambda V: narrowed(V, 7),
    "leaky": lambda z, p: np.where(z > 0, z, p * z),
    "slope_of_leaky": lambda z, p: np.where(z > 0, 1, p),
}
"""What may be called in a line."""
