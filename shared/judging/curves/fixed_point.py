"""Floating-point numbers as whole numbers divided by a power of two, exactly: matrices of Python's integers."""

from collections.abc import Iterator

import numpy as np
from flint import fmpz_mat

from shared.network import Array

LIMB = 127
"""Matrices whose entries have no more bits than this are multiplied several times faster than larger ones."""

BLOCK = 512
"""The rows of X that are converted at a time: whole numbers take ten times the memory."""


def fraction_bits(values: Array) -> int:
    """Count the bits behind the binary point that some floating-point numbers need."""
    mantissas, exponents = _mantissas(values)
    lowest = np.frexp((mantissas & -mantissas).astype(np.float64))[1] - 1  # the place of the last 1 bit
    last = (exponents + lowest)[mantissas != 0]
    return max(0, -int(last.min())) if last.size else 0


def fixed(values: Array, bits: int) -> Array:
    """Multiply floating-point numbers by 2^bits, which makes whole numbers of them."""
    mantissas, exponents = _mantissas(values)
    left = exponents + bits
    up, down = (np.maximum(shift, 0).astype(object) for shift in (left, -left))
    return (mantissas.astype(object) << up) >> down


def blocks(values: Array) -> Iterator[slice]:
    """Cut the rows of a matrix into blocks."""
    return (slice(start, start + BLOCK) for start in range(0, len(values), BLOCK))


def shifted(integers: Array, left: int) -> Array:
    """Multiply by 2^left; where left is negative, round down."""
    return integers << left if left >= 0 else integers >> -left


def floats(integers: Array, bits: int) -> Array:
    """Divide by 2^bits and convert to float64: they change by 2^-600 and by 2^-53 of themselves at most."""
    kept = min(bits, 600)
    return np.ldexp(shifted(integers, kept - bits).astype(np.float64), -kept)


def matrix(integers: Array) -> fmpz_mat:
    """Convert to a matrix of python-flint, 62 bits at a time: larger numbers it would convert by way of text."""
    rows, columns = integers.shape
    if not np.abs(integers).max() >> 62:
        return fmpz_mat(rows, columns, integers.ravel().tolist())
    return matrix(integers >> 62) * 2**62 + matrix(integers & (2**62 - 1))


def integers(matrix: fmpz_mat) -> Array:
    """Convert back."""
    return np.array([int(entry) for entry in matrix.entries()], dtype=object).reshape(matrix.nrows(), matrix.ncols())


def limbs(integers: Array) -> list[fmpz_mat]:
    """Split a matrix into matrices of at most LIMB bits: it is the sum of limbs(integers)[i] 2^(i LIMB)."""
    parts = []
    while np.abs(integers).max() >> LIMB:
        parts.append(matrix(integers & (2**LIMB - 1)))
        integers = integers >> LIMB
    return [*parts, matrix(integers)]


def product(left: list[fmpz_mat], right: list[fmpz_mat]) -> fmpz_mat:
    """Multiply two matrices that were split by `limbs`."""
    total = left[0] * right[0]
    for i, one in enumerate(left):
        for k, other in enumerate(right):
            if i + k:
                total += one * other * 2 ** (LIMB * (i + k))
    return total


def _mantissas(values: Array) -> tuple[Array, Array]:
    """Write float64 numbers as mantissas 2^exponents, with whole mantissas."""
    parts, exponents = np.frexp(values.astype(np.float64))
    return np.ldexp(parts, 53).astype(np.int64), exponents - 53
