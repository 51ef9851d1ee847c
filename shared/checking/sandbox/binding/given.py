"""The values that parameters get: the numbers of a problem, in whatever form a program takes them."""

import sys
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.holder import filled
from shared.checking.watching.beside import unwatched

WEIGHTS = ("W1", "b1", "W2", "b2")


WITH_BIAS = ("bias first", "bias last")
"""The forms of a matrix of weights that holds the biases as its first or last column."""


FORMS = ("own", "dict", "tuple", "pairs", "dicts", "nested", "named")
FLAT = ("flat", "flat, weights first", "flat, bias first", "flat, bias first, by columns")
"""The forms in which four weights may be given as one value."""
IN_ORDER = {"flat": WEIGHTS, "flat, weights first": ("W1", "W2", "b1", "b2")}
"""The forms in which the four follow one another."""
BIG, BIG32 = 2.0**200, 2.0**60
"""Learning rates so large that V - rate * dV is -rate * dV exactly: the gradient can be read off an update."""


DRAWING: dict[str, Callable[[], Any]] = {
    "Generator": lambda: np.random.default_rng(1),
    "RandomState": lambda: np.random.RandomState(1),  # as in programs of before 2019
    "PRNGKey": lambda: sys.modules["jax"].random.PRNGKey(1),
}
"""What draws random numbers: NumPy's two, and JAX's."""


