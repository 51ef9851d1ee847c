"""The network line by line, each line one text of the notation: what a program, right or wrong, would compute.

A text is parsed once, and all else comes from its tree: what a line is made from, the code to write, its numbers on
paper. The right texts stand in RIGHT. A mistake is another text in the place of one of them. The dtype that goes in
comes out.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property, partial
from typing import Any

import numpy as np

from shared.checking.vocabulary import FUNCTIONS
from shared.network import Activation, Array, Parameters

Values = dict[str, Any]
"""Arrays by name (W1 b1 W2 b2 X Y Z1 ... db1), and the learning_rate where it is known.

An update line also finds the number of its `step`, from 0, the `costs` so far, the `past`, which holds for each earlier
step the gradients by name, and, where a program is examined, the learning rate with which it made this step,
`length_seen`, and its first, `rate_seen`, and whether it is still `going_on`.
"""

Line = Callable[[Values], Array]

LINES: dict[str, str] = {
    "Z1": "W1 @ X + b1",
    "A1": "relu(Z1)",
    "Z2": "W2 @ A1 + b2",
    "A2": "sigmoid(Z2)",
    "cost": "mean(softplus(Z2) - Y * Z2)",
    "dA2": "(-Y / A2 + (1 - Y) / (1 - A2)) / m",
    "dZ2": "(A2 - Y) / m",
    "dW2": "dZ2 @ A1.T",
    "db2": "total(dZ2)",
    "dA1": "W2.T @ dZ2",
    "dZ1": "dA1 * (Z1 > 0)",
    "dW1": "dZ1 @ X.T",
    "db1": "total(dZ1)",
}
"""The right line of every quantity, in the order of computation. (dZ2 does without dA2, which can be infinite.)"""

UPDATES: dict[str, str] = {name: f"{name} - learning_rate * d{name}" for name in Parameters._fields}
"""The right line of every parameter: a step of gradient descent."""

RIGHT = {**LINES, **UPDATES, "costs": "costs"}
"""Every right line. The list of costs is what it is."""


HIDDEN: dict[Activation, tuple[str, str]] = {
    "relu": (LINES["A1"], LINES["dZ1"]),
    "leaky_relu": ("where(Z1 > 0, Z1, 0.01 * Z1)", "dA1 * where(Z1 > 0, 1, 0.01)"),
    "sigmoid": ("sigmoid(Z1)", "dA1 * sigmoid(Z1) * (1 - sigmoid(Z1))"),
    "tanh": ("tanh(Z1)", "dA1 * (1 - tanh(Z1) ** 2)"),
}
"""The right lines of A1 and dZ1 for each kind of hidden units."""


def hidden_units() -> Activation:
    """Name the hidden units of the network that is examined."""
    return next(name for name, lines in HIDDEN.items() if lines == (RIGHT["A1"], RIGHT["dZ1"]))


@contextmanager
def with_hidden_units(activation: Activation) -> Iterator[None]:
    """While it lasts, the network that is examined has these hidden units: the right lines are theirs."""
    before = hidden_units()
    try:
        _set_hidden_units(activation)
        yield
    finally:
        _set_hidden_units(before)


def _set_hidden_units(activation: Activation) -> None:
    for name, text in zip(("A1", "dZ1"), HIDDEN[activation], strict=True):
        LINES[name] = RIGHT[name] = text
    right.cache_clear()


EQUATIONS = {line: k for k, line in enumerate(("Z1", "A1", "Z2", "A2", "dZ2", "dW2", "db2"), start=1)}
EQUATIONS |= {"dA1": 8, "dZ1": 9, "dW1": 10, "db1": 11, "cost": 12, **dict.fromkeys(UPDATES, 13)}
"""The number that docs/derivation.md gives each line."""


class Formula:
    """A line as text, with its tree; called with values by name, it computes the line."""

    def __init__(self, text: str):
        self.text = text

    def __call__(self, q: Values) -> Array:
        """Compute the line; a name that has no value is a KeyError."""
        with np.errstate(all="ignore"):
            try:
                value = np.asarray(eval(self._code, FUNCTIONS, Scope(q)))  # noqa: S307 (our own text)
            except NameError as error:
                raise KeyError(error.name) from None
        dtype = np.asarray(q["X"]).dtype if "X" in q else value.dtype
        return value if value.dtype == dtype else value.astype(dtype)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Formula) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    @cached_property
    def tree(self) -> ast.expr:
        """The parsed text."""
        return ast.parse(self.text, mode="eval").body

    @cached_property
    def _code(self) -> Any:
        return compile(self.text, "<line>", "eval")

    @cached_property
    def names(self) -> frozenset[str]:
        """All names in it."""
        return frozenset(node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name))


class Scope(dict[str, Any]):
    """The values that a line sees, and what can be worked out from them: sizes, and what belongs to training."""

    def __missing__(self, name: str) -> Any:
        if name in DERIVED:
            return DERIVED[name](self)
        if name.endswith("s") and name[1:-1] in Parameters._fields and "past" in self:  # dW1s: all of them so far
            return [gradients[name[:-1]] for gradients in (*self["past"], self)]
        raise KeyError(name)


def norm(q: Values) -> float:
    """The norm of the four gradients, taken together, as the right lines give them."""
    names = [f"d{name}" for name in Parameters._fields]
    right = run(dict(q), own={name: q[name] for name in LINES if name in q and name not in names})
    return float(np.sqrt(sum(np.square(right[name], dtype=float).sum() for name in names)))


def difference(q: Values, name: str, step: float) -> Array:
    """How the cost, in float32, changes when one entry of a parameter goes up and down by a small step."""
    order = q["order"]
    narrow = {**{V: q[V] for V in (*Parameters._fields, "Y")}, "X": q["X"][order], "W1": q["W1"][:, order]}
    narrow = {V: value.astype(np.float32) for V, value in narrow.items()}

    def slope_along(change: Array) -> Array:
        up, down = (run({**narrow, name: narrow[name] + sign * change})["cost"] for sign in (1, -1))
        return (up - down) / (2 * step)

    changes = step * np.eye(q[name].size, dtype=np.float32)
    return np.array([slope_along(change.reshape(q[name].shape)) for change in changes]).reshape(q[name].shape)


def trained(q: Values, name: str, steps: int) -> Array:
    """A parameter after so many right steps."""
    return np.asarray(getattr(train(dict(q), steps)[1], name))


def on_batches(q: Values, name: str, size: int) -> Array:
    """A parameter after right steps on one batch of examples after the other, in their order."""
    parameters = Parameters(*(q[V] for V in Parameters._fields))
    for start in range(0, q["X"].shape[1], size):
        few = {V: q[V][:, start : start + size] for V in ("X", "Y")}
        _, parameters = train({**parameters._asdict(), **few, "learning_rate": q["learning_rate"]}, 1)
    return np.asarray(getattr(parameters, name))


DERIVED: dict[str, Callable[[Values], Any]] = {
    "m": lambda q: int(q["X"].shape[1]),
    "n_x": lambda q: len(q["X"]),
    "n_h": lambda q: len(q["W1"]),
    "order": lambda q: slice(None),
    "rate_seen": lambda q: 1.0,
    "going_on": lambda q: q["step"] < 50,
    "length_seen": lambda q: q["learning_rate"] * 0.5 ** (q["step"] // 2),
    "norm": norm,
    "difference": lambda q: partial(difference, q),
    "trained": lambda q: partial(trained, q),
    "on_batches": lambda q: partial(on_batches, q),
}
"""What a line may also use, and how it is worked out."""


@cache
def right(name: str) -> Formula:
    """The right line of a quantity, parsed once."""
    return Formula(RIGHT[name])


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
    replaced, own = replaced or {}, own or {}
    known = {**q, **own}
    for name in LINES:
        try:
            with np.errstate(all="ignore"):
                predicted = np.asarray(replaced.get(name, right(name))(known))
        except (KeyError, ValueError, IndexError, TypeError):
            continue
        known[name] = own.get(name, predicted)
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
    replaced, parameters = replaced or {}, Parameters(q["W1"], q["b1"], q["W2"], q["b2"])
    costs, past = [], list[Values]()
    for step in range(iterations):
        now = {**q, **parameters._asdict(), "step": step, "past": past}
        now |= run(now, replaced)
        costs.append(now["cost"])
        now["costs"] = np.array(costs)
        parameters = Parameters(*(replaced.get(name, right(name))(now) for name in Parameters._fields))
        past = [*past, {f"d{name}": now[f"d{name}"] for name in Parameters._fields}]
    return np.array(costs), parameters
