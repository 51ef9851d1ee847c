# ruff: noqa: N816 (dW1 is the right name in mathematics)
"""Mistakes of the backward pass behind dZ2: dW2, db2, dA1, dZ1, dW1 and db1."""

from shared.checking.catalogue.forward import LEAKS
from shared.checking.catalogue.mistake import Family, Mistake, Trait, at
from shared.checking.vocabulary import HIDDEN

NEARLY_0 = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
"""Thresholds that people take for 0."""
TOO_EARLY = "The first example is left out of the sum: the loop begins at 1, not 0."
TOO_SHORT = "The last example is left out of the sum: the loop ends one too early."
RETURNED = "Only the first example counts: the loop ends after it, as with a return inside."
OVERWRITTEN = "Only the last example counts: in the loop = is written where += should add up."
NOT_SUMMED = "{} is not summed over the examples, which all share {}."


def of_product(left: str, right: str) -> dict[str, tuple[str, str]]:
    """Mistakes of a gradient of weights that is summed over the examples."""
    return {
        "result transposed": (
            f"{right} @ {left}.T",
            f"This is the transpose of d{weights(left)}, which has the shape of {weights(left)}.",
        ),
        "first example only": (f"{left}[:, :1] @ {right}[:, :1].T", RETURNED),
        "last example only": (f"{left}[:, -1:] @ {right}[:, -1:].T", OVERWRITTEN),
        "first example missing": (f"{left}[:, 1:] @ {right}[:, 1:].T", TOO_EARLY),
        "last example missing": (f"{left}[:, :-1] @ {right}[:, :-1].T", TOO_SHORT),
    }


def weights(dZ: str) -> str:
    """The weights that a layer's dZ belongs to."""
    return f"W{dZ[-1]}"


def of_sum(summed: str) -> dict[str, tuple[str, str]]:
    """Mistakes of a gradient of biases that is summed over the examples."""
    bias, inputs = f"b{summed[-1]}", {"dZ1": "X", "dZ2": "A1"}[summed]
    return {
        "sum missing": (summed, NOT_SUMMED.format(summed, bias)),
        "keepdims missing": (f"{summed}.sum(axis=1)", "Without keepdims the sum has lost its second axis."),
        f"product with {inputs}": (
            f"{summed} @ {inputs}.T",
            f"{summed} is multiplied by {inputs}' as for dW{summed[-1]}, but {bias} is multiplied by 1 and so takes "
            "the sum alone.",
        ),
        f"row sums of dW{summed[-1]}": (
            f"total({summed} @ {inputs}.T)",
            f"dW{summed[-1]} is summed along its rows, but {bias} takes the sum of {summed} over the examples.",
        ),
        "last example only": (f"{summed}[:, -1:]", OVERWRITTEN),
        "first example missing": (f"total({summed}[:, 1:])", TOO_EARLY),
        "last example missing": (f"total({summed}[:, :-1])", TOO_SHORT),
    }


dW2 = at(
    "dW2",
    {
        "Z1 in place of A1": ("dZ2 @ Z1.T", "W2 is multiplied by A1, so its gradient takes A1, not Z1."),
        "X in place of A1": ("dZ2 @ X.T", "W2 is multiplied by A1, so its gradient takes A1, not X."),
        **of_product("dZ2", "A1"),
    },
)

db2 = at(
    "db2",
    {
        **of_sum("dZ2"),
        "sum over the wrong axis": ("dZ2.sum(axis=0)", "The sum runs over the units, not the examples."),
        "sum over both axes": ("dZ2.sum()", "The sum has no axis, so its result has lost both."),
    },
)

dA1 = at(
    "dA1",
    {
        "gradient stopped": (
            "0 * Z1",
            "Nothing goes back through the hidden layer: it was detached, or copied where no gradient is recorded.",
        ),
        "W2 of the unit before": (
            "roll(W2, 1).T @ dZ2",
            "Each unit takes the weight of the one before: an index is off by one.",
        ),
        "W2 of the unit after": (
            "roll(W2, -1).T @ dZ2",
            "Each unit takes the weight of the one after: an index is off by one.",
        ),
        "W2 missing": ("ones_like(W2).T @ dZ2", "dZ2 is passed on without being multiplied by W2."),
        "mask applied in place": (
            "W2.T @ dZ2 * (Z1 > 0)",
            "dZ1 is the same array as dA1, so the mask that makes dZ1 has changed dA1, too.",
        ),
        "dW2 in place of W2": (
            "dW2.T @ dZ2",
            "The gradient goes back through dW2, and it has to go through W2, as the activations did forward.",
        ),
    },
)

AT_THE_KINK = at(
    "dZ1",
    {
        "slope 1 at 0": ("dA1 * (Z1 >= 0)", "dZ1 takes relu's slope to be 1, not 0, where Z1 is exactly 0."),
        "slope 1/2 at 0": (
            "dA1 * heaviside(Z1, 0.5)",
            "dZ1 takes relu's slope to be 1/2, as that of a maximum of equals, and not 0, where Z1 is exactly 0.",
        ),
    },
    traits=Trait.LIMIT,
)
"""Any slope from 0 to 1 is right where Z1 is exactly 0; that of this suite is 0."""

