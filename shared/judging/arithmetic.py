"""Two ways to add up rounding errors: at their worst, which is a proof, and as independent noise, which is a model.

`Worst`: a program of unit roundoff u that adds n products, in any order, with or without fused multiply-add, errs by
at most gamma(n) |A| |B|, with gamma(n) = n u / (1 - n u) (Higham, Accuracy and Stability of Numerical Algorithms, 2nd
edition, chapter 3).

`Noise`: each rounding is an independent random number, uniform within u of its result, so that its variance is
u^2 / 3 of the result's square. Sums run term by term, in the noisiest of three orders (from left to right, from right
to left, shuffled), which is noisier than the blocks that libraries add in. Equal examples are rounded equally, so
their errors add up in full. Where roundings repeat for other reasons (equal hidden units, constant weights) the model
fails.

A program that goes through the examples in chunks (`chunk`) sums the products of each chunk. The sums of the chunks are
added exactly, each times its number of examples, and rounded once (shared/distributing/exact_sum.py).
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import NamedTuple

import numpy as np

from shared.network import Activation, Array


class WithError(NamedTuple):
    """A quantity as far as float64 knows it: its value, and the error of a program that computes it.

    For `Worst`, the error bounds |computed - true| for every program, and for `value`, which is one of them.
    For `Noise`, it is one standard deviation.
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

    `chunk`: how many examples a program sums at a time; None if it sums all in one piece.
    """

    dtype: np.dtype
    activation: Activation
    chunk: int | None = field(default=None, kw_only=True)

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
    def rounded(self, count: float | Array, size: Array) -> Array:
        """The error of `count` roundings of a result of this size."""

    @abstractmethod
    def inherited(self, A: Array, B: Array) -> Array:
        """The error of A @ B, where one factor is an error and the other a size."""

    @abstractmethod
    def summed(self, A: WithError, B: WithError, bias: WithError) -> Array:
        """The error of rounding in A @ B + bias."""

    def magnitude(self, V: WithError) -> Array:
        """How large a program's value may be."""
        return np.abs(V.value) + self.uncertainty(V)

    def product(self, A: WithError, B: WithError, bias: WithError | None = None) -> WithError:
        """A @ B + bias."""
        value = A.value @ B.value
        bias = bias or exact(np.zeros_like(value))
        errors = (self.inherited(A.error, self.magnitude(B)), self.inherited(self.magnitude(A), B.error), bias.error)
        return WithError(value + bias.value, self.add(*errors, self.summed(A, B, bias)))

    @abstractmethod
    def accumulated(self, parts: Sequence[WithError]) -> WithError:
        """The sum of what chunks give, each scaled with its share of the examples."""

    def over_examples(self, A: WithError, B: WithError) -> WithError:
        """A @ B, where the sum runs over the examples."""
        m = A.value.shape[1]
        if self.chunk is None or self.chunk >= m:
            return self.over_some(A, B, slice(m))
        parts = [slice(start, start + self.chunk) for start in range(0, m, self.chunk)]
        return self.accumulated([self.over_some(A, B, examples) for examples in parts])

    def over_some(self, A: WithError, B: WithError, examples: slice) -> WithError:
        """A @ B, where the sum runs over some of the examples."""
        return self.product(*some(A, B, examples))

    def scaled(self, V: WithError) -> WithError:
        """What a program gives for each example: in chunks it is scaled with the share, as is what it is made of.

        That is two roundings each; in one piece, none.
        """
        if self.chunk is None:
            return V
        return WithError(V.value, self.add(V.error, self.rounded(4, self.magnitude(V))))

    def total(self, A: WithError) -> WithError:
        """The sum over the examples."""
        return self.over_examples(A, exact(np.ones((A.value.shape[1], 1))))


