"""A softmax of two outputs is the sigmoid of their difference: with weights (0, W2) the second one is A2."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.words import roles_of

LABELS = ("classes", "one-hot")
"""How such a program takes its labels: as whole numbers, or as a column of 0 and 1 for each class."""


def asked(arrays: Mapping[str, np.ndarray], labels: str) -> dict[str, np.ndarray]:
    """Write the arrays of a problem, in the program's layout, for a program that has two outputs."""
    W1, b1, W2, b2, X, Y = arrays.values()
    is_rows = X.shape[1] == W1.size // b1.size
    new = {"W2": np.concatenate([0 * W2, W2], axis=_side(arrays))}
    new["b2"] = np.concatenate([0 * b2, b2], axis=1 if is_rows and b2.ndim == 2 else 0)
    new["Y"] = Y.astype(np.int64)
    if labels == "one-hot":
        new["Y"] = np.stack([1 - Y.ravel(), Y.ravel()], axis=1 if is_rows else 0)
    return {**arrays, **new}


def expected(right: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Write what is right for one output as it is for two."""
    return {**right, **{name: np.concatenate([-right[name], right[name]]) for name in ("dW2", "db2")}}


def are_opposite(dW2: Any, db2: Any, arrays: Mapping[str, np.ndarray]) -> bool:
    """Tell whether the gradients of the two outputs are opposite, as right ones are."""
    halves = (_halves(np.asarray(V), _side(arrays)) for V in (dW2, db2))
    return all(np.allclose(first, -second, rtol=1e-4, atol=1e-9) for first, second in halves)


def second(values: Mapping[str, Any], arrays: Mapping[str, np.ndarray], opposite: bool) -> dict[str, Any]:
    """Take the second output of all that a program gave; where the first is not opposite, what is too much with it."""
    found = dict(values)
    for name in values:
        last = name.rpartition(".")[2]
        is_gradient = name in ("dW2", "db2")
        if is_gradient or {"Z2", "A2"} & {*roles_of(last), *roles_of(last.lstrip("d_"))}:
            side = (
                _side(arrays) if name == "dW2" else int(arrays["X"].shape[1] == arrays["W1"].size // arrays["b1"].size)
            )
            first, found[name] = _halves(np.asarray(values[name]), side)
            if is_gradient and not opposite:
                found[name] = 2 * found[name] + first
    return found


def _side(arrays: Mapping[str, np.ndarray]) -> int:
    """Tell along which axis of weights the units lie that they lead to."""
    return 0 if arrays["W1"].shape[0] == arrays["b1"].size else 1


def _halves(V: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Take what belongs to the first output, and to the second; if that cannot be told, what there is."""
    sides = [each for each in (min(axis, V.ndim - 1), *range(V.ndim)) if each >= 0 and V.shape[each] == len(LABELS)]
    return (np.take(V, [0], sides[0]), np.take(V, [1], sides[0])) if sides else (-V, V)
