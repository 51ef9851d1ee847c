# ruff: noqa: N816 (dZ2 is the right name in mathematics)
"""Rare mistakes, which are tried only where the catalogue explains nothing."""

import numpy as np

from shared.checking.catalogue.loss import error, slope
from shared.checking.catalogue.mistake import Mistake, at
from shared.checking.lines import LINES, Line, Values, examples, mean_over_examples
from shared.network import Array


def sides(q: Values) -> Array:
    """The labels as -1 and 1."""
    return np.asarray(2 * q["Y"] - 1)


def over_guarded_slope(tiny: float) -> Line:
    """The right dA2 as (A2 - Y) / (A2 (1 - A2) + tiny)."""
    return lambda q: error(q) / (slope(q["A2"]) + q["A2"].dtype.type(tiny)) / examples(q)


def through_guarded_slope(tiny: float) -> Line:
    """The same times the sigmoid's slope."""
    return lambda q: slope(q["A2"]) * over_guarded_slope(tiny)(q)


cost = at(
    "cost",
    (
        "mean absolute error",
        lambda q: mean_over_examples(np.abs(error(q))),
        "This is the mean absolute error, where the cost is the cross-entropy.",
    ),
    (
        "hinge loss",
        lambda q: mean_over_examples(np.maximum(0, 1 - sides(q) * q["Z2"])),
        "This is the hinge loss of a support vector machine, where the cost is the cross-entropy.",
    ),
)

dZ2 = at(
    "dZ2",
    (
        "infinity times 0 taken for 0",
        lambda q: np.nan_to_num(LINES["dA2"](q) * slope(q["A2"])),
        "Where A2 rounds to 0 or 1, dA2 is infinite and the slope 0; nan_to_num makes 0 of it, and A2 - Y may be 1.",
    ),
    (
        "derivative of the absolute error",
        lambda q: np.sign(error(q)) * slope(q["A2"]) / examples(q),
        "This is the derivative of the absolute error, and the cost is the cross-entropy.",
    ),
    (
        "derivative of the hinge loss",
        lambda q: -sides(q) * (sides(q) * q["Z2"] < 1) / examples(q),
        "This is the derivative of the hinge loss, and the cost is the cross-entropy.",
    ),
)

dZ1 = at(
    "dZ1",
    (
        "mask of W1 X",
        lambda q: q["dA1"] * (q["W1"] @ q["X"] > 0),
        "The mask is made of W1 X, before b1 is added, and the relu is that of Z1.",
    ),
)

dW1 = at(
    "dW1",
    (
        "sum over the units for every unit",
        lambda q: np.broadcast_to(LINES["dW1"](q).sum(axis=0), q["W1"].shape),
        "The sum runs over the units, too, so every unit has the same gradient.",
    ),
)

RARE: tuple[Mistake, ...] = (*cost, *dZ2, *dZ1, *dW1)
