"""The chain rule: one example through a 2-2-1 network, every number on paper. Change NETWORK with ON_PAPER."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from shared.lessons.lesson import Claim
from shared.network import Implementation, Parameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "one example through a 2-2-1 network, every number on paper"

EXPECT = """
X = [1]    W1 = [ 0.5  -0.25]    b1 = [ 0.5]    W2 = [2  -1]    b2 = [-1]    Y = [1]
    [2]         [-1     0.5 ]         [-0.5]

Forward, each line from the one before. Unit 1 fires, unit 2 does not. Z2 is 0, so the network
says 1/2, and the cost is log 2.

Backward, each derivative from the one after it: the chain rule multiplies by one slope at a time.
dZ2 = A2 - Y is where it starts. Unit 2 did not fire, so its slope is 0 and nothing gets through.

All numbers are sums of powers of 1/2, which floating point holds exactly: paper and all frameworks
must give the same. (The cost is log 2, and is right if it is to the last digit or two.)

A derivative is a promise: change a weight a little, and the cost changes by that many times as
much. The last lines put that to the test, and make a step of rate 1/4, which must lower the cost.
"""

NETWORK = Parameters(
    W1=np.array([[0.5, -0.25], [-1.0, 0.5]]),
    b1=np.array([[0.5], [-0.5]]),
    W2=np.array([[2.0, -1.0]]),
    b2=np.array([[-1.0]]),
)
X, Y = np.array([[1.0], [2.0]]), np.array([[1.0]])

ON_PAPER: dict[str, tuple[str, list[float]]] = {
    "Z1": ("W1 X + b1 = [0.5 - 0.5 + 0.5, -1 + 1 - 0.5]", [0.5, -0.5]),
    "A1": ("max(0, Z1)", [0.5, 0]),
    "Z2": ("W2 A1 + b2 = 2 * 0.5 - 1 * 0 - 1", [0]),
    "A2": ("1 / (1 + exp(-Z2)) = 1 / (1 + 1)", [0.5]),
    "cost": ("-log(A2) = log 2", [float(np.log(2))]),
    "dZ2": ("A2 - Y = 0.5 - 1", [-0.5]),
    "dW2": ("dZ2 A1' = -0.5 * [0.5, 0]", [-0.25, 0]),
    "db2": ("dZ2", [-0.5]),
    "dA1": ("W2' dZ2 = -0.5 * [2, -1]", [-1, 0.5]),
    "dZ1": ("dA1 relu'(Z1) = [-1 * 1, 0.5 * 0]", [-1, 0]),
    "dW1": ("dZ1 X' = [-1 * 1, -1 * 2, 0 * 1, 0 * 2]", [-1, -2, 0, 0]),
    "db1": ("dZ1", [-1, 0]),
}
RATE, NUDGE = 0.25, 1e-4


class Measured(NamedTuple):
    """Every quantity, the change of the cost for each unit that W1[0, 0] changes by, and the cost after a step."""

    values: dict[str, list[float]]
    by_nudging: float
    cost_after: float


def experiment(implementation: Implementation) -> Measured:
    """Ask for everything; nudge W1[0, 0] up and down; make a step."""
    values: dict[str, Any] = implementation.forward(NETWORK, X)._asdict()
    values |= {"cost": np.array(implementation.cost(NETWORK, X, Y))}
    values |= implementation.gradients(NETWORK, X, Y)._asdict()
    nudge = np.array([[NUDGE, 0], [0, 0]])
    up, down = (implementation.cost(NETWORK._replace(W1=NETWORK.W1 + by), X, Y) for by in (nudge, -nudge))
    after = implementation.step(NETWORK, X, Y, RATE)
    in_order = {name: values[name].ravel().tolist() for name in ON_PAPER}
    return Measured(in_order, (up - down) / (2 * NUDGE), implementation.cost(after, X, Y))


def claims(measured: Measured) -> list[Claim]:
    """Compare every number with paper."""
    collected = []
    for name, (formula, paper) in ON_PAPER.items():
        values, digits = measured.values[name], 4e-16 if name == "cost" else 0
        same = len(values) == len(paper) and all(abs(a - b) <= digits for a, b in zip(values, paper, strict=True))
        collected.append(Claim(f"{name:4} = {formula}", written(values), same))
    slope, dW1 = measured.by_nudging, ON_PAPER["dW1"][1][0]
    return [
        *collected,
        Claim(
            f"W1[0, 0] up by 1 / 10,000: the cost changes by {dW1} times that", f"{slope:.6f}", abs(slope - dW1) < 1e-6
        ),
        Claim(
            f"after a step of rate {RATE} the cost is log(1 + exp(-3.25))",
            f"{measured.cost_after:.4f}",
            abs(measured.cost_after - np.log1p(np.exp(-3.25))) < 1e-15,
        ),
    ]


def written(values: list[float]) -> str:
    """Write numbers as on paper: 0.5, -1."""
    return ", ".join(f"{value + 0:.4g}" for value in values)


PLACES = {"X1": (0, 1), "X2": (0, 0), "unit 1": (1, 1), "unit 2": (1, 0), "output": (2, 0.5), "cost": (3, 0.5)}
"""Where things are drawn."""

ARROWS = {
    ("X1", "unit 1"): ("W1", 0),
    ("X2", "unit 1"): ("W1", 1),
    ("X1", "unit 2"): ("W1", 2),
    ("X2", "unit 2"): ("W1", 3),
    ("unit 1", "output"): ("W2", 0),
    ("unit 2", "output"): ("W2", 1),
}
"""The arrows: from where, to where, and the weight between."""

HOLDS = {"unit 1": ("b1 Z1 A1", 0), "unit 2": ("b1 Z1 A1", 1), "output": ("b2 Z2 A2", 0), "cost": ("cost", 0)}
HOLDS |= {"X1": ("X", 0), "X2": ("X", 1)}
"""The quantities of each place, and which entries of them."""


def picture(figure: "Figure", by_framework: dict[str, Measured]) -> None:
    """Draw the network with its numbers: forward above, backward below."""
    from shared.lessons.picture import BLUE, GREY, RED

    axes = figure.subplots()
    inputs = {name: V.ravel().tolist() for name, V in {**NETWORK._asdict(), "X": X}.items()}
    values = inputs | next(iter(by_framework.values())).values
    for (start, end), (weight, k) in {**ARROWS, ("output", "cost"): ("", 0)}.items():
        (x, y), (to_x, to_y) = PLACES[start], PLACES[end]
        gaps = {"shrinkA": 20 if start[0] == "X" else 62, "shrinkB": 62}
        axes.annotate("", (to_x, to_y), (x, y), arrowprops={"arrowstyle": "-|>", "color": GREY, **gaps})
        for name, colour, up in ((weight, BLUE, 0.04), (f"d{weight}", RED, -0.04)):
            if name in values:
                share = 0.33 if start[0] == "X" else 0.5
                spot = x + share * (to_x - x), y + share * (to_y - y) + up
                axes.text(*spot, f"{values[name][k]:g}", color=colour, ha="center", va="center", backgroundcolor="w")
    for where, (x, y) in PLACES.items():
        names, k = HOLDS[where]
        axes.text(x, y, where, ha="center", va="center", fontweight="bold")
        for prefix, colour, up in (("", BLUE, 0.1), ("d", RED, -0.1)):
            held = [f"{prefix}{V} {values[prefix + V][k] + 0:.3g}" for V in names.split() if prefix + V in values]
            axes.text(x, y + up, "   ".join(held), ha="center", va="center", color=colour)
    title = "blue: forward, left to right.   red: the derivatives of the cost, right to left"
    axes.set(xlim=(-0.3, 3.3), ylim=(-0.25, 1.25), title=title)
    axes.axis("off")
