"""Mistakes whose number nobody can foresee: a penalty of 0.003, a guard of 1e-5, a division by X.size.

The catalogue holds usual numbers. Where none of them explains a line, the number is read off what the program gave:
most such mistakes are linear in it, so that two predictions and one wrong answer tell it. The others are tried with the
numbers that stand in the program's text. What comes of it is a guess like any entry of the catalogue, and has to
explain all problems to rounding.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from shared.checking.catalogue.entries import CATALOGUE, FAMILIES
from shared.checking.catalogue.forward import CHANGED
from shared.checking.catalogue.gradients import SQUARES
from shared.checking.catalogue.mistake import Family, Mistake, Trait, at
from shared.checking.factors import ALIKE, Factor, fitting, plain, written
from shared.checking.judged_reply import JudgedReply
from shared.checking.lines import LINES, Formula, Values, one_by_one
from shared.network import Array

LOSSES = ("cost", "dA2", "dZ2")
"""Where a mean over the examples is taken."""
HINTS = {"1/n_x": ": X.size is n_x m, and X.shape[1] is m", "1/n_h": ": A1.size is n_h m, and A1.shape[1] is m"}
EPSILONS = (2.0**-52, 2.0**-23)
"""What people take from `finfo`: the spacing of float64 and of float32 behind 1."""
DIGITS = 9
"""To so many digits the length of a step is read off."""


def guesses(
    name: str, lines: Sequence[str], answers: Sequence[JudgedReply], numbers: Sequence[float], is_seen: bool
) -> Iterator[Mistake]:
    """Make mistakes, with numbers of the program's own text, that may explain a wrong quantity.

    Parameters
    ----------
    name
        The quantity.
    lines
        Those that it is made by, given what the program gave before it.
    answers
        All of them; those on which the quantity is wrong by itself tell the number.
    numbers
        Those in the program's text.
    is_seen
        Whether the program was seen to compute it: then no other number is read off.
    """
    replies = [answer for answer in answers if name in answer.own and name in answer.wrong]
    for line in lines:
        for family in linear(line) if replies and not is_seen else ():
            if p := number(replies[0], name, line, family.at):
                yield family.at(p)
        if line == name == "cost" and replies:
            yield from penalized(replies[0])
        if not any(name in answer.unfit for answer in answers):  # what is no number elsewhere is no multiple
            yield from with_factor(line, name, replies)
        yield from with_another_X(line)
        if line in LOSSES:
            yield from map(summed, other_mistakes(line))
        for family in FAMILIES:
            if family.line == line:
                more = EPSILONS if Trait.LIMIT in family.traits else [-p for p in numbers if family.linear]
                yield from family.members((*numbers, *more))


def linear(line: str) -> list[Family]:
    """The families of a line that are linear in their number."""
    return [family for family in FAMILIES if family.line == line and family.linear]


def number(answer: JudgedReply, name: str, line: str, of: Callable[[float], Mistake]) -> float | None:
    """Read off the number with which a mistake of this family would explain an answer; None if none does."""
    base, moved = (predicted(answer, name, line, of(p)) for p in (0.0, 1.0))
    if base is None or moved is None:
        return None
    p = solved(base, moved, answer.own[name], ALIKE[answer.dtype.name])
    return None if p is None else plain(p, ALIKE[answer.dtype.name])


def predicted(answer: JudgedReply, name: str, line: str, mistake: Mistake) -> Array | None:
    """Predict a quantity with another line in the place of the right one."""
    values = (V for n, V in one_by_one(dict(answer.inputs), {line: mistake.wrong}, answer.own_inputs) if n == name)
    V = next(values, None)
    return None if V is None else V.astype(np.float64)


def solved(base: Array, moved: Array, V: Array, alike: float) -> float | None:
    """Find the p for which V is base + p (moved - base), to so much of its largest entry; None if there is none."""
    if base.shape != V.shape or moved.shape != V.shape or not (np.isfinite(base).all() and np.isfinite(moved).all()):
        return None
    with np.errstate(all="ignore"):  # whatever was given may be too large to be multiplied
        direction = moved - base
        p = float(np.sum(direction * (V - base)) / np.sum(direction * direction))
        is_linear = np.all(np.abs(base + p * direction - V) <= alike * np.abs(V).max())
    return p if is_linear and np.isfinite(p) else None


def with_factor(line: str, name: str, replies: Sequence[JudgedReply]) -> Iterator[Mistake]:
    """Read off by what a line seems to be multiplied, from a quantity that is wrong on these problems."""

    def times(p: float) -> Mistake:
        return Mistake("", line, Formula(f"({LINES[line]}) * {p!r}"))

    ratios = [
        (solved_ratio, answer) for answer in replies if (solved_ratio := ratio(answer, name, line, times)) is not None
    ]
    known = [(each, answer) for each, answer in ratios if answer.dtype == replies[0].dtype]
    if not known or (factor := fitting(known)) == Factor(1.0):
        return
    kind, text = f"factor {factor}", f"{line} is {factor} times what it should be{HINTS.get(str(factor), '')}."
    if n := factor.fixed_m:
        kind, text = f"division by {n} instead of m", f"{line} is divided by {n}, whatever m is: take m from X."
    if not factor.number:
        kind, text = "nothing but zeros", f"{line} is 0 everywhere, as if nothing had been added to it."
    traits = Trait.GENERAL if factor.is_number and factor.number else Trait.NONE
    yield from at(line, {kind: (f"({LINES[line]}) * ({factor.text})", text)}, traits=traits)


def ratio(answer: JudgedReply, name: str, line: str, times: Callable[[float], Mistake]) -> float | None:
    """Read off by what a line seems to be multiplied on one problem, unrounded."""
    base, moved = (predicted(answer, name, line, times(p)) for p in (0.0, 1.0))
    return None if base is None or moved is None else solved(base, moved, answer.own[name], ALIKE[answer.dtype.name])


@cache
def with_another_X(line: str) -> list[Mistake]:  # noqa: N802
    """Mistakes of a line that takes X as it was made before, by a scaling for instance."""
    mistakes = list[Mistake]()
    for what, text in CHANGED.items() if line in ("Z1", "dW1") else ():
        explanation = f"X is {what} before {line}: this network takes it as it is."
        mistakes += at(line, {f"X {what}": (re.sub(r"\bX\b", f"({text})", LINES[line]), explanation)})
    return mistakes


def other_mistakes(line: str) -> list[Mistake]:
    """What may be wrong with a line beside a missing mean, which is no factor: such a one would make another factor."""
    return [m for m in CATALOGUE if m.line == line and Trait.FACTOR not in m.traits]


def summed(mistake: Mistake) -> Mistake:
    """The sum over the examples in place of the mean, beside another mistake."""
    return replace(
        mistake,
        kind=f"mean over examples missing, with {mistake.kind.strip(',')},",
        wrong=Formula(f"({mistake.formula}) * m"),
        explanation=f"The examples are summed and nothing divides by m. {mistake.explanation}",
        traits=Trait.MEAN | Trait.GENERAL,
    )


def penalized(reply: JudgedReply) -> Iterator[Mistake]:
    """A penalty on the weights in the cost, beside another mistake; its strength is read off."""
    for mistake in other_mistakes("cost"):
        for by_m in ("", " / m"):
            said = "(2 m)" if by_m else "2"
            family = Family(
                "cost",
                f"penalty on the weights {{p:.6g}}{by_m.replace(' ', '')}, with {mistake.kind},",
                f"{mistake.formula} + p{by_m} * {SQUARES} / 2",
                f"{{p:.6g}}/{said} times the sum of the squared weights is added, and this cost has no such penalty. "
                f"{mistake.explanation}",
                traits=Trait.GENERAL,
            )
            p = number(reply, "cost", "cost", family.at)
            if p is not None and abs(p) > ALIKE[reply.dtype.name]:
                yield family.at(p)


def guesses_of_update(name: str, steps: Sequence[Values], numbers: Sequence[float]) -> Iterator[Mistake]:
    """Make mistakes of the update of a parameter that may explain the steps that were seen."""
    if (length := same_length(steps)) is not None:
        step = f"learning_rate d{name}"
        text = f"{name} moves by {written(length)} times {step}, at every step and every rate."
        kind = f"step {written(length)} times as long"
        yield from at(name, {kind: (f"{name} - learning_rate * ({length!r} * d{name})", text)})
    for family in linear(name):
        base, moved = (family.at(p).wrong(steps[0]) for p in (0.0, 1.0))
        p = solved(base, moved, steps[0]["after"], ALIKE["float64"])
        if p is not None and abs(p) > ALIKE["float64"]:
            yield family.at(float(f"{p:.6g}"))
    for family in FAMILIES:
        if family.line == name:
            yield from family.members(numbers)


def same_length(steps: Sequence[Values]) -> float | None:
    """Read off how many times too long all steps are; None if they are not, or nobody knows."""
    ratios = np.array([q["length_seen"] / q["learning_rate"] for q in steps])
    length = float(f"{np.median(ratios):.{DIGITS}g}")
    return length if np.all(np.abs(ratios - length) <= 10.0 ** -(DIGITS - 2) * abs(length)) else None
