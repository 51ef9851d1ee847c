# ruff: noqa: N816 (dA2 is the right name in mathematics)
"""Mistakes of the loss: the cost, and its derivative with respect to the output, dA2."""

import numpy as np

from shared.checking.catalogue.mistake import SAFETY, Mistake, at
from shared.checking.lines import LINES, Line, Values, examples, mean_over_examples
from shared.network import Array


def cross_entropy(Y: Array, A2: Array, one_minus_A2: Array) -> Array:
    """The cost from probabilities."""
    return mean_over_examples(-Y * np.log(A2) - (1 - Y) * np.log(one_minus_A2))


def log_of_clipped(tiny: float) -> Line:
    """The cost from a clipped A2."""

    def line(q: Values) -> Array:
        A2 = np.clip(q["A2"], tiny, 1 - tiny)
        return cross_entropy(q["Y"], A2, 1 - A2)

    return line


def log_of_shifted(tiny: float) -> Line:
    """The cost with tiny added inside each log."""
    return lambda q: cross_entropy(q["Y"], q["A2"] + tiny, 1 - q["A2"] + tiny)


def losses(q: Values) -> Array:
    """The loss of each example."""
    return np.asarray(np.logaddexp(0, q["Z2"]) - q["Y"] * q["Z2"])


def every_pair(q: Values) -> Array:
    """The mean over all m x m pairs of an output and a label."""
    return mean_over_examples(np.logaddexp(0, q["Z2"]) - q["Y"].T * q["Z2"])


def error(q: Values) -> Array:
    """The error of each output, A2 - Y."""
    return q["A2"] - q["Y"]


def slope(A: Array) -> Array:
    """The sigmoid's slope, from the sigmoid's value."""
    return A * (1 - A)


def of_shifted(tiny: float) -> Line:
    """The derivative of -Y log(A2 + tiny) - (1 - Y) log(1 - A2 + tiny) with respect to A2."""

    def line(q: Values) -> Array:
        Y, A2 = q["Y"], q["A2"]
        return ((1 - Y) / (1 - A2 + tiny) - Y / (A2 + tiny)) / examples(q)

    return line


