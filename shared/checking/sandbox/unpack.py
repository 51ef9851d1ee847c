"""Makes named arrays of whatever a user's function returns: `{"grads": {"dW1": ...}}` becomes "grads.dW1"."""

from collections.abc import Iterator, Mapping
from itertools import islice
from math import prod
from numbers import Number
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from shared.checking.watching.recorder import as_numpy

ORDER = {
    "gradients": ("dW1", "db1", "dW2", "db2"),
    "forward": ("Z1", "A1", "Z2", "A2"),
    "train": ("costs", "parameters"),
}
"""What a function has to give, in the usual order of a tuple without names."""

LARGEST = 10**9
"""Bytes. Whatever is returned beyond this is described, not looked at."""

MOST, DEEPEST = 1000, 5
FUNCTION = FunctionType | BuiltinFunctionType | MethodType
SINGLE = Number | str | bytes | None | ModuleType | FUNCTION | Exception
"""What may have attributes, and yet holds no entries."""


class NoEntriesError(TypeError):
    """A function returned nothing that has names. The text says what it returned, and what it should return."""


def entries(function: str, returned: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Take what a function returned apart.

    Parameters
    ----------
    function : str
        Which one it was: gradients, forward or train.
    returned : object
        A dict, NamedTuple, dataclass or object, nested or not; or a tuple, whose values have their places for names.

    Returns
    -------
    values : dict
        For each entry, by the user's own name, a NumPy array; or a text that says what it is instead: "it is None".
    notes : dict
        For some entries, how they were read.

    Raises
    ------
    NoEntriesError
        If there are no entries.
    """
    parts = _parts(_with_names(function, returned))
    if not parts:
        raise NoEntriesError(f"{function} returned {_what(returned)}; return a dict of {', '.join(ORDER[function])}")
    values: dict[str, Any] = {}
    notes: dict[str, str] = {}
    left = LARGEST
    for name, value in islice(_leaves(parts), MOST):
        values[name] = found = _array(value, left)
        left -= getattr(found, "nbytes", 0)
        if str(getattr(value, "dtype", "")).endswith("bfloat16"):
            notes[name] = "bfloat16, read as float32"
    return values, notes


def arrays_of(returned: Any) -> dict[str, np.ndarray]:
    """Return all arrays and numbers in a value, by names that are only places where it has no others."""
    parts = {str(position): part for position, part in enumerate(returned)} if _is_row(returned) else _parts(returned)
    found = _leaves({"": returned} if parts is None else parts)
    arrays = {name: _array(value, LARGEST) for name, value in islice(found, MOST)}
    return {name: V for name, V in arrays.items() if isinstance(V, np.ndarray)}


def _is_row(value: Any) -> bool:
    return isinstance(value, tuple | list) and not hasattr(value, "_fields")


def _with_names(function: str, returned: Any) -> Any:
    """Give names to the values of a plain tuple or list: their places, or what `train` returns first and second.

    One array that `forward` returns is A2. None, if there are too few for the four gradients.
    """
    if function == "forward" and (hasattr(returned, "__array__") or hasattr(returned, "detach")):
        return {"A2": returned}
    if not isinstance(returned, tuple | list) or hasattr(returned, "_fields"):
        return returned
    names = ORDER[function]
    if function == "train" and len(returned) == len(names) and not all(map(_parts, returned)):
        return dict(zip(names[::-1] if _parts(returned[0]) else names, returned, strict=True))
    parts = {str(position): value for position, value in enumerate(returned)}
    found = [name for name, _ in islice(_leaves(parts), MOST)]
    too_few = (
        function == "gradients" and len(found) < len(names) and all(name.replace(".", "").isdigit() for name in found)
    )
    return None if too_few else parts


def _leaves(parts: Mapping[str, Any], prefix: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """Go through everything that has no parts of its own."""
    for name, value in parts.items():
        inner = _parts(value) if depth < DEEPEST else None
        if inner:
            yield from _leaves(inner, f"{prefix}{name}.", depth + 1)
        else:
            yield prefix + name, value


def _parts(value: Any) -> dict[str, Any] | None:
    """Return what a value consists of, by name; None if it is a single thing."""
    if isinstance(value, Mapping):
        return {str(name): part for name, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    if isinstance(value, list | tuple):
        return {str(position): part for position, part in enumerate(value)} if _is_several(value) else None
    if isinstance(value, SINGLE) or hasattr(value, "__array__") or hasattr(value, "detach"):
        return None
    return _attributes(value) if hasattr(value, "__dict__") or hasattr(value, "__slots__") else None


def _is_several(values: list[Any] | tuple[Any, ...]) -> bool:
    """Say whether a list holds several arrays or dicts, rather than the numbers or the rows of one array."""
    shapes = {tuple(getattr(value, "shape", ())) for value in values}
    matrices = any(len(shape) > 1 and prod(shape) > 1 for shape in shapes)
    rows = any(_is_row(v) and len(v) > 1 and _is_several(v) for v in values)
    return matrices or len(shapes) > 1 or rows or any(isinstance(v, Mapping) or hasattr(v, "_fields") for v in values)


def _attributes(value: Any) -> dict[str, Any]:
    """Return the public attributes of an object that are not functions; an error where reading one raises it."""
    found: dict[str, Any] = {}
    for name in dict.fromkeys([*getattr(value, "__dict__", ()), *dir(value)]):
        if name.startswith("_"):
            continue
        try:
            attribute = getattr(value, name)
        except Exception as error:
            attribute = error
        if not callable(attribute):
            found[name] = attribute
    return found


def _array(value: Any, largest: int) -> np.ndarray | str:
    """Return one entry as an array of its own dtype, or say what it is instead."""
    if isinstance(value, Exception):
        return f"reading it raises {type(value).__name__}"
    if np.ma.is_masked(value):
        return f"it is a masked array, and {np.count_nonzero(value.mask)} of its entries are masked; give .filled(0)"
    several = isinstance(value, list | tuple)
    try:
        array = np.asarray(as_numpy(value))
    except Exception as error:
        return "it is a ragged list" if several else f"it is {_a(value)} that NumPy cannot read ({_first_line(error)})"
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    if array.dtype.kind in "biuf":
        return array if array.nbytes <= largest else f"it is too large ({array.nbytes / 1e9:.1f} GB)"
    if array.dtype.kind == "c":
        return "it has complex numbers"
    return f"it has dtype {array.dtype}" if several or hasattr(value, "__array__") else f"it is {_a(value)}"


def _what(returned: Any) -> str:
    """Say what was returned instead of something with names."""
    if isinstance(returned, tuple | list):
        return f"{len(returned)} values without names"
    if hasattr(returned, "shape"):
        return f"one array of shape {tuple(returned.shape)}"
    return f"the number {returned!r}" if isinstance(returned, Number) else _a(returned)


def _a(value: Any) -> str:
    """Name the type of a value: "a str"."""
    if value is None:
        return "None"
    if isinstance(value, Mapping) and not value:
        return "an empty dict"
    name = "function" if isinstance(value, FUNCTION) else type(value).__name__
    return f"an {name}" if name[0].lower() in "aeiou" else f"a {name}"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
