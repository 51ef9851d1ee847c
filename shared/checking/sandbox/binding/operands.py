"""What an operand of a watched operation stands for, and how arrays moved."""

from collections.abc import Mapping, Sequence

import numpy as np

from shared.checking.sandbox.binding.paper import NAMES
from shared.checking.watching.operations import Constant, Input, Operand, Operation, Result

WEIGHTS = NAMES[:4]
SHARE = 1e-4
"""How far a measured learning rate may be off."""


def is_left(other: Operand, operands: Sequence[Operand], place: int) -> bool:
    """Tell whether a factor is left of the one at a place; in einsum, whether its first axis is that of the result."""
    terms, arrow, result = str(getattr(operands[0], "value", "")).replace(" ", "").partition("->")
    at = operands.index(other)
    return terms.split(",")[at - 1][:1] == result[:1] if arrow else at < place


def are_labels(V: np.ndarray, m: int) -> bool:
    """Tell whether an array may hold the labels of m examples."""
    return V.size == m and V.dtype.kind in "biuf" and set(np.unique(V)) <= {0, 1}


def value_of(operand: Operand, operations: Sequence[Operation], inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the numbers that an operand stands for; 0 if it stands for something else."""
    if isinstance(operand, Input):
        return inputs[operand.name]
    found = operations[operand.number].result if isinstance(operand, Result) else getattr(operand, "value", None)
    return np.asarray(found if isinstance(found, int | float | np.ndarray) else 0.0)


def number_of(operand: Operand, operations: Sequence[Operation]) -> float:
    """Return the single number that an operand is, by itself or as a variable; 0 if it is none."""
    if isinstance(operand, Result) and operations[operand.number].function == "assign":
        operand = Constant(operations[operand.number].result)
    is_single = isinstance(operand, Constant) and isinstance(operand.value, int | float | np.ndarray)
    return float(operand.value) if is_single and np.ndim(operand.value) == 0 else 0.0  # type: ignore[union-attr]


def length(V: np.ndarray, after: np.ndarray, dV: np.ndarray | None) -> float:
    """Measure how far an array moved along its gradient, as a share of that; 0 if it moved elsewhere or not at all."""
    if dV is None or dV.size != V.size or not dV.any():
        return 0.0
    moved, along = (V - after).ravel().astype(float), dV.ravel().astype(float)
    rate = float(moved @ along / (along @ along))
    return rate if np.allclose(moved, rate * along, rtol=0, atol=SHARE * np.abs(moved).max()) else 0.0


def same_weights(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    """Tell whether weights have not changed."""
    return bool(other) and all(np.array_equal(one[name], other[name]) for name in WEIGHTS)
