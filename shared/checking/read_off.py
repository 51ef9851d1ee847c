"""Mistakes whose number nobody can foresee: a penalty of 0.003, a guard of 1e-5, a division by X.size.

The catalogue holds usual numbers. Where none of them explains a line, the number is read off what the program gave:
most such mistakes are linear in it, so that two predictions and one wrong answer tell it. The others are tried with
more numbers than the catalogue has, and so are rare mistakes, and two in one line (compounds.py). What comes of it is a
guess like any entry of the catalogue, and has to explain all problems to rounding.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import product

import numpy as np

from shared.checking import compounds
from shared.checking.catalogue.anywhere import narrowed
from shared.checking.catalogue.examples import smoothed, with_labels
from shared.checking.catalogue.forward import LIMITS, clipped_sigmoid
from shared.checking.catalogue.loss import log_of_clipped, log_of_shifted, losses, of_shifted
from shared.checking.catalogue.mistake import Mistake, at
from shared.checking.catalogue.output import slope_of_clipped, slope_of_shifted
from shared.checking.factors import of_a_line
from shared.checking.inputs import changed
from shared.checking.lines import LINES, Line, Values, examples
from shared.checking.other_lines import RARE, over_guarded_slope, through_guarded_slope
from shared.checking.readings import Family, plain, read
from shared.checking.visit import GRADIENTS, Visit
from shared.network import Array

TINY = sorted({10.0**-k for k in range(1, 17)} | {float(np.finfo(t).eps) for t in (np.float32, np.float64)})
"""What else keeps a probability away from 0 and 1."""
LOGITS = (5, 6, 8, 10, 12, 16, 18, 25, 35, 36, 40, 60, 64, 80, 88)
"""Where else Z2 is cut off."""
THRESHOLDS = (1.0, 0.5, 0.1, 0.01)
"""Where else relu's slope may begin."""


def guesses(name: str, lines: Sequence[str], visits: Sequence[Visit]) -> Iterator[Mistake]:
    """Make mistakes, with numbers of the program's own, that may explain a wrong quantity.

    Parameters
    ----------
    name
        The quantity.
    lines
        Those that it is made by, given what the program gave before it.
    visits
        All of them; those on which the quantity is wrong by itself tell the number.
    """
    seen = [visit for visit in visits if name in visit.own and name in visit.wrong]
    for line in lines:
        for family in linear(line):
            if seen and (strength := read(seen[0], name, line, family)) is not None:
                yield from at(line, family(plain(strength, seen[0])))
        yield from of_a_line(line, name, seen)
        yield from (mistake for mistake in RARE if mistake.line == line)
        own_guards = tuple(guards(line))
        yield from at(line, *own_guards)
        if line in ("Z1", "dW1"):
            yield from at(line, *changed(line))
        yield from compounds.of_a_line(line, own_guards, seen[0] if seen and line == name else None)
        if line == name:
            yield from at(line, *formats(line))


def linear(line: str) -> Iterator[Family]:
    """Give the mistakes of a line that are linear in their number."""
    right = LINES[line]
    if line in GRADIENTS:
        V, penalty = line[1:], "the derivative of a penalty, and the cost of this network has no penalty"
        yield lambda p: (
            f"weight decay {p:.6g}",
            lambda q: right(q) + p * q[V],
            f"{p:.6g} {V} is added, {penalty}.",
        )
        yield lambda p: (
            f"weight decay {p:.6g}/m",
            lambda q: right(q) + p / examples(q) * q[V],
            f"{p:.6g}/m {V} is added, {penalty}.",
        )
        yield lambda p: (
            f"sum of absolute weights times {p:.6g}",
            lambda q: right(q) + p * np.sign(q[V]),
            f"{p:.6g} times the sign of {V} is added, {penalty}.",
        )
        yield lambda p: (
            f"{'new ' if p else ''}weights in place of the gradient",
            lambda q: q[V] + p * right(q),
            f"This is not {line} but {V} {'+' if p > 0 else '-'} {abs(p):.6g} {line}, {V} after its update."
            if p
            else f"This is {V} itself, not {line}.",
        )
    if line in ("cost", "dZ2"):
        yield from (of_label(line, label) for label in (0, 1))
        yield lambda p: (
            f"labels smoothed by {p:.6g}",
            with_labels(line, smoothed(p)),
            f"The labels are {p / 2:.6g} and {1 - p / 2:.6g}, not 0 and 1.",
        )
    if line == "A1":
        yield lambda p: (
            f"slope {p:.6g} on the left",
            lambda q: np.where(q["Z1"] > 0, q["Z1"], p * q["Z1"]),
            f"Where Z1 is negative, A1 is {p:.6g} Z1, and relu makes it 0.",
        )
    if line == "dZ1":
        yield lambda p: (
            f"slope {p:.6g} on the left",
            lambda q: np.where(q["Z1"] > 0, q["dA1"], p * q["dA1"]),
            f"Where Z1 is negative, the slope is {p:.6g}, and relu's is 0.",
        )


