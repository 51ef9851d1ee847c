"""A file of arrays (HDF5 or .npz) -> checked X and Y, with the examples as columns.

A training file of the course holds `train_set_x`, images (m, height, width, 3), and `train_set_y`, m labels in {0, 1};
a test file holds `test_set_x` and `test_set_y`. Other names, layouts and labels are accepted too, with a line that says
how they were read. Anything else in a file is ignored.
"""

import hashlib
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from jaxtyping import Float

from shared.data import arrays, images, labels, recipes, roles
from shared.data.arrays import Arrays
from shared.data.files import one_line
from shared.data.hdf5 import DatasetError
from shared.data.images import Scale, as_columns
from shared.data.labels import Classes
from shared.data.layouts import Arranged, counts, layout
from shared.data.roles import Part, Roles
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
    "load",
]

Channels = Literal["gray", "rgb"]
"""gray: the mean of the three channels. rgb: each channel of each pixel is a feature."""

Scaling = Literal["unit", "symmetric", "standard"]
"""unit: 0 to 1. symmetric: -1 to 1. standard: zero mean and unit variance over all pixels of the training set."""


Names = tuple[str, str]
"""The names of the arrays of images and of labels; an empty one leaves the choice to the program."""


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
    classes: tuple[str, str]
    """What the labels 0 and 1 are called."""


@dataclass(frozen=True)
class Dataset:
    """What to train on and, where there is one, what to test on; and how their pixels were scaled."""

    train: Examples
    test: Examples | None
    scale: Scale


def load(
    train: Path,
    test: Path | None = None,
    channels: Channels = "gray",
    scaling: Scaling = "standard",
    names: Names = ("", ""),
) -> Dataset:
    """Read, check and scale the examples of a training file and a test file.

    `standard` uses one mean and one standard deviation for all pixels rather than one for each pixel position: the
    network learns as well from it, brighter stays brighter, and a pixel that is the same in every image is harmless.

    Parameters
    ----------
    train, test : Path
        HDF5 or .npz files. The images have whole numbers in 0..255, or floating point numbers in 0..1 or 0..255.
    channels : "gray" or "rgb"
        Whether the mean of the three channels is a feature, or each of them.
    scaling : "unit", "symmetric" or "standard"
        How pixels become features. The numbers for it come from the training set, and are applied to both sets.
    names : two strings
        The names of the images and of the labels, where several arrays would do.

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
        If a file has labels of one class only, the range of the pixels had to be guessed, or something in a file is
        not as the course has it: the line says how it was read.
    """
    training = _read(train, "train", channels, names)
    testing = None if test is None else _read(test, "test", channels, names, training.classes)
    scale = scale_of(training, testing, scaling)
    return Dataset(_examples(training, scale), testing and _examples(testing, scale), scale)


def holds_test_set(path: Path, names: Names) -> bool:
    """Tell whether a training file also has arrays whose names make them a test set."""
    with arrays.opened(path) as file:
        named = {name: array for name, array in file.entries.items() if roles.part_of(name) == "test"}
    try:
        return bool(roles.chosen(named, "test", *names, path))
    except DatasetError:
        return False


class Images(NamedTuple):
    """The images of one file, checked as far as one file can tell, and its labels."""

    path: Path
    sha256: str
    pixels: images.Pixels
    Y: Float[Array, "1 m"]
    where: str  # file and name, for messages
    shape: tuple[int, ...]  # of the features of one image
    survey: images.Survey
    classes: Classes


def _read(path: Path, part: Part, channels: Channels, names: Names, classes: Classes | None = None) -> Images:
    """Read and check the images and labels of one file."""
    with arrays.opened(path) as file:
        return checked(file, path, part, channels, names, classes, whole=True)


