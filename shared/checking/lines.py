"""The relu network line by line in plain NumPy, any line replaceable: what a program with a mistake would compute.

A line is a function of the values so far, by their names in the notation. The right lines stand in LINES and UPDATES.
A mistake is another line in the place of one of them. The dtype that goes in comes out.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from scipy.special import expit

from shared.network import Array, Parameters

Values = dict[str, Any]
"""Arrays by name (W1 b1 W2 b2 X Y Z1 ... db1), and the learning_rate where it is known.

An update line also finds the number of its `step`, from 0, the `costs` so far, the `past`, which holds for each earlier
step the gradients by name, and, where a program is examined, the learning rate with which it made this step,
`length_seen`, and its first, `rate_seen`.
"""

Line = Callable[[Values], Array]

LINES: dict[str, Line] = {
    "Z1": lambda q: q["W1"] @ q["X"] + q["b1"],
    "A1": lambda q: np.maximum(q["Z1"], 0),
    "Z2": lambda q: q["W2"] @ q["A1"] + q["b2"],
    "A2": lambda q: expit(q["Z2"]),
    "cost": lambda q: mean_over_examples(np.logaddexp(0, q["Z2"]) - q["Y"] * q["Z2"]),
    "dA2": lambda q: (-q["Y"] / q["A2"] + (1 - q["Y"]) / (1 - q["A2"])) / examples(q),
    "dZ2": lambda q: (q["A2"] - q["Y"]) / examples(q),
    "dW2": lambda q: q["dZ2"] @ q["A1"].T,
    "db2": lambda q: q["dZ2"].sum(axis=1, keepdims=True),
    "dA1": lambda q: q["W2"].T @ q["dZ2"],
    "dZ1": lambda q: q["dA1"] * (q["Z1"] > 0),
    "dW1": lambda q: q["dZ1"] @ q["X"].T,
    "db1": lambda q: q["dZ1"].sum(axis=1, keepdims=True),
}
"""The right line of every quantity, in the order of computation. (dZ2 does without dA2, which can be infinite.)"""

UPDATES: dict[str, Line] = {
    "W1": lambda q: q["W1"] - q["learning_rate"] * q["dW1"],
    "b1": lambda q: q["b1"] - q["learning_rate"] * q["db1"],
    "W2": lambda q: q["W2"] - q["learning_rate"] * q["dW2"],
    "b2": lambda q: q["b2"] - q["learning_rate"] * q["db2"],
}
"""The right line of every parameter: a step of gradient descent."""


def examples(q: Values) -> int:
    """The number of examples, m."""
    return int(q["X"].shape[1])


def mean_over_examples(losses: Array) -> Array:
    """The mean as an array without axes; each share is divided by m before the sum, so that it cannot overflow."""
    return np.asarray(np.sum(losses / losses.size))


def run(q: Values, replaced: Mapping[str, Line] | None = None, own: Mapping[str, Array] | None = None) -> Values:
    """Predict every quantity.

    Parameters
    ----------
    q
        W1 b1 W2 b2 X Y, and what else a replaced line uses.
    replaced
        Lines to use in place of the right ones, by quantity.
    own
        Quantities that are already known: a program's own values. The lines after them use them.

    Returns
    -------
    predicted
        What each line gives. A line whose inputs are missing or do not fit together gives nothing and is left out.
    """
    return dict(one_by_one(q, replaced, own))


def one_by_one(
    q: Values, replaced: Mapping[str, Line] | None = None, own: Mapping[str, Array] | None = None
) -> Iterator[tuple[str, Array]]:
    """Predict one quantity after the other, as `run` does."""
    lines, seen, own = {**LINES, **(replaced or {})}, dict(q), own or {}
    seen |= own
    for name in LINES:
        try:
            with np.errstate(all="ignore"):
                predicted = np.asarray(lines[name](seen))
        except (KeyError, ValueError):
            continue
        seen[name] = own.get(name, predicted)
        yield name, predicted


def train(q: Values, iterations: int, replaced: Mapping[str, Line] | None = None) -> tuple[Array, Parameters]:
    """Train by full-batch gradient descent, a few steps: all gradients are kept.

    Parameters
    ----------
    q
        W1 b1 W2 b2 X Y and the learning_rate.
    iterations
        The number of steps.
    replaced
        Lines to use in place of the right ones, by quantity; the lines of the updates are called W1 b1 W2 b2.

    Returns
    -------
    costs, parameters
        The cost before each step, and the trained parameters.
    """
    updates, parameters = {**UPDATES, **(replaced or {})}, Parameters(q["W1"], q["b1"], q["W2"], q["b2"])
    costs, past = [], list[Values]()
    for step in range(iterations):
        now = {**q, **parameters._asdict(), "step": step, "past": past}
        now |= run(now, replaced)
        costs.append(now["cost"])
        now["costs"] = np.array(costs)
        parameters = Parameters(*(np.asarray(updates[name](now)) for name in Parameters._fields))
        past = [*past, {f"d{name}": now[f"d{name}"] for name in Parameters._fields}]
    return np.array(costs), parameters
