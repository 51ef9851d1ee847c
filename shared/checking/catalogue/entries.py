"""The catalogue: the classic mistakes of a hand-written backprop, as code that makes them.

Not mistakes, hence not here: another order of summation, fused operations, relu'(A1) for relu'(Z1), relu applied
twice, and the convention dZ2 = A2 - Y with the 1/m in dW and db, whose parameter gradients are right.
"""

from shared.checking.catalogue.activation import ACTIVATION
from shared.checking.catalogue.anywhere import ANYWHERE
from shared.checking.catalogue.backward import BACKWARD
from shared.checking.catalogue.examples import EXAMPLES
from shared.checking.catalogue.forward import FORWARD
from shared.checking.catalogue.gradients import GRADIENT
from shared.checking.catalogue.loss import LOSS
from shared.checking.catalogue.mistake import Mistake
from shared.checking.catalogue.output import dZ2
from shared.checking.catalogue.updates import UPDATE
from shared.checking.lines import LINES
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
