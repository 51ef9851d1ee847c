"""What the trained network learned, for the page: its hidden units as pictures, what wakes them, and a few figures."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shared.comparing.record import Artifacts, Record
from shared.data.dataset import Examples
from shared.judging.rounding import logistic
from shared.network import KINKED
from shared.report import pictures


@dataclass(frozen=True)
class Unit:
    """A hidden unit: what training changed in its W1, its W2, the training example that wakes it most, and how many do.

    `awake` counts the examples of label 0 and of label 1. A sigmoid unit has none, as it never sleeps.
    """

    change: str
    weight: float
    favourite: str | None = None
    label: int = 0
    awake: tuple[int, int] | None = None


@dataclass(frozen=True)
class Row:
    """Pictures that belong together, one for each hidden unit."""

    name: str
    text: str
    pictures: list[str]


def units(record: Record, artifacts: Artifacts, name: str) -> Iterator[Unit]:
    """Describe each hidden unit of a trained network."""
    trained, examples = artifacts.trained[name], artifacts.examples["train"]
    changes = pictures.weights(trained.W1 - artifacts.initial.W1, examples.image_shape)
    layers, label = artifacts.passes.get((name, "train")), examples.Y[0] > 0.5
    for k, change in enumerate(changes):
        weight = float(trained.W2[0, k])
        if layers is None or not np.max(layers.A1[k]) > 0:  # it sleeps on all, or is NaN
            yield Unit(change, weight, awake=(0, 0) if layers is not None else None)
            continue
        awake, most = layers.A1[k] > 0, int(np.argmax(layers.A1[k]))
        kinked = record.settings["activation"] in KINKED
        counts = (np.sum(awake & ~label), np.sum(awake & label)) if kinked else None
        yield Unit(change, weight, pictures.photograph(examples, most), int(label[most]), counts)


def asleep(record: Record, artifacts: Artifacts, name: str) -> tuple[float, int, int] | None:
    """Return the answer where no unit wakes, b2's alone; how many training examples get it, and how many of label 1."""
    layers = artifacts.passes.get((name, "train"))
    if layers is None or record.settings["activation"] != "relu":
        return None
    sleeping = ~np.any(layers.A1 > 0, axis=0)
    answer = float(logistic(artifacts.trained[name].b2[0, 0]))
    return answer, int(np.sum(sleeping)), int(np.sum(sleeping & (artifacts.examples["train"].Y[0] > 0.5)))


def weights(artifacts: Artifacts) -> list[Row]:
    """Draw the trained W1 of each implementation."""
    shape = artifacts.examples["train"].image_shape
    return [
        Row(name, f"the largest weight is {np.max(np.abs(P.W1)):.2g}", pictures.weights(P.W1, shape))
        for name, P in artifacts.trained.items()
    ]


def differences(artifacts: Artifacts) -> list[Row]:
    """Draw how far the trained W1 of the others is from that of the first."""
    shape, (first, *others) = artifacts.examples["train"].image_shape, artifacts.trained.items()
    rows = []
    for name, trained in others:
        with np.errstate(invalid="ignore"):  # infinity minus infinity
            difference = trained.W1 - first[1].W1
        top = np.max(np.abs(difference))
        text = f"the largest difference is {top:.1e}" if top else "there is no difference"
        rows.append(Row(f"{name} minus {first[0]}", text, pictures.weights(difference, shape)))
    return rows


def counts(examples: Examples) -> tuple[int, int]:
    """Count the examples of label 0 and of label 1."""
    ones = int(np.sum(examples.Y > 0.5))
    return examples.Y.shape[1] - ones, ones


def digits(record: Record, artifacts: Artifacts) -> int | None:
    """Count the digits that all costs have in common with the reference's at every step that is compared."""
    worst = 0.0
    for framework in record.frameworks.values():
        if not framework.costs or framework.curve is None or artifacts.band is None:
            return None
        steps = min(len(framework.costs), framework.curve.judged_steps)
        costs, reference = np.array(framework.costs[:steps]), artifacts.band.costs[:steps]
        with np.errstate(divide="ignore", invalid="ignore"):
            worst = max(worst, float(np.max(np.abs(costs - reference) / reference, initial=0)))
    most = int(np.finfo(record.settings["dtype"]).precision)
    return min(most, int(-np.log10(worst))) if 0 < worst < 1 else most if worst == 0 else None
