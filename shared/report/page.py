"""The result record as a page: one HTML file that needs nothing else, for a reader who knows nothing else."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from shared.comparing.record import PAGE, Artifacts, Framework, Record
from shared.data.files import at_home, write_atomically
from shared.judging.verdict import listed
from shared.network import QUANTITIES, InputError
from shared.report import charts, drawing, learned, messages, pictures
from shared.report.terminal import number, worst_step

ACTIVATIONS = {
    "relu": "passes on what is positive, and 0 in place of what is negative",
    "leaky_relu": "passes on what is positive, and a hundredth of what is negative",
    "tanh": "squeezes any number into -1 to 1",
    "sigmoid": "squeezes any number into 0 to 1",
}
SCALINGS = {
    "unit": "as numbers from 0 (black) to 1 (white)",
    "symmetric": "as numbers from -1 (black) to 1 (white)",
    "standard": "shifted and stretched to mean 0 and variance 1 over all of them",
}


def write(folder: Path, record: Record) -> None:
    """Write the page into a folder, completely or not at all."""
    write_page(folder / PAGE, render(record))


def write_page(path: Path, text: str) -> None:
    """Write a page, completely or not at all."""
    try:
        write_atomically(path, text.encode(errors="backslashreplace"))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


def render(record: Record) -> str:
    """Return the page's HTML."""
    with drawing.style():
        return template("page.html.jinja").render(**content(record))


def template(name: str) -> Template:
    """Load a page's template."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"form": number, "listed": listed, "at_home": at_home}
    return environment.get_template(name)


def content(record: Record) -> dict[str, Any]:
    """Return everything that the template shows."""
    artifacts = record.artifacts
    if artifacts is None or artifacts.band is None:
        raise ValueError("a comparison that has not run, or not on all examples, has no page")
    trained = any(framework.costs for framework in record.frameworks.values())
    first = next(iter(artifacts.trained), None)
    return {
        "record": record,
        "names": list(record.frameworks),
        "about": artifacts.about,
        "activations": ACTIVATIONS,
        "scalings": SCALINGS,
        "shape": artifacts.examples["train"].image_shape,
        "specimen": pictures.photograph(artifacts.examples["train"], 0),
        "classes": pictures.classes(artifacts.examples["train"]),
        "counts": {part: learned.counts(examples) for part, examples in artifacts.examples.items()},
        "first": first,
        "verdicts": {name: worst_step(framework) for name, framework in record.frameworks.items()},
        "explanations": {name: messages.explain(record, name) for name in record.frameworks},
        "digits": trained and record.verdict == "agree" and learned.digits(record, artifacts),
        **answers(artifacts),
        "costs": trained and Markup(charts.costs(record)),  # noqa: S704 -- it escapes what it is given
        "distances": trained and Markup(charts.distances(record, artifacts.band)),  # noqa: S704
        "columns": len(drawing.in_columns(artifacts.band.half_width)),
        "printed_costs": record.printed_costs and messages.printed_costs(record.printed_costs),
        "horizon": record.horizon is not None and messages.horizon(record),
        "curvature": record.curvature and Markup(charts.curvature(record, record.curvature)),  # noqa: S704
        "what_parts": record.curvature and messages.curvature(record, record.curvature).splitlines(),
        "units": list(learned.units(record, artifacts, first)) if first else [],
        "asleep": first and learned.asleep(record, artifacts, first),
        "weights": learned.weights(artifacts) if first else [],
        "differences": learned.differences(artifacts) if first else [],
        "quantities": Markup(charts.quantities(record)),  # noqa: S704
        "quantity_names": QUANTITIES,
        "unnumbered": any(j.problem for framework in record.frameworks.values() for j in framework.quantities.values()),
        "times": times(record),
        "initial_sha256": hashlib.sha256(b"".join(V.tobytes() for V in artifacts.initial)).hexdigest(),
        "version": version("trigrad"),
    }


def answers(artifacts: Artifacts) -> dict[str, Any]:
    """Return what the trained networks say of the test pictures, or else of the training pictures."""
    part = "test" if "test" in artifacts.examples else "train"
    says = next((name for name, where in artifacts.passes if where == part), None)
    return {
        "part": part,
        "photographs": pictures.photographs(artifacts, part),
        "says": says,
        "mistakes": says and mistakes(artifacts, says, part),
    }


def mistakes(artifacts: Artifacts, name: str, part: str) -> int:
    """Count the examples whose label a trained network misses."""
    return int(np.sum((artifacts.passes[name, part].A2 > 0.5) != (artifacts.examples[part].Y > 0.5)))


def times(record: Record) -> dict[str, tuple[Framework, float]]:
    """Return each framework that has trained, and its time per step as a share of the slowest one's."""
    timed = {name: f for name, f in record.frameworks.items() if f.seconds_per_step is not None}
    slowest = max((f.seconds_per_step or 0.0 for f in timed.values()), default=0.0) or 1.0
    return {name: (f, (f.seconds_per_step or 0.0) / slowest) for name, f in timed.items()}
