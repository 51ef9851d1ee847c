"""The kink: what slope ReLU has at exactly 0, and what other ways to write it do there. Change POINTS to try others."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from shared.lessons.lesson import Claim
from shared.network import Implementation, Parameters

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "the slope of ReLU at exactly 0, and who says what there"

EXPECT = """
relu(z) = max(0, z) has slope 1 right of 0 and slope 0 left of it. A text that says "the slope is
1 for any non-zero value" is right for positive values only: at -2 it is 0.

At exactly 0 there is no slope, and a program has to choose one. This suite takes 0, and so do
torch.relu and jax.nn.relu. But other ways to write it choose otherwise: jnp.maximum and
torch.maximum share the slope between two equal arguments, 1/2, and torch.clamp gives 1. Nor does
a check by differences help: it straddles the kink and finds 1/2.

This is no rare accident: an all-black image has X = 0, so if b1 = 0, as it is before training,
all its Z1 are exactly 0, and two correct-looking programs differ in db1 from the first step on.
"""

POINTS = (-2.0, -1e-300, 0.0, 1e-300, 2.0)
NETWORK = Parameters(W1=np.ones((1, 1)), b1=np.zeros((1, 1)), W2=np.ones((1, 1)), b2=np.zeros((1, 1)))
"""One input, one hidden unit: Z1 = X."""


class Measured(NamedTuple):
    """The slope at each of POINTS, the one that differences find at 0, and those of other ways to write ReLU."""

    slopes: dict[float, float]
    by_differences: float
    otherwise: dict[str, float]


def experiment(implementation: Implementation) -> Measured:
    """Divide dZ1 by dA1: that is the slope."""
    X, Y = np.array([POINTS]), np.ones((1, len(POINTS)))
    d = implementation.gradients(NETWORK, X, Y)
    slopes = dict(zip(POINTS, (d.dZ1 / d.dA1)[0].tolist(), strict=True))
    zero, h = np.zeros((1, 1)), 1e-5
    right, left = (implementation.cost(NETWORK, zero + z, zero + 1) for z in (h, -h))
    dA1 = implementation.gradients(NETWORK, zero, zero + 1).dA1.item()
    return Measured(slopes, (right - left) / (2 * h) / dA1, otherwise(implementation))


def otherwise(implementation: Any) -> dict[str, float]:
    """Differentiate, at 0, other ways to write max(0, z) in the framework that the implementation imports."""
    slopes: dict[str, float] = {}
    if torch := getattr(implementation, "torch", None):
        z = torch.zeros((), requires_grad=True)
        slopes["torch.relu(z)"] = torch.autograd.grad(torch.relu(z), z)[0].item()
        slopes["torch.maximum(z, 0)"] = torch.autograd.grad(torch.maximum(z, torch.zeros(())), z)[0].item()
        slopes["torch.clamp(z, min=0)"] = torch.autograd.grad(torch.clamp(z, min=0), z)[0].item()
    if jax := getattr(implementation, "jax", None):
        slopes["jax.nn.relu(z)"] = float(jax.grad(jax.nn.relu)(0.0))
        slopes["jnp.maximum(z, 0)"] = float(jax.grad(lambda z: jax.numpy.maximum(z, 0))(0.0))
    return slopes


def claims(measured: Measured) -> list[Claim]:
    """Compare the slopes with what they should be."""
    wanted = {z: 1 if z > 0 else 0 for z in POINTS}
    others = {"torch.relu(z)": 0, "torch.maximum(z, 0)": 0.5, "torch.clamp(z, min=0)": 1}
    others |= {"jax.nn.relu(z)": 0, "jnp.maximum(z, 0)": 0.5}
    return [
        *(
            Claim(f"this suite: the slope at z = {z:g} is {wanted[z]}", f"{s + 0:g}", s == wanted[z])
            for z, s in measured.slopes.items()
        ),
        Claim(
            "differences across 0 find 1/2", f"{measured.by_differences:.5f}", abs(measured.by_differences - 0.5) < 1e-4
        ),
        *(
            Claim(f"{name}: the slope at 0 is {others[name]}", f"{s:g}", s == others[name])
            for name, s in measured.otherwise.items()
        ),
    ]


def picture(figure: "Figure", by_framework: dict[str, Measured]) -> None:
    """Draw ReLU, its slope, and the choices at 0."""
    from shared.lessons.picture import BLUE, GREY, ORANGE

    left, right = figure.subplots(1, 2)
    left.plot([-2, 0, 2], [0, 0, 2], color=BLUE, linewidth=2)
    left.set(xlabel="z", title="max(0, z)")
    right.hlines([0, 1], [-2, 0], [0, 2], color=BLUE, linewidth=2)
    choices = {"this suite": next(iter(by_framework.values())).slopes[0.0]}
    choices |= {
        name.split("(")[0]: slope for measured in by_framework.values() for name, slope in measured.otherwise.items()
    }
    for slope in sorted(set(choices.values())):
        right.plot(0, slope, "o", color=BLUE if slope == 0 else ORANGE, markersize=9)
        right.text(0.1, slope + 0.05, ", ".join(name for name, s in choices.items() if s == slope))
    right.axvline(0, color=GREY, linestyle=":", zorder=0)
    right.set(xlabel="z", ylim=(-0.1, 1.25), title="its slope, and what is chosen at exactly 0")
