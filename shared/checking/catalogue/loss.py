# ruff: noqa: N816 (dA2 is the right name in mathematics)
"""Mistakes of the loss: the cost, its derivative dA2, and dZ2, where it meets the sigmoid."""

from shared.checking.catalogue.mistake import Mistake, Trait, at

LOSSES = "softplus(Z2) - Y * Z2"
"""The loss of each example."""
CHAIN = "(-Y / A2 + (1 - Y) / (1 - A2)) / m"
"""The derivative with respect to A2, as one divides it out."""

cost = at(
    "cost",
    {
        "mean squared error": (
            "mean((A2 - Y) ** 2)",
            "This is the mean squared error, where the cost is the cross-entropy.",
        ),
        "mean absolute error": (
            "mean(abs(A2 - Y))",
            "This is the mean absolute error, where the cost is the cross-entropy.",
        ),
        "hinge loss": (
            "mean(maximum(0, 1 - (2 * Y - 1) * Z2))",
            "This is the hinge loss of a support vector machine, where the cost is the cross-entropy.",
        ),
        "labels inverted": ("mean(softplus(Z2) - (1 - Y) * Z2)", "The labels 0 and 1 have changed places."),
        "half of label 0 missing": (
            "mean(Y * softplus(-Z2))",
            "Only -Y log(A2) is summed, and -(1 - Y) log(1 - A2), the half of the examples with label 0, is missing.",
        ),
        "half of label 1 missing": (
            "mean((1 - Y) * softplus(Z2))",
            "Only -(1 - Y) log(1 - A2) is summed, and -Y log(A2), the half of the examples with label 1, is missing.",
        ),
        "sigmoid applied twice": (
            "mean(softplus(A2) - Y * A2)",
            "This cost applies the sigmoid itself, so it wants Z2, but it was given A2.",
        ),
        "log10": (f"mean({LOSSES}) / log(10)", "The logarithm to base 10 is taken where the natural one is meant."),
        "log2": (f"mean({LOSSES}) / log(2)", "The logarithm to base 2 is taken where the natural one is meant."),
        "every output against every label": (
            "mean(softplus(Z2) - Y.T * Z2)",
            "Z2 and Y lie along different axes, so broadcasting pairs every output with every label, m x m of them.",
        ),
        "classes weighed alike": (
            f"mean(alike(Y) * ({LOSSES}))",
            "Both labels count as much as each other, however many examples have them.",
        ),
        **{
            f"half of label {label} subtracted": (
                f"mean(where(Y == {label}, -1, 1) * ({LOSSES}))",
                f"The losses of the examples with label {label} are subtracted: a minus is missing, or one too many.",
            )
            for label in (0, 1)
        },
    },
)

COST_THAT_GIVES_WAY = at(
    "cost",
    {
        "log(1 + exp(Z2)) that overflows": (
            "mean(log(1 + exp(Z2)) - Y * Z2)",
            "exp(Z2) is infinite where Z2 is above 709, and so is this cost: np.logaddexp(0, Z2) is the same, and is "
            "not.",
        ),
        "log of A2": (
            "mean(-Y * log(A2) - (1 - Y) * log(1 - A2))",
            "The log is taken of A2 and 1 - A2, which round to 0 where the network is sure, and then the log is "
            "infinite.",
        ),
        "log of a softmax": (
            "mean(-log(exp(-softplus((1 - 2 * Y) * Z2))))",
            "The log is taken of the probability of the right label, which rounds to 0 where A2 is far off.",
        ),
        "softplus that is straight above 20": (
            "mean(where(Z2 > 20, Z2, softplus(Z2)) - Y * Z2)",
            "Above 20, torch.nn.functional.softplus gives Z2 itself: use binary_cross_entropy_with_logits or "
            "logaddexp.",
        ),
        "log kept above -100": (
            "mean(-Y * maximum(log(A2), -100) - (1 - Y) * maximum(log(1 - A2), -100))",
            "The log of A2 is kept above -100, as binary_cross_entropy does: use binary_cross_entropy_with_logits.",
        ),
        "infinite losses left out": (
            "sum(nan_to_num(-Y * log(A2) - (1 - Y) * log(1 - A2), posinf=0)) / m",
            "Where A2 rounds to 0 or 1, the loss is infinite or not a number, and such an example is left out.",
        ),
    },
    traits=Trait.LIMIT,
)

dA2 = at(
    "dA2",
    {
        "half of label 0 missing": (
            "-Y / A2 / m",
            "Only -Y log(A2) is differentiated, so examples with label 0 do not count.",
        ),
        "half of label 1 missing": (
            "(1 - Y) / (1 - A2) / m",
            "Only -(1 - Y) log(1 - A2) is differentiated, so examples with label 1 do not count.",
        ),
        "plus in place of minus": (
            "-(Y / A2 + (1 - Y) / (1 - A2)) / m",
            "The derivative of log(1 - A2) is -1 / (1 - A2), and its sign was lost.",
        ),
        "derivative of the squared error": (
            "2 * (A2 - Y) / m",
            "2 (A2 - Y) is the derivative of the squared error, and the cost is the cross-entropy.",
        ),
        "A2 - Y": ("(A2 - Y) / m", "A2 - Y is the derivative with respect to Z2, not to A2."),
    },
)

