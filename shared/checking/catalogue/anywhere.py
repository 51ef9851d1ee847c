"""Mistakes that can be made on many lines: a stray factor, numbers that are too coarse."""

from collections.abc import Callable

import numpy as np

from shared.checking.catalogue.mistake import Mistake, at, reordered
from shared.checking.lines import LINES, UPDATES, Line, Values, examples
from shared.network import Array, Gradients, Parameters

FACTORS: tuple[tuple[str, Callable[[Values], float], str], ...] = (
    (
        "mean over examples missing",
        examples,
        "{line} is m times too large: nothing divides by m, the number of examples, or m is not that number.",
    ),
    (
        "mean over examples taken twice",
        lambda q: 1 / examples(q),
        "{line} is m times too small: there is a second division by m.",
    ),
    ("factor 2", lambda q: 2, "{line} is twice too large: there is a 2 that belongs to the square of a squared error."),
    (
        "factor 1/2",
        lambda q: 0.5,
        "{line} is half as large as it should be: there is a 1/2 that does not belong there.",
    ),
    ("sign wrong", lambda q: -1, "{line} has the wrong sign."),
    (
        "division by n_x instead of m",
        lambda q: examples(q) / len(q["X"]),
        "The mean divides by the number of inputs, X.shape[0], instead of the number of examples, X.shape[1].",
    ),
    (
        "division by n_h instead of m",
        lambda q: examples(q) / len(q["W1"]),
        "The mean divides by the number of hidden units instead of the number of examples, X.shape[1].",
    ),
    (
        "division by m - 1 instead of m",
        lambda q: examples(q) / (examples(q) - 1) if examples(q) > 1 else np.inf,
        "The mean divides by m - 1, as a sample's variance does, and the cost is a mean over m examples.",
    ),
)
"""Factors of a line that has to do with the mean: what happened, the factor, the explanation."""

PRODUCTS = {"Z1": ("W1", "X"), "Z2": ("W2", "A1"), "dW2": ("dZ2", "A1"), "dA1": ("W2", "dZ2"), "dW1": ("dZ1", "X")}
"""The matrix products: their operands."""

FORMATS = {"TF32": 10, "bfloat16": 7}
"""Bits of the mantissa of narrow formats that accelerators multiply matrices in."""


def multiplied(line: str, factor: Callable[[Values], float]) -> Line:
    """The right line times a factor."""
    return lambda q: LINES[line](q) * factor(q)


def narrowed(V: Array, bits: int) -> Array:
    """Round to so many bits of mantissa, after the first."""
    mantissa, exponent = np.frexp(V)
    return np.ldexp(np.round(mantissa * 2 ** (bits + 1)) / 2 ** (bits + 1), exponent).astype(V.dtype)


def of_narrow_operands(line: str, bits: int) -> Line:
    """The right line with the operands of its product rounded."""
    return lambda q: LINES[line]({**q, **{name: narrowed(q[name], bits) for name in PRODUCTS[line]}})


def in_float32(right: Line) -> Line:
    """The right line computed in float32; the result is converted back."""

    def line(q: Values) -> Array:
        narrow = {name: V.astype(np.float32) if isinstance(V, np.ndarray) else V for name, V in q.items()}
        return np.asarray(right(narrow)).astype(q["X"].dtype)

    return line


def factors_of(line: str) -> tuple[Mistake, ...]:
    """Stray factors of a line."""
    return at(line, *((what, multiplied(line, factor), text.format(line=line)) for what, factor, text in FACTORS))


def kept_in_float32(right: Line) -> Line:
    """The right line, but its result is kept in an array of float32."""
    return lambda q: np.asarray(right(q)).astype(np.float32).astype(q["X"].dtype)


def detour_of(line: str) -> tuple[Mistake, ...]:
    """A line computed in float32, or its result kept there; where a line rounds nothing, that is the same."""
    right = {**LINES, **UPDATES}[line]
    computed = f"{line} is computed in float32, with 7 digits, though its inputs are float64."
    kept = f"{line} is kept in an array of float32, with 7 digits, though its inputs are float64."
    detour = in_float32(right)
    ways = [("detour through float32", (lambda q: detour(reordered(q))) if line == "Z1" else detour, computed)]
    ways += [("result kept in float32", kept_in_float32(right), kept)] if line not in ("A1", "dZ1") else []
    return at(line, *ways, remark="all of it in float64")


def narrow_products_of(line: str) -> tuple[Mistake, ...]:
    """A matrix product of operands that are rounded to a narrow format."""
    left, right = PRODUCTS[line]
    return at(
        line,
        *(
            (
                f"{name} product",
                of_narrow_operands(line, bits),
                f"{left} and {right} are rounded to {name}, {bits} bits behind the first, before they are multiplied.",
            )
            for name, bits in FORMATS.items()
        ),
        remark="with products in full precision",
    )


ANYWHERE: tuple[Mistake, ...] = (
    *(mistake for line in ("cost", "dA2", *Gradients._fields) for mistake in factors_of(line)),
    *(mistake for line in (*LINES, *Parameters._fields) for mistake in detour_of(line)),
    *(mistake for line in PRODUCTS for mistake in narrow_products_of(line)),
)
