"""How many bits the operands of a matrix product seem to have kept: what gives TF32 and bfloat16 products away."""

import numpy as np
from jaxtyping import Float

from shared.network import Array

NARROW = {10: "TF32", 7: "bfloat16"}
"""The bits of mantissa, after the first, of the operands of narrow products."""


def kept_bits(A: Float[Array, "n k"], B: Float[Array, "k m"], error: Float[Array, "n m"]) -> float:
    """Estimate how many bits, after the first, A and B were rounded to before they were multiplied.

    An operand rounded to t bits is off by a uniform error as wide as the spacing of such numbers, so by a variance of
    spacing^2 / 12. Through the product, entry by entry, these variances add up, times the squares of the other operand.
    The mean of the squared errors is 4^-t times what t = 0 would give, and that is solved for t.

    Parameters
    ----------
    A, B
        The operands, not narrowed.
    error
        How far the program's product is from the true one.
    """
    A, B = A.astype(np.float64), B.astype(np.float64)
    without_bits = np.square(spacing(A)) @ np.square(B) + np.square(A) @ np.square(spacing(B))
    with np.errstate(divide="ignore"):
        return float(np.log2(np.mean(without_bits / 12) / np.mean(np.square(error))) / 2)


def spacing(V: Array) -> Array:
    """The power of two at or below each number: how far apart numbers are that keep no bit after the first."""
    return np.where(V == 0, 0, np.ldexp(0.5, np.frexp(V)[1]))


def narrow_kind(bits: float) -> str | None:
    """Name the kind of product whose operands keep that many bits, to the nearest whole number."""
    return NARROW.get(round(bits)) if np.isfinite(bits) else None
