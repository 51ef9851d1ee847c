"""The steps of a training by PyTorch's autograd: each time that it goes back, the tensors and their gradients."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.paper import fits
from shared.checking.sandbox.binding.steps import VIEWS, Step, are_labels
from shared.checking.watching.operations import Constant, Input, Operand, Operation, Result, Several
from shared.checking.watching.recorder import Recorder, as_numpy

PRODUCTS = ("matmul", "linear", "addmm", "dot", "mv")


@dataclass
class Pass:
    """Autograd went back once: the operations before it, the tensors that it went back to, and their gradients."""

    begin: int
    end: int
    leaves: list[np.ndarray]
    gradients: list[np.ndarray]
    cost: np.ndarray


@contextmanager
def passes(recorder: Recorder, most: int, enough: Callable[[], None]) -> Iterator[list[Pass]]:
    """While it lasts, note each time that autograd goes back; it is enough when it has done so `most` times."""
    import torch

    backward, grad, found = torch.autograd.backward, torch.autograd.grad, list[Pass]()

    def noted(loss: Any, tensors: Any, gradients: Callable[[], Any]) -> Any:
        before, end = [np.array(as_numpy(each)) for each in tensors], len(recorder.operations)
        given = gradients()
        arrays = [np.array(as_numpy(each)) for each in given if each is not None]
        found.append(Pass(found[-1].end if found else 0, end, before, arrays, np.array(as_numpy(loss))))
        if len(found) >= most:
            enough()
        return given

    def noted_backward(loss: Any, *inputs: Any, **options: Any) -> None:
        tensors = list(leaves_of(loss.grad_fn))
        noted(loss, tensors, lambda: backward(loss, *inputs, **options) or [each.grad for each in tensors])

    def noted_grad(loss: Any, tensors: Any, *inputs: Any, **options: Any) -> Any:
        return noted(loss, tensors, lambda: grad(loss, tensors, *inputs, **options))

    torch.autograd.backward, torch.autograd.grad = noted_backward, noted_grad  # type: ignore[assignment]
    try:
        yield found
    finally:
        torch.autograd.backward, torch.autograd.grad = backward, grad


def leaves_of(node: Any) -> Iterator[Any]:
    """Go through the tensors that a derivative goes back to."""
    todo, seen = [node], set[Any]()
    while todo:
        each = todo.pop(0)
        if each is not None and each not in seen:
            seen.add(each)
            if hasattr(each, "variable"):
                yield each.variable
            todo += [following for following, _ in each.next_functions]


def steps_of(found: Sequence[Pass], operations: Sequence[Operation]) -> list[Step]:
    """Make steps of passes; nothing if what is trained is not this network's four arrays."""
    steps = [_Reading(each, operations).step() for each in found]
    return [step for step in steps if step] if all(steps) else []


class _Reading:
    """One pass: which of its arrays are W1 b1 W2 b2, and what X and Y are."""

    def __init__(self, one: Pass, operations: Sequence[Operation]):
        self.one, self.all, self.operations = one, operations, operations[one.begin : one.end]

    def value(self, operand: Operand) -> np.ndarray:
        """Return the numbers that an operand stands for."""
        found = self.all[operand.number].result if isinstance(operand, Result) else getattr(operand, "value", None)
        return found if isinstance(found, np.ndarray) else np.zeros(())

    def origin(self, operand: Operand) -> Operand:
        """Go back through transposes and copies."""
        while isinstance(operand, Result) and self.all[operand.number].function in VIEWS:
            operand = self.all[operand.number].operands[0]
        return operand

    def products(self) -> Iterator[tuple[int, Operand, bool]]:
        """Go through the products with a trained array: its place, the other factor, and whether that is left of it."""
        for operation in self.operations:
            if operation.function in PRODUCTS:
                leaves = {operand: self.leaf(self.origin(operand)) for operand in operation.operands}
                trained = [(self.one.leaves[leaf].ndim, leaf) for leaf in leaves.values() if leaf is not None]
                others = [operand for operand, leaf in leaves.items() if leaf is None and self.value(operand).ndim]
                if trained and others:  # of weights and biases, weights have more dimensions
                    leaf = max(trained)[1]
                    yield leaf, others[0], [*leaves].index(others[0]) < [*leaves.values()].index(leaf)

    def leaf(self, operand: Operand) -> int | None:
        """Tell which of the trained arrays an operand is."""
        V = self.value(operand)
        return next((k for k, leaf in enumerate(self.one.leaves) if V.ndim and np.array_equal(leaf, V)), None)

    def step(self) -> Step | None:
        """Put the step together; None if it is no step of this network."""
        products = list({leaf: (leaf, other, left) for leaf, other, left in [*self.products()][::-1]}.values())[::-1]
        if len(products) != 2 or len(self.one.leaves) != len(self.one.gradients) or len(self.one.leaves) != 4:
            return None
        (W1, X, rows), (W2, _, _) = products
        n_h = self.one.leaves[W2].size
        biases = [k for k in range(4) if k not in (W1, W2)]
        biases.sort(key=lambda k: self.one.leaves[k].size != n_h)
        names = dict(zip(("W1", "b1", "W2", "b2"), (W1, biases[0], W2, biases[1]), strict=True))
        m = self.value(X).size * n_h // self.one.leaves[W1].size
        labels = [V for operation in self.operations for V in operation.inputs if are_labels(self.value(V), m)]
        if not labels or not fits(self.one.leaves[biases[0]], np.zeros(n_h)) or self.one.leaves[biases[1]].size != 1:
            return None
        given = {name: self.one.leaves[k] for name, k in names.items()} | {
            "X": self.value(X),
            "Y": self.value(labels[0]),
        }
        gradients = {f"d{name}": self.one.gradients[k] for name, k in names.items()} | {"cost": self.one.cost}
        return Step(given, gradients, tuple(self.cut(given)), rows)

    def cut(self, given: dict[str, np.ndarray]) -> Iterator[Operation]:
        """Number the operations from 0; what the step begins with is an input."""

        def new(operand: Operand) -> Operand:
            if isinstance(operand, Several):
                return Several(tuple(map(new, operand.parts)))
            V = self.value(operand)
            if known := [name for name, U in given.items() if V.ndim and np.array_equal(U, V)]:
                return Input(known[0])
            if not isinstance(operand, Result):
                return operand
            is_new = operand.number >= self.one.begin
            return Result(operand.number - self.one.begin) if is_new else Constant("earlier")

        for number, operation in enumerate(self.operations):
            yield replace(operation, number=number, operands=tuple(map(new, operation.operands)))
