"""Mistakes that can be made on many lines: a stray factor, numbers that are too coarse, finite differences."""

from collections.abc import Callable

import numpy as np

from shared.judging.lines import LINES, UPDATES, Line, Values, examples, run
from shared.judging.mistake import DECAYS, Mistake, at
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
        lambda q: examples(q) / max(examples(q) - 1, 1),
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


def finite_differences(name: str, step: float = 1e-3) -> Line:
    """How the cost, in float32, changes when one entry of a parameter goes up and down by a small step."""

    def line(q: Values) -> Array:
        narrow = {given: q[given].astype(np.float32) for given in (*Parameters._fields, "X", "Y")}

        def slope_along(change: Array) -> Array:
            up, down = (run({**narrow, name: narrow[name] + sign * change})["cost"] for sign in (1, -1))
            return (up - down) / (2 * step)

        changes = step * np.eye(q[name].size, dtype=np.float32)
        slopes = [slope_along(change.reshape(q[name].shape)) for change in changes]
        return np.array(slopes, q["X"].dtype).reshape(q[name].shape)

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
    ways = [("detour through float32", in_float32(right), computed)]
    ways += [("result kept in float32", kept_in_float32(right), kept)] if line not in ("A1", "dZ1") else []
    return at(line, *ways, remark="all of it in float64")


def decay_of(name: str) -> tuple[Mistake, ...]:
    """Weight decay in the gradient."""
    return at(
        f"d{name}",
        *(
            (
                f"weight decay {decay:.0e}",
                lambda q, decay=decay: LINES[f"d{name}"](q) + decay * q[name],
                f"{decay:.0e} {name} is added, the derivative of a penalty on large weights that this cost has not.",
            )
            for decay in DECAYS
        ),
    )


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


def differences_of(name: str) -> tuple[Mistake, ...]:
    """A gradient from finite differences."""
    explanation = f"d{name} is a finite difference of costs in float32, and most of their digits cancel."
    return at(f"d{name}", ("finite differences in float32", finite_differences(name), explanation))


ANYWHERE: tuple[Mistake, ...] = (
    *(mistake for line in ("cost", "dA2", *Gradients._fields) for mistake in factors_of(line)),
    *(mistake for line in (*LINES, *Parameters._fields) for mistake in detour_of(line)),
    *(mistake for name in ("W1", "W2") for mistake in decay_of(name)),
    *(mistake for line in PRODUCTS for mistake in narrow_products_of(line)),
    *(mistake for name in ("W2", "b2", "b1") for mistake in differences_of(name)),  # for W1 it takes too long
)
