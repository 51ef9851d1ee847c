"""Where a right derivation gives way: it is tried on examples with every output Z2, and either label."""

from dataclasses import dataclass

import numpy as np

from shared.checking.catalogue.mistake import Mistake
from shared.checking.judged_reply import FLOAT64
from shared.checking.lines import Formula, right
from shared.checking.vocabulary import FUNCTIONS
from shared.judging.rounding import logistic
from shared.network import Array

MADE_OF = {"Z2", "A2", "Y", "m", *FUNCTIONS}
"""What a line may be made of to be tried."""
SIZES = np.arange(10_000) / 10
"""Every |Z2| that is tried: to one digit behind the point, and beyond 709, where exp overflows."""
MUCH = 0.01
"""A line that is off by this, or by this share of a larger value, has given way."""


@dataclass(frozen=True)
class Limit:
    """Where a line stops being right.

    Parameters
    ----------
    beyond : float or None
        The `|Z2|` beyond which it is no number or, if it always is one, off by more than 1%; None if it never is.
    is_number : bool
        Whether it always is a number.
    error : float
        How far off it is at most, as a share of what is larger than 1; infinite if it is no number.
    only_at_0 : bool
        Whether it is off where Z2 is 0, and nowhere else.
    """

    beyond: float | None
    is_number: bool
    error: float
    only_at_0: bool

    def sentence(self, line: str) -> str:
        """Say it of a line."""
        if self.only_at_0:
            return f"at Z2 = 0, {line} is off by up to {self.error:.2g}"
        if self.beyond is None:
            return f"{line} is off by at most {self.error:.1g}"
        becomes = "off by more than 1%" if self.is_number else "infinite or NaN"
        return f"beyond |Z2| = {self.beyond:.1f} {line} is {becomes}"


def limit_of(mistake: Mistake, dtype: np.dtype = FLOAT64) -> Limit | None:
    """Try a line that gives way somewhere, in a dtype; None if it is made of more than the output of one example."""
    wrong, shares = mistake.wrong, np.zeros_like(SIZES)
    if not isinstance(wrong, Formula) or not wrong.names <= MADE_OF:
        return None
    with np.errstate(all="ignore"):
        for sign, label in ((1, 0), (1, 1), (-1, 0), (-1, 1)):
            computed = of_each(wrong.text, sign * SIZES, label, dtype)
            expected = of_each(right(mistake.line).text, sign * SIZES, label, FLOAT64)
            off = np.abs(computed - expected) / np.maximum(1, np.abs(expected))
            off[np.isnan(off)] = np.inf
            shares = np.where(np.isfinite(expected), np.maximum(shares, off), shares)
    error = float(shares.max())
    gone = shares > MUCH if np.isfinite(error) else np.isinf(shares)
    first = max(int(np.argmax(gone)) - 1, 0)
    beyond = float(SIZES[first]) if gone.any() else None
    return Limit(beyond, bool(np.isfinite(error)), error, only_at_0=bool(gone[0] and not shares[1:].any()))


def of_each(text: str, Z2: Array, label: float, dtype: np.dtype) -> Array:
    """What a line gives for examples with these outputs, each as if it were the only one."""
    of_one = Formula(text.replace("mean(", "1 * (").replace("sum(", "1 * ("))
    each = {"Z2": Z2[None], "A2": logistic(Z2)[None], "Y": np.full((1, len(Z2)), label)}
    value = of_one({**{name: V.astype(dtype) for name, V in each.items()}, "m": 1})
    return np.broadcast_to(value, (1, len(Z2)))[0]
