"""The catalogue: the classic mistakes of a hand-written backprop, as code that makes them.

Not mistakes, hence not here: another order of summation, fused operations, relu'(A1) for relu'(Z1), relu applied
twice, and the convention dZ2 = A2 - Y with the 1/m in dW and db, whose parameter gradients are right.
"""

from shared.judging.lines import LINES
from shared.judging.mistake import Mistake
from shared.judging.mistakes_activation import ACTIVATION
from shared.judging.mistakes_anywhere import ANYWHERE
from shared.judging.mistakes_backward import BACKWARD
from shared.judging.mistakes_examples import EXAMPLES
from shared.judging.mistakes_forward import FORWARD
from shared.judging.mistakes_gradients import GRADIENT
from shared.judging.mistakes_loss import LOSS
from shared.judging.mistakes_output import dZ2
from shared.judging.mistakes_updates import UPDATE
from shared.network import Parameters

__all__ = ["CATALOGUE", "Mistake"]

ORDER = (*LINES, *Parameters._fields, "costs")

CATALOGUE: tuple[Mistake, ...] = tuple(
    sorted(
        (*FORWARD, *LOSS, *dZ2, *BACKWARD, *ACTIVATION, *GRADIENT, *UPDATE, *EXAMPLES, *ANYWHERE),
        key=lambda mistake: ORDER.index(mistake.line),
    )
)
"""Every mistake, in the order of computation; those of the updates come last."""