def of_label(line: str, label: int) -> Family:
    """Examples of one label that count more, or less, than the others."""
    return lambda p: (
        f"label {label} weighed {p:.6g} times",
        lambda q: weighed(line, label, p, q),
        f"Examples of label {label} count {p:.6g} times, and in this cost all count alike.",
    )


def weighed(line: str, label: int, weight: float, q: Values) -> Array:
    """The cost or dZ2, with examples of one label that count so many times."""
    weights = np.where(q["Y"] == label, weight, 1.0).astype(q["X"].dtype)
    if line == "dZ2":
        return np.asarray(weights * LINES["dZ2"](q))
    return np.asarray(np.mean(weights * losses(q)))


def guards(line: str) -> Iterator[tuple[str, Line, str]]:
    """Give the guards of a line that the catalogue does not have: other small numbers, other limits."""
    if line == "A2":
        for limit in LOGITS:
            text = f"Z2 is kept between -{limit} and {limit}, so A2 is wrong where the network is surer than that."
            yield f"sigmoid of Z2 clipped at {limit}", clipped_logit(limit), text
    if line == "Z2":
        for limit in (*LOGITS, *LIMITS):
            text = f"Z2 is kept between -{limit} and {limit}, so it is wrong where the network is surer than that."
            yield f"clipped at {limit}", clipped_output(limit), text
    if line == "dZ1":
        for least in THRESHOLDS:
            text = f"The gradient passes where Z1 is above {least}, and relu lets it pass above 0."
            yield f"mask of Z1 above {least:g}", passing_above(least), text
    for tiny, (what, wrong, text) in product(TINY, KEPT_AWAY.get(line, ())):
        yield f"{what} {tiny:.6g}", wrong(tiny), text.format(f"{tiny:.6g}")


def clipped_logit(limit: float) -> Line:
    """A2 of a Z2 that is cut off."""
    return lambda q: LINES["A2"]({**q, "Z2": np.clip(q["Z2"], -limit, limit)})


def clipped_output(limit: float) -> Line:
    """Z2, cut off."""
    return lambda q: np.clip(LINES["Z2"](q), -limit, limit)


def passing_above(least: float) -> Line:
    """dZ1 of a relu that begins elsewhere."""
    return lambda q: q["dA1"] * (q["Z1"] > least)


KEPT_AWAY: dict[str, tuple[tuple[str, Callable[[float], Line], str], ...]] = {
    "A2": (("clipped at", clipped_sigmoid, "A2 is kept {} away from 0 and 1: wrong where the network is surer."),),
    "cost": (
        ("log of a probability clipped at", log_of_clipped, "A2 is clipped at {} before the log."),
        ("log of a probability plus", log_of_shifted, "{} is added inside the log."),
    ),
    "dA2": (
        ("log of a probability plus", of_shifted, "{} is added to A2 and 1 - A2: the slope of another cost."),
        ("A2 (1 - A2) plus", over_guarded_slope, "{} is added to A2 (1 - A2), which A2 - Y is divided by."),
    ),
    "dZ2": (
        (
            "log of a probability clipped at",
            slope_of_clipped,
            "A2 is clipped at {} before the log, and where it is clipped the cost has no slope.",
        ),
        (
            "log of a probability plus",
            slope_of_shifted,
            "{} is added inside the log, so its derivative does not cancel with the sigmoid's slope.",
        ),
        (
            "A2 (1 - A2) plus",
            through_guarded_slope,
            "{} is added to A2 (1 - A2) before it divides A2 - Y, so that it does not cancel with the sigmoid's slope.",
        ),
    ),
}
"""How a small number keeps a line away from the logarithm of 0: what it is, the line, the explanation."""


def formats(line: str) -> Iterator[tuple[str, Line, str]]:
    """Give the formats that a result may have been kept in, beside float32."""
    for what, digits, keep in FORMATS:
        yield f"result kept in {what}", kept(line, keep), f"{line} is kept in an array of {what}, {digits}."


def kept(line: str, keep: Callable[[Array], Array]) -> Line:
    """The right line, in an array that does not hold all of its digits."""
    return lambda q: keep(np.asarray(LINES[line](q))).astype(q["X"].dtype)


FORMATS: tuple[tuple[str, str, Callable[[Array], Array]], ...] = (
    ("float16", "with 3 digits", lambda V: V.astype(np.float16)),
    ("bfloat16", "with 2 digits", lambda V: narrowed(V, 7)),
    ("whole numbers", "and what is behind the point is cut off", np.trunc),
)
"""The format, what it does to a number, and how."""
