"""The steps of a training that was watched: its weights, examples and gradients, read off what was computed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.operands import same_weights
from shared.checking.sandbox.binding.passes import Pass, Reading, Step
from shared.checking.sandbox.binding.words import reduced
from shared.checking.watching.operations import Operation

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


def learning_rates(names: Mapping[str, Any], text: str = "") -> list[float]:
    """Return the numbers that are called the learning rate, among variables and in a text."""
    held = [V for name, V in names.items() if reduced(name) in RATES and type(V) in (int, float)]
    written = [float(number) for form in WRITTEN for name, number in form.findall(text) if reduced(name) in RATES]
    return list(dict.fromkeys(float(V) for V in (*held, *written) if V > 0))
