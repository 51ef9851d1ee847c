"""The steps of a training that was watched: its weights, examples and gradients, read off what was computed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from shared.checking.sandbox.binding.paper import NAMES
from shared.checking.watching.operations import Constant, Input, Operand, Operation, Result, Several
from shared.checking.watching.operations import load as read
from shared.checking.watching.operations import save as write

PRODUCTS = ("matmul", "dot")
LOSSES = ("subtract", "multiply")
"""What labels go into."""
FACTORED = ("multiply", "matmul", "dot", "negative")
"""What a factor of an operand is a factor of, too."""
VIEWS = ("transpose", "copy", "array", "asarray", "reshape")


@dataclass
class Step:
    """One step: what it begins with, by name, in the program's layout; its gradients, and what it computed."""

    given: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]
    operations: tuple[Operation, ...]
    rows: bool


@dataclass
class _Chain:
    """An array that is updated again and again in the same place: its first value, and the updates."""

    first: Operand
    updates: list[Operation]

    def states(self) -> list[Operand]:
        """What it is at the beginning of each step, and after the last."""
        return [self.first, *(Result(update.number) for update in self.updates)]


def steps_of(operations: Sequence[Operation], inputs: dict[str, np.ndarray], most: int = 3) -> list[Step]:
    """Find the steps of a training; nothing if it is not gradient descent on this network's four arrays.

    Parameters
    ----------
    operations : sequence of Operation
        What was watched.
    inputs : dict
        The arrays that came from outside of it, by the program's names for them.
    most : int
        How many steps are wanted.
    """
    reading = _Reading(operations, inputs)
    roles = reading.roles()
    if not roles:
        return []
    count = min(most, *(len(roles[name].updates) for name in ("W1", "b1", "W2", "b2")))
    return [reading.step(roles, number) for number in range(count)]


class _Reading:
    def __init__(self, operations: Sequence[Operation], inputs: dict[str, np.ndarray]):
        self.operations, self.inputs = operations, inputs
        self.X: Operand = Constant(0)
        self.Y: Operand = Constant(0)
        self.rows = False

    def value(self, operand: Operand) -> np.ndarray:
        """Return the numbers that an operand stands for."""
        if isinstance(operand, Result):
            return self.operations[operand.number].result
        return self.inputs[operand.name] if isinstance(operand, Input) else np.asarray(getattr(operand, "value", 0.0))

    def origin(self, operand: Operand) -> Operand:
        """Go back through transposes and copies."""
        while isinstance(operand, Result) and self.operations[operand.number].function in VIEWS:
            operand = self.operations[operand.number].operands[0]
        return operand

    def chains(self) -> list[_Chain]:
        """Find the arrays that are updated: each update in a place takes what the one before it in this place gave."""
        found: list[_Chain] = []
        for operation in self.operations:
            if operation.function not in ("add", "subtract") or operation.place is None:
                continue
            before = [chain for chain in found if self._goes_on(chain, operation)]
            first = operation.operands[0]
            if before:
                before[0].updates.append(operation)
            elif self.value(first).shape == operation.result.shape:
                found.append(_Chain(first, [operation]))
        return [chain for chain in found if len(chain.updates) > 1]

    def _goes_on(self, chain: _Chain, operation: Operation) -> bool:
        last = chain.updates[-1]
        same_line = last.place is not None and operation.place is not None and last.place.line == operation.place.line
        return same_line and operation.operands[0] == Result(last.number)

    def roles(self) -> dict[str, _Chain]:
        """Tell W1 b1 W2 b2 apart: by what each is multiplied with, and by their sizes."""
        chains = self.chains()
        products = list(self._products(chains))
        if len(products) < 2:
            return {}
        (W1, self.X, self.rows), (W2, _, _) = products[:2]
        n_h = self.value(W2.first).size
        roles = {"W1": W1, "W2": W2}
        for name, size in (("b1", n_h), ("b2", 1)):
            free = [chain for chain in chains if chain not in roles.values()]
            fitting = [chain for chain in free if self.value(chain.first).size == size]
            roles.update(zip([name], fitting, strict=False))
        m = self.value(self.X).size * n_h // self.value(W1.first).size
        used = (V for operation in self.operations if operation.function in LOSSES for V in operation.inputs)
        labels = (operand for operand in used if not isinstance(operand, Several) and self._are_labels(operand, m))
        self.Y = next(labels, self.Y)
        return roles if len(roles) == 4 and self._are_labels(self.Y, m) else {}

    def _are_labels(self, operand: Operand, m: int) -> bool:
        made = isinstance(operand, Result) and self.operations[operand.number].function
        return are_labels(self.value(operand), m) and made not in ("greater", "less")

    def _products(self, chains: list[_Chain]) -> Iterator[tuple[_Chain, Operand, bool]]:
        """Go through the weights that something is multiplied with, in order: the chain, that thing, and its side."""
        known: list[_Chain] = []
        for operation in self.operations:
            if operation.function in PRODUCTS and len(operation.operands) == 2:
                sides = [self.origin(operand) for operand in operation.operands]
                for k, side in enumerate(sides):
                    for chain in chains:
                        if side == chain.first and chain not in known:
                            known.append(chain)
                            yield chain, sides[1 - k], k == 1

    def step(self, roles: dict[str, _Chain], number: int) -> Step:
        """Put together what belongs to one step."""
        states = {name: chain.states()[number] for name, chain in roles.items()}
        given = {name: self.value(state) for name, state in states.items()}
        given |= {"X": self.value(self.X), "Y": self.value(self.Y)}
        updates = {name: chain.updates[number] for name, chain in roles.items()}
        begin = max((chain.updates[number - 1].number + 1 for chain in roles.values()), default=0) if number else 0
        end = max(update.number for update in updates.values())
        names: dict[Operand, str] = {state: name for name, state in states.items()} | {self.X: "X", self.Y: "Y"}
        rate = rate_of(list(updates.values()), self.operations)
        gradients = {f"d{name}": gradient_in(update, self.operations, rate) for name, update in updates.items()}
        return Step(given, gradients, tuple(_cut(self.operations[begin : end + 1], begin, names)), self.rows)


