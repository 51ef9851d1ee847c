"""HDF5 file -> checked X and Y, with the examples as columns.

A training file holds `train_set_x`, images (m, height, width) or (m, height, width, 3), and `train_set_y`, m labels
in {0, 1}; a test file holds `test_set_x` and `test_set_y`. Anything else in them is ignored.
"""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float

from shared import hdf5
from shared.files import one_line
from shared.hdf5 import DatasetError
from shared.network import Array

__all__ = [
    "Channels",
    "Dataset",
    "DatasetError",
    "DatasetWarning",
    "Examples",
    "Scale",
    "Scaling",
    "as_columns",
    "class_names",
    "load",
]

Channels = Literal["gray", "rgb"]
"""gray: the mean of the three channels. rgb: each channel of each pixel is a feature."""

Scaling = Literal["unit", "symmetric", "standard"]
"""unit: 0 to 1. symmetric: -1 to 1. standard: zero mean and unit variance over all pixels of the training set."""


class DatasetWarning(UserWarning):
    """The data can be used, but something about them is likely to surprise. The text is one line."""


@dataclass(frozen=True)
class Examples:
    """Examples as columns: the float64 features X, scaled, and the labels Y, 0.0 or 1.0, both C-contiguous."""

    X: Float[Array, "n_x m"]
    Y: Float[Array, "1 m"]
    path: Path
    sha256: str
    image_shape: tuple[int, ...]


@dataclass(frozen=True)
class Scale:
    """How a pixel becomes a feature: (pixel - shift) / width. A white pixel is `white`, a black one 0."""

    white: float
    shift: float
    width: float

    def features(self, X: Float[Array, "n_x m"]) -> Float[Array, "n_x m"]:
        """Scale the pixels of images that are columns."""
        return (X - self.shift) / self.width


@dataclass(frozen=True)
class Dataset:
    """What to train on and, where there is one, what to test on; and how their pixels were scaled."""

    train: Examples
    test: Examples | None
    scale: Scale


def load(train: Path, test: Path | None = None, channels: Channels = "gray", scaling: Scaling = "standard") -> Dataset:
    """Read, check and scale the examples of a training file and a test file.

    `standard` uses one mean and one standard deviation for all pixels rather than one for each pixel position: the
    network learns as well from it, brighter stays brighter, and a pixel that is the same in every image is harmless.

    Parameters
    ----------
    train, test : Path
        HDF5 files. The images have whole numbers in 0..255, or floating point numbers in 0..1 or 0..255.
    channels : "gray" or "rgb"
        Whether the mean of the three channels is a feature, or each channel is.
    scaling : "unit", "symmetric" or "standard"
        How pixels become features. What it needs to know comes from the training set, and is applied to both sets.

    Returns
    -------
    Dataset
        X is (n_x, m) and Y is (1, m), both float64; an image is flattened in C order.
        The image_shape is (height, width) for gray and (height, width, 3) for rgb.

    Raises
    ------
    DatasetError
        If a file cannot be used. The text is one line.

    Warns
    -----
    DatasetWarning
        If a file has labels of one class only, or the range of the pixels had to be guessed.
    """
    training = _read(train, "train")
    testing = None if test is None else _read(test, "test")
    white = _white(training)
    if testing:
        _check_compatible(testing, training, white, channels)

    features = _features(training, channels)
    scale = Scale(white, *_shift_and_width(features, white, scaling, training.where))
    return Dataset(
        train=_examples(training, features, channels, scale),
        test=testing and _examples(testing, _features(testing, channels), channels, scale),
        scale=scale,
    )


def class_names(path: Path) -> tuple[str, str]:
    """Return the names of the labels 0 and 1: what a file's `list_classes` says, or "0" and "1"."""
    try:
        names = hdf5.read_words(path, "list_classes")
    except DatasetError:  # nothing depends on the names
        names = []
    return (names[0], names[1]) if len(names) == 2 else ("0", "1")


def as_columns(pixels: Array, image_shape: tuple[int, ...]) -> Float[Array, "n_x m"]:
    """Return images as columns, not scaled yet; those of the shape (height, width) are the mean of their channels."""
    values = pixels.reshape(len(pixels), *image_shape, -1).mean(axis=-1, dtype=np.float64)
    return np.ascontiguousarray(values.reshape(len(values), -1).T)


class _Stored(NamedTuple):
    """What one file holds, checked as far as one file can tell, with the pixels as they are stored."""

    path: Path
    sha256: str
    pixels: Array
    Y: Float[Array, "1 m"]
    where: str  # file and dataset, for messages


def _read(path: Path, part: Literal["train", "test"]) -> _Stored:
    """Read and check the images and labels of one file."""
    pixels, labels = hdf5.read(path, [f"{part}_set_x", f"{part}_set_y"])
    where = f"{one_line(path)}: '{part}_set_x'"
    _check_images(pixels, where)
    Y = _labels(labels, len(pixels), f"{one_line(path)}: '{part}_set_y'")
    with path.open("rb") as file:
        return _Stored(path, hashlib.file_digest(file, "sha256").hexdigest(), pixels, Y, where)


