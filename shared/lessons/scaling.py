"""The scale of the inputs: raw pixels, pixels / 255, standardised pixels. Change RATE to see which survives what."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shared.lessons.lesson import GUESS, Claim, draw, photographs, train
from shared.network import Array, Implementation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "raw pixels against pixels / 255 against standardised ones"

EXPECT = """
Raw pixels, 0 to 255: Z1 = W1 X is 255 times too large, and so is dW1 = dZ1 X'. Sigmoid units
start saturated: most of their outputs are near 0 or 1, where the slope vanishes. The first steps
throw ReLU units so far that none of them ever fires again: the cost ends at 0.644, that of the
best answer that is the same for every image. Learning is broken.

Pixels / 255, 0 to 1: it works, but slowly. No input is negative, so each image pulls all weights
of a unit the same way, and brightness drowns what tells one image from another.

Standardised, mean 0 and variance 1: the same rate and the same initial weights learn quickly.
"""

RATE, STEPS = 0.05, 500


def scaled() -> dict[str, Array]:
    """Scale the photographs in three ways."""
    unit, standard = photographs("unit")[0], photographs("standard")[0]
    return {"raw": 255 * unit, "/ 255": unit, "standardised": standard}


class Measured(NamedTuple):
    """The costs before every step; of the trained network, how many hidden units fire for no image at all."""

    costs: Array
    silent: int
    saturated: float
    """The share of A1 below 1% or above 99% if the untrained hidden units are sigmoids."""


def experiment(implementation: Implementation) -> dict[str, Measured]:
    """Train on each scaling, from the same initial weights."""
    measured = {}
    for name, X in scaled().items():
        A1 = implementation.forward(draw(), X, "sigmoid").A1
        trained, costs, *_ = train(implementation, draw(), X, photographs()[1], RATE, STEPS)
        silent = (implementation.forward(trained, X).A1 == 0).all(axis=1).sum()
        measured[name] = Measured(costs, int(silent), float(np.mean(np.abs(A1 - 0.5) > 0.49)))
    return measured


def claims(measured: dict[str, Measured]) -> list[Claim]:
    """Compare the three."""
    raw, unit, standard = measured.values()
    jump, apart = raw.costs[:10].max(), abs(raw.costs[-1] - GUESS)
    gained = GUESS - unit.costs[-1]
    slower = unit.costs[-1] / standard.costs[-1]
    return [
        Claim(
            "raw: most outputs of sigmoid units are saturated at the start", f"{raw.saturated:.0%}", raw.saturated > 0.5
        ),
        Claim("the others: no output is", f"{standard.saturated:.0%}", unit.saturated == standard.saturated == 0),
        Claim("raw: the cost jumps at once to more than twice its start", f"{jump:.2f}", jump > 2 * raw.costs[0]),
        Claim("raw: in the end all 8 ReLU units are silent for every image", f"{raw.silent}", raw.silent == 8),
        Claim("raw: the cost ends within 0.001 of 0.644", f"{apart:.5f}", apart < 0.001),
        Claim(
            f"/ 255: after {STEPS} steps the cost is below 0.644, by less than 0.1", f"{gained:.3f}", 0 < gained < 0.1
        ),
        Claim("standardised: it is less than half of that cost", f"{standard.costs[-1]:.3f}", slower > 2),
    ]


def picture(figure: "Figure", by_framework: dict[str, dict[str, Measured]]) -> None:
    """Draw the cost curves."""
    from shared.lessons.picture import BLUE, GREEN, GREY, RED, lines, name_the_lines

    axes = figure.subplots()
    for name, colour, dashes in (("/ 255", GREEN, "-"), ("raw", RED, ":"), ("standardised", BLUE, "-")):
        costs = {framework: measured[name].costs for framework, measured in by_framework.items()}
        lines(axes, costs, name, colour, linestyle=dashes)
    axes.axhline(GUESS, color=GREY, linestyle=":", label="the same answer for every image")
    highest = max(measured["raw"].costs.max() for measured in by_framework.values())
    axes.text(STEPS / 50, 1.15, f"raw: up to {highest:.1f} at once", color=RED)
    axes.set(
        ylim=(0, 1.2), ylabel="cost", title=f"The same weights, the same rate {RATE}, three scalings of the pixels"
    )
    name_the_lines(axes, by_framework)
