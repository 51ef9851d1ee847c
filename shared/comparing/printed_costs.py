"""Costs from a file: a training is judged by what it printed, without its code."""

from pathlib import Path

import numpy as np

from shared.comparing.record import Curve, PrintedCosts
from shared.data.costs import Printed
from shared.judging.curves.band import Band
from shared.network import Array


def judge(path: Path, printed: Printed, band: Band) -> PrintedCosts:
    """Judge costs against the band, widened by half of their last decimal."""
    steps, costs = printed.steps, printed.costs
    leaves = at_steps(band, steps, printed.rounding).leaves(costs)
    problem = ""
    if leaves is not None:
        problem = f"the costs leave the band of correct curves at iteration {steps[leaves]:,}"
        if steps[0] > 0 and at_steps(band, steps - 1, printed.rounding).leaves(costs) is None:
            problem += ", but as those of one step earlier they agree: number them from 0, the cost before any step"
        elif leaves == 0:
            problem += (
                f", the first: {costs[0]:.6g} is given, correct is {band.costs[steps[0]]:.6g}; "
                "are weights, data, channels and scaling those of the training?"
            )
    distance = float(np.max(np.abs(costs - band.costs[steps])))
    share = at_steps(band, steps, printed.rounding).share(costs)
    at = None if leaves is None else int(steps[leaves])
    curve = Curve("agrees" if at is None else "suspect", len(steps), at, distance, problem, share)
    return PrintedCosts(path.name, steps.tolist(), costs.tolist(), printed.rounding, curve)


def at_steps(band: Band, steps: Array, rounding: float) -> Band:
    """Take the band at some steps, widened by `rounding`."""
    return Band(band.costs[steps], band.half_width[steps] + rounding)


def among(costs: Array, printed: PrintedCosts) -> Array:
    """Replace costs by the printed ones, at their steps."""
    filled, steps = costs.copy(), [step for step in printed.steps if step < len(costs)]
    filled[steps] = printed.costs[: len(steps)]
    return filled
