"""The page's charts: the cost curves, their distances, the curvature, and how far below its bound every quantity is."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator, StrMethodFormatter

from shared.comparing.record import Record
from shared.judging.curves.band import Band
from shared.network import QUANTITIES, Array
from shared.report import drawing, messages
from shared.report.drawing import GRAY, INK, MARKERS, MUTED, SERIES

if TYPE_CHECKING:  # it needs JAX
    from shared.judging.curves.curvature import Curvature

GUESSING = math.log(2)
"""The cost of answering 1/2 to everything."""

FURTHEST = 4
"""Powers of ten beyond the bound that are drawn: what is wrong by more would leave no room for what is right."""


def series(k: int) -> tuple[str, str]:
    """The colour and the marker of framework number k."""
    return SERIES[k % len(SERIES)], MARKERS[k % len(MARKERS)]


def width(k: int, count: int) -> float:
    """The width of curve k of `count` that may lie on top of each other: the last is the thinnest."""
    return 1.5 + 5 * (1 - (k + 1) / count)


def costs(record: Record) -> str:
    """Lay the cost curves over each other: the first is the widest, so that those on top of it do not hide it."""
    figure, axes = drawing.canvas(250)
    axes.axhline(GUESSING, color=MUTED, lw=1, ls=(0, (1, 2)))
    axes.text(1, GUESSING, "guessing", ha="right", va="bottom", transform=axes.get_yaxis_transform())
    names: dict[str, Artist] = {}
    for k, (name, framework) in enumerate(record.frameworks.items()):
        if framework.costs:
            values, (colour, marker) = np.array(framework.costs), series(k)
            at = drawing.extremes(values)
            every = (k * len(at) // (8 * len(record.frameworks)), max(1, len(at) // 8))
            (names[name],) = axes.plot(
                at, values[at], color=colour, lw=width(k, len(record.frameworks)), marker=marker, ms=7, markevery=every
            )
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.15 * GUESSING))
    axes.set_ylabel("cost")
    along_the_steps(axes, record, names)
    drawing.legend(figure, names)
    ends = ", ".join(
        f"{name} from {framework.costs[0]:.6g} to {framework.costs[-1]:.6g}"
        for name, framework in record.frameworks.items()
        if framework.costs
    )
    return drawing.svg(figure, "costs", "The cost at each step of the training", f"The cost goes, for {ends}.")


def distances_of(record: Record, band: Band) -> dict[str, Array]:
    """How far each curve is from the exact one at each step, or from the reference's where the exact is not known."""
    return {
        name: np.array(framework.exact_distance.distances)
        if framework.exact_distance
        else np.abs(np.array(framework.costs) - band.costs[:-1])
        for name, framework in record.frameworks.items()
        if framework.costs
    }


