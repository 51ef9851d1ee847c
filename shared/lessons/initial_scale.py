"""The scale of the initial weights: small random ones, tiny ones, large ones. Change SCALES to try others."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shared.lessons.lesson import GUESS, Claim, draw, photographs, train
from shared.network import Array, Implementation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "small random weights against large ones, and against tiny ones"

EXPECT = """
Small weights (0.01 times a normal draw): Z2 is near 0, so every answer starts at about 1/2 and
the cost at about log 2 = 0.693: the network does not know, and does not claim to.

Large weights (1 times the same draw): Z2 is far from 0, so the sigmoid is saturated. The untrained
network is certain of most answers and often wrong; the cost starts many times higher, the first
steps have to unlearn, and it stays behind.

Tiny weights (0.000001 times): dW1 is made from W2, and dW2 from A1. Where both are nearly 0, so
are the gradients: for a long time the network learns only how frequent cats are, and its cost
stays at 0.644, that of the best answer that is the same for every image.
"""

RATE, STEPS = 0.05, 500
SCALES = {"small": 0.01, "large": 1.0, "tiny": 1e-6}


class Measured(NamedTuple):
    """The costs before every step, and the share of untrained answers below 1% or above 99%."""

    costs: Array
    certain: float


def experiment(implementation: Implementation) -> dict[str, Measured]:
    """Train from each scale."""
    X, Y = photographs()
    measured = {}
    for name, scale in SCALES.items():
        A2 = implementation.forward(draw(scale), X).A2
        costs = train(implementation, draw(scale), X, Y, RATE, STEPS).costs
        measured[name] = Measured(costs, float(np.mean(np.abs(A2 - 0.5) > 0.49)))
    return measured


def claims(measured: dict[str, Measured]) -> list[Claim]:
    """Compare where they start and where they end."""
    small, large, tiny = (measured[name] for name in SCALES)
    start, certain = small.costs[0], large.certain
    times, behind = large.costs[0] / np.log(2), large.costs[-1] / small.costs[-1]
    above = np.abs(tiny.costs[100] - GUESS)
    learned = GUESS - small.costs[100]
    return [
        Claim("small: the cost starts within 1% of log 2", f"{start:.4f}", abs(start / np.log(2) - 1) < 0.01),
        Claim("small: no untrained answer is certain (beyond 99%)", f"{small.certain:.0%}", small.certain == 0),
        Claim("large: most untrained answers are certain", f"{certain:.0%}", certain > 0.5),
        Claim("large: the cost starts more than 10 times as high", f"{times:.0f} times", times > 10),
        Claim(f"large: after {STEPS} steps it is still above small's", f"{behind:.1f} times", behind > 1),
        Claim("small: after 100 steps the cost is below 0.644 by", f"{learned:.3f}", learned > 0.1),
        Claim("tiny: after 100 steps it is still within 0.01 of 0.644", f"{above:.3f}", above < 0.01),
    ]


def picture(figure: "Figure", by_framework: dict[str, dict[str, Measured]]) -> None:
    """Draw the cost curves."""
    from shared.lessons.picture import BLUE, GREEN, GREY, RED, lines, name_the_lines

    axes = figure.subplots()
    for name, colour in zip(SCALES, (BLUE, RED, GREEN), strict=True):
        lines(axes, {framework: measured[name].costs for framework, measured in by_framework.items()}, name, colour)
    axes.axhline(GUESS, color=GREY, linestyle=":", label="the same answer for every image")
    axes.set(yscale="log", ylabel="cost", title="One network, three scales of the initial weights")
    name_the_lines(axes, by_framework)
