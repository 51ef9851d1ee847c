"""Mistakes of the update: the lines that make new weights and biases of the old ones."""

from collections.abc import Callable

import numpy as np

from shared.judging.lines import LINES, UPDATES, Line, Values, examples
from shared.judging.mistake import DECAYS, Mistake, at
from shared.network import Array, Parameters


def descend(name: str, gradient: Callable[[Values], Array]) -> Line:
    """Step down another gradient than the right one."""
    return lambda q: q[name] - q["learning_rate"] * gradient(q)


def scaled(name: str, factor: Callable[[Values], float]) -> Line:
    """Take a step that is longer or shorter by a factor."""
    return descend(name, lambda q: factor(q) * q[f"d{name}"])


def decaying(name: str, decay: float) -> Line:
    """A step with weight decay."""
    return descend(name, lambda q: q[f"d{name}"] + decay * q[name])


def remembered(q: Values, name: str, memory: float) -> Array:
    """Add to the gradient the earlier ones, each weighed less by the factor `memory` than the one after it."""
    total = np.zeros_like(q[f"d{name}"])
    for gradients in (*q.get("past", ()), q):
        total = memory * total + gradients[f"d{name}"]
    return total


def averaged(q: Values, values: list[Array], memory: float) -> Array:
    """Adam's average of values, the last counting most, corrected for the start."""
    average = np.zeros_like(values[0])
    for V in values:
        average = memory * average + (1 - memory) * V
    return average / (1 - memory ** len(values))


def adam(name: str) -> Line:
    """The step of Adam with its usual settings."""

    def gradient(q: Values) -> Array:
        all_of_them = [gradients[f"d{name}"] for gradients in (*q.get("past", ()), q)]
        mean, square = averaged(q, all_of_them, 0.9), averaged(q, [np.square(dV) for dV in all_of_them], 0.999)
        return mean / (np.sqrt(square) + 1e-8)

    return descend(name, gradient)


def through_new_W2(name: str) -> Line:  # noqa: N802
    """The gradient as it is after W2 was updated."""

    def gradient(q: Values) -> Array:
        new = {**q, "W2": UPDATES["W2"](q)}
        for line in ("dA1", "dZ1", f"d{name}"):
            new[line] = LINES[line](new)
        return new[f"d{name}"]

    return descend(name, gradient)


def updates_of(name: str) -> tuple[Mistake, ...]:
    """Mistakes that can be made with every parameter."""
    dV = f"d{name}"
    return at(
        name,
        (
            "step uphill",
            lambda q: q[name] + q["learning_rate"] * q[dV],
            f"learning_rate {dV} is added to {name} instead of subtracted, so the cost rises.",
        ),
        ("step missing", lambda q: q[name].copy(), f"{name} is not updated."),
        ("learning rate missing", lambda q: q[name] - q[dV], f"{dV} is not multiplied by the learning rate."),
        ("step twice as long", scaled(name, lambda q: 2), f"{name} is updated twice with the same {dV}."),
        (
            "step divided by m",
            scaled(name, lambda q: 1 / examples(q)),
            f"The step is divided by m, but {dV} is a mean over the examples already.",
        ),
        (
            "step multiplied by m",
            scaled(name, lambda q: examples(q)),
            f"The step follows the sum over the examples, and {dV} is the mean.",
        ),
        (
            "learning rate divided by the number of the step",
            scaled(name, lambda q: 1 / (1 + q.get("step", 0))),
            "The learning rate falls from step to step, as 1, 1/2, 1/3 ..., and here it is constant.",
        ),
        (
            "learning rate falling by 1% a step",
            scaled(name, lambda q: 0.99 ** q.get("step", 0)),
            "The learning rate falls from step to step by 1%, and here it is constant.",
        ),
        (
            "gradients accumulated",
            descend(name, lambda q: remembered(q, name, 1)),
            "The gradients of all earlier steps are added up: they were not set to zero between the steps.",
        ),
        (
            "gradient of the step before",
            descend(name, lambda q: (*q.get("past", ()), q)[-2 if q.get("past") else -1][dV]),
            f"The step takes {dV} of the step before: the gradients were not computed anew.",
        ),
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
            "Adam",
            adam(name),
            "The optimizer is Adam, which divides each gradient by its usual size, and not gradient descent.",
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


LATE = "The gradient went back through W2 after W2 had been updated: update when all gradients are there."

UPDATE: tuple[Mistake, ...] = (
    *(mistake for name in Parameters._fields for mistake in updates_of(name)),
    *at("W1", ("W2 after its update", through_new_W2("W1"), LATE)),
    *at(
        "b1",
        ("W2 after its update", through_new_W2("b1"), LATE),
        ("db2 in place of db1", descend("b1", lambda q: q["db2"]), "db2 is used, and broadcast to all hidden units."),
    ),
)
