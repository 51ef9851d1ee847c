"""What an entry of the catalogue of mistakes is, and how entries are written down."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

import numpy as np

from shared.checking.lines import Formula, Line
from shared.network import Parameters

SAFETY = (1e-7, 1e-8, 1e-10, 1e-12, 1e-15)
"""The small numbers that people keep log away from 0 with."""


class Trait(Flag):
    """What a mistake has to do with, as far as something depends on it."""

    NONE = 0
    MEAN = auto()
    """Nothing divides by m."""
    FACTOR = auto()
    """The right line times a number."""
    LIMIT = auto()
    """The derivation is right, and gives way somewhere: at saturation, by a guard, or after 7 digits."""
    GENERAL = auto()
    """It is of use only where no other mistake explains what was seen."""
    FORMULA = auto()
    """It is no more than another formula, which its explanation shows."""
    RELU = auto()
    """It is a mistake only where the hidden units are relus."""
    OPTIMIZER = auto()
    """No mistake where another optimizer than gradient descent is wanted."""
    LATE = auto()
    """W2 was updated before its time, with a learning rate that nobody knows."""


@dataclass(frozen=True)
class Mistake:
    """A line as somebody might write it by mistake.

    `kind` is what it is called, whatever line it is made in. `line` is the quantity that the line computes, or
    W1 b1 W2 b2 for the line that updates it, `wrong` what it computes, `explanation` a sentence for whoever wrote it,
    `remark` what to add to the right line.
    """

    kind: str
    line: str
    wrong: Line
    explanation: str = ""
    remark: str = ""
    traits: Trait = Trait.NONE

    @property
    def name(self) -> str:
        """What it is called, and where it is."""
        return f"{self.kind} in {'the update of ' if self.line in Parameters._fields else ''}{self.line}"

    @property
    def general(self) -> bool:
        """Whether it is of use only where no other mistake explains what was seen."""
        return Trait.GENERAL in self.traits

    @property
    def formula(self) -> str:
        """What it computes, as text; empty if it is not known as text."""
        return str(self.wrong) if isinstance(self.wrong, Formula) else ""


Entries = Mapping[str, tuple[str, str]]
"""By what the mistake is called: the text of the line, and the explanation."""


def at(line: str, entries: Entries, remark: str = "", traits: Trait = Trait.NONE) -> tuple[Mistake, ...]:
    """Write down mistakes of one line."""
    return tuple(
        Mistake(kind, line, Formula(text), explanation, remark, traits) for kind, (text, explanation) in entries.items()
    )


@dataclass(frozen=True)
class Family:
    """Mistakes that have a number p, in their name, their text and their explanation.

    `usual` numbers make entries of the catalogue; where these explain nothing, the numbers of the program's own text
    are tried. Where the line is linear in the number, it is read off what the program gave.
    """

    line: str
    kind: str
    text: str
    explanation: str
    usual: tuple[float, ...] = ()
    linear: bool = False
    traits: Trait = Trait.NONE

    def at(self, p: float) -> Mistake:
        """The mistake with this number."""
        said: dict[str, Any] = {"p": p, "half": p / 2, "rest": 1 - p / 2, "digits": -np.log(abs(p)) if p else 0.0}
        text = re.sub(r"\bp\b", f"({p!r})" if p < 0 else repr(p), self.text)
        return Mistake(
            self.kind.format(**said), self.line, Formula(text), self.explanation.format(**said), "", self.traits
        )

    def members(self, numbers: Iterable[float]) -> Iterable[Mistake]:
        """The mistakes with these numbers."""
        return map(self.at, numbers)
