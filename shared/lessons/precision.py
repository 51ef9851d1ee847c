"""Precision: float32 against float64 against real numbers. Change RATE and STEPS to move the horizon."""

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shared.judging.curves.band import Band, correct_curves
from shared.judging.curves.exact_curve import ExactCurve, exact_curve
from shared.lessons.lesson import Claim, draw, photographs, train
from shared.network import Array, DtypeName, Implementation, Parameters, Settings

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "float32 against float64 against the curve of real numbers"

EXPECT = """
float32 keeps 24 binary digits of a number, float64 53. Each step rounds, and each step may make
the roundings of the steps before it larger: a large rate makes training overshoot, and what is
small grows. How far each curve has strayed is known, because gradient descent is also run in
ball arithmetic, which gives the curve of real numbers with every digit proven.

Both dtypes stray by the same law, so float64 starts about 2^29 (half a billion) times nearer to
the truth, and stays far nearer.

The horizon is the step from which on correct float32 programs may differ by 1% of the cost. After
it there is no use in comparing two of them point by point, and no bug needs to be looked for.
Here float32 has one and float64 has none. Before it, every correct program stays in the band.

(21 of the photographs, pixels / 255, rate 0.4: small enough for the exact curve to take seconds.)
"""

RATE, STEPS = 0.4, 400
DTYPES: tuple[DtypeName, ...] = ("float32", "float64")


def problem(dtype: DtypeName) -> tuple[Parameters, Array, Array]:
    """Take every 10th photograph, the same numbers in both dtypes: those that float32 has."""
    X, Y = photographs("unit")
    rounded = [V.astype(np.float32).astype(dtype) for V in (*draw(), X[:, ::10], Y[:, ::10])]
    return Parameters(*rounded[:4]), rounded[4], rounded[5]


@cache
def exact() -> ExactCurve:
    """Train with real numbers."""
    return exact_curve(*problem("float64"), Settings(RATE, STEPS), cache=False)


@cache
def band(dtype: DtypeName) -> Band:
    """Draw the band in which correct programs stay."""
    parameters, X, Y = problem(dtype)
    return correct_curves(parameters, X, Y, Settings(RATE, STEPS, dtype=dtype))[1]


class Measured(NamedTuple):
    """A curve's distance from the exact one, as a share of the cost, and the first step at which it leaves the band."""

    distance: Array
    six_digits: int
    leaves: int | None


def experiment(implementation: Implementation) -> dict[DtypeName, Measured]:
    """Train in both dtypes."""
    measured = {}
    for dtype in DTYPES:
        costs = train(implementation, *problem(dtype), RATE, STEPS).costs.astype(np.float64)
        distance = exact().distance(costs) / exact().costs.high
        leaves = band(dtype).leaves(np.append(costs, band(dtype).costs[-1]))
        measured[dtype] = Measured(distance, exact().digits_kept(costs, 6), leaves)
    return measured


def claims(measured: dict[DtypeName, Measured]) -> list[Claim]:
    """Compare both with the truth."""
    single, double = (measured[dtype] for dtype in DTYPES)
    before = {"float32": "before the horizon", "float64": "at all"}
    first, most = single.distance[0], single.distance.max()
    nearer, horizon = most / double.distance.max(), band("float32").horizon
    return [
        Claim("float32: the first cost is right to six digits", f"{first:.0e}", first < 0.5e-6),
        Claim(
            "float32: six digits last for some steps, not for all",
            f"{single.six_digits}",
            0 < single.six_digits < STEPS,
        ),
        Claim(
            "float32: the largest error is over 100 times the first", f"{most / first:,.0f} times", most > 100 * first
        ),
        Claim(f"float64: six digits last for all {STEPS} steps", f"{double.six_digits}", double.six_digits == STEPS),
        Claim("float64: its largest error is over a million times smaller", f"{nearer:.0e} times", nearer > 1e6),
        Claim("float32: the horizon, where correct programs part, is at step", f"{horizon}", horizon is not None),
        Claim("float64: it has no horizon", f"{band('float64').horizon or 'none'}", band("float64").horizon is None),
        *(
            Claim(
                f"{dtype}: no step {before[dtype]} is outside the band",
                "none" if result.leaves is None else f"{result.leaves}",
                result.leaves is None,
            )
            for dtype, result in measured.items()
        ),
    ]


def picture(figure: "Figure", by_framework: dict[str, dict[DtypeName, Measured]]) -> None:
    """Draw the distances from the exact curve."""
    from shared.lessons.picture import BLUE, GREY, ORANGE

    axes = figure.subplots()
    for dtype, colour in zip(DTYPES, (ORANGE, BLUE), strict=True):
        limits = band(dtype)
        axes.plot(limits.half_width / limits.costs, color=colour, linestyle=":", label=f"{dtype}: what the band allows")
        for measured in by_framework.values():
            axes.plot(measured[dtype].distance, color=colour, alpha=0.6, linewidth=0.8)
        axes.plot([], [], color=colour, label=f"{dtype}: the frameworks")
    if horizon := band("float32").horizon:
        axes.axvline(horizon, color=GREY, label=f"horizon of float32: step {horizon}")
    axes.set(yscale="log", xlabel="step", ylabel="share of the cost", title="Distance from the curve of real numbers")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right center")
