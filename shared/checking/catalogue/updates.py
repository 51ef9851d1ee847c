"""Mistakes of the update: the lines that make new weights and biases of the old ones."""

from collections.abc import Callable

import numpy as np

from shared.checking.catalogue.mistake import Mistake, at
from shared.checking.catalogue.optimizers import OPTIMIZER, all_gradients, descend, remembered
from shared.checking.lines import LINES, UPDATES, Line, Values, examples, run
from shared.network import Array, Parameters

BATCHES = (32, 64, 128)
"""Usual sizes of batches."""


def descend_at(name: str, rate: Callable[[Values], float]) -> Line:
    """Step with another learning rate."""
    return lambda q: q[name] - rate(q) * q[f"d{name}"]


def scaled(name: str, factor: Callable[[Values], float]) -> Line:
    """Take a step that is longer or shorter by a factor."""
    return descend(name, lambda q: factor(q) * q[f"d{name}"])


def through_new_W2(name: str) -> Line:  # noqa: N802
    """The gradient as it is after W2 was updated."""

    def gradient(q: Values) -> Array:
        new = {**q, "W2": UPDATES["W2"](q)}
        for line in ("dA1", "dZ1", f"d{name}"):
            new[line] = LINES[line](new)
        return new[f"d{name}"]

    return descend(name, gradient)


def one_more(name: str) -> Line:
    """In the first step, two of them."""

    def line(q: Values) -> Array:
        if q["step"]:
            return np.asarray(UPDATES[name](q))
        after = {**q, **{V: UPDATES[V](q) for V in Parameters._fields}}
        return np.asarray(UPDATES[name](after | run(after)))

    return line


def batch_by_batch(name: str, size: int) -> Line:
    """Update all parameters after every batch of examples, in their order."""

    def line(q: Values) -> Array:
        parameters = Parameters(*(q[V] for V in Parameters._fields))
        for start in range(0, examples(q), size):
            few = {V: q[V][:, start : start + size] for V in ("X", "Y")}
            now = {**parameters._asdict(), **few, "learning_rate": q["learning_rate"]}
            now |= run(now)
            parameters = Parameters(*(UPDATES[V](now) for V in Parameters._fields))
        return np.asarray(getattr(parameters, name))

    return line


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
        (
            "learning rate not used",
            descend_at(name, lambda q: q.get("rate_seen", 1.0) or np.nan),  # a step of 0 tells nothing of the rate
            f"However large learning_rate is, {name} moves by the same number times {dV}: by 1 if it was forgotten.",
        ),
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
            scaled(name, lambda q: 1 / (1 + q["step"])),
            "The learning rate falls from step to step, as 1, 1/2, 1/3 ..., and here it is constant.",
        ),
        (
            "learning rate falling by 1% a step",
            scaled(name, lambda q: 0.99 ** q["step"]),
            "The learning rate falls from step to step by 1%, and here it is constant.",
        ),
        (
            "gradients accumulated",
            descend(name, lambda q: remembered(q, name, 1)),
            "The gradients of all earlier steps are added up: they were not set to zero between the steps.",
        ),
        (
            "gradient of the step before",
            descend(name, lambda q: (*q["past"], q)[-2 if q["past"] else -1][dV]),
            f"The step takes {dV} of the step before: the gradients were not computed anew.",
        ),
        (
            "gradient of the first step",
            descend(name, lambda q: all_gradients(q, name)[0]),
            f"Every step takes {dV} of the first: the gradients were not computed anew in the loop.",
        ),
        (
            "one step too few",
            lambda q: UPDATES[name](q) if q["step"] else q[name].copy(),
            "After n iterations the weights have made n - 1 steps: the loop begins at 1, or ends one too early.",
        ),
        (
            "one step too many",
            one_more(name),
            "After n iterations the weights have made n + 1 steps: the loop ends one too late.",
        ),
    )


def batches_of(name: str) -> tuple[Mistake, ...]:
    """Updates after a part of the examples."""
    ways = {1: "after every example", **{size: f"after every batch of {size}" for size in BATCHES}}
    return at(
        name,
        *(
            (
                f"update {when}",
                batch_by_batch(name, size),
                f"{name} is updated {when}: an iteration here is one update, with all examples.",
            )
            for size, when in ways.items()
        ),
    )


def another_length(name: str) -> tuple[Mistake, ...]:
    """A step along the gradient whose length is what was seen; by itself, the learning rate halves every two steps."""
    return at(
        name,
        (
            "step of another length",
            descend_at(name, lambda q: q.get("length_seen", q["learning_rate"] * 0.5 ** (q["step"] // 2))),
            f"{name} moves along d{name}, but not always by learning_rate d{name}, as if the rate changed on the way.",
        ),
        general=True,
    )


LATE = "The gradient went back through W2 after W2 had been updated: update when all gradients are there."

UPDATE: tuple[Mistake, ...] = (
    *OPTIMIZER,
    *(
        mistake
        for name in Parameters._fields
        for mistake in (*updates_of(name), *batches_of(name), *another_length(name))
    ),
    *at("W1", ("W2 after its update", through_new_W2("W1"), LATE)),
    *at(
        "b1",
        ("W2 after its update", through_new_W2("b1"), LATE),
        ("db2 in place of db1", descend("b1", lambda q: q["db2"]), "db2 is used, and broadcast to all hidden units."),
    ),
)
