"""The learning rate: too small, right, too large, and the limit between them. Change RATES to try others."""

from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shared.lessons.lesson import Claim, descent, draw, photographs, train
from shared.lessons.valley import ASIDE, flat, judged, largest_eigenvalue, moved
from shared.network import Array, Implementation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "too small, right, too large, and the limit 2 / L between them"

EXPECT = """
Let L be the largest eigenvalue of the Hessian, the matrix of the cost's second derivatives: how
strongly the steepest valley bends. A step multiplies a small distance across that valley, from
its floor or between two runs, by 1 - rate L. At rate 1 / L nothing is left of it; beyond that the
step goes to the other side; and beyond the limit 2 / L it ends farther away there than it was: it
overshoots. (Sigmoid units: with ReLU the valley has kinks, and no eigenvalue tells of those.)

At a hundredth of the limit the cost falls at every step, but hardly. At half of it, it falls at
every step, and far. At twice the limit the first step already takes the cost up, and at eight
times it multiplies.

L changes while the network learns. A rate somewhat below the first limit is above a later one:
at 0.8 of the limit all goes well until L has grown, and only then does the cost rise.
"""

STEPS = 100
RATES = {"a hundredth": 0.01, "half": 0.5, "0.8": 0.8, "twice": 2.0, "8 times": 8.0}
FACTORS = (0.5, 0.95, 1.05)


class Measured(NamedTuple):
    """L here and L by the judge; what a step multiplies a distance by; the costs; the first rise at 0.8 and L there."""

    L: float
    judged: float
    factors: dict[float, float]
    costs: dict[str, Array]
    rise: int
    L_at_rise: float


def experiment(implementation: Implementation) -> Measured:
    """Find L, step from a point next to the valley's floor, and train with each rate."""
    (X, Y), start = photographs(), draw()
    L, v = largest_eigenvalue(implementation, start)
    limit, aside = 2 / L, moved(start, ASIDE * v)
    factors = {}
    for share in FACTORS:
        there, here = (implementation.step(P, X, Y, share * limit, "sigmoid") for P in (aside, start))
        factors[share] = float(v @ (flat(there) - flat(here)) / ASIDE)
    costs = {name: train(implementation, start, X, Y, r * limit, STEPS, "sigmoid").costs for name, r in RATES.items()}
    rise = int(np.argmax(np.diff(costs["0.8"]) > 0))
    *_, before = descent(implementation, start, X, Y, 0.8 * limit, rise, "sigmoid")
    return Measured(L, judged(start), factors, costs, rise, largest_eigenvalue(implementation, before)[0])


def claims(measured: Measured) -> list[Claim]:
    """Say what the limit separates."""
    small, half, _, twice, eight = measured.costs.values()
    far, times, first = half[-1] / small[-1], eight.max() / eight[0], twice[1] - twice[0]
    over = measured.L_at_rise / measured.L * 0.8
    return [
        Claim(
            "L of the untrained network, as the judge finds it",
            f"{measured.L:.5f}",
            abs(measured.L / measured.judged - 1) < 1e-5,
        ),
        *(
            Claim(
                f"at {share} of the limit 2 / L a distance is multiplied by {1 - 2 * share:.2f}",
                f"{round(factor, 4) + 0:.4f}",
                abs(factor - 1 + 2 * share) < 1e-3,
            )
            for share, factor in measured.factors.items()
        ),
        Claim(
            "a hundredth: in 100 steps it falls, at every one, but stays above 0.6",
            f"{small[-1]:.3f}",
            falls(small) and small[-1] > 0.6,
        ),
        Claim("half: it falls at every step, to less than half of that", f"{half[-1]:.3f}", falls(half) and far < 0.5),
        Claim("twice: the first step takes the cost up", f"{first:+.3f}", first > 0),
        Claim("8 times: the cost reaches more than 5 times its start", f"{times:.1f} times", times > 5),
        Claim("0.8: the cost falls at first; it first rises in step", f"{measured.rise + 1}", measured.rise > 0),
        Claim("0.8: by then L has grown, and the rate is above 2 / L", f"{over:.2f} times", over > 1),
    ]


def falls(costs: Array) -> bool:
    """Whether every step lowers the cost."""
    return bool(np.all(np.diff(costs) < 0))


def picture(figure: "Figure", by_framework: dict[str, Measured]) -> None:
    """Draw the costs, and what a step does to a distance."""
    from shared.lessons.picture import BLUE, GREEN, GREY, MARKS, ORANGE, RED, lines, name_the_lines

    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    for name, colour in zip(RATES, (GREY, BLUE, GREEN, ORANGE, RED), strict=True):
        lines(left, {framework: measured.costs[name] for framework, measured in by_framework.items()}, name, colour)
    left.set(yscale="log", ylabel="cost", title="Rates, as shares of the limit 2 / L of the untrained network")
    name_the_lines(left, by_framework)
    share = np.linspace(0, 1.5, 2)
    right.plot(share, 1 - 2 * share, color=GREY, label="1 - rate L")
    for measured, mark in zip(by_framework.values(), cycle(MARKS), strict=False):
        right.plot(measured.factors.keys(), measured.factors.values(), mark, color=BLUE, markersize=9, fillstyle="none")
    right.axhspan(-2, -1, color=RED, alpha=0.15)
    right.text(0.05, -1.5, "farther away than before:\novershoot", va="center")
    right.set(xlabel="rate, as a share of 2 / L", ylim=(-2, 1), title="A step multiplies a small distance by")
    right.legend()