@dataclass(frozen=True)
class Worst(Arithmetic):
    """Every rounding at its worst, all in the same direction. `growth` covers what computing the bound rounds away."""

    growth: float = 1.0

    def uncertainty(self, V: WithError) -> Array:
        """Twice the error: `V.value` and the program's value lie on different sides of the true one."""
        return 2 * V.error

    def add(self, *errors: Array) -> Array:
        """Add them all; where the numbers are too large for a bound (infinity times 0), there is none: infinity."""
        return np.nan_to_num(self.growth * sum(errors), nan=np.inf, posinf=np.inf)

    def accumulated(self, parts: Sequence[WithError]) -> WithError:
        """The sum of what chunks give is rounded to float64, and then to the dtype."""
        value, error = np.asarray(sum(part.value for part in parts)), self.add(*(part.error for part in parts))
        return WithError(value, self.add(error, self.rounded(2, np.abs(value) + error)))

    def rounded(self, count: float | Array, size: Array) -> Array:
        """gamma(count) of the size, and underflow; an exact 0 is exact."""
        return np.where(size > 0, self.gamma(count) * size + self.tiny, 0)

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
class Noise(Arithmetic):
    """Every rounding a random number.

    `deviations`: how many standard deviations count as possible. `copies`: how often each example occurs, (m,).
    """

    deviations: float = 0.0
    copies: Array | None = None

    def uncertainty(self, V: WithError) -> Array:
        """As many standard deviations as count as possible."""
        return self.deviations * V.error

    def add(self, *errors: Array) -> Array:
        """Variances add."""
        return reduce(np.hypot, errors)

    def over_some(self, A: WithError, B: WithError, examples: slice) -> WithError:
        """The errors of c equal examples add up to c times one of them, not to its square root of c times."""
        A, B = some(A, B, examples)
        if self.repeats == 1 or self.copies is None:
            return self.product(A, B)
        more = np.sqrt(self.copies[examples])
        AB = self.product(WithError(A.value, A.error * more), WithError(B.value, B.error * more[:, None]))
        return WithError(AB.value, self.add(AB.error, self.repeats * self.summed(A, B, exact(np.zeros_like(AB.value)))))

    @property
    def repeats(self) -> float:
        """How many times larger the errors of equal examples can be than those of different ones."""
        return 1.0 if self.copies is None else float(np.sqrt(self.copies.max()))

    def accumulated(self, parts: Sequence[WithError]) -> WithError:
        """The sum of what chunks give is rounded once."""
        value = np.sum([part.value for part in parts], axis=0)
        return WithError(value, self.add(*(part.error for part in parts), self.rounded(1, np.abs(value))))

    def rounded(self, count: float | Array, size: Array) -> Array:
        """`count` uniform random numbers, each within u of the size; and underflow."""
        return np.where(size > 0, self.u * np.sqrt(count / 3) * size + self.tiny, 0)

    def inherited(self, A: Array, B: Array) -> Array:
        """Variances add."""
        A, B, scale = scaled(A, B)
        return scale * np.sqrt(np.square(A) @ np.square(B))

    def summed(self, A: WithError, B: WithError, bias: WithError) -> Array:
        """Round each product and each partial sum, in the noisiest of three orders; the bias comes last."""
        rows, columns, scale = scaled(A.value, B.value)
        n, total, products = rows.shape[1], rows @ columns, np.square(rows) @ np.square(columns)
        forward = squared_partial_sums(rows, columns)
        sums = (rows * np.arange(n, 0, -1)) @ columns  #  of the partial sums from left to right
        backward = forward + (n + 1) * total * total - 2 * total * sums  # those from right to left are what is left
        shuffled = (n + 1) * (products / 6 + total * total / 3)  # the mean over all orders
        squares = products + np.maximum(np.maximum(forward, backward), shuffled)
        return self.rounded(1, np.hypot(scale * np.sqrt(squares), scale * total + bias.value))


def some(A: WithError, B: WithError, examples: slice) -> tuple[WithError, WithError]:
    """The columns of A and the rows of B that belong to some of the examples."""
    return WithError(A.value[:, examples], A.error[:, examples]), WithError(B.value[examples], B.error[examples])


def squared_partial_sums(rows: Array, columns: Array) -> Array:
    """For each entry of rows @ columns, add up the squares of its partial sums from left to right."""
    partial, squares = np.zeros((2, len(rows), columns.shape[1]))
    term = np.empty_like(partial)
    for k in range(rows.shape[1]):
        partial += np.multiply(rows[:, k : k + 1], columns[k], out=term)
        squares += np.square(partial, out=term)
    return squares


def scaled(A: Array, B: Array) -> tuple[Array, Array, Array]:
    """Divide the rows of A and the columns of B by their largest entry, so that their squares stay in range."""
    rows, columns = np.abs(A).max(axis=1, keepdims=True), np.abs(B).max(axis=0, keepdims=True)
    return A / np.where(rows > 0, rows, 1), B / np.where(columns > 0, columns, 1), rows * columns
