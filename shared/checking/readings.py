"""A number is read off an answer: with it, a mistake that is linear in the number would explain the answer."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from shared.checking.lines import Line, one_by_one
from shared.checking.visit import Visit
from shared.network import Array

ALIKE = {"float64": 1e-9, "float32": 1e-4}
"""How far from linear an answer may be, as a share of its largest entry, for a number to be read off it."""

Family = Callable[[float], tuple[str, Line, str]]
"""Given the number: what the mistake is, the line, the explanation."""


def read(visit: Visit, name: str, line: str, family: Family) -> float | None:
    """Read off the number with which a mistake of this family would explain an answer; None if none does."""
    ways = [predicted(visit, name, line, family(p)[1]) for p in (0.0, 1.0)]
    V = visit.own[name]
    if any(way is None or way.shape != V.shape or not np.isfinite(way).all() for way in ways):
        return None
    base, direction = ways[0], ways[1] - ways[0]  # type: ignore[operator]
    with np.errstate(all="ignore"):  # whatever was given may be too large to be multiplied
        p = float(np.sum(direction * (V - base)) / np.sum(direction * direction))
        is_linear = np.all(np.abs(base + p * direction - V) <= ALIKE[visit.dtype.name] * np.abs(V).max())
    return p if is_linear and np.isfinite(p) else None


def predicted(visit: Visit, name: str, line: str, wrong: Line) -> Array | None:
    """Predict a quantity with another line in the place of the right one."""
    found = (V for n, V in one_by_one(dict(visit.inputs), {line: wrong}, visit.own_inputs) if n == name)
    V = next(found, None)
    return None if V is None else V.astype(np.float64)


def plain(p: float, visit: Visit) -> float:
    """Give the number that somebody may have written: short, or a simple fraction; else as it was read off."""
    simple = (float(f"{p:.3g}"), float(f"{p:.6g}"), float(Fraction(p).limit_denominator(1000)))
    return next((number for number in simple if abs(number - p) <= ALIKE[visit.dtype.name] * abs(p)), p)


def written(p: float) -> str:
    """Write a number with six digits, or as a simple fraction where it is one and they are not enough."""
    fraction = Fraction(p).limit_denominator(1000)
    return str(fraction) if float(f"{p:.6g}") != p and float(fraction) == p else f"{p:.6g}"
