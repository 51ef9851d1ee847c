"""Which pairs of mistakes are worth a proof: those that come near what a program gave on one problem."""

import re
from collections.abc import Iterable

import numpy as np

from shared.checking.catalogue.mistake import Mistake, Trait
from shared.checking.judged_reply import JudgedReply
from shared.checking.lines import LINES, Values, right
from shared.network import Array

NEAR = 0.01
"""How far a prediction may be off, as a share of its largest entry: ten times what a proof allows."""
NEARER = 0.1
"""How far it may be off, as a share of what the right line is off: a pair that comes no nearer explains nothing."""
COARSELY = 3.0
"""The same where both lines keep fewer digits: the last of these depends on the order of a sum."""
COARSE = re.compile(r"\b(f16|f32|tf32|bf16)\(|^$")
"""What a line that keeps fewer digits has in it; of one without a text nobody knows."""


class Screen:
    """One problem, and what was predicted for it so far: what many pairs have in common is computed once."""

    def __init__(self, answer: JudgedReply):
        self.answer, self.states = answer, dict[tuple[Mistake, str], Values]()

    def lets_pass(self, a: Mistake, b: Mistake, names: Iterable[str]) -> bool:
        """Tell whether two mistakes in different lines come near what was given of these quantities."""
        order = list(LINES)
        first, second = sorted((a, b), key=lambda mistake: order.index(mistake.line))
        wanted = {name for name in names if name in self.answer.own}
        if Trait.LATE in a.traits | b.traits or not wanted:
            return True
        share = COARSELY if all(COARSE.search(mistake.formula) for mistake in (a, b)) else NEARER
        known = dict(self.before(first, second.line))
        for name in order[: order.index(second.line)]:
            if name in wanted and not self.near(known.get(f"predicted {name}"), name, share):
                return False
        for name in order[order.index(second.line) :]:
            predicted = self.line(second if name == second.line else name, known)
            if name in wanted and not self.near(predicted, name, share):
                return False
            wanted.discard(name)
            if not wanted & set(order[order.index(name) :]):
                return True
            known = {**known, name: self.answer.own_inputs.get(name, predicted)}
        return True

    def before(self, mistake: Mistake, line: str) -> Values:
        """What is known before a line, if another one before it is wrong; and what was predicted of what is given."""
        if (mistake, line) not in self.states:
            known: Values = {**self.answer.inputs, **self.answer.own_inputs}
            for name in LINES:
                if name == line:
                    break
                predicted = self.line(mistake if name == mistake.line else name, known)
                known[f"predicted {name}"], known[name] = predicted, self.answer.own_inputs.get(name, predicted)
            self.states[mistake, line] = known
        return self.states[mistake, line]

    def line(self, line: Mistake | str, known: Values) -> Array | None:
        """Compute a line, right or wrong; None if it cannot be."""
        try:
            return np.asarray((right(line) if isinstance(line, str) else line.wrong)(known))
        except (KeyError, ValueError, IndexError, TypeError, AttributeError):
            return None

    def near(self, predicted: Array | None, name: str, share: float) -> bool:
        """Tell whether a prediction is as near as a proof could make good; what is not finite tells nothing."""
        V, (truth, allowance) = self.answer.own[name], self.answer.lines[name]
        if predicted is None or predicted.size != V.size:
            return False
        P, right_one = (W.reshape(V.shape).astype(np.float64) for W in (predicted, truth.high))
        if not (np.isfinite(P).all() and np.isfinite(V).all() and np.isfinite(right_one).all()):
            return True
        room = min(NEAR * np.abs(P).max(), share * np.abs(right_one - V).max())
        return bool(np.abs(P - V).max() <= room + np.max(allowance.bound) + np.finfo(np.float32).tiny)
