"""Sums that do not depend on order: every term is cut into whole numbers, which are added exactly, and rounded once.

Floating-point addition rounds, so that (a + b) + c is not a + (b + c). Whole numbers are added without loss. So a term
is cut at fixed places, the powers of 2^32: level k holds a whole number of units of 2^(32 k), at most 2^32 of them for
each term. (Adding 1.5 x 2^(52 + 32 k) to a float64 rounds it to such units; subtracting that again leaves the part that
belongs to this level, and what remains belongs to the levels below. Such sums are called superaccumulators: Kulisch,
Computer Arithmetic and Validity, 2008; cutting with a constant as here is that of Rump, Ogita and Oishi, Accurate
floating-point summation, 2008.) A float64 needs three or four levels; arrays need as many as their entries span.

The result, sum of weight x term over a divisor, is the real number rounded to the nearest float64 (and then to float32,
if that is wanted), whatever the number of processes, the order and the engine.
"""

import math
from typing import Any

import numpy as np

from shared.distributing.engine import Engine
from shared.network import Array

BITS = 32
"""Bits of a level."""

ADDITIONS = 2**20
"""The terms that are added to a level in float64, which holds 2^53 units exactly, before they are carried over."""

LARGEST = 2.0**960
"""Larger terms cannot be cut; they count as not finite."""

BLOCK = 4096
"""The entries that are divided and rounded at a time: so few that all of it stays in the cache."""

UNCLEAR = 2.0**-30
"""Where so small a change before rounding would give another number, whole numbers decide."""

SMALL = 2.0**-960
"""Below it, products of halves could underflow."""


class ExactSum:
    """The sum of weighted arrays of the same size; each weight is a whole number below 2^30.

    A term that is not finite makes the sum NaN in that entry.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.not_finite = np.zeros(size, np.int64)
        self.wholes: dict[int, Array] = {}  # by level: whole numbers of its units
        self._of_weight: dict[int, dict[int, Array]] = {}  # by weight and level: what is not yet carried over
        self._additions = 0

    def add(self, term: Array, weight: int = 1) -> None:
        """Add a flat array, `weight` times."""
        rest = np.array(term, np.float64)
        unfit = ~(np.abs(rest) < LARGEST)
        if unfit.any():
            self.not_finite += unfit
            rest[unfit] = 0
        levels = self._of_weight.setdefault(weight, {})
        largest = float(np.max(np.abs(rest), initial=0.0))
        level = (math.frexp(largest)[1] - 1) // BITS
        part = np.empty_like(rest)
        while largest and rest.any():
            constant = 1.5 * 2.0 ** (52 + BITS * level)
            np.add(rest, constant, out=part)
            part -= constant
            rest -= part
            if level in levels:
                levels[level] += part
            else:
                levels[level] = part.copy()
            level -= 1
        self._additions += 1
        if self._additions == ADDITIONS:
            self.carry_over()

    def carry_over(self) -> None:
        """Turn what was added in float64 into whole numbers of 64 bits."""
        for weight, levels in self._of_weight.items():
            for level, values in levels.items():
                units = scaled(values, -level).astype(np.int64)  # below 2^53
                low, high = weight * (units & (2**BITS - 1)), weight * (units >> BITS)
                for place, more in ((level, low), (level + 1, high)):
                    self.wholes[place] = self.wholes.get(place, np.zeros(self.size, np.int64)) + more
        self.wholes = digits(self.wholes)
        self._of_weight, self._additions = {}, 0

    def total(self, engine: Engine, divisor: int, dtype: Any) -> Array:
        """Return the sum over all processes, over a whole number below 2^30, rounded to float64, then to the dtype."""
        self.carry_over()
        lowest, highest = min(self.wholes, default=0), max(self.wholes, default=0)
        highest, lowest = (engine.maximum(np.array([highest, -lowest])) * (1, -1)).tolist()
        rows = np.zeros((highest - lowest + 2, self.size), np.int64)
        for level, values in self.wholes.items():
            rows[level - lowest] = values
        rows[-1] = self.not_finite
        sums = engine.sum(rows)
        result = np.empty(self.size)
        for start in range(0, self.size, BLOCK):
            block = slice(start, start + BLOCK)
            wholes = {lowest + k: row[block] for k, row in enumerate(sums[:-1])}
            result[block] = quotient(wholes, divisor)
        result[sums[-1] > 0] = np.nan
        return result.astype(dtype)


def digits(wholes: dict[int, Array]) -> dict[int, Array]:
    """Carry over: every level but the highest then holds 0 to 2^32 - 1 units; the highest has the sign."""
    carried: dict[int, Array] = {}
    carry = np.zeros_like(next(iter(wholes.values()), np.zeros(0, np.int64)))
    for level in range(min(wholes, default=0), max(wholes, default=-1) + 1):
        total = wholes.get(level, 0) + carry
        carried[level], carry = total & (2**BITS - 1), total >> BITS
    if wholes:
        top = max(wholes)
        if np.any((carry < -1) | (carry > 0)):
            carried[top + 1] = carry
        else:  # it has the sign already
            carried[top] |= carry << BITS
    return carried


def quotient(wholes: dict[int, Array], divisor: int) -> Array:
    """Divide a sum by a whole number, and round to the nearest float64.

    Two float64 numbers hold the quotient to about a hundred bits. Where even these do not tell which way to round, or
    where numbers are so small that their halves are not exact, whole numbers of any length decide.
    """
    signed = digits(wholes)
    negative = signed[max(signed)] < 0
    magnitude = digits({level: np.where(negative, -V, V) for level, V in signed.items()})
    high, low = np.zeros((2, len(negative)))
    for level in sorted(magnitude, reverse=True):
        high, lost = two_sum(high, scaled(magnitude[level].astype(np.float64), level))
        low += lost
    first = high / divisor
    left = -two_product(first, divisor, high) + low  # what first x divisor falls short of the sum
    values, over = two_sum(first, left / divisor)
    unclear = (values + over * (1 + UNCLEAR) != values) | ((values < SMALL) & (high > 0))
    for k in np.flatnonzero(unclear):
        values[k] = exact_quotient({level: int(V[k]) for level, V in magnitude.items()}, divisor)
    return np.where(negative, -values, values)


def scaled(values: Array, level: int) -> Array:
    """Multiply by 2^(32 level), in two steps, so that each factor is a float64 number."""
    root = 2.0 ** (BITS // 2 * level)
    return values * root * root


def two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the sum, and exactly what its rounding lost (Knuth, The Art of Computer Programming, volume 2, 4.2.2)."""
    total = a + b
    rest = total - a
    return total, (a - (total - rest)) + (b - rest)


def two_product(a: Array, whole: int, near: Array) -> Array:
    """Return a x whole - near, where near is the product but for a few roundings; whole is below 2^30.

    Split into halves of 26 bits (Dekker), a times a number of 30 bits has two exact parts.
    """
    scaled = a * (2.0**27 + 1)
    upper = scaled - (scaled - a)
    low_whole = whole % 2**15
    high_whole = whole - low_whole
    rest = upper * high_whole - near
    for part, factor in ((upper, low_whole), (a - upper, high_whole), (a - upper, low_whole)):
        rest = rest + part * factor
    return rest


def exact_quotient(magnitude: dict[int, int], divisor: int) -> float:
    """Divide whole numbers: Python rounds their quotient to the nearest float64."""
    lowest = min(magnitude)
    total = sum(units << BITS * (level - lowest) for level, units in magnitude.items())
    power = BITS * lowest
    return (total << power) / divisor if power >= 0 else total / (divisor << -power)
