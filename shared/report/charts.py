"""The page's charts: the cost curves, their distances, and how far below its bound every quantity is."""

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator, StrMethodFormatter

from shared.judging.curves import Band
from shared.network import QUANTITIES, Array
from shared.report import drawing
from shared.report.drawing import GRAY, INK, MARKERS, MUTED, SERIES
from shared.report.record import Record


def series(k: int) -> tuple[str, str]:
    """The colour and the marker of framework number k."""
    return SERIES[k % len(SERIES)], MARKERS[k % len(MARKERS)]


def costs(record: Record) -> str:
    """Lay the cost curves over each other: the first is the widest, so that those on top of it do not hide it."""
    figure, axes = drawing.canvas(250)
    names: dict[str, Artist] = {}
    for k, (name, framework) in enumerate(record.frameworks.items()):
        if framework.costs:
            values, (colour, marker) = np.array(framework.costs), series(k)
            at = drawing.extremes(values)
            every = (k * len(at) // (8 * len(record.frameworks)), max(1, len(at) // 8))
            width = max(1.2, 6.5 - 2.6 * k)
            (names[name],) = axes.plot(at, values[at], color=colour, lw=width, marker=marker, ms=7, markevery=every)
    axes.set_ylim(bottom=0)
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
    found, half_width = distances_of(record, band), band.half_width[:-1]
    everything = np.concatenate([half_width, *found.values()])
    low, high = drawing.logarithmic(everything[np.isfinite(everything)].tolist())
    steps, top = drawing.largest(half_width)
    names: dict[str, Artist] = {"the band": axes.fill_between(steps, 10.0**low, top, color=GRAY, lw=0)}
    axes.plot(steps, top, color=MUTED, lw=1.5)
    for k, name in enumerate(record.frameworks):
        if name in found:
            (at, values), (colour, marker) = drawing.largest(found[name]), series(k)
            every = (k * len(at) // (8 * len(found)), max(1, len(at) // 8))
            drawn = np.maximum(values, 10.0**low)
            (names[name],) = axes.plot(at, drawn, color=colour, lw=1.5, marker=marker, ms=6, markevery=every)
    axes.set_yscale("log")
    axes.set_ylim(10.0**low, 10.0**high)
    locator, formatter = drawing.ticks(low, high, zero=True)
    axes.yaxis.set(major_locator=locator, major_formatter=formatter, minor_locator=NullLocator())
    axes.set_ylabel("distance in the cost")
    axes.grid(axis="y")
    along_the_steps(axes, record, names)
    drawing.legend(figure, names)
    said = "; ".join(f"{name} is at most {values.max():.1e} away" for name, values in found.items())
    return drawing.svg(
        figure,
        "distances",
        f"The distance of each curve from the {'exact' if record.exact_curve else 'reference'} curve",
        f"{said}. The band's half-width grows from {half_width[0]:.1e} to {half_width[-1]:.1e}.",
    )


def along_the_steps(axes: Axes, record: Record, names: dict[str, Artist]) -> None:
    """Draw what both curves' charts have: the axis of the steps, and the horizon."""
    axes.set_xlabel("step")
    axes.set_xlim(0, max(1, record.settings["iterations"] - 1))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.locator_params(axis="x", nbins=5, integer=True)
    if record.horizon is not None:
        names["the horizon"] = axes.axvline(record.horizon, color=INK, lw=1.2, ls=(0, (4, 3)))


def quantities(record: Record) -> str:
    """Show each quantity's noise and errors as shares of its bound, on a logarithmic axis: right of 1 is wrong."""
    figure, axes = drawing.canvas(70 + 22 * len(QUANTITIES))
    shares = {name: shares_of_bound(record, name) for name in record.frameworks}
    judged = next(iter(record.frameworks.values())).quantities.values()
    noise = np.array([j.noise / j.bound if j.bound else 0.0 for j in judged])
    finite = np.concatenate([noise, *shares.values()])
    low, high = drawing.logarithmic([*finite[np.isfinite(finite)].tolist(), 1.0])
    high, rows = max(high, 0) + 1, np.arange(len(QUANTITIES))
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
    locator, formatter = drawing.ticks(low, high, zero=True)
    axes.xaxis.set(major_locator=locator, major_formatter=formatter, minor_locator=NullLocator())
    axes.set_xlabel("share of the bound")
    axes.set_yticks(rows, QUANTITIES)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    drawing.legend(figure, names)
    said = "; ".join(f"the largest of {name} is {np.max(values):.1g} of its bound" for name, values in shares.items())
    return drawing.svg(figure, "quantities", "Errors as shares of their bounds", f"Of all errors, {said}.")


def shares_of_bound(record: Record, name: str) -> Array:
    """Give the error of each quantity as a share of its bound; what errs where nothing may is infinitely beyond it."""
    judged = record.frameworks[name].quantities.values()
    return np.array([j.max_error / j.bound if j.bound else (0.0 if j.max_error == 0 else np.inf) for j in judged])