def _check_images(pixels: Array, where: str) -> None:
    """Check the type, the shape and the values of images."""
    if pixels.dtype.kind == "b":
        raise DatasetError(f"{where} holds booleans; pixels in 0..255 or 0..1 are wanted, so store them as uint8")
    if pixels.ndim not in (3, 4) or pixels.shape[3:] not in ((), (3,)):
        raise DatasetError(
            f"{where} has the shape {pixels.shape}; wanted is (examples, height, width) or "
            "(examples, height, width, 3), so reshape it"
        )
    if pixels.size == 0:
        raise DatasetError(f"{where} has the shape {pixels.shape}: no examples; give at least one image of one pixel")
    bad = ~((pixels >= 0) & (pixels <= 255))  # NaN too
    if bad.any():
        example, *position = (int(i) for i in np.unravel_index(np.argmax(bad), bad.shape))
        raise DatasetError(
            f"{where} holds the pixel {pixels[(example, *position)]} in example {example} at {position}; "
            "wanted is 0..255 or 0..1, so correct the file"
        )


def _labels(stored: Array, m: int, where: str) -> Float[Array, "1 m"]:
    """Return labels of any shape and type found in the wild as one row of 0.0 and 1.0."""
    if stored.shape not in ((stored.size,), (stored.size, 1), (1, stored.size)):
        raise DatasetError(f"{where} has the shape {stored.shape}; wanted is one label for each image, ({m},)")
    if stored.size != m:
        raise DatasetError(f"{where} holds {stored.size} labels for {m} images; wanted is one label for each image")
    labels = stored.reshape(1, m)
    strange = (labels != 0) & (labels != 1)
    if strange.any():
        example = int(np.argmax(strange))
        raise DatasetError(f"{where} holds the label {labels[0, example]} at example {example}; labels are 0 or 1")
    if (labels == labels[0, 0]).all():
        _warn(f"{where} holds only the label {int(labels[0, 0])}; there are no two classes to tell apart")
    return labels.astype(np.float64)


def _white(training: _Stored) -> float:
    """Return the value of a white pixel: 255, or 1 where the training set is floating point and has no larger value."""
    largest = training.pixels.max()
    if training.pixels.dtype.kind != "f" or largest > 1:
        return 255.0
    _warn(f"{training.where} holds no pixel above {largest}; its range is taken to be 0..1, not 0..255")
    return 1.0


def _check_compatible(testing: _Stored, training: _Stored, white: float, channels: Channels) -> None:
    """Check that what was learned from the training set can be applied to the test set."""
    shape, wanted = _image_shape(testing, channels), _image_shape(training, channels)
    if shape != wanted:
        raise DatasetError(
            f"{testing.where} has images of {shape}, {training.where} of {wanted}; "
            "wanted are the same features in both, so resize the images"
        )
    largest = testing.pixels.max()
    if largest > white:
        raise DatasetError(
            f"{testing.where} goes up to {largest}, {training.where} only up to {training.pixels.max()}; "
            "wanted is the same range in both, 0..1 or 0..255, so rescale one"
        )
    if testing.pixels.dtype.kind == "f" and largest <= 1 < white:
        _warn(f"{testing.where} holds no pixel above {largest}, but is taken as 0..255 like {training.where}")


def _image_shape(images: _Stored, channels: Channels) -> tuple[int, ...]:
    """Return the shape of the features of one image."""
    if channels == "gray":
        return images.pixels.shape[1:3]
    if images.pixels.ndim == 3:
        raise DatasetError(f"{images.where} is gray, {images.pixels.shape}; rgb wants a last axis of 3, so use gray")
    return images.pixels.shape[1:]


def _features(images: _Stored, channels: Channels) -> Float[Array, "n_x m"]:
    """Return the images as columns, not scaled yet."""
    return as_columns(images.pixels, _image_shape(images, channels))


def _shift_and_width(X: Float[Array, "n_x m"], white: float, scaling: Scaling, where: str) -> tuple[float, float]:
    """Return the two numbers that make a pixel a feature: (pixel - shift) / width."""
    if scaling == "unit":
        return 0.0, white
    if scaling == "symmetric":
        return white / 2, white / 2
    if X.min() == X.max() or X.std() == 0:
        raise DatasetError(
            f"{where} holds {X[0, 0]} in every pixel; the scaling 'standard' wants images that differ, so use 'unit'"
        )
    return float(X.mean()), float(X.std())


def _examples(images: _Stored, features: Float[Array, "n_x m"], channels: Channels, scale: Scale) -> Examples:
    """Scale the features."""
    X = scale.features(features)
    return Examples(X, images.Y, images.path, images.sha256, _image_shape(images, channels))


def _warn(text: str) -> None:
    """Warn, in the name of the function that calls."""
    warnings.warn(text, DatasetWarning, stacklevel=2)
