"""Drawings for the page: matplotlib's figures as SVG that follows the page's colours, light or dark.

A figure is drawn in stand-in colours; in its SVG each becomes a variable of page.css, where the real colours are.
"""

import io
import re
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager
from html import escape
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedFormatter, FixedLocator

from shared.data.files import one_line
from shared.network import Array

INK, MUTED, GRAY = "#010101", "#020202", "#030303"
SERIES = ("#110000", "#120000", "#130000", "#140000", "#150000", "#160000")
"""The colours of the frameworks, in their order."""

VARIABLES = {INK: "ink", MUTED: "muted", GRAY: "band"} | {c: f"series-{i}" for i, c in enumerate(SERIES, start=1)}
MARKERS = "os^Dv*"

WIDTH = 420
"""The width of a drawing, in units in which letters are 11.5 high: legible on a phone."""

LONGEST_NAME = 28
"""The most letters of a name in a legend: a longer one is cut."""

MOST_POINTS = 400
"""The most points of a curve: more could not be told apart."""

STYLE: dict[Any, Any] = {
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 11.5,
    "grid.alpha": 0.25,
    "grid.color": MUTED,
    "legend.fontsize": 11.5,
    "legend.frameon": False,
    "svg.fonttype": "none",  # letters stay letters: they can be searched, read aloud and printed
    "svg.hashsalt": "trigrad",  # the same record gives the same page
    "text.color": INK,
    "text.parse_math": False,  # a file's name may hold a $
    "xtick.color": INK,
    "ytick.color": INK,
}


def style() -> AbstractContextManager[None]:
    """Draw in the page's style within this `with` block."""
    return rc_context(STYLE)


def canvas(height: float) -> tuple[Figure, Axes]:
    """Make an empty figure with one pair of axes."""
    figure = Figure(figsize=(WIDTH / 72, height / 72), layout="constrained")
    return figure, figure.add_subplot()


def svg(figure: Figure, name: str, title: str, description: str) -> str:
    """Write a figure as SVG for an HTML page, with a title and a description for screen readers."""
    file = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # the browser has its own letters
        figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    drawing = file.getvalue()
    drawing = drawing[drawing.index(">", drawing.index("<svg")) + 1 :]
    for colour, variable in VARIABLES.items():
        drawing = drawing.replace(colour, f"var(--{variable})")
    drawing = re.sub(r'\bid="', f'id="{name}-', drawing)
    drawing = re.sub(r'(?:xlink:)?href="#', f'href="#{name}-', drawing).replace("url(#", f"url(#{name}-")
    height = figure.get_figheight() * 72
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{name}-title {name}-description">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-description">{escape(description)}</desc>{drawing}'
    )


def legend(figure: Figure, names: Mapping[str, Artist]) -> None:
    """Name everything above the chart, as many names in a line as there is room for."""
    labels = [short(name) for name in names]
    widths = [43 + 6 * len(label) for label in labels]  # of the sign, the letters and the space after them
    columns = len(widths) if sum(widths) < WIDTH + 16 else max(1, WIDTH // max(widths))
    figure.legend(names.values(), labels, loc="outside upper left", ncols=columns, handlelength=1.6, columnspacing=1.4)


def short(name: str) -> str:
    """Cut a name that is too long for a drawing."""
    line = one_line(name)
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"


def in_columns(values: Array, count: int = MOST_POINTS // 2) -> list[Array]:
    """Split positions 0, 1, 2, ... into at most `count` columns of neighbours."""
    return np.array_split(np.arange(len(values)), min(count, len(values)))


def extremes(values: Array) -> Array:
    """Find the positions to draw: of each column's smallest and largest value, so that no peak is lost."""
    extremes = [{int(k[np.argmin(values[k])]), int(k[np.argmax(values[k])])} for k in in_columns(values)]
    return np.array(sorted({0, len(values) - 1}.union(*extremes)))


def largest(values: Array) -> tuple[Array, Array]:
    """Return the last position and the largest value of each column."""
    columns = in_columns(values)
    return np.array([k[-1] for k in columns]), np.array([values[k].max() for k in columns])


def power_of_ten(exponent: int) -> str:
    """Write a power of ten: 10⁻¹⁵."""
    return "1" if exponent == 0 else f"10{str(exponent).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def logarithmic(values: Array) -> tuple[int, int]:
    """Choose the powers of ten that a logarithmic axis reaches from and to; zeros are drawn at the first."""
    drawn = values[(values > 1e-300) & (values < 1e300)]
    exponents = np.log10(drawn if drawn.size else np.ones(1))
    return int(np.floor(exponents.min())) - 1, int(np.ceil(exponents.max()))


def ticks(
    low: int, high: int, zero: bool = False, more: bool = False, most: int = 7
) -> tuple[FixedLocator, FixedFormatter]:
    """Label about `count` powers of ten; the low end as 0 if zeros are drawn there, the high end as "more"."""
    step = max(1, round((high - low) / most))
    exponents = [k for k in range(high - step * more, low, -1) if k % step == 0]  # 10^0 is among them
    named = {10.0**k: power_of_ten(k) for k in exponents}
    named |= ({10.0**high: "more"} if more else {}) | ({10.0**low: "0"} if zero else {})
    return FixedLocator(list(named)), FixedFormatter(list(named.values()))
