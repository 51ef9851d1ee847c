"""Which tensor of a file is W1, b1, W2 and b2: by names, shapes and order, whatever program wrote it."""

import math
import re
from collections.abc import Iterator, Mapping
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from shared.data.files import listed, one_line, too_large
from shared.data.tensors import Tensor, WeightsError
from shared.network import Array, Parameters

FLOATS = ("F16", "F32", "F64", "float16", "float32", "float64")
"""The types that are read, by their names in .safetensors and elsewhere."""

WHOLE = ("I8", "I16", "I32", "I64", "int8", "int16", "int32", "int64")
"""Types that are accepted only where all is zero: biases that have not been trained."""

NO_WEIGHTS = re.compile(r"^(bool|BOOL|U\d|uint|[<>|=]|\w*\d+ .*optim)", re.I)
"""What a file holds besides weights: known by its type, or as the state of an optimizer."""

WEIGHT, BIAS = {"w", "weight", "weights", "kernel", "kernels"}, {"b", "bias", "biases"}
"""The words by which a name says which part of a layer it is."""


class Reading(NamedTuple):
    """Which tensor is taken for what (None: there is none), and whether W1 is stored as (n_x, n_h)."""

    W1: str
    b1: str | None
    W2: str
    b2: str | None
    transposed: bool

    @property
    def names(self) -> dict[str, str | None]:
        """The tensors' names by what they are taken for."""
        return {"W1": self.W1, "b1": self.b1, "W2": self.W2, "b2": self.b2}

    def parameters(self, tensors: Mapping[str, Tensor], path: Path) -> Parameters:
        """Read the tensors, and bring them to the shapes of this suite."""
        n_h = max(tensors[self.W2].shape)
        values = {what: _value(name, what, tensors, path) for what, name in self.names.items() if name}
        W1 = values["W1"].T if self.transposed else values["W1"]
        b1, b2 = values.get("b1", np.zeros(n_h, W1.dtype)), values.get("b2", np.zeros(1, W1.dtype))
        return Parameters(W1, b1.reshape(n_h, 1), values["W2"].reshape(1, n_h), b2.reshape(1, 1))

    def unusual(self, tensors: Mapping[str, Tensor]) -> bool:
        """Tell whether any name or shape differs from this suite's."""
        n_h = max(tensors[self.W2].shape)
        shapes = {"b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1)}
        named = self.names == {what: what for what in Parameters._fields}
        return not named or self.transposed or any(tensors[what].shape != shape for what, shape in shapes.items())

    def described(self, tensors: Mapping[str, Tensor]) -> str:
        """Say what is taken for what."""
        parts = [
            f"{what} is {name!r} {tensors[name].shape}" if name else f"{what} is zero"
            for what, name in self.names.items()
        ]
        return "; ".join([parts[0] + ", transposed" * self.transposed, *parts[1:]])

    def against(self, tensors: Mapping[str, Tensor]) -> tuple[int, int]:
        """Count what speaks against a reading: shapes and words of the other convention, and names out of order.

        With examples as columns, and in PyTorch, W1 is (n_h, n_x), b1 (n_h, 1) and W2 (1, n_h); with examples as rows,
        and in Keras, they are transposed.
        """
        words = set().union(*(_words(name) for name in self.names.values() if name))
        W2 = tensors[self.W2].shape
        columns = ["weight" in words, _is_row(W2), bool(self.b1 and _is_column(tensors[self.b1].shape))]
        rows = [bool(words & {"kernel", "vars"}), _is_column(W2), bool(self.b1 and _is_row(tensors[self.b1].shape))]
        order = [_place(name) for name in (self.W1, self.b1, self.W2, self.b2) if name]
        return sum(columns if self.transposed else rows), sum(a > b for k, a in enumerate(order) for b in order[k:])


def chosen(tensors: Mapping[str, Tensor], n_x: int, path: Path) -> Reading:
    """Find out which tensor is what: of all readings that shapes and names allow, the one that least speaks against.

    Raises
    ------
    WeightsError
        If no reading fits, or two fit equally well.
    """
    names = [name for name, of in tensors.items() if of.problem or not NO_WEIGHTS.search(f"{of.dtype} {name}")]
    if "w" in map(_kind, names):
        names = [name for name in names if _kind(name)]
    readings = {reading: reading.against(tensors) for reading in _readings(names, tensors, n_x)}
    best = [reading for reading, against in readings.items() if against == min(readings.values())]
    if len(best) > 1:
        raise WeightsError(
            f"{one_line(path)}: two readings fit: {best[0].described(tensors)}; or {best[1].described(tensors)}; "
            "save W1 (hidden units, inputs), b1 (hidden units, 1), W2 (1, hidden units), b2 (1, 1)"
        )
    if not best:
        problem = next((tensors[name].problem for name in names if tensors[name].problem), "")
        why = _why_not({name: tensors[name].shape for name in names}, n_x)
        raise WeightsError(problem or f"{one_line(path)}: {why}")
    return best[0]


def _readings(names: list[str], tensors: Mapping[str, Tensor], n_x: int) -> Iterator[Reading]:
    """Yield every way to read these tensors as weights and biases that shapes and names allow."""
    wanted: list[str | None] = [*names, *[None] * (4 - len(names))]
    for W1, b1, W2, b2 in set(permutations(wanted, 4)) if len(names) <= 4 else ():
        if W1 is None or W2 is None or (b1 is None) != (b2 is None) or len(tensors[W1].shape) != 2:
            continue
        if "b" in (_kind(W1), _kind(W2)) or "w" in (_kind(b1), _kind(b2)):
            continue
        for transposed in (False, True):
            n_in, n_h = tensors[W1].shape if transposed else tensors[W1].shape[::-1]
            vectors = {W2: n_h, b1: n_h, b2: 1}
            if n_in == n_x and n_h and all(_is_vector(tensors[V].shape, size) for V, size in vectors.items() if V):
                yield Reading(W1, b1, W2, b2, transposed)


def _value(name: str, what: str, tensors: Mapping[str, Tensor], path: Path) -> Array:
    """Read a tensor that is taken for this."""
    shape, dtype, read, problem = tensors[name]
    if problem:
        raise WeightsError(problem)
    where = f"{one_line(path)}: {one_line(name)}"
    if dtype not in FLOATS + WHOLE:
        raise WeightsError(f"{where} holds {one_line(dtype)}; save it as float16, float32 or float64")
    if shortage := too_large(math.prod(shape) * 8):
        raise WeightsError(f"{where} {shortage}; use a smaller network")
    value = read()
    if dtype in WHOLE and value.any():
        raise WeightsError(f"{where} holds {dtype}; save it as float16, float32 or float64")
    return np.zeros(shape, np.float16) if dtype in WHOLE else value


def _why_not(shapes: Mapping[str, tuple[int, ...]], n_x: int) -> str:
    """Say why these cannot be weights for n_x features, and what to do."""
    named = {name.upper() if _kind(name) == "w" else name.lower(): shape for name, shape in shapes.items()}
    held = ", ".join(f"{one_line(name)} {shape}" for name, shape in list(shapes.items())[:10]) or "nothing"
    matrices = [shape for shape in shapes.values() if len(shape) == 2]
    W1 = named["W1"] if "W1" in named else max(matrices, key=math.prod, default=())
    if len(W1) != 2 or n_x not in W1 or 0 in W1:
        hint = "use weights made for these data"
        if 3 * n_x in W1:
            hint = "it is made for colour images, so try --channels rgb"
        elif any(3 * size == n_x for size in W1):
            hint = "it is made for gray images, so try --channels gray"
        return f"W1 has the shape {W1}; with {n_x} features it should be (hidden units, {n_x}); {hint}"
    if missing := [name for name in ("b1", "W2", "b2") if "W1" in named and name not in named]:
        return f"no {listed(missing)}; the file holds {held}; save {listed(Parameters._fields)}, or none of the biases"
    n_h = W1[0] if W1[1] == n_x else W1[1]
    for name, size in {"b1": n_h, "W2": n_h, "b2": 1}.items():
        if name in named and not _is_vector(named[name], size):
            wanted = (1, size) if name == "W2" else (size, 1)
            shape = f"{named[name]}; with {n_h} hidden units it should be {wanted}"
            return f"{name} has the shape {shape}, so save it in that shape"
    return (
        f"the file holds {held}; it should hold the weights of one hidden layer and one output unit, and their biases: "
        f"{listed(Parameters._fields)}, so save them under these names"
    )


def _kind(name: str | None) -> str:
    """Tell what a tensor is by its name: "w" weights, "b" a bias, or "" if the name does not say."""
    words = _words(name or "")
    return "b" if words & BIAS else "w" if words & WEIGHT else ""


def _words(name: str) -> set[str]:
    return set(re.findall("[a-z]+", name.lower()))


def _place(name: str) -> list[list[tuple[int, str]]]:
    """Sort tensors by their layers, and layers as people count: fc2 comes before fc10."""
    parts = (re.findall("[a-z]+|[0-9]+", part) for part in re.split("[/.]", name.lower()))
    return [
        [(int(word), "") if word.isdigit() else (0, word) for word in part if word not in WEIGHT | BIAS]
        for part in parts
    ]


def _is_vector(shape: tuple[int, ...], size: int) -> bool:
    return len(shape) <= 2 and math.prod(shape) == size and max(shape, default=1) == size


def _is_row(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[0] == 1 < shape[1]


def _is_column(shape: tuple[int, ...]) -> bool:
    return len(shape) == 2 and shape[1] == 1 < shape[0]
