"""What a training curve may do: a reference trajectory, and the band of runs around it.

The band's rule:
- the reference is this training in float64; its curve ends with the cost of the trained weights;
- each of MEMBERS more runs changes every weight, before every step, by one unit in the last place of the judged dtype.
  (A program rounds each weight once a step, by half a unit at most.) W2 and b2 go up or down at random, by the unit of
  their current value. W1 and b1 follow one of 2 x PATTERNS random patterns of ups and downs, drawn once for each hidden
  unit, by the unit of the larger of the weight's first and last value;
- where rounding may decide on which side of 0 an entry of Z1 is, half of the members take each side's slope. (Such an
  entry is a fork: programs on different sides of it part at once, by far more than rounding, and all members could
  take the same side by chance.)
- s(i) is the root mean square of the members' distances from the reference at step i, or at the step before it where
  that was largest: the band never narrows;
- to s(i) comes, as variances add, the noise of two evaluations of the cost itself, the program's and the reference's:
  the largest noise at any checkpoint;
- if a program's distance is of that kind or smaller, distance / s(i) follows Student's t with MEMBERS degrees of
  freedom. The band's half-width is s(i) times the quantile that a correct program exceeds, at any of its steps, with
  probability FALSE_ALARM_RATE at most (Bonferroni: each step gets the rate divided by the number of steps).

The rule fails where a step is smaller than the weights' last place: then a program rounds the same way every time, and
drifts faster than changes at random do.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit
from threadpoolctl import threadpool_limits

from shared.judging.curves.ensemble import Ensemble, unwatched
from shared.judging.curves.perturbations import Branches, Perturbations
from shared.judging.curves.reference import Reference, first, train_reference
from shared.judging.judge import Judge
from shared.network import Array, Parameters, Settings

MEMBERS = 12
FALSE_ALARM_RATE = 1e-6
HORIZON = 0.01
"""The share of the cost that the band's half-width may reach: from there on curves cannot be compared by points."""


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
        """Find the first step before the horizon at which a curve is outside the band (NaN is outside)."""
        inside = np.abs(costs - self.costs) <= self.half_width
        return first(~inside[: self.horizon])


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


def spread(reference: Reference, X: Array, Y: Array, settings: Settings) -> Array:
    """Train the band's members; return s(i), (iterations + 1,).

    Parameters
    ----------
    reference
        The reference; X, Y and settings are those that it was trained with. The seed draws the ups and downs.
    """
    start, end = reference.checkpoints[0], reference.trained
    perturbations = Perturbations(start, end, X, settings.seed)
    branches = Branches(perturbations, start, end, X, settings)
    runs, s = Ensemble(start, X, Y, settings, MEMBERS), np.empty(len(reference.costs))
    with threadpool_limits(1), unwatched():
        for i, cost in enumerate(reference.costs):
            perturbations.perturb(runs)
            s[i] = np.sqrt(np.mean(np.square(runs.step(branches.positive(runs.Z1, i)) - cost)))
    return np.maximum.accumulate(s)


def band_around(reference: Reference, s: Array, cost_noise: float) -> Band:
    """Draw the band around the reference, from the members' s(i) and the noise of one evaluation of the cost."""
    return Band(reference.costs, quantile(len(s)) * np.hypot(s, np.sqrt(2) * cost_noise))


def quantile(iterations: int) -> float:
    """Student's t with MEMBERS degrees of freedom, two-sided, at the false-alarm rate of one step."""
    return float(-stdtrit(MEMBERS, FALSE_ALARM_RATE / iterations / 2))
