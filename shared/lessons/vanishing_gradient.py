"""The vanishing gradient: what sigmoid hidden units do to dW1, and ReLU does not. Change SCALES to try others."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shared.lessons.lesson import Claim, draw, photographs, train
from shared.network import Activation, Array, Implementation, Parameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "the slope of sigmoid hidden units, and what it does to dW1"

EXPECT = """
dZ1 is dA1 times the slope of the hidden activation. The sigmoid's slope a (1 - a) is 1/4 at most,
at z = 0, and next to nothing at the extremes: at z = 10 or -10 it is 1/22,000. So dW1, which is
made from dZ1, shrinks; and units whose z are large all but stop learning. ReLU's slope is 1
wherever a unit fires, however large z is.

With small initial weights z is near 0 and the sigmoid costs a factor of 4 or so. With large ones
(100 times) most of its slopes are below 1/100, and dW1 is many times smaller than ReLU's.

So, at the same rate and from the same small weights, the sigmoid network learns more slowly.
"""

RATE, STEPS = 0.1, 300
SCALES = {"small": 0.01, "large": 1.0}
POINTS = (-10.0, 0.0, 10.0)
NETWORK = Parameters(W1=np.ones((1, 1)), b1=np.zeros((1, 1)), W2=np.ones((1, 1)), b2=np.zeros((1, 1)))
"""One input, one hidden unit: Z1 = X."""


class Measured(NamedTuple):
    """The slopes at POINTS; by scale the size of dW1 and the slopes at all images; the costs of training."""

    slopes: dict[Activation, list[float]]
    sizes: dict[tuple[str, Activation], float]
    everywhere: dict[tuple[str, Activation], Array]
    costs: dict[Activation, Array]


def experiment(implementation: Implementation) -> Measured:
    """Measure slopes as dZ1 / dA1, sizes of dW1, and train."""
    (X, Y), points = photographs(), np.array([POINTS])
    measured = Measured({}, {}, {}, {})
    activation: Activation
    for activation in ("sigmoid", "relu"):
        d = implementation.gradients(NETWORK, points, np.ones_like(points), activation)
        measured.slopes[activation] = (d.dZ1 / d.dA1)[0].tolist()
        for name, scale in SCALES.items():
            d = implementation.gradients(draw(scale), X, Y, activation)
            measured.sizes[name, activation] = float(np.linalg.norm(d.dW1))
            measured.everywhere[name, activation] = d.dZ1 / d.dA1
        measured.costs[activation] = train(implementation, draw(), X, Y, RATE, STEPS, activation).costs
    return measured


def claims(measured: Measured) -> list[Claim]:
    """Compare sigmoid and ReLU."""
    low, middle, high = measured.slopes["sigmoid"]
    steepest = max(np.max(measured.everywhere[name, "sigmoid"]) for name in SCALES)
    flat = np.mean(measured.everywhere["large", "sigmoid"] < 0.01)
    small, large = (measured.sizes[name, "relu"] / measured.sizes[name, "sigmoid"] for name in SCALES)
    behind = measured.costs["sigmoid"][-1] / measured.costs["relu"][-1]
    return [
        Claim("sigmoid: the slope at z = 0 is 1/4", f"{middle:g}", middle == 0.25),
        Claim(
            "sigmoid: the slopes at -10 and 10 are below 1/20,000", f"{max(low, high):.2g}", max(low, high) < 1 / 20_000
        ),
        Claim("ReLU: the slope at 10 is 1", f"{measured.slopes['relu'][2]:g}", measured.slopes["relu"][2] == 1),
        Claim("sigmoid: no slope on the photographs is above 1/4", f"{steepest:.4f}", steepest < 0.25 * (1 + 1e-12)),
        Claim("small weights: ReLU's dW1 is 3 to 6 times as large", f"{small:.1f} times", 3 < small < 6),
        Claim("large weights: most slopes of the sigmoids are below 1/100", f"{flat:.0%}", flat > 0.5),
        Claim("large weights: ReLU's dW1 is more than 10 times as large", f"{large:.0f} times", large > 10),
        Claim(f"after {STEPS} steps the sigmoid network's cost is higher", f"{behind:.1f} times", behind > 1),
    ]


def picture(figure: "Figure", by_framework: dict[str, Measured]) -> None:
    """Draw the slopes, the sizes of dW1, and the cost curves."""
    from shared.lessons.picture import BLUE, ORANGE, lines, name_the_lines

    left, middle, right = figure.subplots(1, 3, width_ratios=(3, 2, 4))
    z = np.linspace(-10, 10, 401)
    left.plot(z, 0.25 / np.cosh(z / 2) ** 2, color=ORANGE)
    left.plot([-10, 0, 0, 10], [0, 0, 1, 1], color=BLUE)
    for measured in by_framework.values():
        left.plot(POINTS, measured.slopes["sigmoid"], "o", color=ORANGE, fillstyle="none")
    left.set(xlabel="z", title="The slope of the hidden activation")
    left.text(10, 0.93, "ReLU: 0 or 1", color=BLUE, ha="right")
    left.text(10, 0.2, "sigmoid:\n1/4 at most", ha="right")
    names: dict[Activation, tuple[str, str]] = {"sigmoid": ("sigmoid", ORANGE), "relu": ("ReLU", BLUE)}
    sizes = next(iter(by_framework.values())).sizes
    for shift, (activation, (_, colour)) in zip((-0.2, 0.2), names.items(), strict=True):
        bars = middle.bar(np.arange(2) + shift, [sizes[name, activation] for name in SCALES], 0.4, color=colour)
        middle.bar_label(bars, fmt="%.2g")
    middle.set(yscale="log", title="The size of dW1", xlabel="initial weights")
    middle.set_xticks(np.arange(2), list(SCALES))
    middle.margins(y=0.15)
    for activation, (label, colour) in names.items():
        lines(
            right,
            {framework: measured.costs[activation] for framework, measured in by_framework.items()},
            label,
            colour,
        )
    right.set(ylabel="cost", ylim=(0, None), title=f"Training from small weights, at rate {RATE}")
    name_the_lines(right, by_framework)
