"""What rounding does to a training in float32 or float64: it changes weights, and it may decide the sides of kinks."""

import numpy as np

from shared.judging import rounding
from shared.judging.arithmetic import Probabilistic
from shared.judging.curves.ensemble import Ensemble
from shared.judging.verdict import deviations
from shared.network import Array, Parameters, Settings

PATTERNS = 128
"""How many random patterns of ups and downs are drawn for each hidden unit's weights; each counts both ways."""


def last_place(V: Array, dtype: np.dtype) -> Array:
    """The unit in the last place of each entry, in the judged dtype."""
    return np.spacing(np.abs(V).astype(dtype)).astype(np.float64)


class Perturbations:
    """One unit in the last place, up or down, on every weight: what it does to Z1, W2 and b2.

    W1 and b1 change by the unit of the larger of the weight's first and last value.
    """

    def __init__(self, initial: Parameters, final: Parameters, X: Array, seed: int) -> None:
        self.dtype, self.rng = X.dtype, np.random.default_rng(seed)
        self.units_W1 = last_place(np.maximum(np.abs(initial.W1), np.abs(final.W1)), self.dtype)
        self.units_b1 = last_place(np.maximum(np.abs(initial.b1), np.abs(final.b1)), self.dtype)
        units = zip(self.units_W1, self.units_b1, strict=True)
        changes = [self.patterns(w) @ X + self.patterns(b) for w, b in units]
        self.on_Z1 = np.concatenate([(change, -change) for change in changes]).reshape(-1, X.shape[1])

    def patterns(self, units: Array) -> Array:
        """Random ups and downs by these units, (PATTERNS, len(units))."""
        return self.signs((PATTERNS, len(units))) * units

    def signs(self, shape: tuple[int, ...]) -> Array:
        """Draw +1 or -1."""
        return 2.0 * self.rng.integers(2, size=shape) - 1

    def perturb(self, runs: Ensemble) -> None:
        """Change every weight of every run: a random pattern for each hidden unit."""
        count, n_h, _ = runs.Z1.shape
        pattern = self.rng.integers(2 * PATTERNS, size=(count, n_h)) + 2 * PATTERNS * np.arange(n_h)
        runs.Z1 += self.on_Z1[pattern]
        runs.W2 += self.signs(runs.W2.shape) * last_place(runs.W2, self.dtype)
        runs.b2 += self.signs(runs.b2.shape) * last_place(runs.b2, self.dtype)


class Branches:
    """On which side of 0 each run finds Z1: where rounding may decide, half of the runs take each.

    Rounding may decide where Z1 is nearer to 0 than a number of standard deviations: so many that the chance that any
    entry of Z1 goes farther, at any step of the training, is `verdict.FALSE_ALARM_RATE` at most. Two things make up the
    standard deviation, and their variances add: the noise of evaluating Z1, with the first or the last weights, the
    larger of the two; and the perturbations of all steps so far.
    """

    def __init__(
        self, perturbations: Perturbations, initial: Parameters, final: Parameters, X: Array, settings: Settings
    ) -> None:
        self.rng = perturbations.rng
        self.evaluation = np.maximum(*(noise_of_Z1(P, X, settings) for P in (initial, final)))  # (n_h, m), deviations
        # The variance that the perturbation of one step adds to Z1, (n_h, m).
        self.a_step = np.square(perturbations.units_W1) @ np.square(X.astype(np.float64)) + np.square(
            perturbations.units_b1
        )
        self.deviations = deviations(self.evaluation.size * (settings.iterations + 1))

    def uncertainty(self, step: int) -> Array:
        """How near to 0 rounding may decide the side of an entry of Z1, (n_h, m)."""
        return self.deviations * np.sqrt(np.square(self.evaluation) + (step + 1) * self.a_step)

    def positive(self, Z1: Array, step: int) -> Array:
        """Say where the runs take Z1 to be positive, (count, n_h, m)."""
        positive, may_be_either = Z1 > 0, np.abs(Z1) <= self.uncertainty(step)
        entries = may_be_either.any(axis=0)
        every_second = np.broadcast_to(np.arange(len(Z1))[:, None] % 2 == 0, (len(Z1), int(entries.sum())))
        either = self.rng.permuted(every_second, axis=0)  #                  for each entry, half of the runs
        positive[:, entries] = np.where(may_be_either[:, entries], either, positive[:, entries])
        return positive


def noise_of_Z1(parameters: Parameters, X: Array, settings: Settings) -> Array:  # noqa: N802
    """One standard deviation of rounding in Z1, (n_h, m)."""
    theirs = {name: V.astype(np.float64) for name, V in (*parameters._asdict().items(), ("X", X))}
    return rounding.through_one_line(
        Probabilistic(X.dtype, settings.activation, deviations(parameters.W1.size)), "Z1", theirs
    ).error
