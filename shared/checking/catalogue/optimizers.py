"""Other optimizers than plain gradient descent, as updates that are mistakes here."""

from collections.abc import Callable

import numpy as np

from shared.checking.catalogue.mistake import DECAYS, Mistake, at
from shared.checking.lines import Line, Values
from shared.network import Array, Parameters


def descend(name: str, gradient: Callable[[Values], Array]) -> Line:
    """Step down another gradient than the right one."""
    return lambda q: q[name] - q["learning_rate"] * gradient(q)


def decaying(name: str, decay: float) -> Line:
    """A step with weight decay."""
    return descend(name, lambda q: q[f"d{name}"] + decay * q[name])


def remembered(q: Values, name: str, memory: float) -> Array:
    """Add to the gradient the earlier ones, each weighed less by the factor `memory` than the one after it."""
    total = np.zeros_like(q[f"d{name}"])
    for gradients in (*q["past"], q):
        total = memory * total + gradients[f"d{name}"]
    return total


def averaged(q: Values, values: list[Array], memory: float) -> Array:
    """Adam's average of values, the last counting most, corrected for the start."""
    average = np.zeros_like(values[0])
    for V in values:
        average = memory * average + (1 - memory) * V
    return average / (1 - memory ** len(values))


def all_gradients(q: Values, name: str) -> list[Array]:
    """The gradients of all steps so far, this one's last."""
    return [gradients[f"d{name}"] for gradients in (*q["past"], q)]


def adam(name: str) -> Line:
    """The step of Adam with its usual settings."""

    def gradient(q: Values) -> Array:
        dVs = all_gradients(q, name)
        mean, square = averaged(q, dVs, 0.9), averaged(q, [np.square(dV) for dV in dVs], 0.999)
        return mean / (np.sqrt(square) + 1e-8)

    return descend(name, gradient)


def adamw(name: str) -> Line:
    """The step of AdamW with PyTorch's usual settings."""
    return lambda q: adam(name)(q) - q["learning_rate"] * 0.01 * q[name]


def nesterov(name: str) -> Line:
    """A step with momentum 0.9 that looks ahead."""
    return descend(name, lambda q: q[f"d{name}"] + 0.9 * remembered(q, name, 0.9))


def over_root(name: str, tiny: float, squares: Callable[[list[Array]], Array]) -> Line:
    """A step in which each gradient is divided by the root of what its squares have become."""
    return descend(name, lambda q: q[f"d{name}"] / (np.sqrt(squares([dV**2 for dV in all_gradients(q, name)])) + tiny))


def fading(values: list[Array]) -> Array:
    """RMSprop's average of squares, which begins at 0."""
    average = np.zeros_like(values[0])
    for V in values:
        average = 0.99 * average + (1 - 0.99) * V
    return average


def optimizers_of(name: str) -> tuple[Mistake, ...]:
    """What other optimizers do with a parameter."""
    return at(
        name,
        (
            "momentum 0.9",
            descend(name, lambda q: remembered(q, name, 0.9)),
            "The optimizer has momentum: nine tenths of its last step are added to each step.",
        ),
        (
            "momentum 0.9 as an average",
            descend(name, lambda q: (1 - 0.9) * remembered(q, name, 0.9)),
            "The step follows a running average of the gradients, with 0.9 of the old and 0.1 of the new.",
        ),
        (
            "Nesterov momentum 0.9",
            nesterov(name),
            "The optimizer has Nesterov momentum, and this is plain gradient descent.",
        ),
        (
            "Adam",
            adam(name),
            "The optimizer is Adam, which divides each gradient by its usual size, and not gradient descent.",
        ),
        ("AdamW", adamw(name), "The optimizer is AdamW, that is Adam with weight decay, and not gradient descent."),
        (
            "RMSprop",
            over_root(name, 1e-8, fading),
            "The optimizer is RMSprop, which divides each gradient by its usual size, and not gradient descent.",
        ),
        (
            "Adagrad",
            over_root(name, 1e-10, lambda squares: np.sum(squares, axis=0)),
            "The optimizer is Adagrad, which divides each gradient by the root of all its squares so far.",
        ),
        *(
            (
                f"weight decay {decay:.0e}",
                decaying(name, decay),
                f"The optimizer has a weight decay of {decay:.0e}: it adds that part of {name} to its gradient.",
            )
            for decay in DECAYS
        ),
    )


OPTIMIZER: tuple[Mistake, ...] = tuple(mistake for name in Parameters._fields for mistake in optimizers_of(name))
