"""Mistakes of the forward pass: Z1, A1, Z2 and A2."""

from shared.checking.catalogue.mistake import SAFETY, Family, Mistake, Trait, at
from shared.checking.vocabulary import HIDDEN

LEAKS = (0.01, 0.1, 0.2, 0.3)
"""The slopes that libraries and papers give a leaky relu on the left."""
LIMITS = (15, 20, 30, 50, 100)
"""What people keep the argument of exp below."""
ADDED = (0.0, 1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5)
"""What people add to a standard deviation before they divide by it."""

CHANGED = {
    "divided by 255 again": "X / 255",
    "multiplied by 255": "X * 255",
    "scaled to [-1, 1]": "2 * X - 1",
    "centred": "X - X.mean(axis=1, keepdims=True)",
    "centred by one mean": "X - X.mean()",
    "divided by its largest entry": "X / abs(X).max()",
    "divided by the norm of each example": "of_length_1(X)",
    **{f"standardised over the examples (with {e:g} added)": f"standardised(X, 1, {e!r})" for e in ADDED},
    **{f"standardised (with {e:g} added)": f"standardised(X, None, {e!r})" for e in ADDED},
}
"""What may have been done to X on the way to a line."""

Z1 = at(
    "Z1",
    {
        "bias missing": ("W1 @ X", "b1 is not added to W1 X."),
        "bias added twice": ("W1 @ X + b1 + b1", "b1 is added to W1 X twice."),
        "bias subtracted": ("W1 @ X - b1", "b1 is subtracted from W1 X instead of added."),
        "bias taken for the first weight": (
            "hstack([W1, b1]) @ vstack([ones_like(X[:1]), X])",
            "The row of ones comes first in X, but b1 comes last in W1: each weight meets the input before its own.",
        ),
        "relu applied in place": (
            "relu(W1 @ X + b1)",
            "Z1 and A1 are the same array, so the relu has changed Z1, too: work on a copy.",
        ),
        "W1 in half precision": ("f16(W1) @ X + b1", "W1 was kept in float16, which has 3 digits."),
        "X in half precision": ("W1 @ f16(X) + b1", "X was kept in float16, which has 3 digits."),
    },
)

A1 = at(
    "A1",
    {
        "relu missing": ("Z1", "A1 is Z1: without the relu the two layers are but one linear layer."),
        "relu inverted": ("minimum(Z1, 0)", "What is negative is kept and what is positive is cut off."),
        "absolute value": ("abs(Z1)", "Negative values are turned positive, and relu makes them 0."),
        "step": ("Z1 > 0", "A1 holds relu's slope, 0 or 1, and not its value."),
        **{
            hidden.article.partition(" ")[2]: (
                f"{name}(Z1)",
                f"The hidden layer has {hidden.article} where this network has a relu.",
            )
            for name, hidden in HIDDEN.items()
        },
    },
    traits=Trait.RELU,
)

Z2 = at(
    "Z2",
    {
        "bias missing": ("W2 @ A1", "b2 is not added to W2 A1."),
        "bias added twice": ("W2 @ A1 + b2 + b2", "b2 is added to W2 A1 twice."),
        "bias subtracted": ("W2 @ A1 - b2", "b2 is subtracted from W2 A1 instead of added."),
        "Z1 in place of A1": ("W2 @ Z1 + b2", "W2 is multiplied by Z1, which skips the hidden units' activation."),
    },
)

A2 = at(
    "A2",
    {
        "sigmoid missing": ("Z2", "A2 is Z2: without the sigmoid it is no probability."),
        "sigmoid applied twice": ("sigmoid(sigmoid(Z2))", "The sigmoid is applied to its own result."),
        "sigmoid of -Z2": ("sigmoid(-Z2)", "The sign in the exponential is wrong: this is 1 - A2."),
        "sigmoid of Z2 / 2": (
            "sigmoid(Z2 / 2)",
            "Z2 is halved: (1 + tanh(z / 2)) / 2 is sigmoid(z), but 1 / (1 + exp(-z / 2)) is not.",
        ),
        "log of the sigmoid": ("-softplus(-Z2)", "A2 holds the logarithm of the probability."),
        "relu": ("relu(Z2)", "The output unit has a relu where it should have a sigmoid."),
        "tanh": ("tanh(Z2)", "The output unit has a tanh, whose values lie between -1 and 1, and no sigmoid."),
        "rounded to 0 or 1": ("round(sigmoid(Z2))", "A2 holds predictions where it should hold probabilities."),
        "softmax over one unit": ("softmax(Z2, axis=0)", "A softmax over a single unit gives 1 whatever Z2 is."),
        "softmax over the examples": ("softmax(Z2, axis=1)", "A softmax makes the examples sum to 1."),
    },
)

A2_THAT_GIVES_WAY = at(
    "A2",
    {
        "exp(Z2) that overflows": (
            "exp(Z2) / (1 + exp(Z2))",
            "exp(Z2) is infinite where Z2 is above 709, and infinity over infinity is not a number.",
        ),
        "sigmoid through tanh": (
            "0.5 * (1 + tanh(Z2 / 2))",
            "Where Z2 is very negative, 1 + tanh(Z2 / 2) cancels, and A2 loses the digits that exp(Z2) would keep.",
        ),
    },
    traits=Trait.LIMIT,
)

FORWARD_FAMILIES = (
    Family(
        "A1",
        "slope {p:.6g} on the left",
        "leaky(Z1, p)",
        "Where Z1 is negative, A1 is {p:.6g} Z1, and relu makes it 0.",
        LEAKS,
        linear=True,
        traits=Trait.RELU,
    ),
    Family(
        "Z2",
        "clipped at {p:g}",
        "clip(W2 @ A1 + b2, -p, p)",
        "Z2 is kept between -{p:g} and {p:g}, so it is wrong where the network is surer than that.",
        traits=Trait.LIMIT,
    ),
    Family(
        "A2",
        "sigmoid of Z2 clipped at {p:g}",
        "sigmoid(clip(Z2, -p, p))",
        "Z2 is kept between -{p:g} and {p:g}, so A2 is wrong where the network is surer than that.",
        LIMITS,
        traits=Trait.LIMIT,
    ),
    Family(
        "A2",
        "clipped at {p:.6g}",
        "clip(sigmoid(Z2), p, 1 - p)",
        "A2 is kept {p:.6g} away from 0 and 1, so it is wrong where the network is surer than that.",
        SAFETY,
        traits=Trait.LIMIT,
    ),
)

FORWARD: tuple[Mistake, ...] = (*Z1, *A1, *Z2, *A2, *A2_THAT_GIVES_WAY)
