"""Dying ReLU: a unit that fires for no image learns nothing, ever again. Change BIAS and RATE to try others."""

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shared.lessons.lesson import GUESS, Claim, descent, draw, photographs, train
from shared.network import Activation, Array, Implementation, Parameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "a unit that fires for no image is dead for ever; leaky ReLU revives it"

EXPECT = """
A hidden unit whose Z1 is negative for every image has A1 = 0 and slope 0 for all of them. Its
share of dW1, db1 and dW2 is exactly 0: no step moves it, so it stays where it is, dead for ever.
A bias of -1 does it here, where W1 X is about 0.2 in size.

If one unit is dead, the seven others learn without it. If all eight are, only b2 moves, and the
cost ends at 0.644, that of the best answer that is the same for every image. Leaky ReLU has slope
0.01 there instead of 0: it creeps along, and after a while units fire again and learn.

Units also die in training. Pixels / 255 are all positive, so a large step can take all weights of
a unit down at once. At rate 2 one unit after the other dies; and since none comes back, the
number of the dead never falls.
"""

BIAS, RATE, STEPS = -1.0, 2.0, 220
DYING_RATE, DYING_STEPS, LOOK = 2.0, 100, 5


class Measured(NamedTuple):
    """Unit 1 dead: how far it moves, and the cost in the end. All eight dead: the costs, and how many fire in the end.

    And the number of the dead, at every fifth step, in a training that starts with none.
    """

    moved: dict[Activation, float]
    without: dict[Activation, float]
    costs: dict[Activation, Array]
    firing: dict[Activation, int]
    dead: Array


def experiment(implementation: Implementation) -> Measured:
    """Start with one dead unit, with eight of them, and with none."""
    X, Y = photographs()
    one, eight = draw(), draw()
    one.b1[0], eight.b1[:] = BIAS, BIAS
    measured = Measured({}, {}, {}, {}, number_of_dead(implementation))
    activation: Activation
    for activation in ("relu", "leaky_relu"):
        trained, costs, *_ = train(implementation, one, X, Y, RATE, STEPS, activation)
        measured.without[activation] = costs[-1]
        measured.moved[activation] = float(np.abs(unit_1(trained) - unit_1(one)).max())
        revived, measured.costs[activation], *_ = train(implementation, eight, X, Y, RATE, STEPS, activation)
        fires = (implementation.forward(revived, X, activation).Z1 > 0).any(axis=1)
        measured.firing[activation] = int(fires.sum())
    return measured


def number_of_dead(implementation: Implementation) -> Array:
    """Train on pixels / 255, and count, at every fifth step, the units that fire for no image."""
    X, Y = photographs("unit")
    course = descent(implementation, draw(), X, Y, DYING_RATE, DYING_STEPS)
    return np.array(
        [(implementation.forward(P, X).Z1 <= 0).all(axis=1).sum() for P in islice(course, None, None, LOOK)]
    )


def unit_1(parameters: Parameters) -> Array:
    """Everything that belongs to the first hidden unit."""
    W1, b1, W2, _ = parameters
    return np.concatenate([W1[0], b1[0], W2[:, 0]])


def claims(measured: Measured) -> list[Claim]:
    """Say which units are dead and which are not."""
    relu, leaky, dead = measured.costs["relu"][-1], measured.costs["leaky_relu"][-1], measured.dead
    without = measured.without["relu"]
    return [
        Claim("ReLU, unit 1 dead: its weights move by 0", f"{measured.moved['relu']:g}", measured.moved["relu"] == 0),
        Claim(
            "ReLU, unit 1 dead: the others learn: the cost ends below 0.544", f"{without:.3f}", without < GUESS - 0.1
        ),
        Claim(
            "leaky ReLU, unit 1 dead: its weights move",
            f"{measured.moved['leaky_relu']:.0e}",
            measured.moved["leaky_relu"] > 0,
        ),
        Claim(
            "ReLU, all 8 dead: none fires after training", f"{measured.firing['relu']}", measured.firing["relu"] == 0
        ),
        Claim("ReLU, all 8 dead: the cost ends within 0.001 of 0.644", f"{relu:.4f}", abs(relu - GUESS) < 0.001),
        Claim(
            "leaky ReLU, all 8 dead: some fire again",
            f"{measured.firing['leaky_relu']}",
            measured.firing["leaky_relu"] > 0,
        ),
        Claim("leaky ReLU, all 8 dead: the cost ends below 0.544", f"{leaky:.3f}", leaky < GUESS - 0.1),
        Claim("pixels / 255: at the start no unit is dead", f"{dead[0]}", dead[0] == 0),
        Claim(f"pixels / 255: after {DYING_STEPS} steps most are dead", f"{dead[-1]} of 8", dead[-1] > 4),
        Claim(
            "the number of the dead never falls; its largest fall",
            f"{max(0, -np.diff(dead).min())}",
            np.diff(dead).min() >= 0,
        ),
    ]


def picture(figure: "Figure", by_framework: dict[str, Measured]) -> None:
    """Draw the cost of eight dead units, and the number of the dead over training."""
    from shared.lessons.picture import BLUE, ORANGE, RED, lines, name_the_lines

    left, right = figure.subplots(1, 2)
    names: dict[Activation, tuple[str, str]] = {"relu": ("ReLU", BLUE), "leaky_relu": ("leaky ReLU", ORANGE)}
    for activation, (label, colour) in names.items():
        lines(
            left, {framework: measured.costs[activation] for framework, measured in by_framework.items()}, label, colour
        )
    left.set(ylabel="cost", ylim=(0, None), title="Training that starts with eight dead units")
    name_the_lines(left, by_framework)
    dead = {
        framework: np.repeat(measured.dead, LOOK)[: DYING_STEPS + 1] for framework, measured in by_framework.items()
    }
    lines(right, dead, "dead", RED, drawstyle="steps-post")
    right.set(ylabel="dead units of 8", ylim=(0, 8.4), title=f"ReLU units that die: pixels / 255, rate {DYING_RATE:g}")
    name_the_lines(right, by_framework)
