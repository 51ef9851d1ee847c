"""Two ways to add up rounding errors: at their worst, which is a proof, and as independent noise, which is a model.

`WorstCase`: a program of unit roundoff u that adds n products, in any order, with or without fused multiply-add, errs
by at most gamma(n) |A| |B|, with gamma(n) = n u / (1 - n u) (Higham, Accuracy and Stability of Numerical Algorithms,
2nd edition, chapter 3).

`Probabilistic`: each rounding is a random number, uniform within u of its result, so that its variance is u^2 / 3 of
the result's square. docs/judging.md derives how such numbers add up, and which of them are not independent.

A program that processes the examples in chunks (`chunk`) sums the products of each chunk. The sums of the chunks are
added exactly, each times its number of examples, and rounded once (shared/distributing/exact_sum.py).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import NamedTuple

import numpy as np

from shared.judging.sums import alike, scaled, squared_partial_sums, typical
from shared.network import Activation, Array


class WithError(NamedTuple):
    """A quantity as far as float64 knows it: its value, and the error of a program that computes it.

    For `WorstCase`, the error bounds |computed - true| for every program, and for `value`, which is one of them.
    For `Probabilistic`, it is one standard deviation.
    """

    value: Array
    error: Array

    @property
    def T(self) -> "WithError":  # noqa: N802
        """The transpose."""
        return WithError(self.value.T, self.error.T)


def exact(V: Array) -> WithError:
    """Wrap numbers that every program is given as they are: weights, pixels, labels."""
    return WithError(np.asarray(V, np.float64), np.zeros(np.shape(V)))


@dataclass(frozen=True)
class Arithmetic(ABC):
    """How errors of a dtype add up, for one hidden activation.

    `chunk`: how many examples a program sums at a time; None if it sums all in one piece. `settled`, (n_h, m): where it
    is known on which side of 0 a program finds Z1, although rounding decides.
    """

    dtype: np.dtype
    activation: Activation
    chunk: int | None = field(default=None, kw_only=True)
    settled: Array | bool = field(default=False, kw_only=True)

    @property
    def u(self) -> float:
        """The unit roundoff: half the spacing of the numbers at 1."""
        return float(np.finfo(self.dtype).eps) / 2

    @property
    def tiny(self) -> float:
        """What underflow may cost: the smallest normal number, since some libraries flush what is below it to 0."""
        return float(np.finfo(self.dtype).tiny)

    @abstractmethod
    def uncertainty(self, V: WithError) -> Array:
        """How far from `V.value` a program's value may be."""

    @abstractmethod
    def add(self, *errors: Array) -> Array:
        """The error of a sum of independently wrong numbers."""

    @abstractmethod
    def rounded(self, count: float | Array, magnitude: Array) -> Array:
        """The error of `count` roundings of a result of this magnitude."""

    @abstractmethod
    def inherited(self, A: Array, B: Array) -> Array:
        """The error of A @ B, where one factor is an error and the other a magnitude."""

    @abstractmethod
    def summed(self, A: WithError, B: WithError, bias: WithError) -> Array:
        """The error of rounding in A @ B + bias."""

    @abstractmethod
    def at_once(self, k: Array) -> Array:
        """Count how many roundings of a result are as bad as one rounding of k times its magnitude."""

    @abstractmethod
    def adding_up(self, V: WithError, examples: bool = False) -> WithError:
        """V with its errors weighted for adding up its rows, over the examples or over something else."""

    def magnitude(self, V: WithError) -> Array:
        """How large a program's value may be."""
        return np.abs(V.value) + self.uncertainty(V)

    def product(self, A: WithError, B: WithError, bias: WithError | None = None) -> WithError:
        """A @ B + bias."""
        return self.multiplied(self.adding_up(A), self.adding_up(B.T).T, bias)

    def multiplied(self, A: WithError, B: WithError, bias: WithError | None = None) -> WithError:
        """A @ B + bias, where the errors of A and B are independent or at their worst."""
        value = A.value @ B.value
        bias = bias or exact(np.zeros_like(value))
        errors = (self.inherited(A.error, self.magnitude(B)), self.inherited(self.magnitude(A), B.error), bias.error)
        return WithError(value + bias.value, self.add(*errors, self.summed(A, B, bias)))

    @abstractmethod
    def accumulated(self, parts: Sequence[WithError]) -> WithError:
        """The sum of what the chunks give, each scaled by its share of the examples."""

    def over_examples(self, A: WithError, B: WithError) -> WithError:
        """A @ B, where the sum runs over the examples."""
        A, B, m = self.adding_up(A, examples=True), self.adding_up(B.T, examples=True).T, A.value.shape[1]
        if self.chunk is None or self.chunk >= m:
            return self.multiplied(A, B)
        cuts = [slice(start, start + self.chunk) for start in range(0, m, self.chunk)]
        return self.accumulated([self.multiplied(*some(A, B, examples)) for examples in cuts])

    def scaled(self, V: WithError) -> WithError:
        """V, which has a value for each example, as a program gives it.

        In chunks V and the inputs of its line are scaled by the chunk's share: two roundings each.
        """
        if self.chunk is None:
            return V
        return WithError(V.value, self.add(V.error, self.rounded(4, self.magnitude(V))))

    def total(self, A: WithError) -> WithError:
        """The sum over the examples."""
        return self.over_examples(A, exact(np.ones((A.value.shape[1], 1))))


