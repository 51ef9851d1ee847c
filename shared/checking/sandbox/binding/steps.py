"""The steps of a training that was watched: its weights, examples and gradients, read off what was computed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.paper import NAMES, fits, holds, in_columns, right
from shared.checking.sandbox.binding.words import gradient_of, reduced
from shared.checking.watching.operations import Constant, Input, Operand, Operation, Result, Several

WEIGHTS = NAMES[:4]
PRODUCTS = ("matmul", "dot", "linear", "addmm", "mv")
VIEWS = ("transpose", "copy", "array", "asarray", "reshape")
RATES = ("learningrate", "lr", "alpha", "eta", "rate", "stepsize", "learnrate", "lrate")
"""What people call the learning rate, and nothing else of a network without slopes."""
COSTS = ("cost", "loss", "j")
"""What they call the cost, and no other measure of errors."""
SHARE = 1e-4
"""How far a measured learning rate may be off."""


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


def steps_of(
    passes: Sequence[Pass],
    operations: Sequence[Operation],
    inputs: Mapping[str, np.ndarray] | None = None,
    named: Sequence[float] = (),
) -> list[Step]:
    """Make steps of passes; nothing if what is trained is not this network's four arrays.

    Parameters
    ----------
    passes : sequence of Pass
        In their order.
    operations : sequence of Operation
        All that was watched.
    inputs : mapping
        The arrays that came from outside of it, by the program's names for them.
    named : sequence of float
        Numbers that are called learning rates.
    """
    found, right_at_first = list[Step](), set[str]()
    for each in passes:
        reading = _Reading(each, operations, inputs or {}, named, right_at_first)
        if (step := reading.step()) is None:
            return []
        found.append(step)
        right_at_first = right_at_first if found[1:] else reading.right
    named_costs = [
        costs_in(operations[each.begin : each.end]) if each.cost is None else [float(each.cost)] for each in passes
    ]
    if all(named_costs):
        for step, costs in zip(found, named_costs, strict=True):
            step.gradients["cost"] = np.array(costs[-1])
    for step, cost in zip(found, (cost for costs in named_costs for cost in costs[-1:]), strict=False):
        step.cost = cost
    return list(_whole(found))


def _whole(steps: Sequence[Step]) -> Iterator[Step]:
    """Put together what belongs to one step: gradients that are added up, of other examples or of the same again."""
    parts: list[Step] = []
    for number, step in enumerate(steps):
        parts.append(step)
        following = [each.given for each in steps[number + 1 : number + 2]]
        if same_weights(step.given, step.after) or not any(same_weights(step.given, each) for each in following):
            yield step if len(parts) == 1 else _sum_of(parts)
            parts = []


def same_weights(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    """Tell whether weights have not changed."""
    return bool(other) and all(np.array_equal(one[name], other[name]) for name in WEIGHTS)


def _sum_of(parts: Sequence[Step]) -> Step:
    """Add up gradients; examples that are not the same follow one another."""
    first, last = parts[0], parts[-1]
    gradients = {name: np.sum([part.gradients[name] for part in parts], axis=0) for name in first.gradients}
    alike = all(np.array_equal(first.given["X"], part.given["X"]) for part in parts)
    axis = 0 if first.rows else first.given["X"].ndim - 1
    examples = {
        "X": np.concatenate([part.given["X"] for part in parts], axis),
        "Y": np.concatenate([part.given["Y"].ravel() for part in parts]),
    }
    if alike:
        return replace(
            last, gradients={**gradients, **{name: V for name, V in last.gradients.items() if name == "cost"}}
        )
    return replace(last, given={**first.given, **examples}, gradients=gradients, operations=(), cost=None)


def costs_in(operations: Sequence[Operation]) -> list[float]:
    """Return the single numbers that a program calls its cost."""
    return [float(each.result.item()) for each in operations if each.result.size == 1 and reduced(each.name) in COSTS]


class _Reading:
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
        if isinstance(operand, Input):
            return self.inputs[operand.name]
        found = self.all[operand.number].result if isinstance(operand, Result) else getattr(operand, "value", None)
        return found if isinstance(found, np.ndarray) else np.zeros(())

    def origin(self, operand: Operand) -> Operand:
        """Go back through transposes and copies."""
        while isinstance(operand, Result) and self.all[operand.number].function in VIEWS and not self.is_leaf(operand):
            operand = self.all[operand.number].operands[0]
        return operand

    def is_leaf(self, operand: Operand) -> bool:
        """Tell whether an operand is one of the trained arrays."""
        return self.leaf(operand) is not None

    def leaf(self, operand: Operand) -> int | None:
        """Tell which of the trained arrays an operand is."""
        V = self.value(operand)
        return next((k for k, leaf in enumerate(self.one.leaves) if V.ndim and np.array_equal(leaf, V)), None)

    def products(self) -> Iterator[tuple[int, Operand, bool]]:
        """Go through the products with a trained array: its place, the other factor, and whether that is left of it."""
        for operation in self.operations:
            if operation.function.split(" ")[0] in PRODUCTS:
                leaves = {operand: self.leaf(self.origin(operand)) for operand in operation.operands}
                trained = [(self.one.leaves[leaf].ndim, leaf) for leaf in leaves.values() if leaf is not None]
                others = [operand for operand, leaf in leaves.items() if leaf is None and self.value(operand).ndim]
                if trained and others:  # of weights and biases, weights have more dimensions
                    leaf = max(trained)[1]
                    yield leaf, others[0], [*leaves].index(others[0]) < [*leaves.values()].index(leaf)

    @cached_property
    def roles(self) -> dict[str, int]:
        """Tell W1 b1 W2 b2 apart: by what each is multiplied with, and by their sizes; not all of them, if it fails."""
        products = list({leaf: (leaf, other, left) for leaf, other, left in [*self.products()][::-1]}.values())[::-1]
        if len(products) != 2:
            return {}
        (W1, self.X, self.rows), (W2, _, _) = products
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

    def labels(self, m: int) -> Operand | None:
        """Find the labels: of what is subtracted or multiplied, if they are among that."""
        used = sorted(self.operations, key=lambda each: each.function not in ("subtract", "multiply"))
        operands = [V for operation in used for V in operation.inputs if are_labels(self.value(V), m)]
        return next((V for V in operands if self.made_by(V) not in ("greater", "less") and not self.is_leaf(V)), None)

    def made_by(self, operand: Operand) -> str:
        """Name the function that gave an operand; what was there before the pass is no mask of it."""
        is_new = isinstance(operand, Result) and operand.number >= self.one.begin
        return self.all[operand.number].function if is_new else ""  # type: ignore[union-attr]

    def step(self) -> Step | None:
        """Put the step together; None if it is no step of this network."""
        if len(self.roles) != len(WEIGHTS):
            return None
        given = {name: self.one.leaves[self.roles[name]] for name in WEIGHTS}
        m = self.value(self.X).size * given["b1"].size // given["W1"].size
        if (Y := self.labels(m)) is None:
            return None
        given |= {"X": self.value(self.X), "Y": self.value(Y)}
        turned = self.is_turned(given["W1"])
        truth = right(in_columns(given, self.rows, turned))
        gradients = {f"d{name}": V for name in WEIGHTS if (V := self.gradient(name, truth[f"d{name}"])) is not None}
        after = {name: self.one.after[k] for name, k in self.roles.items()} if self.one.after else {}
        rate = self.one.rate or (self.rate(given, gradients, after, m) if after else 0.0)
        places: dict[Operand, str] = {self.X: "X", Y: "Y"}
        return Step(given, gradients, tuple(self.cut(given, places)), self.rows, turned, after, rate)

    def is_turned(self, W1: np.ndarray) -> bool:
        """Tell whether weights are (in, out): by the size of the inputs or, where there are as many units, by Z1."""
        X = self.value(self.X).T if self.rows else self.value(self.X)
        if W1.shape != W1.T.shape:
            return W1.shape[1] != len(X)
        products = (each for each in self.operations if each.function.split(" ")[0] in PRODUCTS)
        Z1 = next(each for each in products if self.X in each.operands)
        return Z1.function not in ("linear", "addmm") and not holds(Z1.result, W1 @ X)

    def gradient(self, name: str, truth: np.ndarray) -> np.ndarray | None:
        """Choose what a gradient is: what is taken from the weights or, if that is right, what was made into it.

        Who divides by m in the update or goes uphill has a right gradient all the same, and who has momentum: what is
        right in the first step, and not in the next, has something of the past in it.
        """
        place = self.roles[name]
        own, forms = self.one.gradients[place], self.one.forms.get(place, [])
        called = [each.result for each in self.operations if each.name and gradient_of(each.name) == name]
        scaled = [V / rate for V in forms for rate in self.named]
        past = [each.result for each in self.operations if each.result.ndim] if name in self.right_at_first else []
        known = [V for V in (own, *forms, *called, *scaled, *past) if V is not None]
        self.right |= {name} if known and holds(known[0], truth) else set()
        return next((V for V in known if holds(V, truth)), known[0] if known else None)

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
                if any(abs(each - usual) <= SHARE * usual for each in (1.0, n / m, n * m)):
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
            return Constant("earlier") if isinstance(operand, Result | Input) else operand

        for number, operation in enumerate(self.operations):
            yield replace(operation, number=number, operands=tuple(map(new, operation.operands)))


def are_labels(V: np.ndarray, m: int) -> bool:
    """Tell whether an array may hold the labels of m examples."""
    return V.size == m and V.dtype.kind in "biuf" and set(np.unique(V)) <= {0, 1}


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


def learning_rates(names: Mapping[str, Any]) -> list[float]:
    """Return the numbers among variables that are called the learning rate."""
    found = (V for name, V in names.items() if reduced(name) in RATES and type(V) in (int, float))
    return [float(V) for V in found if V > 0]
