"""What can be said of a wrong line that no mistake of the catalogue explains."""

from collections.abc import Iterator, Sequence

import numpy as np

from shared.checking.catalogue.mistake import SAFETY
from shared.checking.examination import Examination
from shared.checking.factors import FACTORS, Factor, is_near
from shared.checking.judged_reply import JudgedReply
from shared.checking.lines import run
from shared.judging.arithmetic import Probabilistic
from shared.judging.rounding import through_one_line
from shared.judging.verdict import FALSE_ALARM_RATE, deviations
from shared.network import Array


def symptoms(answers: Sequence[JudgedReply], name: str) -> list[str]:
    """Say what is known of a quantity that is wrong on these problems; most of it is seen on the first."""
    answer = answers[0]
    V, truth = answer.own.get(name), answer.lines[name][0].high
    if V is None:
        return [f"{name}: {answer.unfit[name]}"] if name in answer.unfit else []
    off = answer.lines[name][0].error(V) > answer.lines[name][1].bound
    return [*factor(answers, name), *order(V, truth), *where(off, answer)]


def factor(replies: Sequence[JudgedReply], name: str) -> Iterator[str]:
    """Look for the factor between what was given and what is true that holds on most problems: a number, or sizes.

    Of a single number, one problem shows nothing, nor does the same problem once more.
    """
    answers = [
        v for k, v in enumerate(replies) if not any(v.problem.is_like(earlier.problem) for earlier in replies[:k])
    ]
    ratios = [(answer, ratio) for answer in answers if (ratio := ratio_on(answer, name)) is not None]
    if not ratios or ratios[0][0] is not answers[0] or is_near(1, ratios[0][1], answers[0]):
        return
    candidates = [f for f in (Factor(ratios[0][1]), *FACTORS) if holds(f, *ratios[0])]
    counts = [sum(holds(f, answer, ratio) for answer, ratio in ratios) for f in candidates]
    count = max(counts)
    if count == 1 and answers[0].own[name].size == 1:
        return
    where = f"{count} of the {len(answers)} problems on which it is wrong" if count > 1 else answers[0].problem.name
    text = f"{name} is {candidates[counts.index(count)]} times the true one"
    yield text if count == len(answers) else f"{text} on {where}"


def holds(factor: Factor, answer: JudgedReply, ratio: float) -> bool:
    """Tell whether a factor is what was seen on a problem."""
    return is_near(factor.of(answer.problem.sizes), ratio, answer)


def ratio_on(answer: JudgedReply, name: str) -> float | None:
    """Measure how many times the true one a quantity is; None if its entries do not agree on that."""
    V, truth = answer.own.get(name), answer.lines[name][0].high
    if V is None or V.shape != truth.shape or np.any(V[truth == 0] != 0):
        return None
    with np.errstate(over="ignore"):  # whatever was given may be too large to be divided
        ratios = V[truth != 0] / truth[truth != 0]
    if (
        ratios.size < min(2, V.size)
        or not np.any(ratios)
        or not np.isfinite(ratios).all()
        or np.ptp(ratios) > 1e-6 * np.abs(ratios).max()
    ):
        return None
    return float(np.median(ratios))


def is_narrow(answers: Sequence[JudgedReply], name: str) -> bool:
    """Tell whether a line of float64 was computed in float32: its errors are the noise of that, no more and no less.

    Roundings are uniform within u of each number, so the chance that the largest of n is below a share s of u is s^n.
    Errors so small that this chance is below FALSE_ALARM_RATE are not those of float32.
    """
    if not answers or not all(is_within_float32(answer, name) for answer in answers):
        return False
    u = float(np.finfo(np.float32).eps) / 2
    shares = [relative_error(answer, name) / u for answer in answers]
    n = sum(share.size for share in shares)
    return bool(max(share.max(initial=0) for share in shares) > FALSE_ALARM_RATE ** (1 / max(1, n)))


def relative_error(answer: JudgedReply, name: str) -> Array:
    """How far off a quantity is, as a share of its true values, where these are not 0."""
    truth = answer.lines[name][0]
    error, size = truth.error(answer.own[name]).ravel(), np.abs(truth.high).ravel()
    return error[size > 0] / size[size > 0]


def is_within_float32(answer: JudgedReply, name: str) -> bool:
    """Tell whether the errors of a line of float64 are beyond what that does, but not beyond the noise of float32."""
    if name not in answer.own or answer.dtype != np.float64:
        return False
    values, truth = {**answer.problem.given(), **answer.own}, answer.lines[name][0]
    error = truth.error(answer.own[name])
    if np.count_nonzero(error > answer.lines[name][1].bound) < error.size / 2:
        return False
    arithmetic = Probabilistic(np.dtype(np.float32), "relu", deviations(error.size))
    noise = through_one_line(arithmetic, name, values).error + arithmetic.u * np.abs(truth.high)
    return bool(np.all(error <= arithmetic.deviations * noise))


SURE = -np.log(SAFETY[0])
"""The `|Z2|` where the largest of the usual guards begins to matter."""


def saturation(examination: Examination, name: str) -> float | None:
    """Find how large `|Z2|` is wherever a quantity is wrong; None if it is wrong at ordinary outputs, too."""
    wrong = [answer for answer in examination.answers if name in answer.wrong]
    sizes = [float(np.abs(run(answer.problem.given())["Z2"]).max()) for answer in wrong]
    return min(sizes) if len(wrong) < len(examination.answers) and min(sizes, default=0) > SURE else None


def order(V: Array, truth: Array) -> Iterator[str]:
    """Look for the right numbers in the wrong places."""
    if V.size > 1 and not np.allclose(V, truth) and np.allclose(np.sort(V, axis=None), np.sort(truth, axis=None)):
        yield "the numbers are right, their places are not: was reshape written for transpose?"
    elif V.size > 1 and np.allclose(V, -truth):
        yield "the sign is wrong"


def where(off: Array, answer: JudgedReply) -> Iterator[str]:
    """Look for what the wrong entries have in common."""
    if off.ndim != 2 or off.all():
        if off.ndim == 2:
            yield "all entries are off"
        return
    units, m = off.shape[0], answer.problem.sizes["m"]
    Z1, Y = run(answer.problem.given())["Z1"], answer.problem.Y
    if off.shape == Z1.shape:
        for text, mask in (("where Z1 < 0", Z1 < 0), ("where Z1 is exactly 0", Z1 == 0), ("where Z1 > 0", Z1 > 0)):
            if np.array_equal(off, mask) or (off.any() and np.all(mask[off])):
                yield f"only entries {text} are off"
                return
    if off.shape[1] == m:
        for label in (0, 1):
            if off.any() and np.all((Y[0] == label)[off.any(axis=0)]):
                yield f"only examples of label {label} are off"
    rows, columns = np.flatnonzero(off.any(axis=1)), np.flatnonzero(off.any(axis=0))
    if len(rows) == 1 and units > 1:
        yield f"only row {rows[0]} is off"
    elif len(columns) == 1 and off.shape[1] > 1:
        yield f"only column {columns[0]} is off"
    elif off.any():
        yield f"{off.sum()} of {off.size} entries are off, the first at {np.argwhere(off)[0].tolist()}"
