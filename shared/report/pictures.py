"""The page's pictures, as PNG files inside the page: photographs, and weights as the photographs they look for."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from PIL import Image

from shared.comparing.record import Artifacts
from shared.data.dataset import Examples
from shared.network import Array

LARGEST_SIDE = 128
"""The most pixels of a side: larger pictures are shown smaller."""

MOST_UNITS = 16
"""The most hidden units that are shown."""

MOST_MISTAKES = 4

COLOURS = (255 * colormaps["RdBu_r"](np.linspace(0, 1, 256))[:, :3]).astype(np.uint8).tobytes()
"""From blue, below zero, by white to red."""


@dataclass(frozen=True)
class Photograph:
    """An example, its label, and what each trained network says: the probability of label 1."""

    picture: str
    number: int
    label: int
    probabilities: dict[str, float]
    mistaken: bool


def data_uri(image: Image.Image) -> str:
    """Write a picture, no larger than necessary, as text for a page."""
    smaller = image.reduce(-(-max(image.size) // LARGEST_SIDE)) if max(image.size) > LARGEST_SIDE else image
    file = io.BytesIO()
    smaller.save(file, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def to_bytes(values: Array, low: float, high: float) -> Array:
    """Map low to 0 and high to 255, and NaN to the middle."""
    clipped = np.clip(values.astype(np.float64), low, high)
    scaled = (clipped - low) / (high - low) if high > low else np.full(values.shape, 0.5)
    return np.rint(255 * np.nan_to_num(scaled, nan=0.5)).astype(np.uint8)


def weights(V: Array, shape: tuple[int, ...]) -> list[str]:
    """Draw each row as a picture of this shape, all on one scale: white (in rgb gray) is 0."""
    top = float(np.max(np.abs(V), initial=0.0, where=np.isfinite(V)))
    rows = to_bytes(V, -top, top).reshape(-1, *shape)[:MOST_UNITS]
    pictures = []
    for row in rows:
        image = Image.fromarray(row)
        if row.ndim == 2:
            image.putpalette(COLOURS)
            image = image if max(image.size) <= LARGEST_SIDE else image.convert("RGB")
        pictures.append(data_uri(image))
    return pictures


def photographs(artifacts: Artifacts, part: str) -> list[Photograph]:
    """Choose examples: the most certain mistakes of the first network, then what it gets right, certain to doubtful."""
    examples = artifacts.examples[part]
    says = {name: layers.A2[0] for (name, where), layers in artifacts.passes.items() if where == part}
    if not says:
        return []
    first, label = next(iter(says.values())), examples.Y[0] > 0.5
    certainty, mistaken = np.abs(first - 0.5), (first > 0.5) != label
    wrong = [int(k) for k in np.argsort(-certainty) if mistaken[k]][:MOST_MISTAKES]
    right = [int(k) for k in np.argsort(-certainty) if not mistaken[k]]
    of_1, of_0 = ([k for k in right if label[k] == kind] for kind in (True, False))
    chosen = [*wrong, *of_1[:1], *of_0[:1], *of_1[-1:], *of_0[-1:]]
    return [
        Photograph(
            picture=photograph(examples, k),
            number=k,
            label=int(label[k]),
            probabilities={name: float(A2[k]) for name, A2 in says.items()},
            mistaken=bool(mistaken[k]),
        )
        for k in dict.fromkeys(chosen)
    ]


def photograph(examples: Examples, k: int) -> str:
    """Draw an example as the network sees it, on the scale of all examples."""
    pixels = to_bytes(examples.X[:, k], float(examples.X.min()), float(examples.X.max()))
    return data_uri(Image.fromarray(pixels.reshape(examples.image_shape)))


def classes(examples: Examples) -> tuple[str, str, str]:
    """Name the labels 0 and 1, and what is asked, by what the file says that they mean."""
    names = examples.classes
    if names == ("non-cat", "cat") or "catvnoncat" in examples.path.name:  # copies without names are in use
        return "no cat", "a cat", "it shows a cat"
    return (f"label {names[0]}", f"label {names[1]}", f"its label is {names[1]}")
