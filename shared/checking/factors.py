"""A factor of the program's own is read off: 0, a product of the sizes, such as 1/n_x, or any number."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from shared.checking.catalogue.anywhere import multiplied
from shared.checking.catalogue.mistake import Mistake, at
from shared.checking.lines import Line, examples
from shared.checking.readings import ALIKE, plain, read, written
from shared.checking.visit import Visit


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
    def is_number(self) -> bool:
        """Whether the sizes have nothing to do with it."""
        return not (self.m or self.n_x or self.n_h)

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

HINTS = {"1/n_x": ": X.size is n_x m, and X.shape[1] is m", "1/n_h": ": A1.size is n_h m, and A1.shape[1] is m"}


def of_a_line(line: str, name: str, seen: Sequence[Visit]) -> Iterator[Mistake]:
    """Read off by what a line seems to be multiplied, from a quantity that is wrong on these problems."""
    ratios = [(read(visit, name, line, lambda p: ("", multiplied(line, lambda q: p), "")), visit) for visit in seen]
    known = [(ratio, visit) for ratio, visit in ratios if ratio is not None and visit.dtype == seen[0].dtype]
    if known and (factor := fitting(known)) != Factor(1.0):
        yield from at(
            line,
            (kind(factor), times(line, factor), explanation(line, factor)),
            general=factor.is_number and factor.number != 0,
        )


def fitting(known: Sequence[tuple[float, Visit]]) -> Factor:
    """Find the factor that is right on all problems: of sizes, or else a number."""
    ratio, visit = known[0]
    of_sizes = (f for f in FACTORS if all(is_near(f.of(v.problem.sizes), r, v) for r, v in known))
    return next(of_sizes, Factor(plain(ratio, visit)))


def is_near(factor: float, ratio: float, visit: Visit) -> bool:
    """Tell whether a factor is what was read off, to the digits that were."""
    return abs(factor - ratio) <= ALIKE[visit.dtype.name] * abs(ratio)


def times(line: str, factor: Factor) -> Line:
    """The right line times a factor."""
    return multiplied(line, lambda q: factor.of({"n_x": len(q["X"]), "n_h": len(q["W1"]), "m": examples(q)}))


def kind(factor: Factor) -> str:
    """Call the mistake by what was done."""
    return f"factor {factor}" if factor.number else "nothing but zeros"


def explanation(line: str, factor: Factor) -> str:
    """Say what that means."""
    if not factor.number:
        return f"{line} is 0 everywhere, as if nothing had been added to it."
    return f"{line} is {factor} times what it should be{HINTS.get(str(factor), '')}."
