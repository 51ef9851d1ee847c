"""The lessons: each tries a claim that texts make, in every framework, and judges it. A new one takes a line here."""

import importlib
from typing import TYPE_CHECKING, cast

from shared.network import InputError

if TYPE_CHECKING:
    from shared.lessons.lesson import Lesson

REGISTRY = {
    "chain-rule": "shared.lessons.chain_rule",
    "symmetry": "shared.lessons.symmetry",
    "initial-scale": "shared.lessons.initial_scale",
    "scaling": "shared.lessons.scaling",
    "learning-rate": "shared.lessons.learning_rate",
    "kink": "shared.lessons.kink",
    "dying-relu": "shared.lessons.dying_relu",
    "vanishing-gradient": "shared.lessons.vanishing_gradient",
    "saturation": "shared.lessons.saturation",
    "precision": "shared.lessons.precision",
    "many-processes": "shared.lessons.many_processes",
}
"""The lessons, in the order in which to take them."""


def load(name: str) -> "Lesson":
    """Import a lesson.

    Raises
    ------
    InputError
        If there is no lesson of this name.
    """
    if name not in REGISTRY:
        raise InputError(f"there is no lesson {name!r}; there are {', '.join(REGISTRY)}")
    return cast("Lesson", importlib.import_module(REGISTRY[name]))
