"""Mistakes of the forward pass: Z1, A1, Z2 and A2."""

import numpy as np
from scipy.special import expit, softmax

from shared.checking.catalogue.mistake import SAFETY, Mistake, at
from shared.checking.lines import LINES, Line

LIMITS = (15, 20, 30, 50, 100)
"""What people keep the argument of exp below."""


def pixels(change: Line) -> Line:
    """Z1 of inputs that were changed on the way to it."""
    return lambda q: LINES["Z1"]({**q, "X": change(q)})


def clipped_sigmoid(tiny: float) -> Line:
    """A2 between tiny and 1 - tiny."""
    return lambda q: np.clip(expit(q["Z2"]), tiny, 1 - tiny)


Z1 = at(
    "Z1",
    ("bias missing", lambda q: q["W1"] @ q["X"], "b1 is not added to W1 X."),
    ("bias added twice", lambda q: LINES["Z1"](q) + q["b1"], "b1 is added to W1 X twice."),
    ("bias subtracted", lambda q: q["W1"] @ q["X"] - q["b1"], "b1 is subtracted from W1 X instead of added."),
    (
        "bias taken for the first weight",
        lambda q: np.hstack([q["W1"], q["b1"]]) @ np.vstack([np.ones_like(q["X"][:1]), q["X"]]),
        "The row of ones comes first in X, but b1 comes last in W1: each weight meets the input before its own.",
    ),
    (
        "bias taken for the last weight",
        lambda q: np.hstack([q["b1"], q["W1"]]) @ np.vstack([q["X"], np.ones_like(q["X"][:1])]),
        "The row of ones comes last in X, but b1 comes first in W1: each weight meets the input after its own.",
    ),
    (
        "relu applied in place",
        lambda q: np.maximum(LINES["Z1"](q), 0),
        "Z1 and A1 are the same array, so the relu has changed Z1, too: work on a copy.",
    ),
    (
        "W1 reshaped instead of transposed",
        lambda q: LINES["Z1"]({**q, "W1": q["W1"].reshape(q["W1"].shape[::-1]).T}),
        "W1 was turned with reshape, which keeps the order of the entries in memory and so puts them in wrong places.",
    ),
    (
        "X reshaped instead of transposed",
        pixels(lambda q: q["X"].reshape(q["X"].shape[::-1]).T),
        "X was turned with reshape, which keeps the order of the entries in memory and so mixes the examples.",
    ),
    (
        "W1 in half precision",
        lambda q: LINES["Z1"]({**q, "W1": q["W1"].astype(np.float16).astype(q["W1"].dtype)}),
        "W1 was kept in float16, which has 3 digits.",
    ),
    (
        "X in half precision",
        pixels(lambda q: q["X"].astype(np.float16).astype(q["X"].dtype)),
        "X was kept in float16, which has 3 digits.",
    ),
    ("X divided by 255 again", pixels(lambda q: q["X"] / 255), "X is divided by 255, but it was scaled already."),
    ("X multiplied by 255", pixels(lambda q: q["X"] * 255), "X holds pixels from 0 to 255 that nobody divided by 255."),
    (
        "X scaled to [-1, 1]",
        pixels(lambda q: 2 * q["X"] - 1),
        "X is scaled to the interval from -1 to 1, though it was scaled already.",
    ),
    (
        "X centred",
        pixels(lambda q: q["X"] - q["X"].mean(axis=1, keepdims=True)),
        "The mean over the examples is subtracted from X, and this network takes X as it is.",
    ),
)

A1 = at(
    "A1",
    ("relu missing", lambda q: q["Z1"].copy(), "A1 is Z1: without the relu the two layers are but one linear layer."),
    ("relu inverted", lambda q: np.minimum(q["Z1"], 0), "What is negative is kept and what is positive is cut off."),
    ("absolute value", lambda q: np.abs(q["Z1"]), "Negative values are turned positive, and relu makes them 0."),
    ("step", lambda q: (q["Z1"] > 0).astype(q["Z1"].dtype), "A1 holds relu's slope, 0 or 1, and not its value."),
)