@dataclass
class Given:
    """Numbers in a program's layout, and how it wants them.

    `keys` are the names of the weights in a dict; `nested` those of the layers in a dict of dicts, each with the names
    of its weights and its biases. `make` turns an array into what the program computes with (a tensor).
    `own` is what the program keeps its own weights in.
    """

    arrays: dict[str, np.ndarray]
    keys: dict[str, str]
    nested: tuple[tuple[str, str, str], ...] = ()
    rate: float = BIG
    iterations: int = 1
    make: Callable[[np.ndarray], Any] = np.asarray
    note: Callable[[str, Any], Any] = unwatched
    own: Any = None
    pool: dict[str, Any] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """n_x, n_h and m."""
        n_h, weights, numbers = (prod(self.arrays[name].shape) for name in ("b1", "W1", "X"))
        return weights // n_h, n_h, numbers * n_h // weights

    def of_example(self, which: int | list[int]) -> "Given":
        """Return the same with one of the examples, as a vector, or with some of them."""
        *_, m = self.sizes
        axis = 1 if self.arrays["X"].shape[-1] == m else 0
        taken = {name: np.take(self.arrays[name], which, min(axis, self.arrays[name].ndim - 1)) for name in ("X", "Y")}
        return replace(self, arrays={**self.arrays, **taken})

    def value(self, role: str, form: str = "") -> Any:
        """Give a parameter's value.

        Raises
        ------
        KeyError
            If there is none: it has to come from another function, which did not give it.
        """
        (n_x, n_h, m), n_y = self.sizes, self.arrays["b2"].size
        numbers = {"n_x": n_x, "n_h": n_h, "n_y": n_y, "m": m, "sizes": [n_x, n_h, n_y], "rate": self.rate, "zero": 0.0}
        numbers |= {"iterations": self.iterations, "one": 1.0, "seed": 1}
        if form in WITH_BIAS:
            return self.argument(role, self.with_bias(role, form))
        if role in self.arrays:
            return self.argument(role)
        if role == "XY":
            return self.argument("X"), self.argument("Y")
        if role in DRAWING:
            return DRAWING[role]()
        if role in numbers:
            return numbers[role]
        if role == "weights" and "model" in self.pool and form == "model":
            return self.pool["model"]
        if role == "weights":
            self.pool["weights"] = self.weights(form)
            return self.pool["weights"]
        if role in ("Ws", "bs"):
            return [self.value(f"{role[0]}{layer}") for layer in (1, 2)]
        return self.pool[role]

    def argument(self, name: str, array: np.ndarray | None = None) -> Any:
        """Give one of W1 b1 W2 b2 X Y, or the array that stands for it here, as the program takes it."""
        V = self.arrays[name] if array is None else array
        made = self.make(V.copy() if isinstance(V, np.ndarray) else V)  # it may be changed in place
        return self.note(name, made.detach() if name in ("X", "Y") and hasattr(made, "detach") else made)

    def with_bias(self, name: str, form: str) -> np.ndarray:
        """Give weights with their biases beside them: a column of weights that are (out, in), and else a row."""
        W, b = self.arrays[name], self.arrays[f"b{name[1]}"]
        axis = 1 if W.shape[0] == b.size else 0
        parts = [np.expand_dims(b.ravel(), axis), W]
        return np.concatenate(parts if form == "bias first" else parts[::-1], axis)

    def without_bias(self, found: dict[str, np.ndarray], form: str) -> dict[str, np.ndarray]:
        """Take gradients apart that have those of the biases beside them."""
        parts: dict[str, np.ndarray] = {}
        for name in ("W1", "W2"):
            whole, W = self.with_bias(name, form), self.arrays[name]
            axis = 0 if whole.shape[0] > W.shape[0] else 1
            at = 0 if form == "bias first" else W.shape[axis]
            for V in [V for V in found.values() if V.shape == whole.shape][:1]:
                b = np.take(V, at, axis).reshape(self.arrays[f"b{name[1]}"].shape)
                parts |= {f"d{name}": np.delete(V, at, axis), f"db{name[1]}": b}
        return parts

    def weights(self, form: str) -> Any:
        """Give the four weights as one value."""
        W1, b1, W2, b2 = map(self.argument, WEIGHTS)
        match form:
            case "own":
                weights = dict(zip(WEIGHTS, (W1, b1, W2, b2), strict=True))
                return filled(self.own, weights, self.arrays["b2"].size)
            case "dict":
                return {self.keys[name]: V for name, V in zip(WEIGHTS, (W1, b1, W2, b2), strict=True)}
            case "tuple":
                return [W1, b1, W2, b2]
            case "pairs":
                return [(W1, b1), (W2, b2)]
            case "dicts":
                return [{"W": W1, "b": b1}, {"W": W2, "b": b2}]
            case "nested":
                pairs = zip(self.nested, ((W1, b1), (W2, b2)), strict=False)
                return {layer: {W: one, b: other} for (layer, W, b), (one, other) in pairs}
            case "named":
                return namedtuple("Weights", list(map(self.keys.get, WEIGHTS)))(W1, b1, W2, b2)  # type: ignore
            case _:
                return self.make(self.flat(form))

    def flat(self, form: str) -> np.ndarray:
        """Give the four weights as one vector: one after the other, or each bias as the first column of its weights."""
        if form in IN_ORDER:
            return np.concatenate([self.arrays[name].ravel() for name in IN_ORDER[form]])
        return np.concatenate([self.with_bias(name, "bias first").ravel(order_of(form)) for name in ("W1", "W2")])

    def unflat(self, vector: np.ndarray, form: str) -> dict[str, np.ndarray]:
        """Take a vector of gradients apart as the weights were put together."""
        if form in IN_ORDER:
            ends = np.cumsum([self.arrays[name].size for name in IN_ORDER[form]])[:-1]
            named = zip(IN_ORDER[form], np.split(vector, ends), strict=True)
            return {f"d{name}": V.reshape(self.arrays[name].shape) for name, V in named}
        shapes = {name: self.with_bias(name, "bias first").shape for name in ("W1", "W2")}
        parts = zip(shapes, np.split(vector, [prod(shapes["W1"])]), strict=True)
        whole = {name: part.reshape(shapes[name], order=order_of(form)) for name, part in parts}
        return self.without_bias(whole, "bias first")


def order_of(form: str) -> Any:
    """Tell NumPy in which order a vector holds the numbers of a matrix."""
    return "F" if form.endswith("by columns") else "C"