def are_labels(V: np.ndarray, m: int) -> bool:
    """Tell whether an array may hold the labels of m examples."""
    return V.size == m and V.dtype.kind in "iuf" and set(np.unique(V)) <= {0, 1}


def save(steps: Sequence[Step], folder: Path) -> None:
    """Write steps into a folder."""
    for number, step in enumerate(steps):
        place = folder / f"step{number}"
        place.mkdir()
        write(step.operations, place)
        np.savez(place / "arrays.npz", rows=step.rows, **step.given, **step.gradients)  # type: ignore[arg-type]


def load(folder: Path) -> list[Step]:
    """Read the steps that `save` wrote."""
    found: list[Step] = []
    for place in sorted(folder.glob("step*")):
        with np.load(place / "arrays.npz", allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        rows, given = bool(arrays.pop("rows")), {name: arrays.pop(name) for name in NAMES}
        found.append(Step(given, arrays, read(place), rows))
    return found


def rate_of(updates: Sequence[Operation], operations: Sequence[Operation]) -> float:
    """The learning rate: a number that is a factor in every update of arrays, on its line; 1 if there is none."""
    seen = [update for update in updates if isinstance(update.operands[-1], Result)]
    factors = [set(factors_of(update.operands[-1], update, operations)) for update in seen]
    return max(set.intersection(*factors), default=1.0) if factors else 1.0


def factors_of(operand: Operand, update: Operation, operations: Sequence[Operation]) -> Iterator[float]:
    """The sizes of the numbers that something is multiplied with on the line of an update."""
    if isinstance(operand, Constant) and np.ndim(operand.value) == 0 and operand.value:
        yield abs(float(operand.value))
    if isinstance(operand, Result):
        operation = operations[operand.number]
        same_line = operation.place and update.place and operation.place.line == update.place.line
        if same_line and operation.function in (*FACTORED, *VIEWS):
            for factor in operation.operands:
                yield from factors_of(factor, update, operations)


def gradient_in(update: Operation, operations: Sequence[Operation], rate: float = 1.0) -> np.ndarray:
    """Read the gradient off an update: what the learning rate is multiplied with, and which sign it gets."""
    sign, operand = 1.0 if update.function == "subtract" else -1.0, update.operands[-1]
    if not isinstance(operand, Result):
        return sign * np.asarray(getattr(operand, "value", 0.0)) / rate
    change = operations[operand.number]
    if change.function == "multiply":
        numbers = [float(V.value) for V in change.operands if isinstance(V, Constant) and np.ndim(V.value) == 0]
        others = [operand.number for operand in change.operands if isinstance(operand, Result)]
        if len(numbers) == len(others) == 1:
            return np.copysign(1.0, numbers[0]) * sign * operations[others[0]].result
    return sign * change.result / rate


def _cut(operations: Sequence[Operation], begin: int, names: dict[Operand, str]) -> Iterator[Operation]:
    """Number the operations of one step from 0; what was there before it is an input or a constant."""

    def new(operand: Operand) -> Operand:
        if operand in names:
            return Input(names[operand])
        if isinstance(operand, Several):
            return Several(tuple(map(new, operand.parts)))
        if isinstance(operand, Result):
            return Result(operand.number - begin) if operand.number >= begin else Constant("earlier")
        return operand

    for number, operation in enumerate(operations):
        yield replace(operation, number=number, operands=tuple(map(new, operation.operands)))
