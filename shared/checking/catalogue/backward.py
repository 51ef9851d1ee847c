# ruff: noqa: N816 (dW1 is the right name in mathematics)
"""Mistakes of the backward pass behind dZ2: dW2, db2, dA1, dZ1, dW1 and db1."""

import numpy as np

from shared.checking.catalogue.mistake import Mistake, at
from shared.checking.lines import LINES
from shared.network import Array


def slope(A: Array) -> Array:
    """The sigmoid's slope, from the sigmoid's value."""
    return A * (1 - A)


dW2 = at(
    "dW2",
    ("Z1 in place of A1", lambda q: q["dZ2"] @ q["Z1"].T, "W2 is multiplied by A1, so its gradient takes A1, not Z1."),
    ("X in place of A1", lambda q: q["dZ2"] @ q["X"].T, "W2 is multiplied by A1, so its gradient takes A1, not X."),
    ("result transposed", lambda q: q["A1"] @ q["dZ2"].T, "This is the transpose of dW2, which has the shape of W2."),
    (
        "A1 reshaped instead of transposed",
        lambda q: q["dZ2"] @ q["A1"].reshape(q["A1"].shape[::-1]),
        "A1 was turned with reshape, which keeps the order of the entries in memory and so mixes units and examples.",
    ),
)

db2 = at(
    "db2",
    ("sum missing", lambda q: q["dZ2"].copy(), "dZ2 is not summed over the examples, which all share b2."),
    ("keepdims missing", lambda q: q["dZ2"].sum(axis=1), "Without keepdims the sum has lost its second axis."),
    ("sum over the wrong axis", lambda q: q["dZ2"].sum(axis=0), "The sum runs over the units, not the examples."),
    ("sum over both axes", lambda q: q["dZ2"].sum(), "The sum has no axis, so its result has lost both."),
    (
        "product with A1",
        lambda q: q["dZ2"] @ q["A1"].T,
        "dZ2 is multiplied by A1' as for dW2, but b2 is multiplied by 1 and so takes the sum alone.",
    ),
)

dA1 = at(
    "dA1",
    (
        "W2 after its update",
        lambda q: (q["W2"] - q["learning_rate"] * q["dW2"]).T @ q["dZ2"],
        "W2 was updated before the gradient went back through it: update when all gradients are there.",
    ),
    (
        "gradient stopped",
        lambda q: np.zeros_like(q["Z1"]),
        "Nothing goes back through the hidden layer: it was detached, or copied where no gradient is recorded.",
    ),
    *(
        (
            f"W2 of the unit {which}",
            lambda q, by=by: np.roll(q["W2"], by).T @ q["dZ2"],
            f"Each unit takes the weight of the one {which}: an index is off by one.",
        )
        for which, by in (("before", 1), ("after", -1))
    ),
    ("W2 missing", lambda q: np.ones_like(q["W2"]).T @ q["dZ2"], "dZ2 is passed on without being multiplied by W2."),
    (
        "mask applied in place",
        lambda q: LINES["dA1"](q) * (q["Z1"] > 0),
        "dZ1 is the same array as dA1, so the mask that makes dZ1 has changed dA1, too.",
    ),
)

