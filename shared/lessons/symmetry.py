"""Symmetry: hidden units that start equal stay equal. Change STARTS to try another start."""

from typing import TYPE_CHECKING

import numpy as np

from shared.lessons.lesson import Claim, draw, photographs, train
from shared.network import Activation, Array, Implementation, Parameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "units that start equal stay equal: why the start is random"

EXPECT = """
All weights zero, ReLU: A1 = 0, so dW2 = dZ2 A1' = 0; and W2 = 0, so dA1 = W2' dZ2 = 0, and with
it dZ1, dW1 and db1. Nothing but b2 ever moves: every image gets the same answer.

All weights equal: every hidden unit computes the same and gets the same gradient. So the units
stay copies of each other for ever: they compute one thing, eight times.

All weights zero, sigmoid: A1 = 1/2, so W2 moves, and then W1. But the units stay copies.

Small random weights: each unit starts as something else, and becomes something of its own.

Copies are equal in at least 12 digits of 16: the last ones may differ where a library sums the
rows of a matrix in different orders.
"""

RATE, STEPS = 0.05, 200

RANDOM = draw()
STARTS: dict[str, tuple[Parameters, Activation]] = {
    "zero, ReLU": (Parameters(*(np.zeros_like(V) for V in RANDOM)), "relu"),
    "equal, ReLU": (Parameters(*(np.full_like(V, 0.01) for V in RANDOM)), "relu"),
    "zero, sigmoid": (Parameters(*(np.zeros_like(V) for V in RANDOM)), "sigmoid"),
    "random, ReLU": (RANDOM, "relu"),
}


def experiment(implementation: Implementation) -> dict[str, Parameters]:
    """Train from each start, and keep the trained weights."""
    X, Y = photographs()
    return {
        name: train(implementation, start, X, Y, RATE, STEPS, activation).parameters
        for name, (start, activation) in STARTS.items()
    }


def claims(measured: dict[str, Parameters]) -> list[Claim]:
    """Say what moved, and how far the units are apart."""
    W1, b1, W2, b2 = measured["zero, ReLU"]
    moved = max(np.abs(V).max() for V in (W1, b1, W2))
    collected = [
        Claim(f"zero, ReLU: after {STEPS} steps W1, b1 and W2 have moved by 0", f"{moved:g}", moved == 0),
        Claim("zero, ReLU: b2 has moved, alone", f"{b2.item():.4f}", b2.item() != 0),
    ]
    for name in ("equal, ReLU", "zero, sigmoid"):
        W1, apart = measured[name].W1, difference(measured[name])
        collected += [Claim(f"{name}: W1 has moved", f"{np.ptp(W1):.3f}", np.ptp(W1) > 0)]
        collected += [Claim(f"{name}: the units' weights differ by less than 1e-12", f"{apart:.0e}", apart < 1e-12)]
    apart = difference(measured["random, ReLU"])
    return [*collected, Claim("random, ReLU: the units' weights differ", f"{apart:.2f}", apart > 0.1)]


def difference(parameters: Parameters) -> float:
    """Return the largest difference between two units' weights, as a share of the largest weight."""
    units: Array = np.hstack([parameters.W1, parameters.b1, parameters.W2.T])
    return float(np.ptp(units, axis=0).max() / np.abs(units).max())


def picture(figure: "Figure", by_framework: dict[str, dict[str, Parameters]]) -> None:
    """Show the weights of each unit as a picture of 16 x 16 pixels: copies from one start, individuals from another."""
    framework, trained = next(iter(by_framework.items()))
    axes = figure.subplots(3, 8)
    for row, name in zip(axes, ("zero, ReLU", "equal, ReLU", "random, ReLU"), strict=True):
        W1 = trained[name].W1
        largest = np.abs(W1).max() or 1
        for unit, picture_axes in enumerate(row):
            picture_axes.imshow(W1[unit].reshape(16, 16), cmap="RdBu_r", vmin=-largest, vmax=largest)
            picture_axes.set(xticks=[], yticks=[])
        row[0].set_ylabel(f"start: {name.split(',')[0]}")
    for unit, picture_axes in enumerate(axes[0]):
        picture_axes.set_title(f"unit {unit + 1}")
    figure.supxlabel(f"W1 after {STEPS} steps, in {framework}: the weights of each unit (red positive, blue negative)")
