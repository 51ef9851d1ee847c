"""The catalogue: the classic mistakes of a hand-written backprop, each a line of text that makes it.

Not mistakes, hence not here: another order of summation, fused operations, relu'(A1) for relu'(Z1), relu applied
twice, and the convention dZ2 = A2 - Y with the 1/m in dW and db, whose parameter gradients are right.
"""

from shared.checking.catalogue.anywhere import ANYWHERE
from shared.checking.catalogue.backward import BACKWARD, BACKWARD_FAMILIES
from shared.checking.catalogue.forward import FORWARD, FORWARD_FAMILIES
from shared.checking.catalogue.gradients import GRADIENT, GRADIENT_FAMILIES
from shared.checking.catalogue.loss import LOSS
from shared.checking.catalogue.loss_families import LOSS_FAMILIES
from shared.checking.catalogue.mistake import Family, Mistake, Trait, at
from shared.checking.catalogue.updates import UPDATE, UPDATE_FAMILIES
from shared.checking.lines import RIGHT, hidden_units

__all__ = ["CATALOGUE", "FAMILIES", "Mistake"]

FAMILIES: tuple[Family, ...] = (
    *FORWARD_FAMILIES,
    *LOSS_FAMILIES,
    *BACKWARD_FAMILIES,
    *GRADIENT_FAMILIES,
    *UPDATE_FAMILIES,
)
"""Mistakes with a number."""

CATALOGUE: tuple[Mistake, ...] = tuple(
    sorted(
        (
            *(*FORWARD, *LOSS, *BACKWARD, *GRADIENT, *UPDATE),
            *(mistake for family in FAMILIES for mistake in family.members(family.usual)),
            *ANYWHERE,
        ),
        key=lambda mistake: list(RIGHT).index(mistake.line),
    )
)
"""Every mistake, in the order of computation; those of the updates come last."""

WITH_RELU = (
    *at("A1", {"relu": ("relu(Z1)", "The hidden layer has a relu where this network has none.")}),
    *at(
        "dZ1",
        {
            "slope of a relu": ("dA1 * (Z1 > 0)", "The slope is that of a relu, and the hidden layer has none."),
            "slope missing": (
                "dA1",
                "The slope of the hidden units is missing: what comes back is passed on as it is.",
            ),
        },
    ),
)
"""Mistakes where the hidden units are no relu."""


def of_this_network() -> tuple[Mistake, ...]:
    """The mistakes that the network that is examined may have: those about relu only if it has one."""
    if hidden_units() == "relu":
        return CATALOGUE
    return (*WITH_RELU, *(mistake for mistake in CATALOGUE if Trait.RELU not in mistake.traits))