dZ1 = at(
    "dZ1",
    ("mask missing", lambda q: q["dA1"].copy(), "relu's slope is missing: where Z1 is negative, nothing passes back."),
    (
        "mask inverted",
        lambda q: q["dA1"] * (q["Z1"] <= 0),
        "The gradient passes where Z1 is negative and stops elsewhere.",
    ),
    (
        "mask assigned",
        lambda q: (q["Z1"] > 0).astype(q["dA1"].dtype),
        "dZ1 is relu's slope itself, which should be multiplied with dA1.",
    ),
    (
        "slope 1 at 0",
        lambda q: q["dA1"] * (q["Z1"] >= 0),
        "Where Z1 is exactly 0, relu's slope is taken to be 1, not 0.",
    ),
    (
        "slope 1/2 at 0",
        lambda q: q["dA1"] * np.heaviside(q["Z1"], 0.5).astype(q["dA1"].dtype),
        "Where Z1 is exactly 0, relu's slope is taken to be 1/2, as that of a maximum of equals, and not 0.",
    ),
    (
        "mask of Z1 unequal to 0",
        lambda q: q["dA1"] * (q["Z1"] != 0),
        "The gradient passes wherever Z1 is not exactly 0, and relu lets it pass above 0 only.",
    ),
    (
        "mask of dA1",
        lambda q: np.maximum(q["dA1"], 0),
        "The relu is applied to dA1: the mask is made of the wrong array.",
    ),
    (
        "mask of Z2",
        lambda q: q["dA1"] * (q["Z2"] > 0),
        "The mask is made of Z2, the output's, and the relu is that of Z1.",
    ),
    ("sign of Z1", lambda q: q["dA1"] * np.sign(q["Z1"]), "The slope is -1 where Z1 is negative, and relu's is 0."),
    ("A1 in place of the slope", lambda q: q["dA1"] * q["A1"], "dA1 is multiplied by relu's value, not by its slope."),
    ("A1 (1 - A1)", lambda q: q["dA1"] * slope(q["A1"]), "A1 (1 - A1) is the slope only where A1 is a sigmoid."),
    ("1 - A1^2", lambda q: q["dA1"] * (1 - q["A1"] ** 2), "1 - A1^2 is the slope only where A1 is a tanh."),
)

dW1 = at(
    "dW1",
    ("dA1 in place of dZ1", lambda q: q["dA1"] @ q["X"].T, "dA1 is used where dZ1 belongs, which skips relu's slope."),
    ("A1 in place of X", lambda q: q["dZ1"] @ q["A1"].T, "W1 is multiplied by X, so its gradient takes X, not A1."),
    ("result transposed", lambda q: q["X"] @ q["dZ1"].T, "This is the transpose of dW1, which has the shape of W1."),
    (
        "X in half precision",
        lambda q: LINES["dW1"]({**q, "X": q["X"].astype(np.float16).astype(q["X"].dtype)}),
        "X was kept in float16, which has 3 digits.",
    ),
    (
        "X reshaped instead of transposed",
        lambda q: q["dZ1"] @ q["X"].reshape(q["X"].shape[::-1]),
        "X was turned with reshape, which keeps the order of the entries in memory and so mixes inputs and examples.",
    ),
)

db1 = at(
    "db1",
    ("dA1 in place of dZ1", lambda q: LINES["db1"]({**q, "dZ1": q["dA1"]}), "dA1 is summed, which skips relu's slope."),
    ("sum missing", lambda q: q["dZ1"].copy(), "dZ1 is not summed over the examples, which all share b1."),
    ("keepdims missing", lambda q: q["dZ1"].sum(axis=1), "Without keepdims the sum has lost its second axis."),
    (
        "sum over the wrong axis",
        lambda q: q["dZ1"].sum(axis=0, keepdims=True),
        "The sum runs over the units, not the examples.",
    ),
    (
        "sum over the wrong axis without keepdims",
        lambda q: q["dZ1"].sum(axis=0),
        "The sum runs over the units, not the examples, and has lost an axis.",
    ),
    (
        "sum over both axes",
        lambda q: q["dZ1"].sum(),
        "The sum has no axis: it runs over the units, too, and is one number.",
    ),
    (
        "mean over both axes",
        lambda q: q["dZ1"].sum() / len(q["b1"]),
        "The mean has no axis: it runs over the units, too, and is one number.",
    ),
    (
        "sum over both axes for every unit",
        lambda q: np.full_like(q["b1"], q["dZ1"].sum()),
        "The sum runs over the units, too, so every unit has the same gradient.",
    ),
    (
        "mean over both axes for every unit",
        lambda q: np.full_like(q["b1"], q["dZ1"].sum() / len(q["b1"])),
        "The mean runs over the units, too, so every unit has the same gradient.",
    ),
    (
        "product with X",
        lambda q: q["dZ1"] @ q["X"].T,
        "dZ1 is multiplied by X' as for dW1, but b1 is multiplied by 1 and so takes the sum alone.",
    ),
)

BACKWARD: tuple[Mistake, ...] = (*dW2, *db2, *dA1, *dZ1, *dW1, *db1)
