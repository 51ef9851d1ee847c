"""A factor of the program's own: 0, a product of the sizes, such as 1/n_x, or any number."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

import numpy as np

from shared.checking.judged_reply import JudgedReply

ALIKE = {"float64": 1e-9, "float32": 1e-4}
"""How far from linear an answer may be, as a share of its largest entry, for a number to be read off it."""


@dataclass(frozen=True)
class Factor:
    """A number times powers of the sizes."""

    number: float
    m: float = 0
    n_x: int = 0
    n_h: int = 0

    def of(self, sizes: dict[str, int]) -> float:
        """Work it out."""
        return float(self.number * np.prod([float(size) ** getattr(self, name) for name, size in sizes.items()]))

    @property
    def fixed_m(self) -> int:
        """What the program takes for m, whatever m is; 0 if that is not what the factor says."""
        n = round(1 / self.number) if self.m == 1 and not (self.n_x or self.n_h) and self.number > 0 else 0
        return n if n > 2 and abs(n * self.number - 1) < ALIKE["float32"] else 0

    @property
    def is_number(self) -> bool:
        """Whether the sizes have nothing to do with it."""
        return not (self.m or self.n_x or self.n_h)

    @property
    def text(self) -> str:
        """Write it as a formula."""
        powers = "".join(f" * {name}**{power!r}" for name in ("m", "n_x", "n_h") if (power := getattr(self, name)))
        return f"{self.number!r}{powers}"

    def __str__(self) -> str:
        """Write it as a fraction: 2 m/n_x, or 1/(m^2 n_h)."""
        powers = {name: getattr(self, name) for name in ("m", "n_x", "n_h")}
        above, below = (
            [name if power == sign else f"{name}^{abs(power)}" for name, power in powers.items() if power * sign > 0]
            for sign in (1, -1)
        )
        sign, number = "-" if self.number < 0 else "", written(abs(self.number))
        top = " ".join([number, *above] if number != "1" or not above else above)
        bottom = f"({' '.join(below)})" if len(below) > 1 else "".join(below)
        return f"{sign}{top}" + (f"/{bottom}" if bottom else "")


FACTORS = [
    Factor(number, m, n_x, n_h)
    for number, m, n_x, n_h in product((1, -1, 2, 0.5), (0, 1, -1, 2, -2, 0.5, -0.5), (0, 1, -1), (0, 1, -1))
    if m or n_x or n_h
]
"""What sizes can make of a line, the simplest first."""


def fitting(known: Sequence[tuple[float, JudgedReply]]) -> Factor:
    """Find the factor that is right on all problems: of sizes, m over a number in its place, or just a number."""
    ratio, answer = known[0]
    alike = ALIKE[answer.dtype.name]
    over_a_number = Factor(plain(ratio / answer.problem.sizes["m"], alike), m=1)
    likely = (f for f in (*FACTORS, over_a_number) if all(is_near(f.of(v.problem.sizes), r, v) for r, v in known))
    return next(likely, Factor(plain(ratio, alike)))


def is_near(factor: float, ratio: float, answer: JudgedReply) -> bool:
    """Tell whether a factor is what was read off, to the digits that were."""
    return abs(factor - ratio) <= ALIKE[answer.dtype.name] * abs(ratio)


def plain(p: float, alike: float) -> float:
    """Give the number that somebody may have written: short, or a simple fraction; else as it was read off."""
    simple = (float(f"{p:.3g}"), float(f"{p:.6g}"), float(Fraction(p).limit_denominator(1000)))
    return next((number for number in simple if abs(number - p) <= alike * abs(p)), p)


def written(p: float) -> str:
    """Write a number with six digits, or as a simple fraction where it is one and they are not enough."""
    fraction = Fraction(p).limit_denominator(1000)
    return str(fraction) if float(f"{p:.6g}") != p and float(fraction) == p else f"{p:.6g}"
