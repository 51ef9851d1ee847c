"""What no formula of one call would tell, so that none is searched.

Answers that are added up from call to call: an array that is made once, and never set to zero again. Answers that are
nowhere a number. What is wrong on large problems alone, such as numbers that are kept in float32 to save memory.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from shared.checking.catalogue.mistake import Mistake
from shared.checking.examination import Examination
from shared.checking.judged_reply import JudgedReply
from shared.checking.lines import right
from shared.checking.symptoms import is_narrow
from shared.checking.what_is_wrong import Diagnosis

NOWHERE = "it is not a number, on any problem"
ROUNDINGS = 8
"""Of the sum of two answers, beside those of the right one."""


def without_search(name: str, examination: Examination, own: Sequence[Mistake]) -> Diagnosis | None:
    """Say what is wrong with a quantity; None if that has to be searched.

    Many a formula gives what is nowhere a number: that counts which the program was seen to compute, one of `own`.
    """
    wrong = [answer for answer in examination.answers if name in answer.wrong]
    if added_up(name, examination.answers):
        return Diagnosis(name, (name,), (never_zeroed(name),))
    if not any(np.isfinite(answer.values[name]).any() for answer in examination.answers if name in answer.values):
        seen = tuple(mistake for mistake in own if mistake.line == name)
        return Diagnosis(name, (name,), seen, unfit="" if seen else NOWHERE)
    if all(answer.problem.is_large for answer in wrong):
        return Diagnosis(name, (name,), narrow=is_narrow(wrong, name))
    return None


def added_up(name: str, answers: Sequence[JudgedReply]) -> bool:
    """Tell whether a quantity, wherever it is wrong, is the right one and what was given for the problem before."""
    after = [(earlier, answer) for earlier, answer in pairwise(answers) if name in answer.wrong]
    return bool(after) and name not in answers[0].wrong and all(is_sum(name, *both) for both in after)


def is_sum(name: str, earlier: JudgedReply, answer: JudgedReply) -> bool:
    """Tell whether what was given on a problem is the right answer and what was given for the problem before."""
    if name not in answer.own or name not in earlier.own or answer.own[name].shape != earlier.own[name].shape:
        return False
    (truth, allowance), before = answer.lines[name], earlier.own[name]
    room = allowance.bound + ROUNDINGS * np.finfo(answer.dtype).eps * (np.abs(before) + np.abs(truth.high))
    return bool(before.any() and np.all(truth.error(answer.own[name] - before) <= room))


def never_zeroed(name: str) -> Mistake:
    """Name the mistake; the right line stands for itself, since what is wrong with it is when it begins."""
    text = (
        f"{name} is the right one and what was given for the problem before: it is added to an array or a tensor that "
        "is kept between the calls and not set to zero."
    )
    return Mistake("earlier calls added", name, right(name), text, remark="added to zeros, anew in every call")
