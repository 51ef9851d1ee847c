"""The numbers on which a binding is tried, and what is right for them: to tell forms apart, never to judge."""

from typing import Any, NamedTuple

import numpy as np

NAMES = ("W1", "b1", "W2", "b2", "X", "Y")
GRADIENTS = ("dW1", "db1", "dW2", "db2")


class Layout(NamedTuple):
    """How a program holds its arrays: examples as rows, weights as (in, out), vectors with one dimension.

    `one_unit` says that the output unit is written as one: W2 is a vector, and b2 a number.
    """

    rows: bool = False
    transposed: bool = False
    flat: bool = False
    flat_labels: bool = False
    one_unit: bool = False

    def of(self, name: str, V: np.ndarray) -> np.ndarray:
        """Write an array in this layout."""
        if name[-2:] == "b2" and self.one_unit:
            return np.array(V.reshape(()))
        is_flat = {"b1": self.flat, "b2": self.flat, "W2": self.one_unit, "Y": self.flat_labels}
        if is_flat.get(name[-2:]):
            return np.ascontiguousarray(V.ravel())
        return np.ascontiguousarray(V.T if (self.transposed if "W" in name else self.rows) else V)


LAYOUTS = [
    Layout(*shape, *flat)
    for flat in ((False, False), (True, True), (True, False), (False, True), (True, True, True))
    for shape in ((False, False), (True, True), (True, False), (False, True))
]
"""All of them, the most usual first."""


def numbers(n_x: int = 3, n_h: int = 2, m: int = 5) -> dict[str, np.ndarray]:
    """Draw a small network and examples; no two sizes are equal, and no number is a round one."""
    rng = np.random.Generator(np.random.PCG64(7))
    shapes = {"W1": (n_h, n_x), "b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1), "X": (n_x, m)}
    drawn = {name: rng.standard_normal(shape).astype(np.float32).astype(float) for name, shape in shapes.items()}
    return {**drawn, "Y": (np.arange(m) % 2 == 0).astype(float)[None, :]}


def right(q: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Compute what the network of the title gives, examples as columns."""
    Z1 = q["W1"] @ q["X"] + q["b1"]
    A1 = np.maximum(Z1, 0)
    Z2 = q["W2"] @ A1 + q["b2"]
    A2 = 1 / (1 + np.exp(-Z2))
    dZ2 = (A2 - q["Y"]) / q["X"].shape[1]
    dZ1 = q["W2"].T @ dZ2 * (Z1 > 0)
    between = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    weights = {"dW1": dZ1 @ q["X"].T, "db1": dZ1.sum(1, keepdims=True)}
    return {**between, **weights, "dW2": dZ2 @ A1.T, "db2": dZ2.sum(1, keepdims=True)}


def fits(V: Any, wanted: np.ndarray) -> bool:
    """Tell whether an array has as many numbers as another, in the same or the opposite order of dimensions."""
    shape = tuple(n for n in np.shape(V) if n != 1)
    other = tuple(n for n in wanted.shape if n != 1)
    return shape in (other, other[::-1])


def holds(V: Any, wanted: np.ndarray, factors: tuple[float, ...] = (1.0,)) -> bool:
    """Tell whether an array holds the numbers of another, perhaps turned, or times one of these factors."""
    if not fits(V, wanted):
        return False
    flat = np.asarray(V, dtype=float).squeeze()
    turned = (wanted.squeeze(), wanted.squeeze().T)
    return any(
        flat.shape == W.shape and np.allclose(flat, f * W, rtol=1e-4, atol=1e-7 * np.abs(W).max(initial=0.0))
        for W in turned
        for f in factors
    )


def in_columns(q: dict[str, np.ndarray], rows: bool, turned: bool) -> dict[str, np.ndarray]:
    """Write down what a step begins with as the network of the title has it."""
    X, n_h = (q["X"].T if rows else q["X"]).astype(float), q["b1"].size
    W1 = q["W1"].T if turned else q["W1"]
    shapes = {"b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1), "Y": (1, X.shape[1])}
    return {
        "W1": W1.astype(float),
        "X": X,
        **{name: q[name].reshape(shape).astype(float) for name, shape in shapes.items()},
    }