def distances(record: Record, band: Band) -> str:
    """Show on a logarithmic axis how far each curve is from where it should be, with the band and the horizon."""
    figure, axes = drawing.canvas(290)
    distances, half_width = distances_of(record, band), band.half_width[:-1]
    (steps, top), curves = drawing.largest(half_width), {name: drawing.largest(distances[name]) for name in distances}
    low, high = drawing.logarithmic(np.concatenate([top, *(values for _, values in curves.values())]))
    names: dict[str, Artist] = {"the band": axes.fill_between(steps, 10.0**low, top, color=GRAY, lw=0)}
    axes.plot(steps, top, color=MUTED, lw=1.5)
    for k, name in enumerate(record.frameworks):
        if name in curves:
            (at, values), (colour, marker) = curves[name], series(k)
            every = (k * len(at) // (8 * len(distances)), max(1, len(at) // 8))
            drawn = np.maximum(values, 10.0**low)
            (names[name],) = axes.plot(at, drawn, color=colour, lw=1.5, marker=marker, ms=6, markevery=every)
    finished(axes, record, names, "distance in the cost", low, high)
    drawing.legend(figure, names)
    said = "; ".join(f"{name} is at most {values.max():.1e} away" for name, values in distances.items())
    return drawing.svg(
        figure,
        "distances",
        f"The distance of each curve from the {'exact' if record.exact_curve else 'reference'} curve",
        f"{said}. The band's half-width grows from {half_width[0]:.1e} to {half_width[-1]:.1e}.",
    )


def finished(axes: Axes, record: Record, names: dict[str, Artist], label: str, low: int, high: int) -> None:
    """Finish a chart of the training: a logarithmic axis between two powers of ten, the steps."""
    axes.set(yscale="log", ylim=(10.0**low, 10.0**high), ylabel=label)
    locator, formatter = drawing.ticks(low, high, zero=True)
    axes.yaxis.set(major_locator=locator, major_formatter=formatter, minor_locator=NullLocator())
    axes.grid(axis="y")
    along_the_steps(axes, record, names)


def along_the_steps(axes: Axes, record: Record, names: dict[str, Artist]) -> None:
    """Draw what both charts share: the axis of the steps, and the horizon."""
    axes.set_xlabel("step")
    axes.set_xlim(0, record.settings["iterations"])
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.locator_params(axis="x", nbins=5, integer=True)
    if record.horizon is not None:
        names["the horizon"] = axes.axvline(record.horizon, color=INK, lw=1.2, ls=(0, (4, 3)))


def curvature(record: Record, measured: "Curvature") -> str:
    """Show how strongly the cost bends along the training, beside the limit at which steps overshoot."""
    figure, axes = drawing.canvas(250)
    lines: dict[str, tuple[Sequence[float | None], tuple[str, str]]]
    lines = {"largest eigenvalue": (measured.largest_eigenvalues, series(0))}
    if any(measured.kinks_crossed):
        lines["what steps meet"] = (measured.met, series(1))
    drawn = {name: np.array([np.nan if v is None else v for v in values]) for name, (values, _) in lines.items()}
    low, high = drawing.logarithmic(np.concatenate([*drawn.values(), [measured.limit]]))
    names: dict[str, Artist] = {"the limit": axes.axhline(measured.limit, color=INK, lw=1.5, ls=(0, (4, 3)), zorder=3)}
    for name, (_, (colour, marker)) in lines.items():
        values = np.maximum(drawn[name], 10.0**low)
        (names[name],) = axes.plot(measured.steps, values, color=colour, lw=1.5, marker=marker, ms=5, clip_on=False)
    finished(axes, record, names, "curvature", low, high)
    drawing.legend(figure, names)
    title, said = "The curvature of the cost along the training", messages.curvature(record, measured)
    return drawing.svg(figure, "curvature", title, said.replace("\n", " "))


def quantities(record: Record) -> str:
    """Show each quantity's noise and errors as shares of its bound, on a logarithmic axis: right of 1 is wrong."""
    shares = {name: shares_of_bound(record, name) for name in record.frameworks}
    figure, axes = drawing.canvas(70 + max(22, 7 * len(shares)) * len(QUANTITIES))
    judged = next(iter(record.frameworks.values())).quantities.values()
    noise = np.array([j.noise / j.bound if j.bound else 0.0 for j in judged])
    low, high = drawing.logarithmic(np.concatenate([noise, *shares.values(), [1.0]]))
    rows, beyond = np.arange(len(QUANTITIES)), high > FURTHEST
    high = FURTHEST if beyond else high + 1
    axes.axvspan(1, 10.0**high, color=GRAY, lw=0)
    axes.text(10 ** (high / 2), len(rows) / 2 - 0.5, "wrong", rotation=90, ha="center", va="center")
    names: dict[str, Artist] = {"the bound": axes.axvline(1, color=INK, lw=2)}
    axes.hlines(rows, np.maximum(noise, 10.0**low), 1, color=GRAY, lw=5)
    (names["noise"],) = axes.plot(np.maximum(noise, 10.0**low), rows, "|", color=INK, ms=13, mew=2.2)
    for k, name in enumerate(record.frameworks):
        colour, marker = series(k)
        offset = 0.44 * (k / max(1, len(shares) - 1) - 0.5)
        drawn = np.clip(np.nan_to_num(shares[name], nan=np.inf), 10.0**low, 10.0**high)
        (names[name],) = axes.plot(drawn, rows + offset, marker, color=colour, ms=5.5, clip_on=False)
    axes.set_xscale("log")
    axes.set_xlim(10.0**low, 10.0**high)
    locator, formatter = drawing.ticks(low, high, zero=True, more=beyond)
    axes.xaxis.set(major_locator=locator, major_formatter=formatter, minor_locator=NullLocator())
    axes.set_xlabel("share of the bound")
    axes.set_yticks(rows, QUANTITIES)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    drawing.legend(figure, names)
    said = "; ".join(f"the largest of {name} is {np.max(values):.1g} of its bound" for name, values in shares.items())
    return drawing.svg(figure, "quantities", "Errors as shares of their bounds", f"Of all errors, {said}.")


def shares_of_bound(record: Record, name: str) -> Array:
    """Return each quantity's error as a share of its bound; an error where none is possible is infinitely beyond it."""
    judged = record.frameworks[name].quantities.values()
    return np.array([j.max_error / j.bound if j.bound else (0.0 if j.max_error == 0 else np.inf) for j in judged])
