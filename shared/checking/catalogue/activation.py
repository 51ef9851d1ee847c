# ruff: noqa: N816 (dZ1 is the right name in mathematics)
"""Mistakes with the hidden activation: another one in the place of relu, in A1, or its slope in dZ1."""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy.special import expit, ndtr

from shared.checking.catalogue.mistake import LEAKS, at
from shared.checking.lines import Line
from shared.network import Array


class Other(NamedTuple):
    """Another activation: its name with an article, the function, and the function's slope."""

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


def bell(z: Array) -> Array:
    """The slope of ndtr: the density of the normal distribution."""
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def tanh_of_gelu(z: Array) -> Array:
    """The tanh in the usual approximation of gelu."""
    return np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))


def slope_of_gelu_through_tanh(z: Array) -> Array:
    """The slope of the approximation."""
    t = tanh_of_gelu(z)
    return (1 + t) / 2 + z / 2 * (1 - t * t) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z**2)


def one_sided(leak: float, z: Array) -> Array:
    """1 right of 0, `leak` elsewhere."""
    return np.where(z > 0, z.dtype.type(1), z.dtype.type(leak))


OTHERS = (
    Other("a sigmoid", expit, lambda z: expit(z) * expit(-z)),
    Other("a tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    Other("a softplus", lambda z: np.logaddexp(0, z), expit),
    Other("a gelu", lambda z: z * ndtr(z), lambda z: ndtr(z) + z * bell(z)),
    Other("a gelu through tanh", lambda z: z / 2 * (1 + tanh_of_gelu(z)), slope_of_gelu_through_tanh),
    Other("an elu", lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))), lambda z: np.exp(np.minimum(z, 0))),
    Other("a silu", lambda z: z * expit(z), lambda z: expit(z) * (1 + z * expit(-z))),
    Other("a relu6", lambda z: np.clip(z, 0, 6), lambda z: ((z > 0) & (z < 6)).astype(z.dtype)),
)
"""What frameworks offer beside relu."""

NEARLY_0 = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
"""Thresholds that people take for 0."""


def slope_of(slope: Callable[[Array], Array]) -> Line:
    """The way back through another activation."""
    return lambda q: q["dA1"] * slope(q["Z1"])


A1 = at(
    "A1",
    *(
        (
            other.name.partition(" ")[2],
            lambda q, other=other: other.value(q["Z1"]),
            f"The hidden layer has {other.name} where this network has a relu.",
        )
        for other in OTHERS
    ),
    *(
        (
            f"slope {leak} on the left",
            lambda q, leak=leak: q["Z1"] * one_sided(leak, q["Z1"]),
            f"Where Z1 is negative, A1 is {leak} Z1, and relu makes it 0.",
        )
        for leak in LEAKS
    ),
)

dZ1 = at(
    "dZ1",
    *(
        (
            f"slope of {other.name}",
            slope_of(other.slope),
            f"The slope is that of {other.name}, and the hidden layer has a relu.",
        )
        for other in OTHERS
    ),
    *(
        (
            f"slope {leak} on the left",
            slope_of(partial(one_sided, leak)),
            f"Where Z1 is negative, the slope is {leak}, and relu's is 0.",
        )
        for leak in LEAKS
    ),
    (
        "slope 0.01 on the left and 1 at 0",
        lambda q: q["dA1"] * np.where(q["Z1"] < 0, 0.01, 1).astype(q["dA1"].dtype),
        "The slope is that of jax.nn.leaky_relu, 0.01 where Z1 is negative and 1 at 0, and relu's is 0.",
    ),
    *(
        (
            f"mask of Z1 above {tiny:.0e}",
            lambda q, tiny=tiny: q["dA1"] * (q["Z1"] > tiny),
            f"Where Z1 lies between 0 and {tiny:.0e}, the slope is taken to be 0, and relu's is 1.",
        )
        for tiny in NEARLY_0
    ),
)

ACTIVATION = (*A1, *dZ1)
