"""Two mistakes in one line: no mean beside another mistake, a penalty beside a guard, any cost from a log of A2."""

from collections.abc import Iterable, Iterator

import numpy as np

from shared.checking.catalogue.anywhere import FACTORS
from shared.checking.catalogue.entries import CATALOGUE
from shared.checking.catalogue.gradients import squares
from shared.checking.catalogue.loss import cross_entropy
from shared.checking.catalogue.mistake import Mistake, at
from shared.checking.lines import LINES, Line, Values, examples
from shared.checking.readings import ALIKE, Family, plain, read
from shared.checking.visit import Visit
from shared.network import Array

LOSSES = ("cost", "dA2", "dZ2")
"""Where a mean over the examples is taken."""
ONLY_FACTORS = {what for what, _, _ in FACTORS}
"""Mistakes that only multiply a line: beside a missing mean they make another factor, which is read off."""

Entry = tuple[str, Line, str]
"""What the mistake is, the line, the explanation."""


def of_a_line(line: str, guards: Iterable[Entry], seen: Visit | None) -> Iterator[Mistake]:
    """Give the mistakes of a line that are two in one; `seen` is a visit on which the line itself is wrong, if any."""
    others = [(m.kind, m.wrong, m.explanation) for m in CATALOGUE if m.line == line and m.kind not in ONLY_FACTORS]
    others += guards
    if line in LOSSES:
        yield from at(line, *map(summed, others), general=True)
    if line == "cost":
        yield from at(line, *map(with_log_of_A2, others))
    if line == "cost" and seen:
        for entry in (None, *others):
            yield from penalized(seen, entry)


def summed(entry: Entry) -> Entry:
    """The sum over the examples in place of the mean, beside another mistake."""
    what, wrong, text = entry
    missing = "The examples are summed and nothing divides by m. "
    return f"mean over examples missing, with {what},", lambda q: wrong(q) * examples(q), missing + text


def with_log_of_A2(entry: Entry) -> Entry:  # noqa: N802
    """A mistake of the cost, made with a log of A2 that is infinite where A2 rounds to 0 or 1."""
    what, wrong, text = entry
    text = f"{text} The log is taken of A2, too, which rounds to 0 or 1."
    return f"{what}, with the log of A2,", infinite_like_log(wrong), text


def infinite_like_log(wrong: Line) -> Line:
    """A wrong cost that is infinite where the log of A2 is."""

    def line(q: Values) -> Array:
        from_A2 = cross_entropy(q["Y"], q["A2"], 1 - q["A2"])
        return wrong(q) if np.isfinite(from_A2) else from_A2

    return line


def penalized(seen: Visit, entry: Entry | None) -> Iterator[Mistake]:
    """A penalty on the weights in the cost, alone or beside another mistake; its strength is read off."""
    for by_m in (False, True):
        family = penalty(by_m, entry)
        strength = read(seen, "cost", "cost", family)
        if strength is not None and abs(strength) > ALIKE[seen.dtype.name]:
            yield from at("cost", family(plain(strength, seen)), general=entry is not None)


def penalty(by_m: bool, entry: Entry | None) -> Family:
    """A penalty of p, or of p / m, on the weights, beside another mistake of the cost or in the right one."""
    what, wrong, text = entry or ("", LINES["cost"], "")

    def of(p: float) -> Entry:
        name = f"penalty on the weights {p:.6g}{'/m' if by_m else ''}" + (f", with {what}," if what else "")
        added = f"{p:.6g}/{'(2 m)' if by_m else '2'} times the sum of the squared weights is added, and this cost has"
        return name, penalized_line(wrong, p, by_m), f"{added} no such penalty. {text}".strip()

    return of


def penalized_line(wrong: Line, p: float, by_m: bool) -> Line:
    """A cost and a penalty."""
    return lambda q: wrong(q) + p / (examples(q) if by_m else 1) * squares(q)
