# ruff: noqa: N816 (dW1 is the right name in mathematics)
"""Mistakes with the examples: some left out, batches of uneven sizes, other labels, a loop that overwrites."""

import numpy as np

from shared.judging.lines import LINES, Line, Values, examples
from shared.judging.mistake import Mistake, at
from shared.network import Array

BATCHES = range(2, 11)
"""Sizes of batches."""


def only(k: int) -> Line:
    """The right dZ2 of one example; the others count nothing."""

    def line(q: Values) -> Array:
        kept = np.zeros_like(q["Y"])
        kept[:, k] = 1
        return LINES["dZ2"](q) * kept

    return line


def without(k: int) -> Line:
    """The right dZ2 without one example."""
    return lambda q: LINES["dZ2"](q) - only(k)(q)


def mean_of_means(size: int) -> Line:
    """The mean of the means of batches of this size, the last of which may be smaller."""

    def line(q: Values) -> Array:
        m = examples(q)
        number = np.arange(m) // size
        members = np.bincount(number)[number]
        return ((q["A2"] - q["Y"]) / members / (number[-1] + 1)).astype(q["A2"].dtype)

    return line


dZ2 = at(
    "dZ2",
    (
        "labels -1 and 1",
        lambda q: LINES["dZ2"]({**q, "Y": 2 * q["Y"] - 1}),
        "The labels are -1 and 1, not 0 and 1.",
    ),
    (
        "labels in reversed order",
        lambda q: LINES["dZ2"]({**q, "Y": q["Y"][:, ::-1]}),
        "The labels are in another order than the images: the last is taken for the first.",
    ),
    (
        "first example missing",
        without(0),
        "The first example is left out: the loop begins at 1, not 0.",
    ),
    ("last example missing", without(-1), "The last example is left out: the loop ends one too early."),
    ("first example only", only(0), "Only the first example counts: the loop ends after it, as with a return inside."),
    ("last example only", only(-1), "Only the last example counts: the loop overwrites where it should add up."),
    *(
        (
            f"mean of the means of uneven batches of {size}",
            mean_of_means(size),
            "Each batch is averaged and then the batches: an example in a smaller last batch counts for more.",
        )
        for size in BATCHES
    ),
)


def of_product(line: str, left: str, right: str) -> tuple[Mistake, ...]:
    """Mistakes of a gradient of weights that is summed over the examples."""
    return at(
        line,
        (
            "first example only",
            lambda q: q[left][:, :1] @ q[right][:, :1].T,
            "Only the first example counts: the loop ends after it, as with a return inside.",
        ),
        (
            "last example only",
            lambda q: q[left][:, -1:] @ q[right][:, -1:].T,
            "Only the last example counts: in the loop = is written where += should add up.",
        ),
    )


def of_sum(line: str, summed: str) -> tuple[Mistake, ...]:
    """Mistakes of a gradient of biases that is summed over the examples."""
    return at(
        line,
        (
            "last example only",
            lambda q: q[summed][:, -1:].copy(),
            "Only the last example counts: in the loop = is written where += should add up.",
        ),
        (
            "result transposed",
            lambda q: LINES[line](q).T.copy(),
            f"This is the transpose of {line}, which has the shape of {line[1:]}.",
        ),
        (
            "sum over both axes, with keepdims,",
            lambda q: q[summed].sum(keepdims=True),
            "The sum runs over the units, too, and is one number.",
        ),
    )


dW1 = at(
    "dW1",
    (
        "result reshaped instead of transposed",
        lambda q: (q["X"] @ q["dZ1"].T).reshape(q["W1"].shape),
        "The transpose was computed and turned with reshape, which keeps the order of the entries in memory.",
    ),
)

costs = at(
    "costs",
    (
        "costs added up",
        lambda q: np.cumsum(q["costs"]),
        "Each cost is added to those before it.",
    ),
    (
        "mean of the costs so far",
        lambda q: np.cumsum(q["costs"]) / np.arange(1, len(q["costs"]) + 1, dtype=q["costs"].dtype),
        "Each entry is the mean of the costs so far, and not the cost at that step.",
    ),
    ("first cost repeated", lambda q: np.full_like(q["costs"], q["costs"][0]), "The cost is not computed anew."),
)

EXAMPLES: tuple[Mistake, ...] = (
    *dZ2,
    *of_product("dW2", "dZ2", "A1"),
    *of_product("dW1", "dZ1", "X"),
    *dW1,
    *of_sum("db1", "dZ1"),
    *(mistake for mistake in of_sum("db2", "dZ2") if "last" in mistake.name),  # the others are b2's right shape
    *costs,
)