cost = at(
    "cost",
    (
        "mean squared error",
        lambda q: mean_over_examples(np.square(q["A2"] - q["Y"])),
        "This is the mean squared error, where the cost is the cross-entropy.",
    ),
    (
        "half the mean squared error",
        lambda q: mean_over_examples(np.square(q["A2"] - q["Y"])) / 2,
        "This is half the mean squared error, where the cost is the cross-entropy.",
    ),
    (
        "labels inverted",
        lambda q: LINES["cost"]({**q, "Y": 1 - q["Y"]}),
        "The labels 0 and 1 have changed places.",
    ),
    (
        "half of label 0 missing",
        lambda q: mean_over_examples(q["Y"] * np.logaddexp(0, -q["Z2"])),
        "Only -Y log(A2) is summed, and -(1 - Y) log(1 - A2), the half of the examples with label 0, is missing.",
    ),
    (
        "half of label 1 missing",
        lambda q: mean_over_examples((1 - q["Y"]) * np.logaddexp(0, q["Z2"])),
        "Only -(1 - Y) log(1 - A2) is summed, and -Y log(A2), the half of the examples with label 1, is missing.",
    ),
    *(
        (
            f"half of label {label} subtracted",
            lambda q, label=label: mean_over_examples(np.where(q["Y"] == label, -losses(q), losses(q))),
            f"The losses of the examples with label {label} are subtracted: a minus is missing, or one too many.",
        )
        for label in (0, 1)
    ),
    (
        "log(1 + exp(Z2)) that overflows",
        lambda q: mean_over_examples(np.log(1 + np.exp(q["Z2"])) - q["Y"] * q["Z2"]),
        "exp(Z2) is infinite where Z2 is above 709, and so is this cost: np.logaddexp(0, Z2) is the same, and is not.",
    ),
    (
        "sigmoid applied twice",
        lambda q: LINES["cost"]({**q, "Z2": q["A2"]}),
        "This cost applies the sigmoid itself, so it wants Z2, but it was given A2.",
    ),
    (
        "log10",
        lambda q: LINES["cost"](q) / float(np.log(10)),
        "The logarithm to base 10 is taken where the natural one is meant.",
    ),
    (
        "log2",
        lambda q: LINES["cost"](q) / float(np.log(2)),
        "The logarithm to base 2 is taken where the natural one is meant.",
    ),
    (
        "every output against every label",
        every_pair,
        "Z2 and Y lie along different axes, so broadcasting pairs every output with every label, m x m of them.",
    ),
    (
        "every output against every label, summed,",
        lambda q: every_pair(q) * examples(q),
        "Z2 and Y lie along different axes, so broadcasting pairs every output with every label and sums m x m losses.",
    ),
    (
        "log of A2",
        lambda q: cross_entropy(q["Y"], q["A2"], 1 - q["A2"]),
        "The log is taken of A2 and 1 - A2, which round to 0 where the network is sure, and then the log is infinite.",
    ),
    (
        "softplus that is straight above 20",
        lambda q: mean_over_examples(np.where(q["Z2"] > 20, q["Z2"], np.logaddexp(0, q["Z2"])) - q["Y"] * q["Z2"]),
        "Above 20, torch.nn.functional.softplus gives Z2 itself: use binary_cross_entropy_with_logits or logaddexp.",
    ),
    (
        "log kept above -100",
        lambda q: mean_over_examples(
            -q["Y"] * np.maximum(np.log(q["A2"]), -100) - (1 - q["Y"]) * np.maximum(np.log(1 - q["A2"]), -100)
        ),
        "The log of A2 is kept above -100, as binary_cross_entropy does: use binary_cross_entropy_with_logits.",
    ),
    *(
        (
            f"log of a probability clipped at {tiny:.0e}",
            log_of_clipped(tiny),
            f"A2 is clipped at {tiny:.0e} before the log, so no example can cost more than {-np.log(tiny):.1f}.",
        )
        for tiny in SAFETY
    ),
    *(
        (
            f"log of a probability plus {tiny:.0e}",
            log_of_shifted(tiny),
            f"{tiny:.0e} is added inside the log, so no example can cost more than {-np.log(tiny):.1f}.",
        )
        for tiny in SAFETY
    ),
)

dA2 = at(
    "dA2",
    (
        "half of label 0 missing",
        lambda q: -q["Y"] / q["A2"] / examples(q),
        "Only -Y log(A2) is differentiated, so examples with label 0 do not count.",
    ),
    (
        "half of label 1 missing",
        lambda q: (1 - q["Y"]) / (1 - q["A2"]) / examples(q),
        "Only -(1 - Y) log(1 - A2) is differentiated, so examples with label 1 do not count.",
    ),
    (
        "plus in place of minus",
        lambda q: -(q["Y"] / q["A2"] + (1 - q["Y"]) / (1 - q["A2"])) / examples(q),
        "The derivative of log(1 - A2) is -1 / (1 - A2), and its sign was lost.",
    ),
    (
        "derivative of the squared error",
        lambda q: 2 * error(q) / examples(q),
        "2 (A2 - Y) is the derivative of the squared error, and the cost is the cross-entropy.",
    ),
    ("A2 - Y", lambda q: error(q) / examples(q), "A2 - Y is the derivative with respect to Z2, not to A2."),
    *(
        (
            f"log of a probability plus {tiny:.0e}",
            of_shifted(tiny),
            f"{tiny:.0e} is added to A2 and 1 - A2, so this is the derivative of another cost.",
        )
        for tiny in SAFETY
    ),
)

LOSS: tuple[Mistake, ...] = (*cost, *dA2)
