"""A diagnosis: what is wrong, as far as it is known, and what it is called."""

from dataclasses import dataclass, field, replace

from shared.checking.catalogue.mistake import Mistake
from shared.judging.verdict import listed
from shared.network import Parameters

MOST = 3
"""How many names a diagnosis gives where nobody could tell mistakes apart."""


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, as far as it is known.

    `line` is the line that is wrong, `also` others that are wrong in the same way, `quantities` what shows it.
    `mistakes` holds what explains it: one, or several that nobody could tell apart on these problems. Where nothing
    does, `clues` says what is known, and `unfit` why it could not even be compared.
    """

    line: str
    quantities: tuple[str, ...]
    mistakes: tuple[Mistake, ...] = ()
    clues: tuple[str, ...] = field(default=())
    unfit: str = ""
    also: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The line, or lines."""
        is_update = self.line in Parameters._fields
        return (f"the update{'s' if self.also else ''} of " if is_update else "") + listed((self.line, *self.also))

    @property
    def name(self) -> str:
        """The mistake's name, or those that nobody could tell apart; where lines are wrong alike, all of them."""
        if self.unfit:
            text = f"each {self.unfit[3:]}" if self.also and self.unfit.startswith("it ") else self.unfit
            return f"{listed((self.line, *self.also))}: {text}"
        if not self.mistakes:
            return f"unknown mistake in {self.where}" + (" or before it, or several" if self.is_before else "")
        more = len(self.mistakes) - MOST
        return " or ".join(self.explanations) + (f" or {more} more" if more > 0 else "")

    @property
    def is_before(self) -> bool:
        """Whether nothing explains several quantities: one line before all of them may be wrong, or more than one."""
        return not self.mistakes and not self.unfit and len(self.quantities) > 1 + len(self.also)

    @property
    def explanations(self) -> dict[str, str]:
        """The explanation of each mistake that the diagnosis names, by its name."""
        named = self.mistakes[:MOST]
        return {f"{m.kind} in {self.where}" if m.line == self.line else m.name: m.explanation for m in named}

    @property
    def is_unknown_update(self) -> bool:
        """Whether it is an update of which nothing is known, or at most that its step has another length."""
        return self.line in Parameters._fields and not self.unfit and all(m.general for m in self.mistakes)

    def with_one_alike(self, other: "Diagnosis") -> "Diagnosis | None":
        """Make one diagnosis of two, if their lines are wrong in the same way; updates that nothing explains are."""
        kinds = {mistake.kind for mistake in other.mistakes if mistake.line == other.line}
        common = tuple(mistake for mistake in self.mistakes if mistake.line == self.line and mistake.kind in kinds)
        unfit_alike = bool(self.unfit) and self.unfit == other.unfit
        if not common and not unfit_alike and not (self.is_unknown_update and other.is_unknown_update):
            return None
        quantities = (*self.quantities, *other.quantities)
        return replace(self, quantities=quantities, mistakes=common, also=(*self.also, other.line, *other.also))
