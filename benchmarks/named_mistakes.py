"""How many mistakes of the catalogue does the doctor name? `python benchmarks/named_mistakes.py [--pairs N]`.

Each is planted into a right network that is written in two conventions, and in pairs, in two different lines. A program
gives all its quantities, or the four gradients alone. N pairs are drawn at random.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import product

import numpy as np
from patients import CONVENTIONS, FOUR, Patient

from shared.checking import problems
from shared.checking.catalogue.entries import CATALOGUE, Mistake
from shared.checking.checkup import Checkup, check
from shared.checking.conventions import NAMES, Convention
from shared.checking.what_is_wrong import Diagnosis
from shared.network import Parameters

SMALL = list(problems.small())


def examined(convention: Convention, mistakes: Sequence[Mistake], gives: Sequence[str]) -> Checkup:
    """Let the doctor examine a network with these mistakes."""
    trains = any(mistake.line in Parameters._fields for mistake in mistakes)
    functions = ("gradients", "train") if trains else ("gradients",)
    return check(Patient(convention, tuple(mistakes), tuple(gives), functions), SMALL)


def outcome(checkup: Checkup, mistakes: Sequence[Mistake]) -> str:
    """Classify the answer: named, at least found in its line, found elsewhere, or not seen."""
    diagnoses = [finding.diagnosis for finding in checkup.findings]
    lines = {line for diagnosis in diagnoses for line in lines_of(diagnosis, mistakes)}
    named = {(m.kind, m.line) for diagnosis in diagnoses for m in diagnosis.mistakes}
    named |= {(m.kind, line) for diagnosis in diagnoses for m in diagnosis.mistakes for line in diagnosis.also}
    if len(lines) == len(mistakes) and all((m.kind, m.line) in named for m in mistakes):
        return "named"
    if checkup.verdict != "wrong":
        return checkup.verdict
    return "right line" if lines == {m.line for m in mistakes} else "another line"


def lines_of(diagnosis: Diagnosis, mistakes: Sequence[Mistake]) -> set[str]:
    """Name the lines of a diagnosis; where some cannot be told apart, that of a mistake which was planted."""
    named = {(m.kind, m.line) for m in diagnosis.mistakes}
    made = {m.line for m in mistakes if (m.kind, m.line) in named}
    return made if made and diagnosis.line not in made else {diagnosis.line, *diagnosis.also}


def pairs(count: int) -> Iterable[tuple[Mistake, Mistake]]:
    """Draw pairs of mistakes in two different lines of the network."""
    rng, in_the_network = np.random.default_rng(1), [m for m in CATALOGUE if m.line in NAMES]
    while count:
        a, b = (in_the_network[k] for k in rng.integers(len(in_the_network), size=2))
        if NAMES.index(a.line) < NAMES.index(b.line):
            count -= 1
            yield a, b


def main(pair_count: int) -> None:
    """Print the shares."""
    for (name, convention), (what, gives) in product(
        CONVENTIONS.items(), (("all quantities", NAMES), ("four gradients", FOUR))
    ):
        counts = Counter(outcome(examined(convention, (m,), gives), (m,)) for m in CATALOGUE if m.line != "costs")
        show(f"one mistake, {name}, {what} given", counts)
    counts = Counter(outcome(examined(Convention(), pair, NAMES), pair) for pair in pairs(pair_count))
    show("two mistakes, all quantities given", counts)


def show(what: str, counts: Counter[str]) -> None:
    """Print a line of shares."""
    print(f"{what}: {counts['named']} of {counts.total()} named;", ", ".join(f"{n} {k}" for k, n in counts.items()))


if __name__ == "__main__":
    main(int(sys.argv[sys.argv.index("--pairs") + 1]) if "--pairs" in sys.argv else 500)
