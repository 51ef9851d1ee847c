"""Saturation: the cost from log(A2) against the cost from Z2. Change CASES to try other values of Z2."""

from itertools import cycle
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shared.lessons.lesson import Claim
from shared.network import Array, DtypeName, Implementation, Parameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "the cost from log(A2) against the cost from Z2"

EXPECT = """
A network that is sure and wrong: Z2 = 20, label 0. The cost is -log(1 - A2) = log(1 + exp(20)),
which is 20 to nine digits. But A2 = sigmoid(20) = 0.999999998, and in float32 there is no number
between 0.99999994 and 1: A2 rounds to 1, and log(1 - A2) is the log of 0. The cost is infinite,
and its derivative, infinity times the slope 0, is no number at all.

Clipping A2 at 1 - 1e-7, as is often done, hides it: from Z2 = 16 on the cost is then 15.94, a fifth
too small here, and its slope is 0. float64 puts it off: at 20 half of the digits are lost, and at
40 the cost is infinite again.

log(1 + exp(Z2)) - Y Z2, from Z2 and with exp never overflowing, is right everywhere, even at 800,
where exp(800) is beyond float64. And dZ2 = A2 - Y needs no logarithm: it is 1, as it should be.
"""

CASES: tuple[tuple[DtypeName, float], ...] = (
    ("float32", 20.0),
    ("float32", 40.0),
    ("float64", 20.0),
    ("float64", 40.0),
    ("float64", 800.0),
)


class Measured(NamedTuple):
    """The cost and its derivative from log(A2), the clipped one, and the implementation's own."""

    from_A2: float
    derivative_from_A2: float
    clipped: float
    cost: float
    dZ2: float


def experiment(implementation: Implementation) -> dict[tuple[str, float], Measured]:
    """Ask for A2, and for the implementation's own cost."""
    return {case: look(implementation, *case) for case in CASES}


def look(implementation: Implementation, dtype: DtypeName, z: float) -> Measured:
    """Look at one example with label 0 and this Z2."""
    one: Array = np.ones((1, 1), dtype)
    network = Parameters(W1=one, b1=0 * one, W2=np.full_like(one, z), b2=0 * one)  # X = 1, Z1 = A1 = 1, Z2 = W2
    A2 = implementation.forward(network, one).A2[0, 0]
    from_A2 = -np.log(1 - A2)
    derivative = 1 / (1 - A2) * (A2 * (1 - A2))  #      dA2 times the sigmoid's slope
    clipped = -np.log(1 - np.minimum(A2, one.dtype.type(1 - 1e-7)))
    cost, dZ2 = implementation.cost(network, one, 0 * one), implementation.gradients(network, one, 0 * one).dZ2
    return Measured(float(from_A2), float(derivative), float(clipped), cost, dZ2.item())


def claims(measured: dict[tuple[str, float], Measured]) -> list[Claim]:
    """Say where each cost is right. What is right: z + log(1 + exp(-z))."""
    collected = []
    for (dtype, z), values in measured.items():
        right, where = z + np.log1p(np.exp(-z)), f"{dtype}, Z2 = {z:g}"
        error = abs(values.cost / right - 1)
        collected += [
            Claim(f"{where}: the cost from Z2 is right", f"{values.cost:g}", error <= 2 * np.finfo(dtype).eps)
        ]
        if (dtype, z) == ("float64", 20.0):
            off = abs(values.from_A2 - right)
            collected += [
                Claim(f"{where}: from log(A2) it is off by more than 1e-12", f"{off:.0e}", 1e-12 < off < 1e-7)
            ]
            continue
        d = values.derivative_from_A2
        collected += [Claim(f"{where}: from log(A2) it is infinite", f"{values.from_A2:g}", values.from_A2 == np.inf)]
        collected += [Claim(f"{where}: its derivative from there is no number", f"{d:g}", np.isnan(d))]
        collected += [Claim(f"{where}: dZ2 = A2 - Y is 1", f"{values.dZ2:g}", values.dZ2 == 1)]
    clipped, further = measured["float32", 20.0].clipped, measured["float32", 40.0].clipped
    return [
        *collected,
        Claim("float32, Z2 = 20: clipped it is 15.94", f"{clipped:.2f}", round(clipped, 2) == 15.94),
        Claim("float32: from Z2 = 20 to 40 the clipped one rises by 0", f"{further - clipped:g}", further == clipped),
    ]


def picture(figure: "Figure", by_framework: dict[str, dict[tuple[str, float], Measured]]) -> None:
    """Draw the three costs in float32 over Z2, and mark what the frameworks gave."""
    from shared.lessons.picture import BLUE, MARKS, ORANGE, RED

    axes = figure.subplots()
    z = np.linspace(0, 40, 2001, dtype=np.float32)
    A2 = 1 / (1 + np.exp(-z))
    axes.plot(z, np.logaddexp(0, z), color=BLUE, linewidth=6, alpha=0.4, label="from Z2")
    axes.plot(
        z,
        -np.log(1 - np.minimum(A2, np.float32(1 - 1e-7))),
        color=ORANGE,
        linewidth=3,
        label="from log(A2), clipped at 1 - 1e-7",
    )
    axes.plot(z, -np.log(1 - A2), color=RED, linewidth=1.2, label="from log(A2): ends where it becomes infinite")
    for measured, mark in zip(by_framework.values(), cycle(MARKS), strict=False):
        axes.plot(20, measured["float32", 20.0].cost, mark, color=BLUE, markersize=10, fillstyle="none")
        axes.plot(20, measured["float32", 20.0].clipped, mark, color=ORANGE, markersize=10, fillstyle="none")
    axes.set(xlabel="Z2", ylabel="cost, label 0", title="The cost of one example in float32; marks: the frameworks")
    axes.legend()
