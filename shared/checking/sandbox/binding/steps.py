"""The steps of a training that was watched: its weights, examples and gradients, read off what was computed."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.operands import same_weights, value_of
from shared.checking.sandbox.binding.passes import Pass, Reading, Step
from shared.checking.sandbox.binding.words import reduced
from shared.checking.watching.operations import Constant, Operation, Result

RATES = ("learningrate", "lr", "alpha", "eta", "rate", "stepsize", "learnrate", "lrate")
"""What people call the learning rate, and nothing else of a network without slopes."""
NUMBER = r"(\d*\.?\d+(?:[eE][+-]?\d+)?)\b"
WRITTEN = (
    re.compile(rf"""\b(\w+)["']?(?:\s*:\s*float)?\s*[=:]\s*{NUMBER}"""),
    re.compile(rf"""["']--?([\w-]+)["'].*?\bdefault\s*=\s*{NUMBER}"""),
)
"""A name and its number: in an assignment, a call, a dict or a default, and as an option of the command line."""
COSTS = ("cost", "loss", "j")
"""What they call the cost, and no other measure of errors."""


def steps_of(
    passes: Sequence[Pass],
    operations: Sequence[Operation],
    inputs: Mapping[str, np.ndarray] | None = None,
    named: Sequence[float] = (),
) -> list[Step]:
    """Make steps of passes, as far as what is trained is this network's four arrays.

    `operations` are all that were watched, `inputs` the arrays that came from outside of them, by the program's names,
    and `named` the numbers that are called learning rates.
    """
    found, right_at_first = list[Step](), set[str]()
    for each in passes:
        reading = Reading(each, operations, inputs or {}, named, right_at_first)
        if (step := reading.step()) is None:  # of what has gone out of hand, that is all
            break
        found.append(step)
        right_at_first = right_at_first if found[1:] else reading.right
    passes = passes[: len(found)]
    named_costs = [
        costs_in(operations[each.begin : each.end], operations, step.given["Y"].size == 1)
        if each.cost is None
        else [float(each.cost)]
        for each, step in zip(passes, found, strict=True)
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


def costs_in(step: Sequence[Operation], operations: Sequence[Operation], is_single: bool) -> list[float]:
    """Return the single numbers that a program calls its cost, in the operations of a step.

    Of what is added up over an epoch it is what a step adds, if that has a single example: a batch's may be a share.
    """
    found = [each for each in step if each.result.size == 1 and reduced(each.name) in COSTS]
    summed = [each for each in found if each.function == "add" and is_sum_so_far(each, operations)]
    if summed:
        added = (value_of(each.operands[1], operations, {}) for each in summed)
        return [float(V.item()) for V in added if is_single and V.size == 1]
    return [float(each.result.item()) for each in found]


def is_sum_so_far(operation: Operation, operations: Sequence[Operation]) -> bool:
    """Tell whether something is added to what has the same name already, or to the 0 that this begins with."""
    match operation.operands[0]:
        case Result(number):
            return operations[number].name == operation.name
        case Constant(value):
            return isinstance(value, int | float) and value == 0
    return False


def is_unused(text: str) -> bool:
    """Tell whether nothing in a text takes the learning rate: no variable, no attribute and no key is called so."""
    with suppress(SyntaxError):
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(getattr(node, "ctx", None), ast.Load)]
        keys = [
            node.slice.value
            for node in nodes
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        ]
        taken = [getattr(node, "id", getattr(node, "attr", "")) for node in nodes]
        return not any(reduced(str(name)) in RATES for name in (*taken, *keys))
    return False


def learning_rates(names: Mapping[str, Any], text: str = "") -> list[float]:
    """Return the numbers that are called the learning rate, among variables and in a text."""
    held = [V for name, V in names.items() if reduced(name) in RATES and type(V) in (int, float)]
    written = [float(number) for form in WRITTEN for name, number in form.findall(text) if reduced(name) in RATES]
    return list(dict.fromkeys(float(V) for V in (*held, *written) if V > 0))