def checked(
    file: Arrays,
    path: Path,
    part: Part,
    channels: Channels,
    names: Names,
    classes: Classes | None = None,
    survey: images.Survey | None = None,
    whole: bool = False,
) -> Images:
    """Choose images and labels, check them as far as one file can tell, and look at every image once.

    The classes of a test set are those of the training set. With a survey, another process has done all this already.
    The images stay in the file, to be read when they are needed, unless `whole` reads them now.

    Raises
    ------
    DatasetError
        If they cannot be used.
    """
    chosen = roles.chosen(file.entries, part, *names, path)
    stored, labelling = file[chosen.images], file[chosen.labels]
    for array in (stored, labelling):
        if (whole or array is labelling) and (shortage := array.shortage()):
            raise DatasetError(f"{array.where} of {array.shape} {shortage}; use fewer examples or smaller images")
    pixels = _arranged(stored, labelling.shape, whole)
    shape = _image_shape(pixels, channels, stored.where)
    checked_labels = _labels(file, chosen, pixels.shape[0], path, classes)
    if survey is not None:
        return Images(path, "", pixels, checked_labels.Y, stored.where, shape, survey, checked_labels.classes)
    if chosen[:2] != (f"{part}_set_x", f"{part}_set_y") or pixels.unusual or checked_labels.how:
        how = ", ".join([f"{chosen.labels!r} as the labels", *filter(None, [checked_labels.how])])
        _warn(f"{one_line(path)}: {chosen.images!r} {stored.shape} is read as {pixels.described}; {how}")
    if (checked_labels.Y[0, 0] == checked_labels.Y).all():
        only = checked_labels.classes.values[int(checked_labels.Y[0, 0])]
        _warn(f"{labelling.where} holds only the label {only}; there are no two classes to tell apart")
    survey = images.survey(pixels, shape, stored.where)
    with path.open("rb") as content:
        sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    return Images(path, sha256, pixels, checked_labels.Y, stored.where, shape, survey, checked_labels.classes)


def _arranged(stored: images.Stored, labels: tuple[int, ...], whole: bool) -> Arranged:
    """Find out how the images are laid out, given the shape of the labels."""
    if stored.dtype.kind not in "biuf":
        raise DatasetError(f"{stored.where} holds text; numbers are expected")
    shape = stored.shape
    if 0 in shape:
        raise DatasetError(f"{stored.where} has the shape {shape}: no examples; give at least one image of one pixel")
    layouts = [layout(shape, m) for m in (*counts(labels), *shape[:1])]
    if not any(layouts):
        raise DatasetError(
            f"{stored.where} has the shape {shape}; it should be (examples, height, width) or "
            "(examples, height, width, 3), so reshape it"
        )
    chosen = next(filter(None, layouts))
    if not whole:
        stored.keep_chunks(chosen.axis)
    return Arranged(stored.whole() if whole else stored, chosen)


class Labels(NamedTuple):
    """Labels as a row, what stood for them, and how they were read, if they were not 0 and 1."""

    Y: Float[Array, "1 m"]
    classes: Classes
    how: str


def _labels(file: Arrays, chosen: Roles, m: int, path: Path, classes: Classes | None) -> Labels:
    """Read the labels of m images; for a test set the classes are known already."""
    stored = file[chosen.labels]
    values, one_hot = labels.flat(stored.whole(), m, stored.where)
    recipe = recipes.two_classes(path, chosen.images, chosen.labels, values, one_hot)
    if classes is None:
        names = [labels.as_text(name) for name in file[chosen.classes].whole().ravel()] if chosen.classes else []
        classes = labels.classes_of(values, names, stored.where, recipe)
    Y = labels.as_row(values, classes, stored.where, recipe)
    return Labels(Y, classes, "one-hot, the second of two as 1" if one_hot else classes.described)


def _image_shape(pixels: Arranged, channels: Channels, where: str) -> tuple[int, ...]:
    """Check the type of images and whether they have the channels, and return the shape of the features of one."""
    if pixels.dtype.kind == "b":
        raise DatasetError(f"{where} holds booleans; pixels in 0..255 or 0..1 are expected, so store them as uint8")
    if channels == "rgb" and len(pixels.shape) == 3:
        raise DatasetError(f"{where} is gray, {pixels.shape}; rgb needs a last axis of 3, so use gray")
    return pixels.shape[1:3] if channels == "gray" else pixels.shape[1:]


def scale_of(training: Images, testing: Images | None, scaling: Scaling) -> images.Scale:
    """Work out how pixels become features, and check that it can be applied to the test set.

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
            "both must have the same features, so resize the images"
        )
    largest = testing.survey.largest_pixel
    if largest > white:
        raise DatasetError(
            f"{testing.where} goes up to {largest}, {training.where} only up to {training.survey.largest_pixel}; "
            "both must have the same range, 0..1 or 0..255, so rescale one"
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
            "the scaling 'standard' needs images that differ, so use 'unit'"
        )
    return survey.mean, survey.deviation


def _examples(stored: Images, scale: images.Scale) -> Examples:
    """Scale the features."""
    X = images.features(stored.pixels, stored.shape, scale)
    return Examples(X, stored.Y, stored.path, stored.sha256, stored.shape, stored.classes.names)


def _warn(text: str) -> None:
    """Warn on behalf of the caller."""
    warnings.warn(text, DatasetWarning, stacklevel=2)
