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

from shared.data import hdf5, images
from shared.data.files import one_line
from shared.data.hdf5 import DatasetError
from shared.data.images import Scale, as_columns
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

Part = Literal["train", "test"]

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
    training = _read(train, "train", channels)
    testing = None if test is None else _read(test, "test", channels)
    scale = scale_of(training, testing, scaling)
    return Dataset(_examples(training, scale), testing and _examples(testing, scale), scale)


def class_names(path: Path) -> tuple[str, str]:
    """Return the names of the labels 0 and 1: what a file's `list_classes` says, or "0" and "1"."""
    try:
        names = hdf5.read_words(path, "list_classes")
    except DatasetError:  # nothing depends on the names
        names = []
    return (names[0], names[1]) if len(names) == 2 else ("0", "1")


class Images(NamedTuple):
    """The images of one file, checked as far as one file can tell, and its labels."""

    path: Path
    sha256: str
    pixels: images.Pixels
    Y: Float[Array, "1 m"]
    where: str  # file and dataset, for messages
    shape: tuple[int, ...]  # of the features of one image
    survey: images.Survey


def _read(path: Path, part: Part, channels: Channels) -> Images:
    """Read and check the images and labels of one file."""
    pixels, labels = hdf5.read(path, names(part))
    return checked(path, part, channels, pixels, labels)


def names(part: Part) -> list[str]:
    """Name the datasets of images and of labels."""
    return [f"{part}_set_x", f"{part}_set_y"]


def checked(
    path: Path,
    part: Part,
    channels: Channels,
    pixels: images.Pixels,
    labels: Array,
    survey: images.Survey | None = None,
) -> Images:
    """Check images and labels as far as one file can tell, and look at every image once.

    With a survey another process has done so already.

    Raises
    ------
    DatasetError
        If they cannot be used.
    """
    where, where_labels = (f"{one_line(path)}: {name!r}" for name in names(part))
    shape = _image_shape(pixels, channels, where)
    if survey is not None:
        return Images(path, "", pixels, _labels(labels, pixels.shape[0], where_labels), where, shape, survey)
    survey = images.survey(pixels, shape, where)
    Y = _labels(labels, pixels.shape[0], where_labels)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Images(path, sha256, pixels, Y, where, shape, survey)


def _image_shape(pixels: images.Pixels, channels: Channels, where: str) -> tuple[int, ...]:
    """Check the type and the shape of images, and return the shape of the features of one."""
    if pixels.dtype.kind == "b":
        raise DatasetError(f"{where} holds booleans; pixels in 0..255 or 0..1 are wanted, so store them as uint8")
    shape = pixels.shape
    if len(shape) not in (3, 4) or shape[3:] not in ((), (3,)):
        raise DatasetError(
            f"{where} has the shape {shape}; wanted is (examples, height, width) or "
            "(examples, height, width, 3), so reshape it"
        )
    if 0 in shape:
        raise DatasetError(f"{where} has the shape {shape}: no examples; give at least one image of one pixel")
    if channels == "rgb" and len(shape) == 3:
        raise DatasetError(f"{where} is gray, {shape}; rgb wants a last axis of 3, so use gray")
    return shape[1:3] if channels == "gray" else shape[1:]


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


def scale_of(training: Images, testing: Images | None, scaling: Scaling) -> images.Scale:
    """Find how pixels become features, and check that it can be applied to the test set.

    Raises
    ------
    DatasetError
        If it cannot, or if `standard` finds no difference between pixels.
    """
    white = _white(training)
    if testing:
        _check_compatible(testing, training, white)
    return images.Scale(white, *_shift_and_width(training, white, scaling))


def _white(training: Images) -> float:
    """Return the value of a white pixel: 255, or 1 where the training set is floating point and has no larger value."""
    largest = training.survey.largest_pixel
    if training.pixels.dtype.kind != "f" or largest > 1:
        return 255.0
    _warn(f"{training.where} holds no pixel above {largest}; its range is taken to be 0..1, not 0..255")
    return 1.0


def _check_compatible(testing: Images, training: Images, white: float) -> None:
    """Check that what was learned from the training set can be applied to the test set."""
    if testing.shape != training.shape:
        raise DatasetError(
            f"{testing.where} has images of {testing.shape}, {training.where} of {training.shape}; "
            "wanted are the same features in both, so resize the images"
        )
    largest = testing.survey.largest_pixel
    if largest > white:
        raise DatasetError(
            f"{testing.where} goes up to {largest}, {training.where} only up to {training.survey.largest_pixel}; "
            "wanted is the same range in both, 0..1 or 0..255, so rescale one"
        )
    if testing.pixels.dtype.kind == "f" and largest <= 1 < white:
        _warn(f"{testing.where} holds no pixel above {largest}, but is taken as 0..255 like {training.where}")


def _shift_and_width(training: Images, white: float, scaling: Scaling) -> tuple[float, float]:
    """Return the two numbers that make a pixel a feature: (pixel - shift) / width."""
    survey = training.survey
    if scaling == "unit":
        return 0.0, white
    if scaling == "symmetric":
        return white / 2, white / 2
    if survey.smallest == survey.largest or survey.deviation == 0:
        raise DatasetError(
            f"{training.where} holds {survey.smallest} in every pixel; "
            "the scaling 'standard' wants images that differ, so use 'unit'"
        )
    return survey.mean, survey.deviation


def _examples(stored: Images, scale: images.Scale) -> Examples:
    """Scale the features."""
    X = images.features(stored.pixels, stored.shape, scale)
    return Examples(X, stored.Y, stored.path, stored.sha256, stored.shape)


def _warn(text: str) -> None:
    """Warn, in the name of the function that calls."""
    warnings.warn(text, DatasetWarning, stacklevel=2)
