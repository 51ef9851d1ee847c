"""NumPy's arrays, watched: a subclass that says what is done with it, and does just that with plain arrays.

The plain arrays are views of the same memory, so that NumPy runs the same code on the same numbers in the same layout:
watching does not change a result by a bit.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, ClassVar

import numpy as np

from shared.checking.watching.recorder import Recorder

CONSTRUCTORS = ("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray")
"""They would take the trace off an array: while a program is watched, they leave it on."""
EMPTY = ("zeros", "ones", "empty", "full")
"""What they make is watched, too: it may be filled later."""

DRAWS = ("randn", "rand", "random", "random_sample", "normal", "uniform", "standard_normal", "randint")
"""Functions of numpy.random, whose results are watched like constants."""

METHODS = (
    *("all", "any", "argmax", "argmin", "argsort", "astype", "clip", "compress", "conj", "copy", "cumprod", "cumsum"),
    *("diagonal", "dot", "fill", "flatten", "max", "mean", "min", "nonzero", "prod", "ptp", "put", "ravel", "repeat"),
    *("reshape", "round", "searchsorted", "sort", "squeeze", "std", "sum", "swapaxes", "take", "trace", "transpose"),
    "var",
)
REDUCTIONS = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min"}
IN_PLACE = ("fill", "put", "sort")
SHOWN = ("axis", "keepdims", "dtype", "subscripts", "shape", "newshape", "order", "where", "copy", "index")


def plain(value: Any) -> Any:
    """Take the trace off an array, and off those in lists, tuples and dicts."""
    if isinstance(value, Traced):
        return value.view(np.ndarray)
    if isinstance(value, Number):
        return value.view(np.ndarray)[()]
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    if type(value) is dict:
        return {key: plain(part) for key, part in value.items()}
    return value


class Watching:
    """What NumPy's functions are given, and tell of."""

    recorder: ClassVar[Recorder]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Carry out a ufunc, or its reduce, outer, ...; and write it down."""
        outs, frame = options.pop("out", ()), _caller()
        name, operands = _name(ufunc, method), [self.recorder.operand(value) for value in inputs]
        given = {"out": plain(outs)} if outs else {}
        result = getattr(ufunc, method)(*plain(inputs), **given, **{key: plain(V) for key, V in options.items()})
        if outs or result is None:  # `at` gives nothing, and changes its first operand
            self.recorder.add_known(name, operands, outs[0] if outs else inputs[0], frame, {"in_place": True})
            return outs[0] if len(outs) == 1 else outs or None
        return _noted(name, operands, result, frame, options)

    def __array_function__(self, function: Callable[..., Any], types: Any, inputs: Any, options: Any) -> Any:
        """Carry out one of NumPy's other functions, and write it down."""
        frame, operands = _caller(), [self.recorder.operand(value) for value in (*inputs, *_arrays_of(options))]
        result = function(*plain(inputs), **{key: plain(value) for key, value in options.items()})
        if not isinstance(result, np.ndarray | np.generic | tuple | list):
            return result  # a question about arrays, such as ndim or shares_memory
        out = options.get("out")
        if out is not None:
            self.recorder.add_known(function.__name__, operands, out, frame, {"in_place": True})
            return out
        return _noted(function.__name__, operands, result, frame, options)


class Traced(Watching, np.ndarray):
    """An array that is watched."""

    def __getitem__(self, index: Any) -> Any:
        """Take a part."""
        arrays, text = index_of(index)
        operands = [self.recorder.operand(each) for each in (self, *arrays)]
        return _noted("getitem", operands, plain(self)[plain(index)], _caller(), {"index": text})

    def __setitem__(self, index: Any, value: Any) -> None:
        """Change a part; a part of an array that is watched changes that one with it."""
        arrays, text = index_of(index)
        operands = [self.recorder.operand(each) for each in (self, *arrays, value)]
        plain(self)[plain(index)] = plain(value)
        self.recorder.add_known("setitem", operands, self, _caller(), {"index": text})

    def __iter__(self) -> Iterator[Any]:
        """Go through the rows."""
        for position, part in enumerate(plain(self)):
            operands = [self.recorder.operand(self)]
            yield _noted("getitem", operands, part, _caller(), {"index": f"[{position}]"})

    @property
    def T(self) -> Any:  # noqa: N802
        """Turn it."""
        return _noted("transpose", [self.recorder.operand(self)], plain(self).T, _caller())

    def __reduce__(self) -> Any:
        """Be copied as what it is without the trace."""
        return plain(self).__reduce__()

    def __deepcopy__(self, memo: Any) -> Any:
        """Copy it."""
        return _noted("copy", [self.recorder.operand(self)], plain(self).copy(), _caller())


class Number(Watching, np.ndarray):
    """A number that is watched: what a sum over an array gives, or a product of two vectors.

    It is computed with as the number that it is, which stays what it is: += makes another one.
    """

    def __round__(self, digits: int | None = None) -> Any:
        """Round it."""
        return round(plain(self), digits)

    def __repr__(self) -> str:
        """Show it."""
        return repr(plain(self))

    def __hash__(self) -> int:  # type: ignore[override]
        """Let it be the key of a dict."""
        return hash(plain(self))

    def __neg__(self) -> Any:
        """Turn its sign."""
        return _noted("negative", [self.recorder.operand(self)], -plain(self), _caller())


