"""What a training curve may do: a reference trajectory, and the band of runs around it (rule: docs/judging.md)."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from shared.judging.curves.ensemble import Ensemble, unwatched
from shared.judging.curves.perturbations import PATTERNS, Branches, Perturbations
from shared.judging.curves.reference import Reference, first, train_reference
from shared.judging.curves.stored import Stored
from shared.judging.curves.trained import distances
from shared.judging.judge import Judge
from shared.judging.verdict import FALSE_ALARM_RATE
from shared.network import Array, Parameters, Settings

MEMBERS = range(16, 49)
"""How many members a band has: the fewest on the photographs, more where the network is small and they cost little."""

HORIZON = 0.01
"""From where the band's half-width exceeds this share of the cost, curves cannot be compared point by point."""


@dataclass(frozen=True)
class Band:
    """How far from the reference curve a correct program's may be at each step."""

    costs: Array
    half_width: Array

    @property
    def horizon(self) -> int | None:
        """The first step at which the half-width exceeds the share HORIZON of the cost; None if it never does."""
        return first(~(self.half_width <= HORIZON * np.abs(self.costs)))

    def leaves(self, costs: Array) -> int | None:
        """Find the first step at which a curve is outside the band (NaN is outside)."""
        return first(~(np.abs(costs - self.costs) <= self.half_width))

    def share(self, costs: Array) -> float:
        """How much of the band a curve uses, where it uses most."""
        with np.errstate(invalid="ignore"):
            return float(np.max(np.abs(costs - self.costs) / self.half_width, initial=0.0))


class Spread(NamedTuple):
    """How far apart correct programs get: what the members of a band show.

    `costs` is s(i), `drift` the distance of the run that stores its weights; `trained` is what the two make together of
    Z1 (n_h,), W2 (n_h, 1) and b2 (1, 1) at the end, as a band's half-width is made (see `distances`).
    """

    costs: Array
    drift: Array
    members: int
    trained: tuple[Array, Array, Array]


def correct_curves(parameters: Parameters, X: Array, Y: Array, settings: Settings) -> tuple[Reference, Band]:
    """Train the reference and draw the band around it: all that a curve is judged by.

    Raises
    ------
    InputError
        If the training diverges.
    """
    reference, judge = train_reference(parameters, X, Y, settings), Judge(X, Y, settings.activation)
    noise = max(judge.at(weights).cost_noise for weights in reference.checkpoints.values())
    return reference, band_around(reference, spread(reference, X, Y, settings), noise)


def spread(reference: Reference, X: Array, Y: Array, settings: Settings) -> Spread:
    """Train the band's members, and the run that stores its weights, as the reference was trained."""
    start, end = reference.checkpoints[0], reference.trained
    perturbations = Perturbations(start, end, X, settings.seed)
    branches = Branches(perturbations, start, end, X, settings)
    members = Ensemble(start, X, Y, settings, how_many(*perturbations.on_Z1.shape))
    stored, s, drift = Stored(start, X, Y, settings), *np.empty((2, len(reference.costs)))
    with threadpool_limits(1), unwatched():
        for i, cost in enumerate(reference.costs):
            perturbations.perturb(members)
            if i == settings.iterations:
                trained = [distances(run.Z1, run.W2, run.b2, end, X) for run in (members, stored)]
            s[i] = np.sqrt(np.mean(np.square(members.step(branches.positive(members.Z1, i)) - cost)))
            drift[i] = np.abs(stored.step()[0] - cost)
    factor = quantile(len(members.Z1), sum(V.size for V in trained[0]))
    Z1, W2, b2 = (factor * a + 2 * b for a, b in zip(*trained, strict=True))
    return Spread(np.maximum.accumulate(s), np.maximum.accumulate(drift), len(members.Z1), (Z1, W2, b2))


def how_many(patterns: int, m: int) -> int:
    """Count the members that train in about the time of 16 on the photographs: each takes m^2 numbers a hidden unit."""
    count = MEMBERS[0] * (209**2 * 16 * PATTERNS) // (m**2 * patterns) // 2 * 2  #  an even number: half take each side
    return int(np.clip(count, MEMBERS[0], MEMBERS[-1]))


def band_around(reference: Reference, spread: Spread, cost_noise: float) -> Band:
    """Draw the band around the reference, from its members and the noise of one evaluation of the cost."""
    random = quantile(spread.members, len(spread.costs)) * np.hypot(spread.costs, np.sqrt(2) * cost_noise)
    return Band(reference.costs, random + 2 * spread.drift)


def quantile(members: int, comparisons: int) -> float:
    """Student's t for a band of so many members, two-sided, at the false-alarm rate of one of many comparisons."""
    from scipy.special import stdtrit  # it takes 0.3 s to import, and programs without a training do not need it

    return float(-stdtrit(members, FALSE_ALARM_RATE / comparisons / 2))
