"""Labels as they are stored -> a row of 0.0 and 1.0, and what stood for them."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from shared.data.files import one_line
from shared.data.hdf5 import DatasetError
from shared.network import Array


class Classes(NamedTuple):
    """What stands for 0 and for 1 in the labels of a file, and what these are called."""

    values: tuple[Any, Any]
    names: tuple[str, str]

    @property
    def described(self) -> str:
        """How labels other than 0 and 1 are read."""
        zero, one = (repr(value) if isinstance(value, str) else f"{value:g}" for value in self.values)
        return "" if self.values == (0, 1) else f"{one} as 1 and {zero} as 0"


def flat(stored: Array, m: int, where: str) -> tuple[Array, str]:
    """Return labels of any shape in use as m values; of one-hot labels also how they are read.

    Raises
    ------
    DatasetError
        If there is not one label for each image.
    """
    if stored.dtype.kind in "OSU":
        stored = np.array([as_text(value) for value in stored.ravel()], object).reshape(stored.shape)
    elif stored.ndim == 2 and 1 not in stored.shape and m in stored.shape:
        axis = 1 if stored.shape[0] == m else 0
        if ((stored == 0) | (stored == 1)).all() and (stored.sum(axis) == 1).all():
            return stored.argmax(axis), f".argmax({axis})"
    if stored.shape not in ((stored.size,), (stored.size, 1), (1, stored.size)):
        raise DatasetError(f"{where} has the shape {stored.shape}; one label for each image is expected, ({m},)")
    if stored.size != m:
        raise DatasetError(f"{where} holds {stored.size} labels for {m} images; one label for each image is expected")
    return stored.ravel(), ""


def as_text(value: Any) -> str:
    """Return text as HDF5 or NumPy holds it, on one line."""
    return one_line(value.decode("utf-8", "replace") if isinstance(value, bytes) else value)


def classes_of(labels: Array, names: list[str], where: str, recipe: str) -> Classes:
    """Find out what stands for 0 and 1: the names of the classes, in the file's order, or the smaller and larger value.

    Numbers that do not have two values are taken to be 0 and 1.

    Raises
    ------
    DatasetError
        If text labels do not name two classes.
    """
    values: list[Any] = sorted(set(labels.tolist()))
    if labels.dtype.kind == "O":
        if len(names) == 2 and set(values) <= set(names):
            values = names
        if len(values) != 2:
            raise DatasetError(
                f"{where} holds {len(values)} different texts; the names of two classes are expected", recipe
            )
        return Classes((values[0], values[1]), (values[0], values[1]))
    zero, one = (0, 1) if len(values) != 2 or not np.isfinite(values).all() else values
    return Classes((zero, one), (names[0], names[1]) if len(names) == 2 else (f"{zero:g}", f"{one:g}"))


def as_row(labels: Array, classes: Classes, where: str, recipe: str = "") -> Float[Array, "1 m"]:
    """Return the labels as 0.0 and 1.0.

    Raises
    ------
    DatasetError
        If a label belongs to neither class.
    """
    strange = np.array([value not in classes.values for value in labels.tolist()])
    if strange.any():
        example, (zero, one) = int(np.argmax(strange)), classes.values
        raise DatasetError(
            f"{where} holds the label {labels[example]} at example {example}; labels are {zero} or {one}", recipe
        )
    return (labels == classes.values[1]).astype(np.float64).reshape(1, -1)
