"""A loop over the examples, told as the one step with all of them that it amounts to.

What each pass has of its own lies side by side: columns make a matrix, and products of a column and a row add up to one
product of matrices. What is the same in every pass stays as it is.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from shared.checking.judged_reply import GRADIENTS
from shared.checking.watching.operations import Input, Operand, Operation, Result, Several
from shared.network import Array, Parameters

PRODUCTS = ("matmul", "dot", "outer", "multiply")
MOVED = ("array", "asarray", "copy", "reshape", "getitem", "ravel", "squeeze", "transpose", "atleast_2d", "expand_dims")
"""What only moves numbers."""
WITH_TRANSPOSED = "dot ((0,), (0,))"
"""The product of a transpose with something."""


def at_once(
    operations: Sequence[Operation], inputs: Mapping[str, Array], given: Mapping[str, Array]
) -> Sequence[Operation]:
    """Fold a loop over the examples; where most operations belong to no such loop, they are given back as they are.

    Parameters
    ----------
    operations : sequence of Operation
        What a program did, watched.
    inputs : mapping
        The arguments W1 b1 W2 b2 X Y, in the program's own layout.
    given : mapping
        What came back. If it is the mean of what each pass gave, an operation is added that takes the sum.
    """
    m = inputs["Y"].size
    times = Counter(map(where, operations))
    each = {key: count // m for key, count in times.items() if count % m == 0}
    of_arrays = sum(bool(operation.operands) and where(operation) in each for operation in operations)
    if m == 1 or 2 * of_arrays < len(operations):
        return operations
    groups, seen = dict[object, list[Operation]](), Counter[object]()
    for operation in operations:
        key = where(operation)
        groups.setdefault((key, seen[key] % each.get(key, len(operations))), []).append(operation)
        seen[key] += 1
    fold = Fold(inputs)
    for group in groups.values():
        fold.add(group)
    for name in GRADIENTS:
        fold.sum_up(given.get(name, np.empty(0)))
    return fold.operations


def where(operation: Operation) -> tuple[object, ...]:
    """Tell operations from each other that are carried out once in each pass."""
    return operation.place, operation.function


class Fold:
    """The operations that were folded so far; `varying` are those that had something else in each pass."""

    def __init__(self, inputs: Mapping[str, Array]):
        self.inputs, self.m = inputs, inputs["Y"].size
        self.operations, self.numbers = list[Operation](), dict[int, int]()
        self.varying, self.summed, self.shapes = set[int](), set[int](), dict[int, tuple[int, ...]]()

    def add(self, group: Sequence[Operation]) -> None:
        """Make one operation of those that came in turn."""
        first, results = group[0], [operation.result for operation in group]
        operation = replace(first, operands=tuple(map(self.renumbered, first.operands)), result=results[-1])
        before = [Result(each.number) for each in group[:-1]]
        adds_up = any(back in each.operands for back, each in zip(before, group[1:], strict=True))
        if adds_up and first.operands:  # or it is filled
            operation = self.gathered(operation)
        elif any(not np.array_equal(V, results[0], equal_nan=V.dtype.kind == "f") for V in results):
            operation = self.side_by_side(operation, results)
        self.numbers |= dict.fromkeys((each.number for each in group), len(self.operations))
        self.shapes[len(self.operations)] = first.result.shape
        self.operations.append(replace(operation, number=len(self.operations)))

    def renumbered(self, operand: Operand) -> Operand:
        """Follow an operand to the operation that it is part of now."""
        if isinstance(operand, Several):
            return Several(tuple(map(self.renumbered, operand.parts)))
        return Result(self.numbers.get(operand.number, 0)) if isinstance(operand, Result) else operand

    def varies(self, operand: Operand) -> bool:
        """Tell what is of an example from what is the same for all."""
        if isinstance(operand, Input):
            return operand.name not in Parameters._fields
        return isinstance(operand, Result) and operand.number in self.varying

    def value(self, operand: Operand) -> Array:
        """What an operand is, of all examples; empty if that is not known."""
        if isinstance(operand, Input):
            return self.inputs[operand.name]
        return self.operations[operand.number].result if isinstance(operand, Result) else np.empty(0)

    def gathered(self, operation: Operation) -> Operation:
        """Write what is added up in a loop as a sum, and an array that is filled as what it is filled with."""
        *_, last = operation.operands
        V = self.value(last)
        if operation.function == "setitem" and same_numbers(V, operation.result):
            return replace(operation, function="copy", operands=(last,), options={})
        if isinstance(last, Result) and last.number in self.varying - self.summed:
            added = self.operations[last.number]  # what has a name was computed before, and is added here
            added = replace(added, place=operation.place) if added.name else added
            return replace(operation, operands=(operation.operands[0], self.total(added)))
        return operation

    def side_by_side(self, operation: Operation, results: Sequence[Array]) -> Operation:
        """Put what each pass gave side by side, and write the operation as one that gives that."""
        if any(V.shape != results[0].shape for V in results) or results[0].ndim > 2:
            return operation
        self.varying.add(len(self.operations))
        if any(isinstance(each, Result) and each.number in self.summed for each in operation.inputs):
            return self.sum_of(operation, results)
        if operation.function in PRODUCTS and len(operation.operands) > 1:
            return self.product(operation, results)
        operation = replace(operation, result=columns(results))
        source = self.value(operation.operands[0]) if operation.operands else np.empty(0)
        is_flat = source.ndim == 1 and np.array_equal(source, operation.result.ravel())
        if operation.function in MOVED and (is_flat or np.array_equal(source, operation.result)):
            return replace(operation, function="copy", operands=operation.operands[:1], options={})
        if operation.function in MOVED and same_numbers(source, operation.result):
            return replace(operation, function="transpose", operands=operation.operands[:1], options={})
        return operation

    def product(self, operation: Operation, results: Sequence[Array]) -> Operation:
        """Write a product of vectors as one of matrices."""
        (a, b), is_vector = operation.operands[:2], results[0].ndim < 2
        is_outer = operation.function == "outer" or (self.shape(a)[1:], self.shape(b)[:-1]) == ((1,), (1,))
        is_product = operation.function != "multiply" or min(results[0].shape, default=0) > 1
        if is_outer and is_product and self.varies(a) and self.varies(b):
            function = "dot ((1,), (1,))" if operation.function == "outer" else "matmul"
            return self.sum_of(replace(operation, function=function), results)
        operation = replace(operation, result=columns(results))
        if operation.function == "multiply":  # W2 * dZ2, both of one unit
            layer, other = (b, a) if self.varies(a) else (a, b)
            is_vector = is_vector and not self.varies(layer) and self.shape(other) == () != self.shape(layer)
            return replace(operation, function=WITH_TRANSPOSED, operands=(layer, other)) if is_vector else operation
        if is_vector and self.varies(a) and not self.varies(b):  # the notation has columns
            return replace(operation, function=WITH_TRANSPOSED if results[0].ndim else "dot", operands=(b, a))
        return operation

    def sum_of(self, operation: Operation, results: Sequence[Array]) -> Operation:
        """Add up what each pass gave."""
        self.summed.add(len(self.operations))
        return replace(operation, result=np.sum(results, axis=0))

    def sum_up(self, V: Array) -> None:
        """Add the sum of the last operation whose mean over the passes is a value, if any is."""
        of_each = [self.operations[number] for number in sorted(self.varying - self.summed)]
        fitting = [each for each in of_each if same_to_rounding(each.result.mean(axis=self.axis(each)), V)]
        if fitting:
            of_it = fitting[-1]
            is_there = of_it.place and not of_it.place.called_from and not of_it.name.isidentifier()
            self.total(of_it if is_there else replace(of_it, place=None))  # it was computed elsewhere

    def total(self, operation: Operation) -> Result:
        """Add an operation that takes the sum over the examples; of a number times a vector, that is a product."""
        axis, number = self.axis(operation), len(self.operations)
        function, operands = "sum", tuple[Operand, ...]([Result(operation.number)])
        options, total = {"axis": axis, "keepdims": True}, operation.result.sum(axis=axis, keepdims=True)
        if operation.function == "multiply" and all(map(self.varies, operation.operands)):
            sizes = [prod(self.shape(each)) for each in operation.operands]
            if min(sizes) == 1 < max(sizes):
                operands = operation.operands if sizes[0] == 1 else operation.operands[::-1]
                function, options, total = "dot ((1,), (1,))", {}, total.reshape(1, -1)
        self.operations.append(Operation(number, function, operands, total, options, operation.place))
        return Result(number)

    def axis(self, operation: Operation) -> int:
        """Along which axis the examples lie."""
        return 0 if self.shapes[operation.number][:1] == (1,) and operation.result.shape[0] == self.m else 1

    def shape(self, operand: Operand) -> tuple[int, ...]:
        """The shape that an operand has in each pass."""
        if isinstance(operand, Result):
            return self.shapes.get(operand.number, (0, 0))
        return self.inputs[operand.name].shape if isinstance(operand, Input) else (0, 0)


def columns(results: Sequence[Array]) -> Array:
    """Put arrays of one example each side by side: rows below each other, what is no vector added up."""
    match results[0].shape:
        case () | (_,):
            return np.stack([np.atleast_1d(V) for V in results], axis=1)
        case (_, 1):
            return np.concatenate(results, axis=1)
        case (1, _):
            return np.concatenate(results, axis=0)
    return results[-1]


def same_to_rounding(V: Array, other: Array) -> bool:
    """Tell whether two arrays hold nearly the same numbers, whatever their shapes."""
    return V.size == other.size and np.allclose(V.ravel(), other.ravel(), rtol=1e-9, atol=0)


def same_numbers(V: Array, other: Array) -> bool:
    """Tell whether two arrays are the same, or one is the transpose of the other."""
    return np.array_equal(V, other) or np.array_equal(V.T, other)
