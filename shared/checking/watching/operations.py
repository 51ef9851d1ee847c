"""What was seen while a program ran: its operations, in the order in which they were carried out.

How to read a trace. `Reply.operations` is a tuple; the operation with number k stands at index k. Its operands are

- `Result(k)`: what operation k gave, an earlier one;
- `Input("X")`: an argument of the call, by its name in this suite (W1, b1, W2, b2, X, Y), in the program's own layout;
- `Constant(value)`: anything else, a number (`0.01`, `2`, `-1`) or an array that comes from elsewhere;
- `Several(parts)`: a list or tuple of operands, as `concatenate` takes it.

    dZ = np.array(dA, copy=True)     7  array     (Result(6),)                                       dZ
    dZ[Z <= 0] = 0                   8  less_equal(Result(1), Constant(0))
                                     9  setitem   (Result(7), Result(8), Constant(0))                dZ after it
    dW = 1 / m * np.dot(dZ, A.T)    10  transpose (Input("X"),)
                                    11  dot       (Result(9), Result(10))
                                    12  multiply  (Constant(0.2), Result(11))

Names of functions are NumPy's: those of the ufuncs (`subtract` for -, `matmul` for @, `multiply`, `maximum`,
`negative`), a reduction of one is called by its function (`sum`, `max`, `prod`, ...; options axis and keepdims),
other functions keep their names (`dot`, `where`, `einsum`, `reshape`, `concatenate`, `copy`, `zeros_like`).
Methods are called like functions. `x[...]` is `getitem`; its options have the text of the index, and arrays in the
index are operands after x: `x[mask, 0]` has the index "[#1, 0]". `x[...] = v` is `setitem` (x before, arrays of
the index, v); its result is x after it. `x += v` is `add`, with the option `in_place`. `changed` says that an
array holds other numbers than the last operation on it left, by a way that was not seen. `assign` is a number (or
a list of numbers) that a line of the program put into a local variable, in loops that no array sees: no operands,
its `name` is the variable's. PyTorch's and JAX's operations carry NumPy's names where NumPy has them; `grad` is a
derivative that autograd made: its operand is what it is the derivative with respect to.

A number that was taken out of an array (`float(x)`, `.item()`) is found again by its value, and so is an array that
lost its trace: then the operand is the latest result that holds exactly these bits.

A result is a copy of what the operation gave, in the program's dtype and layout. `place` is where the expression stands
that gave it; None if that is in no file of the user's.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Place:
    """An expression in the user's source.

    Parameters
    ----------
    file : str
        The file, as the user calls it.
    line, end_line : int
        Its first and last line, counted from 1; in a notebook, within the cell.
    column, end_column : int
        Where it begins in its first line and ends in its last, counted from 0, in characters.
    function : str
        The function that it stands in; "<module>" outside of all.
    called_from : tuple of int
        The lines in which the functions around it were called, the innermost first; those in the user's files only.
    cell : int or None
        In a notebook, the number of the cell, counted from 1.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str = "<module>"
    called_from: tuple[int, ...] = ()
    cell: int | None = None

    def is_at(self, other: "Place | None") -> bool:
        """Tell whether it is the same expression, whoever called its function."""
        return other is not None and replace(self, called_from=()) == replace(other, called_from=())

    def __str__(self) -> str:
        """Say where: "two_layer.py, line 16", or "notebook.ipynb, cell 7, line 3"."""
        return f"{self.file}, {f'cell {self.cell}, ' if self.cell else ''}line {self.line}"


@dataclass(frozen=True)
class Result:
    """What an earlier operation gave."""

    number: int


@dataclass(frozen=True)
class Input:
    """An argument of the call: W1, b1, W2, b2, X or Y."""

    name: str


@dataclass(frozen=True, eq=False)
class Constant:
    """A number, a text, or an array that comes from elsewhere."""

    value: Any