@dataclass(frozen=True)
class WorstCase(Arithmetic):
    """Every rounding at its worst, all in the same direction. `growth` makes up for rounding in the bound itself."""

    growth: float = 1.0

    def uncertainty(self, V: WithError) -> Array:
        """Twice the error: `V.value` and the program's value lie on different sides of the true one."""
        return 2 * V.error

    def add(self, *errors: Array) -> Array:
        """Add them all. Where numbers are too large for a bound (infinity times 0), it is infinite."""
        return np.nan_to_num(self.growth * sum(errors), nan=np.inf, posinf=np.inf)

    def accumulated(self, parts: Sequence[WithError]) -> WithError:
        """The sum of what the chunks give is rounded to float64, and then to the dtype."""
        value, error = np.asarray(sum(part.value for part in parts)), self.add(*(part.error for part in parts))
        return WithError(value, self.add(error, self.rounded(2, np.abs(value) + error)))

    def rounded(self, count: float | Array, magnitude: Array) -> Array:
        """gamma(count) times the magnitude, and underflow; an exact 0 is exact."""
        return np.where(magnitude > 0, self.gamma(count) * magnitude + self.tiny, 0)

    def at_once(self, k: Array) -> Array:
        """So many."""
        return k

    def adding_up(self, V: WithError, examples: bool = False) -> WithError:
        """Return V as it is: the worst case takes all errors as equal anyway."""
        return V

    def gamma(self, n: float | Array) -> Array:
        """Bound the relative error of n roundings in a row; infinite where n u reaches 1."""
        nu = np.asarray(n * self.u)
        return np.where(nu < 1, nu / np.where(nu < 1, 1 - nu, 1), np.inf)

    def inherited(self, A: Array, B: Array) -> Array:
        """Every entry's error counts in full."""
        return A @ B

    def summed(self, A: WithError, B: WithError, bias: WithError) -> Array:
        """gamma(n + 1) |A| |B|, and underflow of each product that is not exactly 0."""
        magnitude_A, magnitude_B = self.magnitude(A), self.magnitude(B)
        products = (magnitude_A > 0).astype(float) @ (magnitude_B > 0).astype(float)
        return (
            self.rounded(A.value.shape[1] + 1, magnitude_A @ magnitude_B + self.magnitude(bias)) + self.tiny * products
        )


