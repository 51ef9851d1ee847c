"""Gradients that are differences of costs, (cost(V + h) - cost(V - h)) / 2h: how they show, and how far off they are.

Two neighbouring costs differ by a whole number of the cost's last places, exactly. So such a quotient times 2h is that
whole number, but for two roundings; a derivative times 2h is one by chance only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from shared.checking.lines import run
from shared.checking.problems import Problem
from shared.judging.verdict import Allowance
from shared.network import Array

STEPS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, float(np.sqrt(np.finfo(float).eps)))
"""Usual steps; the last is SciPy's."""
ENOUGH = 20
"""Entries that must be whole numbers, each to a tenth: by chance they are so once in 5^20 times."""


@dataclass(frozen=True)
class Differences:
    """Which differences: of costs `step` above and below, or `step` above and at the place itself."""

    step: float
    central: bool

    @property
    def divisor(self) -> float:
        """What the difference of the costs is divided by."""
        return 2 * self.step if self.central else self.step

    def __str__(self) -> str:
        return f"{'central' if self.central else 'forward'} differences of costs with the step {self.step:.3g}"


KINDS = sorted((Differences(step, central) for step in STEPS for central in (True, False)), key=lambda d: d.divisor)
"""All that are looked for. The smallest divisor comes first: whole numbers stay whole when they are multiplied."""


@dataclass(frozen=True)
class Gradients:
    """The four gradients that a program gave on a problem, as one array, its dtype, and the cost there."""

    values: Array
    dtype: np.dtype
    cost: float


def recognised(replies: Sequence[Gradients]) -> Differences | None:
    """Find the differences that the gradients are, on all problems; None if they are none."""
    return next((kind for kind in KINDS if are(kind, replies)), None)


def are(kind: Differences, replies: Sequence[Gradients]) -> bool:
    """Tell whether enough entries are differences of this kind, and none is not."""
    count = 0
    for gradients in replies:
        distances = from_whole_numbers(kind, gradients)
        if not np.all(distances < 0.1):
            return False
        count += len(distances)
    return count >= ENOUGH


def from_whole_numbers(kind: Differences, gradients: Gradients) -> Array:
    """Measure how far each entry, times the divisor, is from a whole number of the cost's last places.

    An entry that is 0, or too large for its own roundings to leave a fraction, tells nothing; less than half is not 0.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # a cost may be 0, or larger than its dtype can hold
        last_place = np.spacing(gradients.dtype.type(abs(gradients.cost)))
        places = gradients.values[gradients.values != 0] * kind.divisor / last_place
    telling = places[np.abs(places) * np.finfo(gradients.dtype).eps < 0.02]
    return np.where(np.round(telling) == 0, 1.0, np.abs(telling - np.round(telling)))


@cache
def quotients(problem: Problem, kind: Differences, name: str) -> Array:
    """Compute the differences of the right cost, in float64."""
    inputs = {n: V.astype(np.float64) for n, V in problem.given().items()}
    V = inputs[name.removeprefix("d")]

    def cost(change: Array) -> float:
        return float(run({**inputs, name.removeprefix("d"): V + change})["cost"])

    changes = (kind.step * unit.reshape(V.shape) for unit in np.eye(V.size))
    return np.array([cost(h) - cost(-h if kind.central else 0 * h) for h in changes]).reshape(V.shape) / kind.divisor


def across_kinks(problem: Problem, step: float, name: str) -> Array:
    """Bound the gradient of the units that a step can take across relu's kink; 0 for the others."""
    if name not in ("dW1", "db1"):
        return np.zeros(1)
    q = run(problem.given())
    X = np.abs(problem.X) if name == "dW1" else np.ones((1, problem.X.shape[1]))
    near = np.any(np.abs(q["Z1"]) <= step * np.abs(X).max(), axis=1, keepdims=True)
    return np.where(near, np.abs(q["dA1"]) @ X.T, 0)


def widened(
    allowance: Allowance, truth: Array, problem: Problem, dtype: np.dtype, kind: Differences, name: str, in_cost: float
) -> Allowance:
    """Allow what differences of the right cost can be off by, where each cost may be off by `in_cost`.

    That is, what the right differences are off by, or any differences across a kink; the errors of two costs, here and
    in the program; and the rounding of V + h, which is a share of h.
    """
    u, V = float(np.finfo(dtype).eps), problem.given()[name.removeprefix("d")].astype(np.float64)
    off = np.maximum(np.abs(quotients(problem, kind, name) - truth), across_kinks(problem, kind.step, name))
    local = 4 * in_cost / kind.divisor + 2 * u * (np.abs(V) + kind.step) / kind.step * (np.abs(truth) + off)
    return Allowance(allowance.bound + off + local, allowance.noise + off + local)