@dataclass(frozen=True)
class Several:
    """A list or tuple of operands."""

    parts: tuple["Operand", ...]


Operand = Result | Input | Constant | Several


@dataclass(frozen=True, eq=False)
class Operation:
    """One step of a program.

    Parameters
    ----------
    number : int
        Its place in the trace.
    function : str
        What was done, by NumPy's name.
    operands : tuple of Operand
        With what.
    options : dict
        How: axis, keepdims, index, subscripts of einsum, in_place, ...
    result : array
        A copy of what came of it.
    place : Place or None
        Where it stands.
    name : str
        What the program calls the result, if it gives it a name: "Z1", "self.z1", 'grads["dW1"]'. Empty otherwise.
    """

    number: int
    function: str
    operands: tuple[Operand, ...]
    result: np.ndarray
    options: dict[str, Any] = field(default_factory=dict)
    place: Place | None = None
    name: str = ""

    @property
    def inputs(self) -> tuple[Operand, ...]:
        """Its operands, those in lists too."""
        return flat(self.operands)


def flat(operands: Sequence[Operand]) -> tuple[Operand, ...]:
    """Take operands out of their lists."""
    parts = (flat(each.parts) if isinstance(each, Several) else (each,) for each in operands)
    return tuple(one for part in parts for one in part)


def save(operations: Sequence[Operation], folder: Path) -> None:
    """Write a trace into a folder: a text and the bytes of all arrays, nothing that could carry code."""
    arrays: list[np.ndarray] = []
    lines = [_line(operation, arrays) for operation in operations]
    table = [(V.dtype.str, V.shape, V.nbytes) for V in arrays]
    (folder / "operations.json").write_text(json.dumps({"arrays": table, "operations": lines}))
    with (folder / "operations.bin").open("wb") as file:
        for V in arrays:
            file.write(np.ascontiguousarray(V).tobytes())


def load(folder: Path) -> tuple[Operation, ...]:
    """Read a trace that `save` wrote."""
    text = json.loads((folder / "operations.json").read_text())
    data, arrays, start = (folder / "operations.bin").read_bytes(), [], 0
    for dtype, shape, length in text["arrays"]:
        arrays.append(np.frombuffer(data[start : start + length], np.dtype(dtype)).reshape(shape))
        start += length
    return tuple(_operation(line, number, arrays) for number, line in enumerate(text["operations"]))


def _line(operation: Operation, arrays: list[np.ndarray]) -> dict[str, Any]:
    arrays.append(np.asarray(operation.result))
    result = len(arrays) - 1
    return {
        "function": operation.function,
        "operands": [_written(operand, arrays) for operand in operation.operands],
        "options": operation.options,
        "result": result,
        "place": asdict(operation.place) if operation.place else None,
        "name": operation.name,
    }


def _written(operand: Operand, arrays: list[np.ndarray]) -> list[Any]:
    match operand:
        case Result(number):
            return ["result", number]
        case Input(name):
            return ["input", name]
        case Several(parts):
            return ["several", [_written(part, arrays) for part in parts]]
        case Constant(np.ndarray() as value):
            arrays.append(value)
            return ["array", len(arrays) - 1]
        case Constant(value):
            return ["constant", value]


def _operation(line: dict[str, Any], number: int, arrays: list[np.ndarray]) -> Operation:
    place = line["place"] and Place(**{**line["place"], "called_from": tuple(line["place"]["called_from"])})
    operands = tuple(_read(operand, arrays) for operand in line["operands"])
    result = arrays[line["result"]]
    return Operation(number, line["function"], operands, result, line["options"], place, line["name"])


def _read(operand: list[Any], arrays: list[np.ndarray]) -> Operand:
    kind, value = operand
    if kind == "several":
        return Several(tuple(_read(part, arrays) for part in value))
    if kind == "array":
        return Constant(arrays[value])
    return Result(value) if kind == "result" else Input(value) if kind == "input" else Constant(value)
