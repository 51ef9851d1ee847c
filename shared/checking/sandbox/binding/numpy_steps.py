"""The steps of a training in NumPy: arrays from which the same line subtracts something again and again."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.operands import SHARE, number_of, value_of
from shared.checking.sandbox.binding.passes import PRODUCTS, VIEWS, Pass
from shared.checking.sandbox.binding.words import gradient_of, weight_of
from shared.checking.watching.operations import Operand, Operation, Result

FACTORED = ("multiply", "divide", "matmul", "dot", "negative")
"""What a factor of an operand is a factor of, too."""


@dataclass
class _Chain:
    """What is updated again and again in the same place: its first value, and the updates.

    A single number that no array sees is known by its variable: what that held first, and what it was given then.
    """

    first: np.ndarray
    updates: list[Operation]
    begun: int = 0

    def states(self) -> list[np.ndarray]:
        """What it is at the beginning of each step, and after the last."""
        return [self.first, *(update.result for update in self.updates)]


def passes(operations: Sequence[Operation], inputs: Mapping[str, np.ndarray], most: int) -> list[Pass]:
    """Find the steps of gradient descent: what is updated, and what stays although it has the name of a weight."""
    chains = _together(_chains(operations, inputs))
    count = min(most, *(len(chain.updates) for chain in chains)) if chains else 0
    firsts = [chain.first.ravel() for chain in chains]
    begun = min((chain.updates[0].number for chain in chains), default=0)
    made = {**inputs, **{each.name: each.result for each in operations[:begun]}}
    named = [V for name, V in made.items() if weight_of(name) and not gradient_of(name)]
    still = [V for V in named if not any(np.array_equal(np.ravel(V), first) for first in firsts)]
    found, begin = list[Pass](), max((chain.begun for chain in chains), default=0)
    for number in range(count):
        updates = [chain.updates[number] for chain in chains]
        rate = rate_of(updates, operations)
        states = [chain.states()[number : number + 2] for chain in chains]
        end = max(update.number for update in updates) + 1
        gradients = [
            gradient_in(update, operations, rate) if update.operands else (before - after) / rate
            for update, (before, after) in zip(updates, states, strict=True)
        ]
        found.append(
            Pass(
                begin,
                end,
                [*(before for before, _ in states), *still],
                [*gradients, *[None] * len(still)],
                [*(after for _, after in states), *still],
                forms={k: forms_in(update, operations) for k, update in enumerate(updates) if update.operands},
            )
        )
        begin = end
    return found


def _chains(operations: Sequence[Operation], inputs: Mapping[str, np.ndarray]) -> list[_Chain]:
    """Find what is updated: each update in a place takes what the one before it in this place gave."""
    found, ends = list[_Chain](), dict[Any, _Chain]()
    for operation in operations:
        is_b2 = (weight_of(operation.name) or "").startswith(("b2", "b#"))
        is_number = operation.function == "assign" and is_b2
        moves = operation.function in ("add", "subtract") and (operation.result.ndim > 0 or is_b2)
        if operation.place is None or not (is_number or moves):
            continue
        before = operation.name if is_number else operation.operands[0]
        chain = ends.pop(before, None)
        if chain and (is_number or chain.updates[-1].place.line == operation.place.line):  # type: ignore[union-attr]
            chain.updates.append(operation)
        else:
            first = operation.result if is_number else value_of(operation.operands[0], operations, inputs)
            chain = _Chain(np.resize(first, operation.result.shape), [] if is_number else [operation])  # W2 as a vector
            chain.begun = operation.number + 1 if is_number else 0
            found.append(chain)
        ends[operation.name if is_number else Result(operation.number)] = chain
    used = [value_of(V, operations, inputs) for each in operations if each.function in PRODUCTS for V in each.operands]
    known = {V.tobytes() for W in used if W.any() for V in (W, W.T)}
    moving = [chain for chain in found if len(chain.updates) > 1]
    weights = [chain for chain in moving if all(each.result.tobytes() in known for each in chain.updates[:-1])]
    count = min((len(chain.updates) for chain in weights), default=0)
    second = min((chain.updates[1].number for chain in weights), default=0)
    early = [chain for chain in moving if (chain.begun or chain.updates[0].number) < second]
    return [chain for chain in early if abs(len(chain.updates) - count) < 2]


def _together(chains: list[_Chain]) -> list[_Chain]:
    """Let all chains begin with the same step: the first value of a single number is seen when that has moved."""
    late = any(not chain.updates[0].operands for chain in chains)
    for chain in chains if late else ():
        if chain.updates[0].operands:
            chain.begun = chain.updates[0].number + 1
            chain.first = chain.updates.pop(0).result
    return [chain for chain in chains if chain.updates]


def rate_of(updates: Sequence[Operation], operations: Sequence[Operation]) -> float:
    """The learning rate: a number that is a factor in most updates of arrays, on their lines; 1 if there is none."""
    seen = [update for update in updates if update.operands and isinstance(update.operands[-1], Result)]
    factors = Counter(f for update in seen for f in {*factors_of(update.operands[-1], update, operations)})
    return max((f for f, count in factors.items() if 2 * count > len(seen)), default=1.0)


def factors_of(operand: Operand, update: Operation, operations: Sequence[Operation]) -> Iterator[float]:
    """The sizes of the numbers that something is multiplied with on the line of an update."""
    if number := number_of(operand, operations):
        yield abs(number)
    if isinstance(operand, Result):
        operation = operations[operand.number]
        same_line = operation.place and update.place and operation.place.line == update.place.line
        if same_line and operation.function in (*FACTORED, *VIEWS):
            for factor in operation.operands[: 1 if operation.function == "divide" else None]:
                yield from factors_of(factor, update, operations)


def gradient_in(update: Operation, operations: Sequence[Operation], rate: float = 1.0) -> np.ndarray:
    """Read the gradient off an update: what the learning rate is multiplied with, and which sign it gets."""
    sign, operand = 1.0 if update.function == "subtract" else -1.0, update.operands[-1]
    if not isinstance(operand, Result):
        return sign * np.asarray(getattr(operand, "value", 0.0)) / rate
    change = operations[operand.number]
    if change.function == "multiply":
        numbers = [number for V in change.operands if (number := number_of(V, operations))]
        others = [V.number for V in change.operands if isinstance(V, Result) and not number_of(V, operations)]
        if len(numbers) == len(others) == 1 and abs(abs(numbers[0]) - rate) <= SHARE * rate:
            return np.copysign(1.0, numbers[0]) * sign * operations[others[0]].result
    return sign * change.result / rate


def forms_in(update: Operation, operations: Sequence[Operation]) -> list[np.ndarray]:
    """Return what may be the gradient in an update: the whole of what is taken away, and its factors without sign."""
    operand = update.operands[-1]
    change = operations[operand.number] if isinstance(operand, Result) else None
    factors = [operations[V.number].result for V in change.operands if isinstance(V, Result)] if change else []
    return [*factors, change.result] if change else []
