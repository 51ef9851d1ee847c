"""The result record as a page: one HTML file that needs nothing else, for a reader who knows nothing else."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from shared.comparing.record import PAGE, Framework, Material, Record
from shared.data.files import write_atomically
from shared.judging.verdict import listed
from shared.network import QUANTITIES, InputError
from shared.report import charts, drawing, learned, messages, pictures
from shared.report.terminal import at_home, number, worst_step

ACTIVATIONS = {
    "relu": "passes on what is positive, and 0 in place of what is negative",
    "leaky_relu": "passes on what is positive, and a hundredth of what is negative",
    "sigmoid": "squeezes any number into 0 to 1",
}
SCALINGS = {
    "unit": "as numbers from 0 (black) to 1 (white)",
    "symmetric": "as numbers from -1 (black) to 1 (white)",
    "standard": "shifted and stretched to mean 0 and variance 1 over all of them",
}


def write(folder: Path, record: Record) -> None:
    """Write the page into a folder, whole or not at all."""
    write_page(folder / PAGE, render(record))


def write_page(path: Path, text: str) -> None:
    """Write a page, whole or not at all."""
    try:
        write_atomically(path.resolve(), text.encode())
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


def render(record: Record) -> str:
    """Give the page's HTML."""
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
    """Give everything that the template shows."""
    material = record.material
    if material is None or material.band is None:
        raise ValueError("a comparison that has not run, or not on all examples, has no page")
    trained = any(framework.costs for framework in record.frameworks.values())
    first = next(iter(material.trained), None)
    return {
        "record": record,
        "names": list(record.frameworks),
        "about": material.about,
        "activations": ACTIVATIONS,
        "scalings": SCALINGS,
        "shape": material.examples["train"].image_shape,
        "specimen": pictures.photograph(material.examples["train"], 0),
        "classes": pictures.classes(material.examples["train"]),
        "counts": {part: learned.counts(examples) for part, examples in material.examples.items()},
        "first": first,
        "verdicts": {name: worst_step(framework) for name, framework in record.frameworks.items()},
        "explanations": {name: messages.explain(record, name) for name in record.frameworks},
        "digits": trained and record.verdict == "agree" and learned.digits(record, material),
        **answers(material),
        "costs": trained and Markup(charts.costs(record)),  # noqa: S704 -- it escapes what it is given
        "distances": trained and Markup(charts.distances(record, material.band)),  # noqa: S704
        "columns": len(drawing.in_columns(material.band.half_width)),
        "horizon": record.horizon is not None and messages.horizon(record),
        "curvature": record.curvature and Markup(charts.curvature(record, record.curvature)),  # noqa: S704
        "what_parts": record.curvature and messages.curvature(record, record.curvature).splitlines(),
        "units": list(learned.units(record, material, first)) if first else [],
        "asleep": first and learned.asleep(record, material, first),
        "weights": learned.weights(material) if first else [],
        "differences": learned.differences(material) if first else [],
        "quantities": Markup(charts.quantities(record)),  # noqa: S704
        "quantity_names": QUANTITIES,
        "unnumbered": any(j.problem for framework in record.frameworks.values() for j in framework.quantities.values()),
        "times": times(record),
        "initial_sha256": hashlib.sha256(b"".join(V.tobytes() for V in material.initial)).hexdigest(),
        "version": version("trigrad"),
    }


def answers(material: Material) -> dict[str, Any]:
    """Give what the trained networks say of the pictures kept back, or else of those trained on."""
    part = "test" if "test" in material.examples else "train"
    says = next((name for name, where in material.passes if where == part), None)
    return {
        "part": part,
        "photographs": pictures.photographs(material, part),
        "says": says,
        "mistakes": says and mistakes(material, says, part),
    }


def mistakes(material: Material, name: str, part: str) -> int:
    """Count the examples whose label a trained network misses."""
    return int(np.sum((material.passes[name, part].A2 > 0.5) != (material.examples[part].Y > 0.5)))


def times(record: Record) -> dict[str, tuple[Framework, float]]:
    """Give each framework that has trained, and its time per step as a share of the slowest one's."""
    timed = {name: f for name, f in record.frameworks.items() if f.seconds_per_step is not None}
    slowest = max((f.seconds_per_step or 0.0 for f in timed.values()), default=0.0) or 1.0
    return {name: (f, (f.seconds_per_step or 0.0) / slowest) for name, f in timed.items()}
