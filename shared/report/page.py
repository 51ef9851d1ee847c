"""The result record as a page: one HTML file that needs nothing else, for a reader who knows nothing else."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.files import write_atomically
from shared.judging.verdict import listed
from shared.network import QUANTITIES, Activation, InputError
from shared.report import charts, drawing, messages, pictures
from shared.report.record import PAGE, Framework, Material, Record
from shared.report.terminal import number, worst_step

ABOUT = {
    "numpy": "every derivative is written out by hand",
    "torch": "PyTorch works out the derivatives itself (autograd)",
    "jax": "JAX works out the derivatives itself (grad), and compiles the training",
}
"""How each implementation of the registry comes to its derivatives."""


@dataclass(frozen=True)
class Row:
    """Pictures that belong together, one for each hidden unit."""

    title: str
    text: str
    pictures: list[str]


def write(folder: Path, record: Record) -> None:
    """Write the page into a folder, whole or not at all."""
    path = folder / PAGE
    try:
        write_atomically(path.resolve(), render(record).encode())
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error


def render(record: Record) -> str:
    """Give the page's HTML."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"form": number, "listed": listed}
    with drawing.style():
        return environment.get_template("page.html.jinja").render(**content(record))


def content(record: Record) -> dict[str, Any]:
    """Give everything that the template shows."""
    material = record.material
    if material is None:
        raise ValueError("a comparison that has not run has no page")
    trained = any(framework.costs for framework in record.frameworks.values())
    part = "test" if "test" in material.examples else "train"
    first = next(iter(material.trained), None)
    says = next((name for name, where in material.passes if where == part), None)
    return {
        "record": record,
        "names": list(record.frameworks),
        "about": {name: ABOUT.get(name, "a file that was given") for name in record.frameworks},
        "shape": material.examples["train"].image_shape,
        "classes": pictures.classes(material.examples["train"]),
        "first": first,
        "verdicts": {name: worst_step(framework) for name, framework in record.frameworks.items()},
        "explanations": {name: messages.explain(record, name) for name in record.frameworks},
        "part": part,
        "photographs": pictures.photographs(material, part),
        "says": says,
        "mistakes": says and mistakes(material, says, part),
        "costs": trained and Markup(charts.costs(record)),  # noqa: S704 -- it escapes what it is given
        "distances": trained and Markup(charts.distances(record, material.band)),  # noqa: S704
        "columns": len(drawing.in_columns(material.band.half_width)),
        "horizon": record.horizon is not None and messages.horizon(record),
        "units": list(units(material, first, record.settings["activation"])) if first else [],
        "rows": list(rows(material, first)) if first else [],
        "quantities": Markup(charts.quantities(record)),  # noqa: S704
        "quantity_names": QUANTITIES,
        "unnumbered": any(j.problem for framework in record.frameworks.values() for j in framework.quantities.values()),
        "times": times(record),
        "initial_sha256": hashlib.sha256(b"".join(V.tobytes() for V in material.initial)).hexdigest(),
        "version": version("trigrad"),
    }


def mistakes(material: Material, name: str, part: str) -> int:
    """Count the examples whose label a trained network misses."""
    return int(np.sum((material.passes[name, part].A2 > 0.5) != (material.examples[part].Y > 0.5)))


def units(material: Material, name: str, activation: Activation) -> Iterator[tuple[float, int | None]]:
    """For each hidden unit that is shown: its weight in the answer, and how many training examples wake it."""
    seen = None if activation == "sigmoid" else material.passes.get((name, "train"))  # a sigmoid unit never sleeps
    for k, weight in enumerate(material.trained[name].W2[0][: pictures.MOST_UNITS]):
        yield float(weight), None if seen is None else int(np.sum(seen.A1[k] > 0))


def rows(material: Material, first: str) -> Iterator[Row]:
    """Draw W1: what training changed, the weights of each framework, and how far they differ from the first."""
    shape, trained = material.examples["train"].image_shape, material.trained
    change = trained[first].W1 - material.initial.W1
    text = "W1 after training minus W1 before"
    yield Row(f"What training changed, in {first}", text, pictures.weights(change, shape))
    for name, parameters in trained.items():
        text = f"what training began with is still in it; the largest is {np.max(np.abs(parameters.W1)):.2g}"
        yield Row(f"W1 after training, in {name}", text, pictures.weights(parameters.W1, shape))
    for name, parameters in trained.items():
        if name != first:
            difference = parameters.W1 - trained[first].W1
            top = np.max(np.abs(difference))
            text = f"the largest is {top:.1e}: the colours are stretched to it" if top else "there is none"
            yield Row(f"The difference: {name} minus {first}", text, pictures.weights(difference, shape))


def times(record: Record) -> dict[str, tuple[Framework, float]]:
    """Give each framework that has trained, and its time per step as a share of the slowest one's."""
    timed = {name: f for name, f in record.frameworks.items() if f.seconds_per_step is not None}
    slowest = max((f.seconds_per_step or 0.0 for f in timed.values()), default=0.0) or 1.0
    return {name: (f, (f.seconds_per_step or 0.0) / slowest) for name, f in timed.items()}