Z2 = at(
    "Z2",
    ("bias missing", lambda q: q["W2"] @ q["A1"], "b2 is not added to W2 A1."),
    ("bias added twice", lambda q: LINES["Z2"](q) + q["b2"], "b2 is added to W2 A1 twice."),
    ("bias subtracted", lambda q: q["W2"] @ q["A1"] - q["b2"], "b2 is subtracted from W2 A1 instead of added."),
    ("Z1 in place of A1", lambda q: LINES["Z2"]({**q, "A1": q["Z1"]}), "W2 is multiplied by Z1, which skips the relu."),
    (
        "A1 reshaped instead of transposed",
        lambda q: LINES["Z2"]({**q, "A1": q["A1"].reshape(q["A1"].shape[::-1]).T}),
        "A1 was turned with reshape, which keeps the order of the entries in memory and so mixes the examples.",
    ),
)

A2 = at(
    "A2",
    ("sigmoid missing", lambda q: q["Z2"].copy(), "A2 is Z2: without the sigmoid it is no probability."),
    ("sigmoid applied twice", lambda q: expit(expit(q["Z2"])), "The sigmoid is applied to its own result."),
    ("sigmoid of -Z2", lambda q: expit(-q["Z2"]), "The sign in the exponential is wrong: this is 1 - A2."),
    (
        "sigmoid of Z2 / 2",
        lambda q: expit(q["Z2"] / 2),
        "Z2 is halved: (1 + tanh(z / 2)) / 2 is sigmoid(z), but 1 / (1 + exp(-z / 2)) is not.",
    ),
    ("log of the sigmoid", lambda q: -np.logaddexp(0, -q["Z2"]), "A2 holds the logarithm of the probability."),
    ("relu", lambda q: np.maximum(q["Z2"], 0), "The output unit has a relu where it should have a sigmoid."),
    (
        "exp(Z2) that overflows",
        lambda q: np.exp(q["Z2"]) / (1 + np.exp(q["Z2"])),
        "exp(Z2) is infinite where Z2 is above 709, and infinity over infinity is not a number.",
    ),
    (
        "sigmoid through tanh",
        lambda q: 0.5 * (1 + np.tanh(q["Z2"] / 2)),
        "Where Z2 is very negative, 1 + tanh(Z2 / 2) cancels, and A2 loses the digits that exp(Z2) would keep.",
    ),
    (
        "tanh",
        lambda q: np.tanh(q["Z2"]),
        "The output unit has a tanh, whose values lie between -1 and 1, and no sigmoid.",
    ),
    (
        "rounded to 0 or 1",
        lambda q: np.round(expit(q["Z2"])),
        "A2 holds predictions where it should hold probabilities.",
    ),
    (
        "softmax over one unit",
        lambda q: softmax(q["Z2"], axis=0),
        "A softmax over a single unit gives 1 whatever Z2 is.",
    ),
    ("softmax over the examples", lambda q: softmax(q["Z2"], axis=1), "A softmax makes the examples sum to 1."),
    *(
        (
            f"sigmoid of Z2 clipped at {limit}",
            lambda q, limit=limit: expit(np.clip(q["Z2"], -limit, limit)),
            f"Z2 is kept between -{limit} and {limit}, so A2 is wrong where the network is surer than that.",
        )
        for limit in LIMITS
    ),
    *(
        (
            f"clipped at {tiny:.0e}",
            clipped_sigmoid(tiny),
            f"A2 is kept {tiny:.0e} away from 0 and 1, so it is wrong where the network is surer than that.",
        )
        for tiny in SAFETY
    ),
)

FORWARD: tuple[Mistake, ...] = (*Z1, *A1, *Z2, *A2)
