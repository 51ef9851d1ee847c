"""Writes operations down: numbers them, and finds out for each operand where it comes from."""

import sys
from collections.abc import Callable, Mapping, Sequence
from numbers import Number
from types import FrameType
from typing import Any

import numpy as np
from numpy import array as plain_array

from shared.checking.watching.operations import Constant, Input, Operand, Operation, Place, Result, Several
from shared.checking.watching.places import Sources, name_at

MOST_OPERATIONS, MOST_BYTES = 5_000, 64 * 2**20
LARGEST = 2**22
"""Bytes. A larger result is not kept: nothing is recorded of it, and what is made from it has it as a constant."""
FEW_BITS = 12
"""A number of so few binary digits may stand anywhere: it is not taken for a value that was seen before."""


class Recorder:
    """The operations of a run, as long as it takes no more than MOST_OPERATIONS and MOST_BYTES."""

    def __init__(
        self, sources: Sources, plain: Callable[[Any], Any] = lambda value: value, most: int = MOST_OPERATIONS
    ):
        self.operations: list[Operation] = []
        self.trained: dict[int, Any] = {}
        self.when_full: Callable[[], None] = lambda: None
        self.most, self.sources, self._plain = most, sources, plain
        self._numbers: dict[Any, tuple[Any, Operand]] = {}
        self._seen: dict[tuple[Any, ...], Operand] = {}
        self._given: dict[str, np.ndarray] = {}
        self._latest: dict[tuple[Any, ...], Operand] = {}
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more is written down."""
        return len(self.operations) >= self.most or self._bytes > MOST_BYTES

    def given(self, name: str, value: Any) -> None:
        """Note an argument of the call."""
        self._keep(value, Input(name))

    def add(
        self,
        function: str,
        operands: Sequence[Any],
        result: Any,
        frame: FrameType | None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an operation down: with these operands it gave this result, a new array or one that was changed."""
        self.add_known(function, tuple(map(self.operand, operands)), result, frame, options)

    def add_known(
        self,
        function: str,
        operands: Sequence[Operand],
        result: Any,
        frame: FrameType | None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an operation down whose operands were looked up before it changed one of them."""
        place, name = self.sources.place(frame), name_at(frame, self.sources)
        if place:  # what this suite does with the arguments is no operation of the program's
            self.write(function, operands, result, place, name, options)

    def write(
        self,
        function: str,
        operands: Sequence[Operand],
        result: Any,
        place: Place,
        name: str,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an operation down that stands at a place, and whose result the program calls by a name."""
        if self.is_full or (copy := array_of(self._plain(result))) is None:
            return
        number, texts = len(self.operations), {key: as_text(value) for key, value in (options or {}).items()}
        self.operations.append(Operation(number, function, tuple(operands), copy, texts, place, name))
        self._bytes += copy.nbytes
        self._keep(result, Result(number))
        if self.is_full:
            self.when_full()

    def operand(self, value: Any, is_converted: bool = False) -> Operand:
        """Say where a value comes from; what was converted on the way is known by its numbers, whatever they are."""
        if isinstance(value, list | tuple) and any(hasattr(part, "shape") for part in value):
            return Several(tuple(map(self.operand, value)))
        known = self._numbers.get(id(value)) or self._numbers.get(where_it_lies(value))
        copy = array_of(self._plain(value))
        if copy is None:
            return Constant(as_text(value))
        if known:
            if same(copy, self._value(known[1], value)):
                return known[1]
            self._changed(value)
            return self._numbers[id(value)][1]
        earlier = self._seen.get(key_of(copy))
        if earlier and (tells(copy) or isinstance(earlier, Input)):
            return earlier
        if is_converted and (latest := self._latest.get(key_of(copy))):
            return latest
        return Constant(copy if copy.ndim else copy.item())

    def _changed(self, value: Any) -> None:
        """Write down that an array holds other numbers than what was seen last."""
        copy, number = array_of(self._plain(value)), len(self.operations)
        if copy is not None and not self.is_full:
            self.operations.append(Operation(number, "changed", (), copy))
            self._bytes += copy.nbytes
            self._keep(value, Result(number))

    def assigned(self, name: str, value: Any, frame: FrameType, line: int) -> None:
        """Write down a number or a list of numbers that a local variable holds, unless an array has shown it."""
        copy = array_of(value)
        if copy is None or self.is_full or not tells(copy) or key_of(copy) in self._seen:
            return
        number, place = len(self.operations), self.sources.line(frame, line)
        self.operations.append(Operation(number, "assign", (), copy, {}, place, name))
        self._seen[key_of(copy)] = Result(number)

    def _value(self, operand: Operand, value: Any) -> np.ndarray | None:
        """Return what is written down of an operand; an input that nobody changed is what it was when it was given."""
        if isinstance(operand, Result):
            return self.operations[operand.number].result
        return self._given[operand.name] if isinstance(operand, Input) else array_of(value)

    def inputs(self) -> dict[str, np.ndarray]:
        """Return the arguments of the call as they were given."""
        return dict(self._given)

    def _keep(self, value: Any, operand: Operand) -> None:
        copy = array_of(self._plain(value))
        if copy is None:
            return
        earlier = self._seen.get(key_of(copy)) if tells(copy) else None
        if isinstance(earlier, Input) and isinstance(
            operand, Result
        ):  # weights that a program draws are its input, too
            operand = earlier
        if isinstance(operand, Input):
            self._given[operand.name] = copy
        known = value, operand  # the value is held: no other can take its place
        self._numbers[id(value)] = self._numbers[where_it_lies(value)] = known
        if copy.size > 1:
            self._latest[key_of(copy)] = operand
        if tells(copy) or (isinstance(operand, Input) and np.ptp(copy)):
            self._seen[key_of(copy)] = operand


def array_of(value: Any) -> np.ndarray | None:
    """Copy an array or a number; None for everything else, and for what is too large to be kept."""
    if hasattr(value, "detach") or type(value).__module__.startswith("jaxlib"):
        value = as_numpy(value)
    if not isinstance(value, np.ndarray | np.generic | Number):
        return None
    array = plain_array(value)
    array = array.astype(np.float32) if array.dtype.name == "bfloat16" else array
    return array if array.dtype.kind in "biuf" and array.nbytes <= LARGEST else None


def where_it_lies(value: Any) -> Any:
    """Tell an array of NumPy's by its memory: JAX wraps such an array anew for each call."""
    if not isinstance(value, np.ndarray):
        return id(value)
    return value.__array_interface__["data"][0], value.shape, value.strides


def as_numpy(value: Any) -> Any:
    """Turn tensors into NumPy's arrays, in lists too; a tensor that is watched is not told of it."""
    if isinstance(value, list | tuple):
        return [as_numpy(item) for item in value]
    if not hasattr(value, "detach"):
        return np.asarray(value) if type(value).__module__.startswith("jaxlib") else value
    with sys.modules["torch"]._C.DisableTorchFunction():
        tensor = value.detach().cpu()
        tensor = tensor.to_dense() if tensor.is_sparse else tensor
        return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()


def key_of(array: np.ndarray) -> tuple[Any, ...]:
    """Return what is the same only for arrays of the same shape and bits; of a single number, for the same number."""
    return (array.size == 1 or array.shape, array.astype(np.float64).tobytes())


def tells(array: np.ndarray) -> bool:
    """Tell whether an array can be known by its numbers: one of them, at least, has many digits."""
    if array.dtype.kind != "f" or not array.size:
        return False
    with np.errstate(all="ignore"):
        return bool((np.frexp(array[np.isfinite(array)])[0] * 2.0**FEW_BITS % 1 != 0).any())


def same(one: np.ndarray, other: np.ndarray | None) -> bool:
    """Tell whether two arrays have the same shape and bits."""
    return other is not None and one.shape == other.shape and one.tobytes() == other.tobytes()


def as_text(value: Any) -> Any:
    """Return what a trace can hold of an option: numbers, texts and lists of them as they are, others in words."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [as_text(part) for part in value]
    if isinstance(value, np.generic):
        return value.item()
    return getattr(value, "__name__", None) or str(value)[:200]