OPERATORS = {"add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "pow": "power"}
"""Python's names and NumPy's."""


def _operator(name: str, function: str, is_reflected: bool) -> Callable[..., Any]:
    def operator(self: Number, other: Any) -> Any:
        if isinstance(other, np.ndarray) and not isinstance(other, Number):  # it tells of it itself
            return NotImplemented
        operands = [self.recorder.operand(value) for value in ((other, self) if is_reflected else (self, other))]
        result = getattr(plain(self), name)(plain(other))
        return result if result is NotImplemented else _noted(function, operands, result, _caller())

    return operator


for _python, _numpy in OPERATORS.items():
    setattr(Number, f"__{_python}__", _operator(f"__{_python}__", _numpy, is_reflected=False))
    setattr(Number, f"__i{_python}__", _operator(f"__{_python}__", _numpy, is_reflected=False))
    setattr(Number, f"__r{_python}__", _operator(f"__r{_python}__", _numpy, is_reflected=True))


def _method(name: str) -> Callable[..., Any]:
    def method(self: Traced, *inputs: Any, **options: Any) -> Any:
        frame, operands = _caller(), [self.recorder.operand(value) for value in (self, *inputs)]
        out = options.get("out")
        result = getattr(plain(self), name)(*plain(inputs), **{key: plain(value) for key, value in options.items()})
        if name in IN_PLACE or out is not None:
            self.recorder.add_known(name, operands, self if out is None else out, frame, {"in_place": True})
            return out
        if result is None or not isinstance(result, np.ndarray | np.generic):
            return result
        return _noted(name, operands, result, frame, options)

    method.__name__ = name
    return method


for _each in METHODS:
    setattr(Traced, _each, _method(_each))


def _noted(function: str, operands: Any, result: Any, frame: FrameType | None, options: Any = None) -> Any:
    """Write an operation down, and give back its result with the trace on it."""
    if type(result) in (tuple, list):
        return type(result)(_noted(function, operands, part, frame, options) for part in result)
    traced = result.view(Traced) if type(result) is np.ndarray else result
    traced = np.asarray(result).view(Number) if isinstance(result, np.floating) else traced
    shown = {key: value for key, value in (options or {}).items() if key in SHOWN}
    Watching.recorder.add_known(function, operands, traced, frame, shown)
    return traced


def _name(ufunc: np.ufunc, method: str) -> str:
    if method == "reduce":
        return REDUCTIONS.get(ufunc.__name__, f"{ufunc.__name__}.reduce")
    return ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"


def _arrays_of(options: Any) -> list[Any]:
    """Return those named arguments that are arrays: np.clip(a=..., ...) gets its operands in this way."""
    return [value for value in options.values() if isinstance(value, np.ndarray)]


def index_of(index: Any) -> tuple[list[Any], str]:
    """Take the arrays out of an index, and write the rest down: x[mask, :2] has the text "[#1, :2]"."""
    parts, arrays, texts = index if isinstance(index, tuple) else (index,), [], []
    for part in parts:
        if isinstance(part, np.ndarray | list) or hasattr(part, "detach"):
            arrays.append(part)
            texts.append(f"#{len(arrays)}")
        elif isinstance(part, slice):
            ends = ["" if end is None else str(end) for end in (part.start, part.stop, part.step)]
            texts.append(":".join(ends[:2] if not ends[2] else ends))
        else:
            texts.append("..." if part is Ellipsis else str(part))
    return arrays, f"[{', '.join(texts)}]"


def _caller(above: int = 1) -> FrameType | None:
    """Return the frame of whoever called the function that asks."""
    return sys._getframe(1 + above)


@contextmanager
def watched(recorder: Recorder) -> Iterator[Callable[[str, Any], Any]]:
    """While it lasts, arrays are watched; what it gives makes an argument of a call into a watched one."""
    Watching.recorder = recorder
    kept = [(np, name, getattr(np, name)) for name in (*CONSTRUCTORS, *EMPTY)]
    kept += [(np.random, name, getattr(np.random, name)) for name in DRAWS]

    def given(name: str, value: Any) -> Any:
        traced = value.view(Traced) if type(value) is np.ndarray else value
        recorder.given(name, traced)
        return traced

    for module, name, function in kept:
        setattr(module, name, _constructor(name, function))
    try:
        yield given
    finally:
        for module, name, function in kept:
            setattr(module, name, function)


def _constructor(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def constructor(*inputs: Any, **options: Any) -> Any:
        frame = _caller(1)
        if not (frame and Watching.recorder.sources.is_own(frame.f_code.co_filename)):
            return function(*inputs, **options)
        result = function(*plain(inputs), **{key: plain(value) for key, value in options.items()})
        if type(result) is not np.ndarray or result.dtype.kind not in "bif":
            return result
        if (
            name in CONSTRUCTORS
            and inputs
            and isinstance(inputs[0], Traced)
            and np.may_share_memory(result, plain(inputs[0]))
        ):
            same = result.shape == inputs[0].shape and result.strides == inputs[0].strides
            return inputs[0] if same and result.dtype == inputs[0].dtype else result.view(Traced)
        operands = [Watching.recorder.operand(value) for value in inputs[: 1 if name in CONSTRUCTORS else None]]
        return _noted(name, operands, result, frame, options)

    constructor.__name__ = name
    return constructor