@dataclass(frozen=True)
class Probabilistic(Arithmetic):
    """Every rounding a random number.

    `deviations`: how many standard deviations count as possible. `copies`: how often each example occurs, (m,).
    """

    deviations: float = 0.0
    copies: Array | None = None

    def uncertainty(self, V: WithError) -> Array:
        """The standard deviation, times as many as count as possible."""
        return self.deviations * V.error

    def add(self, *errors: Array) -> Array:
        """Variances add."""
        return reduce(np.hypot, errors)

    def adding_up(self, V: WithError, examples: bool = False) -> WithError:
        """The errors of c equal numbers add up to c times one error, not to the square root of c times."""
        if not V.error.any():
            return V
        values = np.where(V.error > 0, V.value, np.nan)
        counts = alike(values, 2 * self.u * np.abs(V.value).max(axis=1, keepdims=True))
        if examples and self.copies is not None:
            counts = np.maximum(counts, self.copies)
        return WithError(V.value, V.error * np.sqrt(counts))

    def at_once(self, k: Array) -> Array:
        """Return k^2: the squares of the roundings add up to the square of the one."""
        return np.square(k)

    def accumulated(self, parts: Sequence[WithError]) -> WithError:
        """The sum of what the chunks give is rounded once."""
        value = np.sum([part.value for part in parts], axis=0)
        return WithError(value, self.add(*(part.error for part in parts), self.rounded(1, np.abs(value))))

    def rounded(self, count: float | Array, magnitude: Array) -> Array:
        """`count` uniform random numbers, each within u times the magnitude; and underflow."""
        return np.where(magnitude > 0, self.u * np.sqrt(count / 3) * magnitude + self.tiny, 0)

    def inherited(self, A: Array, B: Array) -> Array:
        """Variances add."""
        A, B, scale = scaled(A, B)
        return scale * np.sqrt(np.square(A) @ np.square(B))

    def summed(self, A: WithError, B: WithError, bias: WithError) -> Array:
        """Round each product and each partial sum, in the noisiest order; and underflow of each product."""
        rows, columns, scale = scaled(A.value, B.value)
        unit = np.maximum(np.maximum(scale, np.abs(bias.value)), self.tiny)
        share, n = scale / unit, rows.shape[1]
        sums = squared_partial_sums(
            rows, columns, share, bias.value / unit, 6 * np.square(self.deviations / (2 * np.pi))
        )
        partial = np.sqrt(sums / n) / np.maximum(share, self.tiny)  #  in the units of rows @ columns
        products = np.square(share) * (np.square(rows) @ np.square(columns))
        squares = self.repeated(rows, columns, partial) * (products + sums)
        terms = (self.magnitude(A) > 0).astype(float) @ (
            self.magnitude(B) > 0
        )  #  flushed to 0, as some libraries do, they are all lost
        return np.where(terms > 0, self.rounded(1, unit * np.sqrt(squares)) + self.tiny * terms, 0)

    def repeated(self, rows: Array, columns: Array, partial: Array) -> Array:
        """How many times larger the variance of a sum is because its terms repeat, for sums of this magnitude."""
        by_row = self.shared_roundings(rows, np.median(partial / typical(columns), axis=1))
        if by_row.max() < 2:
            return by_row[:, None]
        by_column = self.shared_roundings(columns.T, np.median(partial / typical(rows.T)[:, None], axis=0))
        return np.minimum(by_row[:, None], by_column)

    def shared_roundings(self, rows: Array, partial: Array) -> Array:
        """The same, from one factor's rows: the mean number of terms that a term shares its rounding with.

        What is added to a partial sum is rounded to the sum's spacing, so terms that are alike within it are rounded
        alike. A term smaller than the spacing is lost, which costs less than a rounding: it counts that much less.
        """
        largest = np.maximum(np.abs(rows).max(axis=1, keepdims=True), self.tiny)
        rows, spacing = rows / largest, 2 * self.u * np.maximum(partial[:, None] / largest, 1e-100)
        weights = np.minimum(1, 12 * np.square(rows / spacing))
        count = np.maximum(1, np.count_nonzero(rows, axis=1))
        return 1 + ((alike(rows, spacing) - 1) * weights).sum(axis=1) / count


def some(A: WithError, B: WithError, examples: slice) -> tuple[WithError, WithError]:
    """The columns of A and the rows of B that belong to some of the examples."""
    return WithError(A.value[:, examples], A.error[:, examples]), WithError(B.value[examples], B.error[examples])
