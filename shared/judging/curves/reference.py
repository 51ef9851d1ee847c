"""The reference trajectory: the training in float64 that all curves are compared with."""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from shared.judging.curves.ensemble import Ensemble, unwatched
from shared.network import Array, InputError, Parameters, Settings


@dataclass(frozen=True)
class Reference:
    """The reference curve, and the weights at the checkpoints and after the last step, in the judged dtype.

    There is one more cost than iterations: that of the trained weights.
    """

    costs: Array
    checkpoints: dict[int, Parameters]
    trained: Parameters


def first(flags: Array) -> int | None:
    """Find the first True."""
    return int(np.argmax(flags)) if flags.any() else None


def checkpoint_steps(iterations: int) -> list[int]:
    """The steps that are judged one by one: 0, 1, 10, 100, ... and the last."""
    powers = [10**k for k in range(len(str(iterations))) if 10**k < iterations]
    return sorted({0, *powers, iterations - 1})


def train_reference(parameters: Parameters, X: Array, Y: Array, settings: Settings) -> Reference:
    """Train the reference.

    Parameters
    ----------
    parameters, X, Y
        What training starts from, in the judged dtype: W1 (n_h, n_x), b1 (n_h, 1), ..., X (n_x, m), Y (1, m).
    settings
        Learning rate, number of iterations, activation.

    Raises
    ------
    InputError
        If the training diverges.
    """
    run, wanted = Ensemble(parameters, X, Y, settings, count=1), checkpoint_steps(settings.iterations)
    costs, weights = np.empty(settings.iterations + 1), {}
    with threadpool_limits(1), unwatched():  # so small are the products here that threads would wait for each other
        for i in range(settings.iterations + 1):
            if i in wanted or i == settings.iterations:
                weights[i] = run.parameters()
            costs[i] = run.step()[0]
            if not np.isfinite(costs[i]):
                raise InputError(
                    f"training diverges: the reference's cost at iteration {i} is {costs[i]}; "
                    "choose a smaller --learning-rate, or smaller initial weights"
                )
    if not all(np.isfinite(V).all() for P in weights.values() for V in P):
        raise InputError(f"training diverges: weights are beyond {X.dtype}; choose a smaller --learning-rate")
    trained = weights.pop(settings.iterations)
    return Reference(costs, weights, trained)
