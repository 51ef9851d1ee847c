"""Forks: entries of Z1 so near to 0 that rounding decides on which side a program finds them.

There dZ1 is one of two numbers. If that were allowed as an error, it would hide all else in a row of dW1, which moves
by (1 - slope) dA1 x. So a program is judged by the sides that it took: of all that are possible, those that fit best.
"""

from itertools import product
from typing import NamedTuple

import numpy as np

from shared.judging.enclosure import Enclosure
from shared.judging.verdict import Allowance
from shared.network import Array

MANY = 8
"""The most forks that a hidden unit may have: 2 to that power choices of sides are tried."""


class Forks(NamedTuple):
    """What forks do to a quantity that has a row for each hidden unit.

    `jumps` (n_h, m): what dZ1 gains on the other side of a fork, or 0. `directions` (m, width): what an entry of dZ1
    adds to its row of the quantity. `noise`: the standard deviation of a program whose sides are known.
    """

    jumps: Array
    directions: Array
    noise: Array

    def settled(self, values: Array, truth: Enclosure, allowance: Allowance) -> tuple[Enclosure, Allowance]:
        """What is right for a program that took the sides which fit its values best."""
        near = values - truth.high - truth.low
        shift, noise = np.zeros_like(near), np.maximum(self.noise, np.finfo(float).tiny)
        for unit in np.flatnonzero(self.jumps.any(axis=1)):
            forks = np.flatnonzero(self.jumps[unit])
            sides = np.array(list(product((0, 1), repeat=len(forks))))
            shifts = sides @ (self.jumps[unit, forks, None] * self.directions[forks])
            shift[unit] = shifts[np.argmin(np.max(np.abs(near[unit] - shifts) / noise[unit], axis=1))]
        of_sides = Enclosure(truth.high, truth.low + shift, truth.radius + 2.0**-50 * np.abs(shift))
        return of_sides, Allowance(allowance.bound + np.abs(shift), self.noise)
