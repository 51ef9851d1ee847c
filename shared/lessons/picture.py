"""What the pictures of the lessons share: colours, and the lines of all frameworks laid over each other."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.data.files import write_atomically
from shared.lessons.lesson import Outcome
from shared.network import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#777777"
"""Colours that the colour-blind can tell apart (Okabe and Ito); red and green never carry a meaning alone."""

MARKS = "o+xsdv"
"""A mark for each framework; all can be seen where they lie on top of each other."""


def save(outcome: Outcome, folder: Path) -> Path:
    """Draw the picture of a lesson and write it into the folder."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    path, content = folder / f"{outcome.name}.svg", io.BytesIO()
    style: Any = {"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": "medium", "font.size": 10.0}
    style |= {"legend.frameon": False}
    with mpl.rc_context({**style, "svg.hashsalt": "trigrad"}), np.errstate(all="ignore"):
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        outcome.lesson.picture(figure, outcome.by_framework)
        figure.suptitle(f"{outcome.name}: {outcome.lesson.TITLE}", fontsize=12, fontweight="bold")
        figure.savefig(content, format="svg", metadata={"Date": None, "Title": outcome.lesson.TITLE})
    write_atomically(path, content.getvalue())
    return path


def lines(axes: "Axes", by_framework: Mapping[str, Array], label: str, colour: str, **how: Any) -> None:
    """Draw the same line of each framework over that of the one before, thinner: where all show, they coincide."""
    for k, values in enumerate(by_framework.values(), start=1):
        share = k / len(by_framework)  # the last line is thin and strong
        look = {"linewidth": 1 + 7 * (1 - share), "alpha": share, "solid_capstyle": "butt"}
        axes.plot(np.arange(len(values)), values, color=colour, **{**look, **how})
    axes.plot([], [], color=colour, label=label, **{"linewidth": 2, **how})


def name_the_lines(axes: "Axes", frameworks: Mapping[str, Any]) -> None:
    """Say below the axes which line is whose, and give the legend."""
    among = f"\n(from wide to thin: {', '.join(frameworks)})" if len(frameworks) > 1 else ""
    axes.set_xlabel(f"step{among}")
    axes.legend()
