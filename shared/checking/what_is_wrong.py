"""A diagnosis: what is wrong, as far as it is known, and what it is called."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from shared.checking.catalogue.mistake import Mistake, Trait
from shared.checking.judged_reply import FLOAT64
from shared.checking.limits import limit_of
from shared.judging.verdict import listed
from shared.network import Parameters

MOST = 3
"""How many names a diagnosis gives where nobody could tell mistakes apart."""


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, as far as it is known.

    `line` is the line that is wrong, `also` others that are wrong in the same way, `quantities` what shows it.
    `mistakes` holds what explains it: one, or several that nobody could tell apart on these problems. Where nothing
    does, `clues` says what is known, and `unfit` why it could not even be compared. `saturated`: all problems on which
    something unexplained is wrong have a `|Z2|` as large as that. `narrow`: it is off as float32 is. The program
    computes in `dtype`.
    """

    line: str
    quantities: tuple[str, ...]
    mistakes: tuple[Mistake, ...] = ()
    clues: tuple[str, ...] = field(default=())
    unfit: str = ""
    also: tuple[str, ...] = ()
    saturated: float | None = None
    narrow: bool = False
    dtype: np.dtype = FLOAT64

    @property
    def where(self) -> str:
        """The line, or lines."""
        is_update = self.line in Parameters._fields
        return (f"the update{'s' if self.also else ''} of " if is_update else "") + listed((self.line, *self.also))

    @property
    def name(self) -> str:
        """The mistake's name, or those that nobody could tell apart; where lines are wrong alike, all of them."""
        if self.narrow:
            return f"{listed((self.line, *self.also))}: computed in float32, or made from what was"
        if self.unfit:
            text = re.sub("^it ", "each ", self.unfit) if self.also else self.unfit
            return f"{listed((self.line, *self.also))}: {text}"
        if not self.mistakes:
            return f"unknown mistake in {self.where}" + (" or before it, or several" if self.is_before else "")
        more = len(self.mistakes) - MOST
        return " or ".join(self.explanations) + (f" or {more} more" if more > 0 else "")

    @property
    def is_limit(self) -> bool:
        """Whether the derivation is right, as far as this is concerned, and only gives way somewhere."""
        if self.mistakes:
            return all(Trait.LIMIT in mistake.traits for mistake in self.mistakes[:MOST])
        return self.narrow or self.saturated is not None

    @property
    def limit(self) -> str:
        """Where it gives way, in a sentence."""
        if self.narrow:
            return f"{self.where} {'have' if self.also else 'has'} 7 digits: computed in float32, or made from what was"
        limits = [(mistake, limit_of(mistake, self.dtype)) for mistake in self.mistakes[:MOST]]
        said = [f"{limit.sentence(mistake.line)} ({mistake.kind.strip(',')})" for mistake, limit in limits if limit]
        if said:
            return said[0]
        if self.mistakes:
            return f"{self.mistakes[0].explanation[:-1]} ({self.name})"
        return (
            f"{self.where} {'are' if self.also else 'is'} wrong only where |Z2| is large, {self.saturated:.0f} and more"
        )

    @property
    def is_before(self) -> bool:
        """Whether nothing explains several quantities: one line before all of them may be wrong, or more than one."""
        return not self.mistakes and not self.unfit and len(self.quantities) > 1 + len(self.also)

    @property
    def explanations(self) -> dict[str, str]:
        """The explanation of each mistake that the diagnosis names, by its name."""
        named = self.mistakes[:MOST]
        return {self.called(mistake): mistake.explanation for mistake in named}

    def called(self, mistake: Mistake) -> str:
        """Name a mistake: what it is, and where, or the formula if it is no more than another one."""
        if Trait.FORMULA in mistake.traits:
            return mistake.explanation.removesuffix(".")
        return f"{mistake.kind} in {self.where}" if mistake.line == self.line else mistake.name

    @property
    def is_unknown_update(self) -> bool:
        """Whether it is an update of which nothing is known, or at most that its step has another length."""
        return self.line in Parameters._fields and not self.unfit and all(m.general for m in self.mistakes)

    def with_one_alike(self, other: "Diagnosis") -> "Diagnosis | None":
        """Make one diagnosis of two that are alike; unexplained updates are, and so are the cost and its curve."""
        is_same = self.line in {mistake.line for mistake in other.mistakes}
        kinds = {mistake.kind for mistake in other.mistakes if mistake.line in (self.line, other.line)}
        common = tuple(mistake for mistake in self.mistakes if mistake.line == self.line and mistake.kind in kinds)
        is_alike = (self.unfit, self.narrow) == (other.unfit, other.narrow) != ("", False)
        if not common and not is_alike and not (self.is_unknown_update and other.is_unknown_update):
            return None
        quantities = (*self.quantities, *other.quantities)
        also = self.also if is_same else (*self.also, other.line, *other.also)
        return replace(self, quantities=quantities, mistakes=common, also=also)


DERIVED = {
    **{"dA2": ("A2", "cost"), "dZ2": ("Z2", "A2", "cost")},
    **dict.fromkeys(("dW2", "db2", "dA1"), ("Z2",)),
    **dict.fromkeys(("dZ1", "dW1", "db1"), ("Z1", "A1")),
}
"""What autograd derives from which lines."""


def without_derived(diagnoses: Iterable[Diagnosis]) -> list[Diagnosis]:
    """Leave out what autograd made of a line that is wrong: it is as it should be for that line."""
    found: list[Diagnosis] = []
    for diagnosis in diagnoses:
        sources = [
            k
            for k, each in enumerate(found)
            if each.line in DERIVED.get(diagnosis.line, ()) and each.is_limit == diagnosis.is_limit
        ]
        if sources:
            source = found[sources[-1]]
            found[sources[-1]] = replace(source, quantities=(*source.quantities, *diagnosis.quantities))
        else:
            found.append(diagnosis)
    return found


def merged(diagnoses: Iterable[Diagnosis]) -> list[Diagnosis]:
    """Say once what is wrong in several lines alike."""
    found: list[Diagnosis] = []
    for diagnosis in diagnoses:
        for k, earlier in enumerate(found):
            if both := earlier.with_one_alike(diagnosis):
                found[k] = both
                break
        else:
            found.append(diagnosis)
    return found
