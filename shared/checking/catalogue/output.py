# ruff: noqa: N816 (dZ2 is the right name in mathematics)
"""Mistakes of dZ2, where the loss meets the sigmoid."""

import numpy as np
from scipy.special import expit

from shared.checking.catalogue.loss import error, of_shifted, slope
from shared.checking.catalogue.mistake import SAFETY, Mistake, at
from shared.checking.lines import LINES, Line, examples


def slope_of_clipped(tiny: float) -> Line:
    """The right dZ2, but 0 where A2 was clipped, since there the cost does not move."""
    return lambda q: np.where((q["A2"] >= tiny) & (q["A2"] <= 1 - tiny), LINES["dZ2"](q), 0).astype(q["A2"].dtype)


def slope_of_shifted(tiny: float) -> Line:
    """The same with respect to Z2."""
    return lambda q: slope(q["A2"]) * of_shifted(tiny)(q)


dZ2: tuple[Mistake, ...] = at(
    "dZ2",
    (
        "infinity times 0",
        lambda q: LINES["dA2"](q) * slope(q["A2"]),
        "It is dA2 A2 (1 - A2), and where A2 rounds to 0 or 1, dA2 is infinite and the slope 0.",
    ),
    (
        "labels inverted",
        lambda q: LINES["dZ2"]({**q, "Y": 1 - q["Y"]}),
        "The labels 0 and 1 have changed places: this is A2 - (1 - Y).",
    ),
    (
        "sigmoid's slope kept",
        lambda q: error(q) * slope(q["A2"]) / examples(q),
        "A2 - Y is multiplied by A2 (1 - A2), which belongs to half the squared error: in cross-entropy it cancels.",
    ),
    (
        "derivative of the squared error",
        lambda q: 2 * error(q) * slope(q["A2"]) / examples(q),
        "2 (A2 - Y) A2 (1 - A2) is the derivative of the squared error, and the cost is the cross-entropy.",
    ),
    (
        "sigmoid's slope missing",
        lambda q: error(q) / slope(q["A2"]) / examples(q),
        "This is the derivative with respect to A2, which A2 (1 - A2) still has to be multiplied with.",
    ),
    (
        "sigmoid's slope at A2",
        lambda q: error(q) / slope(q["A2"]) * slope(expit(q["A2"])) / examples(q),
        "The sigmoid's slope is taken at A2 instead of Z2, so the sigmoid is applied twice.",
    ),
    (
        "softplus that is straight above 20",
        lambda q: LINES["dZ2"]({**q, "A2": np.where(q["Z2"] > 20, q["A2"].dtype.type(1), q["A2"])}),
        "Above 20, torch.nn.functional.softplus has the slope 1: use binary_cross_entropy_with_logits or logaddexp.",
    ),
    (
        "probability in binary_cross_entropy",
        lambda q: error(q) * slope(q["A2"]) / np.maximum(slope(q["A2"]), q["A2"].dtype.type(1e-12)) / examples(q),
        "binary_cross_entropy keeps A2 (1 - A2) above 1e-12: give Z2 to binary_cross_entropy_with_logits.",
    ),
    (
        "slope A2 (1 + A2)",
        lambda q: LINES["dA2"](q) * q["A2"] * (1 + q["A2"]),
        "The sigmoid's slope is A2 (1 - A2), with a minus.",
    ),
    (
        "slope A2",
        lambda q: LINES["dA2"](q) * q["A2"],
        "Of the sigmoid's slope, A2 (1 - A2), the second factor is missing.",
    ),
    (
        "slope 1 - A2",
        lambda q: LINES["dA2"](q) * (1 - q["A2"]),
        "Of the sigmoid's slope, A2 (1 - A2), the first factor is missing.",
    ),
    (
        "sigmoid applied twice",
        lambda q: LINES["dZ2"]({**q, "A2": expit(q["A2"])}),
        "The sigmoid is applied to A2, which has been through it already.",
    ),
    (
        "sigmoid applied twice, with its slope,",
        lambda q: LINES["dZ2"]({**q, "A2": expit(q["A2"])}) * slope(q["A2"]),
        "The loss applies the sigmoid itself, so it wants Z2, but it was given A2.",
    ),
    (
        "Z2 in place of A2",
        lambda q: LINES["dZ2"]({**q, "A2": q["Z2"]}),
        "Y is subtracted from Z2, which has not been through the sigmoid.",
    ),
    (
        "A2 rounded to 0 or 1",
        lambda q: LINES["dZ2"]({**q, "A2": np.round(q["A2"])}),
        "Y is subtracted from the prediction, 0 or 1, instead of the probability.",
    ),
    (
        "half of label 0 missing",
        lambda q: q["Y"] * error(q) / examples(q),
        "Only -Y log(A2) is differentiated, so examples with label 0 do not count.",
    ),
    (
        "half of label 1 missing",
        lambda q: (1 - q["Y"]) * error(q) / examples(q),
        "Only -(1 - Y) log(1 - A2) is differentiated, so examples with label 1 do not count.",
    ),
    (
        "m x m errors",
        lambda q: (q["A2"] - q["Y"].T) / examples(q),
        "A2 and Y lie along different axes, so broadcasting subtracts every label from every output, m x m of them.",
    ),
    (
        "every label subtracted from every output, averaged over labels,",
        lambda q: (q["A2"] - q["Y"].mean()) / examples(q),
        "A2 and Y lie along different axes, so broadcasting subtracts the mean of all labels from every output.",
    ),
    (
        "every label subtracted from every output, summed over labels,",
        lambda q: q["A2"] - q["Y"].mean(),
        "A2 and Y lie along different axes, so broadcasting subtracts every label from every output, and adds up.",
    ),
    (
        "every label subtracted from every output, averaged over outputs,",
        lambda q: (q["A2"].mean() - q["Y"]) / examples(q),
        "A2 and Y lie along different axes, so broadcasting subtracts every label from the mean of all outputs.",
    ),
    (
        "every label subtracted from every output, summed over outputs,",
        lambda q: q["A2"].mean() - q["Y"],
        "A2 and Y lie along different axes, so broadcasting subtracts each label from every output, and adds up.",
    ),
    *(
        (
            f"log of a probability clipped at {tiny:.0e}",
            slope_of_clipped(tiny),
            f"A2 is clipped at {tiny:.0e} before the log, and where it is clipped the cost has no slope.",
        )
        for tiny in SAFETY
    ),
    *(
        (
            f"log of a probability plus {tiny:.0e}",
            slope_of_shifted(tiny),
            f"{tiny:.0e} is added inside the log, so its derivative does not cancel with the sigmoid's slope.",
        )
        for tiny in SAFETY
    ),
)
