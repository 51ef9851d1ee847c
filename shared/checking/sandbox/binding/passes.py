"""A pass of a training that was watched: which of its arrays are W1 b1 W2 b2, and what X, Y and the gradients are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.operands import (
    SHARE,
    WEIGHTS,
    are_labels,
    is_left,
    length,
    number_of,
    same_weights,
    value_of,
)
from shared.checking.sandbox.binding.paper import fits, holds, in_columns, right
from shared.checking.sandbox.binding.words import gradient_of
from shared.checking.watching.operations import Constant, Input, Operand, Operation, Result, Several

PRODUCTS = ("matmul", "dot", "linear", "addmm", "mv", "einsum")
VIEWS = ("transpose", "copy", "array", "asarray", "reshape")
DATA = ("", "getitem", "zeros", *VIEWS)
"""What gives an array that nobody computed."""


@dataclass(eq=False)
class Step:
    """One step: what it begins with, by name, in the program's layout; its gradients, and what it computed.

    `rows` says that examples are, `turned` that W1 is (in, out). `after` is what became of the weights, and `rate` the
    learning rate; 0 if nobody knows it.
    """

    given: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]
    operations: tuple[Operation, ...]
    rows: bool
    turned: bool = False
    after: dict[str, np.ndarray] = field(default_factory=dict)
    rate: float = 0.0
    cost: float | None = None


@dataclass
class Pass:
    """Gradients were there: the operations before, the arrays that are trained, and what they are after the step.

    An array that no step changes has no gradient. `rate` is that of the optimizer, if one made the step. `forms` are
    what else may be the gradient of an array: what it is before it gets its sign or a factor.
    """

    begin: int
    end: int
    leaves: list[np.ndarray]
    gradients: list[np.ndarray | None]
    after: list[np.ndarray] = field(default_factory=list)
    cost: np.ndarray | None = None
    rate: float = 0.0
    forms: dict[int, list[np.ndarray]] = field(default_factory=dict)


class Reading:
    """One pass: which of its arrays are W1 b1 W2 b2, and what X and Y are."""

    def __init__(
        self,
        one: Pass,
        operations: Sequence[Operation],
        inputs: Mapping[str, np.ndarray],
        named: Sequence[float],
        right_at_first: set[str],
    ):
        self.one, self.all, self.operations = one, operations, operations[one.begin : one.end]
        self.inputs, self.named = inputs, named
        self.right_at_first, self.right = right_at_first, set[str]()

    def value(self, operand: Operand) -> np.ndarray:
        """Return the numbers that an operand stands for."""
        return value_of(operand, self.all, self.inputs)

    def origin(self, operand: Operand) -> Operand:
        """Go back through transposes and copies."""
        while isinstance(operand, Result) and self.all[operand.number].function in VIEWS and not self.is_leaf(operand):
            operand = self.all[operand.number].operands[0]
        return operand

    def is_leaf(self, operand: Operand) -> bool:
        """Tell whether an operand is one of the trained arrays."""
        return self.leaf(operand) is not None

    def leaf(self, operand: Operand) -> int | None:
        """Tell which of the trained arrays an operand is; zeros that were computed on the way are none of them."""
        V = self.value(operand)
        if not V.any() and self.made_by(operand) not in DATA:
            return None
        return next((k for k, leaf in enumerate(self.one.leaves) if V.ndim and np.array_equal(leaf, V)), None)

    def products(self) -> Iterator[tuple[int, int, Operand, bool]]:
        """Go through the products with a trained array.

        Each has its place, that of the array, the other factor, and whether that is left of the array.
        """
        for k, operation in enumerate(self.operations):
            if operation.function.split(" ")[0] in PRODUCTS:
                leaves = {operand: self.leaf(self.origin(operand)) for operand in operation.operands}
                trained = [(self.one.leaves[leaf].ndim, leaf) for leaf in leaves.values() if leaf is not None]
                others = [operand for operand, leaf in leaves.items() if leaf is None and self.value(operand).ndim]
                if trained and others:  # of weights and biases, weights have more dimensions
                    leaf = max(trained)[1]
                    yield k, leaf, others[0], is_left(others[0], [*leaves], [*leaves.values()].index(leaf))

    @cached_property
    def roles(self) -> dict[str, int]:
        """Tell W1 b1 W2 b2 apart: by what each is multiplied with, and by their sizes; not all of them, if it fails."""
        products = dict[int, tuple[int, Operand, bool]]()
        for k, leaf, other, left in self.products():
            products.setdefault(leaf, (k, other, left))
        if len(products) != 2:
            return {}
        W1, W2 = products
        begin, first, self.rows = products[W1]
        self.parts = self.with_gradients(W1) or [(begin, first)]
        leaves, n_h, found = self.one.leaves, self.one.leaves[W2].size, {"W1": W1, "W2": W2}
        used = {self.leaf(V) for operation in self.operations for V in operation.inputs}
        still = {k for k, V in enumerate(self.one.gradients) if V is None}
        for name, size in (("b1", n_h), ("b2", 1)):
            free = [
                k for k, leaf in enumerate(leaves) if k not in {*found.values(), *(still - used)} and leaf.size == size
            ]
            free.sort(key=still.__contains__)
            found.update(zip([name], free, strict=False))
        return (
            found
            if len(leaves) - len(still) <= len(WEIGHTS) and fits(leaves[found.get("b1", W1)], np.zeros(n_h))
            else {}
        )

    def with_gradients(self, W1: int) -> list[tuple[int, Operand]]:
        """Find what W1 is multiplied with and, before the next such product, its gradient is made of.

        There are several such parts where gradients are added up, one example after the other.
        """
        parts = [(k, other) for k, leaf, other, _ in self.products() if leaf == W1]
        forward = [self.is_moved(k, W1) for k, _ in parts]
        parts = [part for part, moved in zip(parts, forward, strict=True) if moved == forward[0]]
        found = []
        for (k, other), end in zip(parts, [*(k for k, _ in parts[1:]), len(self.operations)], strict=True):
            used = [each for each in self.operations[k + 1 : end] if each.function not in DATA]
            X = {V.tobytes() for V in (self.value(other), self.value(other).T)}
            found += [(k, other)] if any(self.value(V).tobytes() in X for each in used for V in each.inputs) else []
        return found

    def is_moved(self, k: int, leaf: int) -> bool:
        """Tell whether an operation takes a trained array turned, and not as it is kept."""
        return not any(self.leaf(V) == leaf and self.origin(V) == V for V in self.operations[k].operands)

    def labels(self, m: int, operations: Sequence[Operation]) -> Operand | None:
        """Find the labels: of what is subtracted or multiplied, if they are among that, and of what nobody computed."""
        used = sorted(operations, key=lambda each: each.function not in ("subtract", "multiply"))
        taken = [Result(each.number) for each in operations if each.function == "getitem"]
        operands = [*(V for operation in used for V in operation.inputs), *taken]
        arrays = [V for V in operands if not isinstance(V, Constant) or self.value(V).ndim]
        if m == 1:  # a label may be a number of Python's: it is subtracted from the output
            subtracted = [each.operands[1] for each in used if each.function == "subtract" and len(each.operands) == 2]
            arrays = [*(V for V in subtracted if isinstance(V, Constant)), *arrays]
        found = [V for V in arrays if are_labels(U := self.value(V), m) and not (U.any() and self.is_leaf(V))]
        found = [V for V in found if not self.is_complement(V)]
        found.sort(key=lambda V: (len({*self.value(V).ravel()}) == 1, self.made_by(V) not in DATA))
        return next((V for V in found if self.made_by(V) not in ("greater", "less")), None)

    def examples(self) -> tuple[np.ndarray, np.ndarray, dict[Operand, str]] | None:
        """Give X and Y, those of all parts together, and what they are in the trace; None if there are no labels."""
        ends = [k for k, _ in self.parts[1:]] + [len(self.operations)]
        W1, b1 = (self.one.leaves[self.roles[name]] for name in ("W1", "b1"))
        Xs, Ys, places = list[np.ndarray](), list[np.ndarray](), dict[Operand, str]()
        for (begin, operand), end in zip(self.parts, ends, strict=True):
            X, n_x = self.value(operand), W1.size // b1.size
            self.rows = X.shape[1] == n_x if X.ndim == 2 and n_x in X.shape and X.shape[0] != X.shape[1] else self.rows
            X = X.reshape((1, n_x) if self.rows else (n_x, 1)) if X.ndim == 1 else X
            Y = self.labels(X.size // n_x, self.operations[begin:end])
            if Y is None and len(ends) == 1:  # what comes before the pass may be of the batch before
                Y = self.labels(X.size // n_x, self.operations[:end]) or self.likely_label(X)
            if Y is None:
                return None
            Xs, Ys, places = [*Xs, X], [*Ys, self.value(Y)], {operand: "X", Y: "Y"}
        if any(isinstance(V, Constant) for V in places):  # every other 0 or 1 looks like such a label
            places = {}
        if len(ends) == 1:
            return Xs[0], Ys[0], places
        return np.concatenate(Xs, 0 if self.rows else 1), np.concatenate([Y.ravel() for Y in Ys]), {}

    def is_complement(self, operand: Operand) -> bool:
        """Tell whether an array is 1 - Y."""
        origin = self.origin(operand)
        made = self.all[origin.number] if isinstance(origin, Result) else None
        return made is not None and made.function == "subtract" and number_of(made.operands[0], self.all) == 1

    def likely_label(self, X: np.ndarray) -> Operand | None:
        """Give the label of a single example where none can be seen: whichever makes more gradients right."""
        q = {name: self.one.leaves[self.roles[name]] for name in WEIGHTS} | {"X": X}
        turned, counts = self.is_turned(q["W1"], X), list[int]()
        known = {name: self.known(name)[:1] for name in WEIGHTS}
        for label in (0, 1) if X.size * q["b1"].size == q["W1"].size else ():
            truth = right(in_columns({**q, "Y": np.array([label])}, self.rows, turned))
            counts.append(sum(holds(V, truth[f"d{name}"]) for name in WEIGHTS for V in known[name]))
        return Constant(counts.index(max(counts))) if len({*counts}) == 2 else None

    def made_by(self, operand: Operand) -> str:
        """Name the function that gave an operand; what was there before the pass is no mask of it."""
        is_new = isinstance(operand, Result) and operand.number >= self.one.begin
        return self.all[operand.number].function if is_new else ""  # type: ignore[union-attr]

    def step(self) -> Step | None:
        """Put the step together; None if it is no step of this network."""
        if len(self.roles) != len(WEIGHTS):
            return None
        given = {name: self.one.leaves[self.roles[name]] for name in WEIGHTS}
        if (examples := self.examples()) is None:
            return None
        given["X"], given["Y"], places = examples
        m, turned = given["Y"].size, self.is_turned(given["W1"], given["X"])
        truth = right(in_columns(given, self.rows, turned))
        gradients = {f"d{name}": V for name in WEIGHTS if (V := self.gradient(name, truth[f"d{name}"])) is not None}
        after = {name: self.one.after[k] for name, k in self.roles.items()} if self.one.after else {}
        rate = self.one.rate or (self.rate(given, gradients, after, m) if after else 0.0)
        operations = tuple(self.cut(given, places)) if places else ()
        return Step(given, gradients, operations, self.rows, turned, after, rate)

    def is_turned(self, W1: np.ndarray, X: np.ndarray) -> bool:
        """Tell whether weights are (in, out): by the size of the inputs or, where there are as many units, by Z1."""
        X = X.T if self.rows else X
        if W1.shape != W1.T.shape:
            return W1.shape[1] != len(X)
        products = (each for each in self.operations if each.function.split(" ")[0] in PRODUCTS)
        Z1 = next(each for each in products if self.parts[0][1] in each.operands)
        return Z1.function not in ("linear", "addmm") and not holds(Z1.result, W1 @ X)

    def gradient(self, name: str, truth: np.ndarray) -> np.ndarray | None:
        """Choose what a gradient is: what is taken from the weights or, if that is right, what was made into it.

        Who divides by m in the update or goes uphill has a right gradient all the same, and who has momentum: what is
        right in the first step, and not in the next, has something of the past in it.
        """
        known = self.known(name)
        numbers = {abs(n) for each in self.all for V in each.operands if (n := number_of(V, self.all))}
        new = [n for n in numbers if n != 1 / 2 and any(np.isclose(n + other, 1) for other in numbers)]  # of an average
        self.right |= {name} if known and any(holds(known[0], n * truth) for n in (1.0, *new)) else set()
        return next((V for V in known if holds(V, truth)), known[0] if known else None)

    def known(self, name: str) -> list[np.ndarray]:
        """Give what may be a gradient, the most likely first."""
        place = self.roles[name]
        own, forms = self.one.gradients[place], self.one.forms.get(place, [])
        called = [each.result for each in self.operations if each.name and gradient_of(each.name) == name]
        scaled = [V / rate for V in forms for rate in self.named]
        past = [each.result for each in self.operations if each.result.ndim] if name in self.right_at_first else []
        return [V for V in (own, *forms, *called, *scaled, *past) if V is not None]

    def rate(self, given: Any, gradients: Any, after: Any, m: int) -> float:
        """Find the learning rate: the length of most steps along their gradients, as a number that the program has."""
        lengths = [abs(length(given[name], after[name], gradients.get(f"d{name}"))) for name in WEIGHTS]
        alike = [sum(abs(one - other) <= SHARE * one for other in lengths) for one in lengths]
        usual, count = max(zip(lengths, alike, strict=True), key=lambda pair: (pair[0] > 0, pair[1]))
        if not usual or count < 2:  # a single number moves along every other
            return next(iter(self.named), float(same_weights(given, after)))
        numbers = [abs(n) for each in self.all for V in each.operands if (n := number_of(V, self.all))]
        exact = [n * factor for n in (*self.named, *numbers, 1.0) for factor in (1.0, 1 / m, m)]
        near = [n for n in exact if abs(n - usual) <= SHARE * usual]
        if not any(abs(n - usual) <= SHARE * usual for n in self.named):
            for n in self.named:
                averaged = (n * each for each in numbers)  # (1 - 0.9) dW, as in an average
                if any(abs(each - usual) <= SHARE * usual for each in (1.0, n / m, n * m, *averaged)):
                    return n
        return next((n for n in near if n in self.named), min(near, key=lambda n: abs(n - usual), default=0.0))

    def cut(self, given: dict[str, np.ndarray], places: Mapping[Operand, str]) -> Iterator[Operation]:
        """Number the operations from 0; what the step begins with is an input."""

        def new(operand: Operand) -> Operand:
            if isinstance(operand, Several):
                return Several(tuple(map(new, operand.parts)))
            if operand in places:
                return Input(places[operand])
            if isinstance(operand, Result) and operand.number >= self.one.begin and not self.is_leaf(operand):
                return Result(operand.number - self.one.begin)
            V = self.value(operand)
            if known := [name for name, U in given.items() if V.ndim and np.array_equal(U, V)]:
                return Input(known[0])
            return Constant(V if V.ndim == 0 else "earlier") if isinstance(operand, Result | Input) else operand

        for number, operation in enumerate(self.operations):
            yield replace(operation, number=number, operands=tuple(map(new, operation.operands)))
