"""The verdict on each quantity: its distance from the truth, against what rounding may do (docs/judging.md)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

from shared.judging.arithmetic import WithError
from shared.judging.truth import Enclosure
from shared.network import INPUTS, Array, unfit

Verdict = Literal["agrees", "suspect", "wrong"]

FALSE_ALARM_RATE = 1e-6
"""The chance that a correct quantity is `suspect`, if rounding is what the model of the noise says."""


def deviations(entries: int) -> float:
    """How many standard deviations the largest of so many normal errors exceeds, with FALSE_ALARM_RATE at most."""
    return -NormalDist().inv_cdf(FALSE_ALARM_RATE / entries / 2)


@dataclass(frozen=True)
class Allowance:
    """What rounding may do to a quantity, entry by entry: the proven bound, and one standard deviation of the noise."""

    bound: Array
    noise: Array

    @classmethod
    def of(cls, worst: WithError, noise: WithError) -> "Allowance":
        """Take the errors of a quantity that went through both arithmetics."""
        return cls(np.asarray(worst.error), np.asarray(noise.error))


@dataclass(frozen=True)
class Entry:
    """One entry of a quantity: what was computed, what is true (written out where it disagrees), what is allowed."""

    index: tuple[int, ...]
    got: float
    true_value: str
    proven_digits: int
    error: float
    noise: float
    bound: float


@dataclass(frozen=True)
class Judgement:
    """The verdict on one quantity of one implementation.

    `max_error`, `noise` and `bound` are the largest over the entries; `spacing` is the distance between neighbouring
    numbers of the dtype at the largest true value. `worst` is the entry furthest beyond what is allowed; where nothing
    can be compared there is none, and `problem` says why. `share` is the part of what agrees that it used.
    """

    quantity: str
    verdict: Verdict
    max_error: float
    noise: float
    bound: float
    spacing: float
    problem: str = ""
    worst: Entry | None = None
    share: float | None = None


def judge(quantity: str, values: object, truth: Enclosure, allowance: Allowance, dtype: np.dtype) -> Judgement:
    """Judge what an implementation gave for a quantity: an array of its shape and the dtype; a float for the cost."""
    noise, bound = float(np.max(allowance.noise)), float(np.max(allowance.bound))
    spacing = float(np.spacing(dtype.type(np.max(np.abs(truth.high)))))
    problem = unfit(quantity, values, truth.high.shape, dtype)
    if problem:
        return Judgement(quantity, "wrong", np.nan, noise, bound, spacing, problem)
    computed = np.asarray(values)
    error = truth.error(computed)
    verdict = verdict_on(error, allowance)
    worst = furthest(error, allowance.bound if verdict == "wrong" else allowance.noise)
    entry = Entry(
        index=worst,
        got=float(computed[worst]),
        true_value="" if verdict == "agrees" else digits_that_tell(truth, worst, float(error[worst])),
        proven_digits=proven_digits(truth, worst),
        error=float(error[worst]),
        noise=float(allowance.noise[worst]),
        bound=float(allowance.bound[worst]),
    )
    share = entry.error / entry.noise / deviations(error.size) if entry.noise else None
    return Judgement(quantity, verdict, float(np.max(error)), noise, bound, spacing, worst=entry, share=share)


def verdict_on(error: Array, allowance: Allowance) -> Verdict:
    """Compare errors with what rounding may do, entry by entry; NaN is within no bound."""
    if not np.all(error <= allowance.bound):
        return "wrong"
    return "agrees" if np.all(error <= deviations(error.size) * allowance.noise) else "suspect"


def furthest(error: Array, allowed: Array) -> tuple[int, ...]:
    """Find the entry whose error is the largest multiple of what is allowed there."""
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        multiple = np.nan_to_num(error / allowed, nan=0.0)  # 0 / 0: an exact value, exactly met
    return tuple(int(k) for k in np.unravel_index(np.argmax(multiple), error.shape))


def proven_digits(truth: Enclosure, index: tuple[int, ...]) -> int:
    """Count the decimal digits of a true value that its enclosure proves; 0 where all or none are known."""
    value, radius = abs(truth.high[index]), truth.radius[index]
    known = value > 0 and 0 < radius < np.inf
    return max(1, int(np.log10(value) - np.log10(radius))) if known else 0


def digits_that_tell(truth: Enclosure, index: tuple[int, ...], error: float) -> str:
    """Write a true value with as many digits as it takes to see that something else is wrong."""
    value = abs(float(truth.high[index]))
    needed = int(np.log10(value) - np.log10(error)) + 3 if value > 0 and 0 < error < np.inf else 5
    return truth.digits(index, int(np.clip(needed, 5, 30)))


def localised(judged: Judgement, local: Judgement, earlier: Mapping[str, Judgement]) -> str:
    """Say whether a quantity that does not agree is wrong by itself or inherits.

    `local` is the verdict on its own line alone, given the program's own inputs; `earlier` holds those on the
    quantities before it.
    """
    name = judged.quantity
    blamed = [q for q in INPUTS[name] if q in earlier and earlier[q].verdict != "agrees"]
    is_off, agree = (("is", "agrees"), ("are", "agree"))[len(blamed or INPUTS[name]) > 1]
    if blamed and local.verdict == "agrees":
        return f"its own line is right: it inherits the error of {listed(blamed)}"
    if blamed:
        return f"{listed(blamed)} {is_off} off already, and the line that computes {name} is {local.verdict} by itself"
    if local.verdict == "agrees":
        return f"its own line is right, and {listed(INPUTS[name])} {agree}: small errors in front of it add up here"
    return f"{listed(INPUTS[name])}, which it is made from, {agree}: the line that computes {name} is the culprit"


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does: W1, b1 and X."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
