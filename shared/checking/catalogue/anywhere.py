"""Mistakes that can be made on many lines: a stray factor, numbers that are too coarse. They are edits of its text."""

import re

from shared.checking.catalogue.mistake import Entries, Mistake, Trait, at
from shared.checking.lines import LINES, UPDATES
from shared.network import Gradients, Parameters

FACTORS = {
    "mean over examples missing": (
        "({right}) * m",
        "{line} is m times too large: nothing divides by m, the number of examples, or m is not that number.",
    ),
    "mean over examples taken twice": (
        "({right}) / m",
        "{line} is m times too small: it is divided by m twice.",
    ),
    "factor 2": (
        "({right}) * 2",
        "{line} is twice too large: there is a 2 that belongs to the square of a squared error.",
    ),
    "factor 1/2": (
        "({right}) / 2",
        "{line} is half as large as it should be: a 1/2 does not belong there.",
    ),
    "sign wrong": ("-({right})", "{line} has the wrong sign."),
    "division by n_x instead of m": (
        "({right}) * m / n_x",
        "The mean divides by the number of inputs, X.shape[0], instead of the number of examples, X.shape[1].",
    ),
    "division by n_h instead of m": (
        "({right}) * m / n_h",
        "The mean divides by the number of hidden units instead of the number of examples, X.shape[1].",
    ),
    "division by m - 1 instead of m": (
        "({right}) * divide(m, m - 1)",
        "The mean divides by m - 1, as a sample's variance does, and the cost is a mean over m examples.",
    ),
}
"""Factors of a line that has to do with the mean, most of them."""

FORMATS = {"TF32": ("tf32", 10), "bfloat16": ("bf16", 7)}
"""Narrow formats that accelerators multiply matrices in: how they are called, and their bits of mantissa."""


def operands(line: str) -> list[str]:
    """The operands of a line's product; none if it has no product."""
    operands = re.search(r"(\w+)(?:\.T)? @ (\w+)", LINES[line])
    return list(operands.groups()) if operands else []


def with_operands(text: str, function: str) -> str:
    """Put a function around every array in a line."""
    return re.sub(r"\b(d?[WbZAXY]\d?|costs)\b", rf"{function}(\1)", text)


def factors_of(line: str) -> tuple[Mistake, ...]:
    """Stray factors of a line."""
    mistakes: tuple[Mistake, ...] = ()
    for kind, (text, explanation) in FACTORS.items():
        traits = Trait.FACTOR | (Trait.MEAN if "missing" in kind or "instead of m" in kind else Trait.NONE)
        entry = {kind: (text.format(right=LINES[line]), explanation.format(line=line))}
        mistakes += at(line, entry, traits=traits)
    return mistakes


def detour_of(line: str) -> tuple[Mistake, ...]:
    """A line computed in float32, or its result kept there; where a line rounds nothing, that is the same."""
    right = {**LINES, **UPDATES}[line]
    narrow = with_operands(right, "f32")
    if line == "Z1":
        narrow = "f32(W1)[:, order] @ f32(X)[order] + f32(b1)"
    entries: Entries = {
        "detour through float32": (
            narrow,
            f"{line} is computed in float32, with 7 digits, though its inputs are float64.",
        )
    }
    if line not in ("A1", "dZ1"):
        kept = f"{line} is kept in an array of float32, with 7 digits, though its inputs are float64."
        entries = {**entries, "result kept in float32": (f"f32({right})", kept)}
    return at(line, entries, remark="all of it in float64", traits=Trait.LIMIT)


def narrow_products_of(line: str) -> tuple[Mistake, ...]:
    """A matrix product of operands that are rounded to a narrow format."""
    left, right = operands(line)
    entries = {
        f"{name} product": (
            re.sub(rf"\b({left}|{right})\b", rf"{function}(\1)", LINES[line]),
            f"{left} and {right} are rounded to {name}, {bits} bits behind the first, before they are multiplied.",
        )
        for name, (function, bits) in FORMATS.items()
    }
    return at(line, entries, remark="with products in full precision")


ANYWHERE: tuple[Mistake, ...] = (
    *(mistake for line in ("cost", "dA2", *Gradients._fields) for mistake in factors_of(line)),
    *(mistake for line in (*LINES, *Parameters._fields) for mistake in detour_of(line)),
    *(mistake for line in LINES if operands(line) for mistake in narrow_products_of(line)),
)
