"""Narrow products: how a program seems to have rounded the operands of W1 X before it multiplied them.

The product is computed in every way that is known, in float64; the way whose errors are the program's is named.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
from jaxtyping import Float

from shared.network import Array

ENTRIES = 8
"""Fewer entries might match one of the ways by chance."""

BITS = {"TF32": 10, "bfloat16": 7, "fp16": 10, "bf16x3": 16}
"""What operands keep after the first bit; bf16x3 takes two bfloat16 numbers for each, and three of their products."""


def kept(V: Array, bits: int, rounding: Callable[[Array], Array]) -> Array:
    """Keep this many bits after the first."""
    fraction, exponent = np.frexp(V)
    return np.ldexp(rounding(np.ldexp(fraction, bits + 1)), exponent - bits - 1)


def half_away(V: Array) -> Array:
    """Round to whole numbers, and halves away from 0."""
    return np.copysign(np.floor(np.abs(V) + 0.5), V)


def halves(V: Array) -> tuple[Array, Array]:
    """Write a number as the sum of two bfloat16 numbers, nearly."""
    high = kept(V, BITS["bfloat16"], np.rint)
    return high, kept(V - high, BITS["bfloat16"], np.rint)


ROUNDED: list[tuple[str, str, Callable[[Array], Array]]] = [
    (name, how, partial(kept, bits=BITS[name], rounding=rounding))
    for name in ("TF32", "bfloat16")
    for how, rounding in (("", np.rint), ("", half_away), (", their bits cut off", np.trunc))
] + [("fp16", "", lambda V: V.astype(np.float16).astype(np.float64))]
"""How an operand may be narrowed: the format, what is said of the rounding, and the function."""


def ways(W1: Array, X: Array, b1: Array) -> Iterator[tuple[str, str, Array]]:
    """Z1 by each narrow way: the format, what else is said of it, and the values."""
    for name, how, narrow in ROUNDED:
        a, b = narrow(W1), narrow(X)
        yield name, how, a @ b + b1
        yield name, f"{how}, of W1 alone", a @ X + b1
        yield name, f"{how}, of X alone", W1 @ b + b1
        yield name, f"{how}, with results as narrow", narrow(a @ b) + b1
        yield name, f"{how}, with Z1 as narrow", narrow(a @ b + b1)
    (a, c), (b, d) = (halves(V) for V in (W1, X))
    yield "bf16x3", "", a @ b + a @ d + c @ b + b1


def narrow_kind(
    W1: Float[Array, "n_h n_x"], X: Float[Array, "n_x m"], b1: Float[Array, "n_h 1"], Z1: Float[Array, "n_h m"]
) -> str:
    """Name the narrow products that explain nine tenths of Z1's errors; an empty string if none do."""
    W1, X, b1, Z1 = (V.astype(np.float64) for V in (W1, X, b1, Z1))
    with np.errstate(over="ignore", invalid="ignore"):
        left = [(float(np.linalg.norm(values - Z1)), name, how) for name, how, values in ways(W1, X, b1)]
    least = np.nanmin([norm for norm, _, _ in left])
    if Z1.size < ENTRIES or not least < np.linalg.norm(W1 @ X + b1 - Z1) / 10:
        return ""
    best = [(name, how) for norm, name, how in left if norm <= 1.1 * least]
    first, how = best[0]
    names = " or ".join(dict.fromkeys(name for name, ending in best if ending == how))
    return f"{names} products of {BITS[first]} bits{how}"
