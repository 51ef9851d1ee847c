"""A benchmark as a page: one HTML file that needs nothing else, made from the same record as the tables."""

from importlib.metadata import version
from pathlib import Path

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import StrMethodFormatter

from shared.benching.record import OWN, PAGE, Bench, Timing
from shared.report import bench, drawing
from shared.report.drawing import INK, SERIES
from shared.report.page import template, write_page


def write(folder: Path, record: Bench) -> None:
    """Write the page into a folder, completely or not at all."""
    write_page(folder / PAGE, render(record))


def render(record: Bench) -> str:
    """Return the page's HTML."""
    with drawing.style():
        drawings = {dtype: bars(dtype, timings, record) for dtype, timings in record.timings.items()}
    return template("bench.html.jinja").render(
        record=record,
        drawings={dtype: Markup(drawn) for dtype, drawn in drawings.items() if drawn},  # noqa: S704 -- it is escaped
        introduction=list(bench.explanations(record)),
        growth=bench.growth_tables(record),
        headings=bench.HEADINGS,
        cells=bench.cells,
        disturbance=list(bench.disturbance(record)),
        complaints=bench.complaints(record),
        version=version("trigrad"),
    )


def bars(dtype: str, timings: dict[str, Timing], record: Bench) -> str:
    """Draw a bar for each contestant, as long as a step takes, and a line across it where its floor is."""
    timed = {name: timing for name, timing in timings.items() if timing.step and timing.floor}
    if not timed:
        return ""
    figure, axes = drawing.canvas(75 + 26 * len(timed))
    steps = np.array([timing.step.median * 1e6 for timing in timed.values() if timing.step])
    floors = np.array([timing.floor.median * 1e6 for timing in timed.values() if timing.floor])
    colours = [SERIES[0] if record.contestants[name] == OWN else SERIES[1] for name in timed]
    rows = np.arange(len(timed))
    axes.barh(rows, steps, color=colours, height=0.62)
    axes.vlines(floors, rows - 0.42, rows + 0.42, color=INK, lw=2)
    for row, value in zip(rows, steps, strict=True):
        axes.annotate(f"{value:,.0f}", (value, row), (4, 0), textcoords="offset points", va="center")
    axes.set_xlim(0, 1.15 * max(steps.max(), floors.max()))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_xlabel("microseconds a step")
    axes.set_yticks(rows, [drawing.short(name) for name in timed])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    description = "; ".join(f"{name} takes {value:,.0f}" for name, value in zip(timed, steps, strict=True))
    return drawing.svg(figure, f"bars-{dtype}", f"Microseconds a step in {dtype}", f"In microseconds, {description}.")
