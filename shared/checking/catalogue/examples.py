# ruff: noqa: N816 (dW1 is the right name in mathematics)
"""Mistakes with the examples: some left out, batches of uneven sizes, other labels, a loop that overwrites."""

import numpy as np

from shared.checking.catalogue.mistake import Mistake, at
from shared.checking.lines import LINES, Line, Values, examples
from shared.network import Array

SMOOTHING = (0.1, 0.2)
"""Usual shares of label smoothing."""

BATCHES = (*range(2, 11), 16, 32, 64, 100, 128, 256)
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


def weights_of_classes(q: Values) -> Array:
    """How much each example counts where both labels count as much as each other."""
    ones = max(q["Y"].sum(), 1)
    zeros = max((1 - q["Y"]).sum(), 1)
    return np.where(q["Y"] > 0.5, examples(q) / (2 * ones), examples(q) / (2 * zeros)).astype(q["Y"].dtype)


def smoothed(share: float) -> Line:
    """Labels that are not quite 0 and 1."""
    return lambda q: (1 - share) * q["Y"] + share / 2


def shifted(by: int) -> Line:
    """Labels that are so many places further to the right."""
    return lambda q: np.roll(q["Y"], by, axis=1)


def with_labels(line: str, labels: Line) -> Line:
    """The right line with other labels."""
    return lambda q: LINES[line]({**q, "Y": labels(q)})


def labels_of(line: str) -> tuple[Mistake, ...]:
    """Mistakes with the labels that are made where they are used."""
    return at(
        line,
        *(
            (
                f"labels smoothed by {share}",
                with_labels(line, smoothed(share)),
                f"The labels are {share / 2} and {1 - share / 2}, not 0 and 1.",
            )
            for share in SMOOTHING
        ),
        *(
            (
                f"labels shifted {way}",
                with_labels(line, shifted(by)),
                f"Each example has the label of the one {before_it} it: an index is off by one.",
            )
            for way, by, before_it in (("to the right", 1, "before"), ("to the left", -1, "after"))
        ),
    )


def mean_of_means(size: int) -> Line:
    """The mean of the means of batches of this size, the last of which may be smaller."""

    def line(q: Values) -> Array:
        m = examples(q)
        number = np.arange(m) // size
        members = np.bincount(number)[number]
        return ((q["A2"] - q["Y"]) / members / (number[-1] + 1)).astype(q["A2"].dtype)

    return line


cost = at(
    "cost",
    (
        "classes weighed alike",
        lambda q: np.asarray(np.mean(weights_of_classes(q) * (np.logaddexp(0, q["Z2"]) - q["Y"] * q["Z2"]))),
        "Both labels count as much as each other, however many examples have them.",
    ),
)

dZ2 = at(
    "dZ2",
    (
        "classes weighed alike",
        lambda q: weights_of_classes(q) * LINES["dZ2"](q),
        "Both labels count as much as each other, however many examples have them.",
    ),
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
    (
        "division by m inside the loop",
        lambda q: LINES["dZ2"](q) * (1 / examples(q)) ** np.arange(examples(q), dtype=q["Y"].dtype)[::-1],
        "The sum is divided by m after each example, not once behind the loop: what came early hardly counts.",
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
        (
            "first example missing",
            lambda q: q[left][:, 1:] @ q[right][:, 1:].T,
            "The first example is left out of the sum: the loop begins at 1, not 0.",
        ),
        (
            "last example missing",
            lambda q: q[left][:, :-1] @ q[right][:, :-1].T,
            "The last example is left out of the sum: the loop ends one too early.",
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
            "first example missing",
            lambda q: q[summed][:, 1:].sum(axis=1, keepdims=True),
            "The first example is left out of the sum: the loop begins at 1, not 0.",
        ),
        (
            "last example missing",
            lambda q: q[summed][:, :-1].sum(axis=1, keepdims=True),
            "The last example is left out of the sum: the loop ends one too early.",
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
    *cost,
    *dZ2,
    *labels_of("cost"),
    *labels_of("dZ2"),
    *of_product("dW2", "dZ2", "A1"),
    *of_product("dW1", "dZ1", "X"),
    *dW1,
    *of_sum("db1", "dZ1"),
    *(mistake for mistake in of_sum("db2", "dZ2") if "example" in mistake.name),  # the others are b2's right shape
    *costs,
)
