"""Inputs that were changed on the way: scaled again, centred, standardised. It shows in Z1, and in dW1."""

from collections.abc import Callable, Iterator

import numpy as np

from shared.checking.lines import LINES, Line
from shared.network import Array

EPSILONS = (0.0, 1e-15, 1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5)
"""What people add to a standard deviation before they divide by it."""


def changed(line: str) -> Iterator[tuple[str, Line, str]]:
    """Give what may have been done to X before a line: what, the line, the explanation."""
    for what, change in CHANGES:
        yield f"X {what}", of_changed(line, change), f"X is {what} before {line}: this network takes it as it is."


def of_changed(line: str, change: Callable[[Array], Array]) -> Line:
    """The right line of another X."""
    return lambda q: LINES[line]({**q, "X": change(q["X"]).astype(q["X"].dtype)})


def standardised(epsilon: float, axis: int | None) -> Callable[[Array], Array]:
    """Subtract the mean along an axis, and divide by the standard deviation."""

    def change(X: Array) -> Array:
        deviation = X.std(axis=axis, keepdims=True) + epsilon
        return (X - X.mean(axis=axis, keepdims=True)) / np.where(deviation > 0, deviation, 1)

    return change


def of_length_1(X: Array) -> Array:
    """Divide each example by its norm."""
    norm = np.linalg.norm(X, axis=0, keepdims=True)
    return X / np.where(norm > 0, norm, 1)


CHANGES: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("divided by 255 again", lambda X: X / 255),
    ("multiplied by 255", lambda X: X * 255),
    ("scaled to [-1, 1]", lambda X: 2 * X - 1),
    ("centred", lambda X: X - X.mean(axis=1, keepdims=True)),
    ("centred by one mean", lambda X: X - X.mean()),
    ("divided by its largest entry", lambda X: X / np.abs(X).max()),
    ("divided by the norm of each example", of_length_1),
    *((f"standardised over the examples (with {e:g} added)", standardised(e, 1)) for e in EPSILONS),
    *((f"standardised (with {e:g} added)", standardised(e, None)) for e in EPSILONS),
)
"""What was done to X, in words and in code."""
