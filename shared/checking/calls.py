"""Answers that are added up from call to call: an array that is made once, and never set to zero again."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from shared.checking.catalogue.mistake import Mistake
from shared.checking.lines import right
from shared.checking.visit import Visit

ROUNDINGS = 8
"""Of the sum of two answers, beside those of the right one."""


def added_up(name: str, visits: Sequence[Visit]) -> bool:
    """Tell whether a quantity, wherever it is wrong, is the right one and what was given for the problem before."""
    after = [(earlier, visit) for earlier, visit in pairwise(visits) if name in visit.wrong]
    return bool(after) and name not in visits[0].wrong and all(is_sum(name, *both) for both in after)


def is_sum(name: str, earlier: Visit, visit: Visit) -> bool:
    """Tell whether what was given on a problem is the right answer and what was given for the problem before."""
    if name not in visit.own or name not in earlier.own or visit.own[name].shape != earlier.own[name].shape:
        return False
    (truth, allowance), before = visit.lines[name], earlier.own[name]
    room = allowance.bound + ROUNDINGS * np.finfo(visit.dtype).eps * (np.abs(before) + np.abs(truth.high))
    return bool(before.any() and np.all(truth.error(visit.own[name] - before) <= room))


def never_zeroed(name: str) -> Mistake:
    """Name the mistake; the right line stands for itself, since what is wrong with it is when it begins."""
    text = (
        f"{name} is the right one and what was given for the problem before: it is added to an array or a tensor that "
        "is kept between the calls and not set to zero."
    )
    return Mistake("earlier calls added", name, right(name), text, remark="added to zeros, anew in every call")