dZ2 = at(
    "dZ2",
    {
        "labels inverted": (
            "(A2 - (1 - Y)) / m",
            "The labels 0 and 1 have changed places: this is A2 - (1 - Y).",
        ),
        "sigmoid's slope kept": (
            "(A2 - Y) * A2 * (1 - A2) / m",
            "A2 - Y is multiplied by A2 (1 - A2), as in half the squared error: in cross-entropy it cancels.",
        ),
        "derivative of the squared error": (
            "2 * (A2 - Y) * A2 * (1 - A2) / m",
            "2 (A2 - Y) A2 (1 - A2) is the derivative of the squared error, and the cost is the cross-entropy.",
        ),
        "sigmoid's slope missing": (
            "(A2 - Y) / (A2 * (1 - A2)) / m",
            "This is the derivative with respect to A2, which A2 (1 - A2) still has to be multiplied with.",
        ),
        "sigmoid's slope at A2": (
            "(A2 - Y) / (A2 * (1 - A2)) * slope_of_sigmoid(A2) / m",
            "The sigmoid's slope is taken at A2 instead of Z2, so the sigmoid is applied twice.",
        ),
        "slope A2 (1 + A2)": (f"{CHAIN} * A2 * (1 + A2)", "The sigmoid's slope is A2 (1 - A2), with a minus."),
        "sigmoid applied twice": (
            "(sigmoid(A2) - Y) / m",
            "The sigmoid is applied to A2, which has been through it already.",
        ),
        "Z2 in place of A2": ("(Z2 - Y) / m", "Y is subtracted from Z2, which has not been through the sigmoid."),
        "A2 rounded to 0 or 1": (
            "(round(A2) - Y) / m",
            "Y is subtracted from the prediction, 0 or 1, instead of the probability.",
        ),
        "half of label 0 missing": (
            "Y * (A2 - Y) / m",
            "Only -Y log(A2) is differentiated, so examples with label 0 do not count.",
        ),
        "half of label 1 missing": (
            "(1 - Y) * (A2 - Y) / m",
            "Only -(1 - Y) log(1 - A2) is differentiated, so examples with label 1 do not count.",
        ),
        "m x m errors": (
            "(A2 - Y.T) / m",
            "A2 and Y lie along different axes, so every label is subtracted from every output, m x m of them.",
        ),
        "every label subtracted from every output, averaged over labels,": (
            "(A2 - Y.mean()) / m",
            "A2 and Y lie along different axes, so broadcasting subtracts the mean of all labels from every output.",
        ),
        "every label subtracted from every output, summed over labels,": (
            "A2 - Y.mean()",
            "A2 and Y lie along different axes, so broadcasting subtracts every label from every output, and adds up.",
        ),
        "every label subtracted from every output, averaged over outputs,": (
            "(A2.mean() - Y) / m",
            "A2 and Y lie along different axes, so broadcasting subtracts every label from the mean of all outputs.",
        ),
        "every label subtracted from every output, summed over outputs,": (
            "A2.mean() - Y",
            "A2 and Y lie along different axes, so broadcasting subtracts each label from every output, and adds up.",
        ),
        "classes weighed alike": (
            "alike(Y) * (A2 - Y) / m",
            "Both labels count as much as each other, however many examples have them.",
        ),
        "labels -1 and 1": ("(A2 - (2 * Y - 1)) / m", "The labels are -1 and 1, not 0 and 1."),
        "first example missing": (
            "without((A2 - Y) / m, 0)",
            "The first example is left out: the loop begins at 1, not 0.",
        ),
        "last example missing": (
            "without((A2 - Y) / m, -1)",
            "The last example is left out: the loop ends one too early.",
        ),
        "first example only": (
            "only((A2 - Y) / m, 0)",
            "Only the first example counts: the loop ends after it, as with a return inside.",
        ),
        "last example only": (
            "only((A2 - Y) / m, -1)",
            "Only the last example counts: the loop overwrites where it should add up.",
        ),
        "division by m inside the loop": (
            "(A2 - Y) / m * (1 / m) ** arange(m)[::-1]",
            "The sum is divided by m after each example, not once behind the loop: what came early hardly counts.",
        ),
        "derivative of the absolute error": (
            "sign(A2 - Y) * A2 * (1 - A2) / m",
            "This is the derivative of the absolute error, and the cost is the cross-entropy.",
        ),
        "derivative of the hinge loss": (
            "-(2 * Y - 1) * ((2 * Y - 1) * Z2 < 1) / m",
            "This is the derivative of the hinge loss, and the cost is the cross-entropy.",
        ),
    },
)

DZ2_THAT_GIVES_WAY = at(
    "dZ2",
    {
        "infinity times 0": (
            f"{CHAIN} * (A2 * (1 - A2))",
            "It is dA2 A2 (1 - A2), and where A2 rounds to 0 or 1, dA2 is infinite and the slope 0.",
        ),
        "infinity times 0 taken for 0": (
            f"nan_to_num({CHAIN} * (A2 * (1 - A2)))",
            "Where A2 rounds to 0 or 1, dA2 is infinite and the slope 0; nan_to_num makes 0 of that, not A2 - Y.",
        ),
        "softplus that is straight above 20": (
            "(where(Z2 > 20, 1, A2) - Y) / m",
            "Above 20, torch.nn.functional.softplus has the slope 1: use binary_cross_entropy_with_logits.",
        ),
        "probability in binary_cross_entropy": (
            "(A2 - Y) * (A2 * (1 - A2)) / maximum(A2 * (1 - A2), 1e-12) / m",
            "binary_cross_entropy keeps A2 (1 - A2) above 1e-12: give Z2 to binary_cross_entropy_with_logits.",
        ),
    },
    traits=Trait.LIMIT,
)

LOSS: tuple[Mistake, ...] = (*cost, *COST_THAT_GIVES_WAY, *dA2, *dZ2, *DZ2_THAT_GIVES_WAY)