dZ1 = at(
    "dZ1",
    {
        "mask missing": ("dA1", "relu's slope is missing: where Z1 is negative, nothing passes back."),
        "mask inverted": ("dA1 * (Z1 <= 0)", "The gradient passes where Z1 is negative and stops elsewhere."),
        "mask assigned": ("(Z1 > 0)", "dZ1 is relu's slope itself, which should be multiplied with dA1."),
        "mask of Z1 unequal to 0": (
            "dA1 * (Z1 != 0)",
            "The gradient passes wherever Z1 is not exactly 0, and relu lets it pass above 0 only.",
        ),
        "mask of dA1": ("relu(dA1)", "The relu is applied to dA1: the mask is made of the wrong array."),
        "mask of Z2": ("dA1 * (Z2 > 0)", "The mask is made of Z2, the output's, and the relu is that of Z1."),
        "mask of W1 X": (
            "dA1 * (W1 @ X > 0)",
            "The mask is made of W1 X, before b1 is added, and the relu is that of Z1.",
        ),
        "sign of Z1": ("dA1 * sign(Z1)", "The slope is -1 where Z1 is negative, and relu's is 0."),
        "A1 in place of the slope": ("dA1 * A1", "dA1 is multiplied by relu's value, not by its slope."),
        **{
            f"slope of {hidden.article}": (
                f"dA1 * slope_of_{name}(Z1)",
                f"The slope is that of {hidden.article}, and the hidden layer has a relu.",
            )
            for name, hidden in HIDDEN.items()
        },
        "slope 0.01 on the left and 1 at 0": (
            "dA1 * where(Z1 < 0, 0.01, 1)",
            "The slope is that of jax.nn.leaky_relu, 0.01 where Z1 is negative and 1 at 0, and relu's is 0.",
        ),
    },
    traits=Trait.RELU,
)

dZ1_OF_ANY = at(
    "dZ1",
    {
        "A1 (1 - A1)": ("dA1 * (A1 * (1 - A1))", "A1 (1 - A1) is the slope only where A1 is a sigmoid."),
        "1 - A1^2": ("dA1 * (1 - A1**2)", "1 - A1^2 is the slope only where A1 is a tanh."),
    },
)

dW1 = at(
    "dW1",
    {
        "dA1 in place of dZ1": ("dA1 @ X.T", "dA1 is used where dZ1 belongs, which skips the hidden units' slope."),
        "A1 in place of X": ("dZ1 @ A1.T", "W1 is multiplied by X, so its gradient takes X, not A1."),
        "X in half precision": ("dZ1 @ f16(X).T", "X was kept in float16, which has 3 digits."),
        "result reshaped instead of transposed": (
            "(X @ dZ1.T).reshape(W1.shape)",
            "The transpose was computed and turned with reshape, which keeps the order of the entries in memory.",
        ),
        "sum over the units for every unit": (
            "broadcast_to((dZ1 @ X.T).sum(axis=0), W1.shape)",
            "The sum runs over the units, too, so every unit has the same gradient.",
        ),
        **of_product("dZ1", "X"),
    },
)

db1 = at(
    "db1",
    {
        "dA1 in place of dZ1": ("total(dA1)", "dA1 is summed, which skips the hidden units' slope."),
        **of_sum("dZ1"),
        "sum over the wrong axis": ("dZ1.sum(axis=0, keepdims=True)", "The sum runs over the units, not the examples."),
        "sum over the wrong axis without keepdims": (
            "dZ1.sum(axis=0)",
            "The sum runs over the units, not the examples, and has lost an axis.",
        ),
        "sum over both axes": ("dZ1.sum()", "The sum has no axis: it runs over the units, too, and is one number."),
        "sum over both axes, with keepdims,": (
            "dZ1.sum(keepdims=True)",
            "The sum runs over the units, too, and is one number.",
        ),
        "mean over both axes": (
            "dZ1.sum() / n_h",
            "The mean has no axis: it runs over the units, too, and is one number.",
        ),
        "sum over both axes for every unit": (
            "full_like(b1, dZ1.sum())",
            "The sum runs over the units, too, so every unit has the same gradient.",
        ),
        "mean over both axes for every unit": (
            "full_like(b1, dZ1.sum() / n_h)",
            "The mean runs over the units, too, so every unit has the same gradient.",
        ),
        "result transposed": ("total(dZ1).T", "This is the transpose of db1, which has the shape of b1."),
    },
)

BACKWARD_FAMILIES = (
    Family(
        "dZ1",
        "slope {p:.6g} on the left",
        "dA1 * slope_of_leaky(Z1, p)",
        "Where Z1 is negative, the slope is {p:.6g}, and relu's is 0.",
        LEAKS,
        linear=True,
        traits=Trait.RELU,
    ),
    Family(
        "dZ1",
        "mask of Z1 above {p:.6g}",
        "dA1 * (Z1 > p)",
        "Where Z1 lies between 0 and {p:.6g}, the slope is taken to be 0, and relu's is 1.",
        NEARLY_0,
        traits=Trait.RELU,
    ),
)

BACKWARD: tuple[Mistake, ...] = (*dW2, *db2, *dA1, *AT_THE_KINK, *dZ1, *dZ1_OF_ANY, *dW1, *db1)
