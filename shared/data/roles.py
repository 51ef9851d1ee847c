"""Which of a file's arrays holds the images, and which the labels: by name, and where names do not tell, by shape."""

import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Literal, NamedTuple

from shared.data.files import listed, one_line
from shared.data.hdf5 import DatasetError, Entry
from shared.data.layouts import counts, layout

Part = Literal["train", "test"]

PART_OF_A_NAME = re.compile(
    r"(?<![a-z]{2})(?:(train(?:ing)?|trn|tr(?![a-z]))|test(?:ing)?|tst|te(?![a-z])|(?:val|valid|validation|dev)(?![a-z]))"
)
"""What says in a name that the array is for training, or (no group) for testing."""

IMAGES = {"x", "image", "images", "img", "imgs", "data", "pixels", "features", "pictures", "photos", "input", "inputs"}
LABELS = {
    "y",
    "label",
    "labels",
    "target",
    "targets",
    "class",
    "classes",
    "category",
    "categories",
    "output",
    "outputs",
}
NAMES_OF_CLASSES = {"list", "name", "names"}
"""The words by which names tell roles. Where a name has several of them, the later line wins: y_data, list_classes."""


class Roles(NamedTuple):
    """The names of the arrays of images and of labels, and of that of the names of the two classes, if there is one."""

    images: str
    labels: str
    classes: str = ""


def part_of(name: str) -> Part | None:
    """Tell whether a name says that it is for training or for testing."""
    marks = PART_OF_A_NAME.findall(_parted(name))
    return None if not marks else "train" if marks[-1] else "test"


def role(name: str) -> str:
    """Tell what a name says that the array holds: "images", "labels", "names", or "" if it says nothing.

    The last part that says more than train or test counts: 'y' of 'both/y_train', 'images' of 'images/train'.
    """
    parts = [set(re.findall("[a-z]+", PART_OF_A_NAME.sub(" ", part))) for part in _parted(name).split("/")]
    of_name = next(filter(None, reversed(parts)), set[str]())
    roles = {"names": NAMES_OF_CLASSES, "labels": LABELS, "images": IMAGES}
    return next((role for role, words in roles.items() if of_name & words), "")


def _parted(name: str) -> str:
    """Write trainX as train_x."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def chosen(arrays: Mapping[str, Entry], part: Part, images: str, labels: str, path: Path) -> Roles:
    """Choose the images and the labels of one part.

    Parameters
    ----------
    arrays
        What the file holds.
    part
        Training or test set. Arrays whose names do not say may belong to either.
    images, labels
        The names that the user gives, or "". A name of the other part counts for both: here X_train means X_test.
    path
        The file, for messages.

    Raises
    ------
    DatasetError
        If no arrays fit, or several do.
    """
    names, asked = names_of_classes(arrays), {"images": images, "labels": labels}
    usual, called = (f"{part}_set_x", f"{part}_set_y"), "training" if part == "train" else part
    if arrays.keys() >= set(usual) and not images and not labels:
        return Roles(*usual, names)
    of_part, neutral = ([name for name in arrays if part_of(name) == of and name != names] for of in (part, None))
    for pool in (of_part, neutral, [*of_part, *neutral]):
        named = {what: _named(arrays, pool, what, name, path) for what, name in asked.items()}
        others = [name for name in pool if not role(name) and not arrays[name].problem]
        pairs = [pair for pair in product(*(named[what] or others for what in asked)) if pair[0] != pair[1]]
        fitting = [pair for pair in pairs if fits(arrays, *pair)]
        if all(named.values()):
            fitting = fitting or pairs[:1]  # what is wrong with them is said where they are read
        if len(fitting) > 1:
            several = dict.fromkeys(name for pair in fitting for name in pair)
            raise DatasetError(
                f"{one_line(path)}: {listed(several)} could be the images and labels of the {called} set; "
                "choose with --images NAME --labels NAME"
            )
        if fitting:
            return Roles(fitting[0][0], fitting[0][1], names)
    raise DatasetError(
        f"{one_line(path)}: no images and labels of a {called} set; the file holds {listed(arrays)}; "
        f"name them with --images NAME --labels NAME, or give another file"
    )


def _named(arrays: Mapping[str, Entry], pool: list[str], what: str, wanted: str, path: Path) -> list[str]:
    """List the arrays that the user names, or those whose names say that this is their role."""
    if not wanted:
        groups = {name.rpartition("/")[0] for name in arrays}
        return [name for name in pool if role(name) == what and name not in groups and fit_for(arrays[name], what)]
    same = [name for name in arrays if name in pool and _without_part(name) == _without_part(wanted)]
    if same or wanted in arrays:
        return [wanted] if wanted in pool or not same else same
    raise DatasetError(
        f"{one_line(path)}: no array {wanted!r}; the file holds {listed(arrays)}; give one of these to --{what}"
    )


def _without_part(name: str) -> str:
    return PART_OF_A_NAME.sub("", _parted(name))


def fit_for(array: Entry, what: str) -> bool:
    """Tell whether an array could have this role: images are not text."""
    return what == "labels" or not array.text


def fits(arrays: Mapping[str, Entry], images: str, labels: str) -> bool:
    """Tell whether there is a label for each image, by the shapes."""
    shape = arrays[images].shape
    return fit_for(arrays[images], "images") and any(layout(shape, m) for m in counts(arrays[labels].shape))


def names_of_classes(arrays: Mapping[str, Entry]) -> str:
    """Name the array of the two classes' names, if there is one."""
    two = [
        name
        for name, array in arrays.items()
        if array.text and not array.problem and array.shape in ((2,), (2, 1), (1, 2))
    ]
    return next((name for name in two if role(name) == "names" or "class" in name.lower()), "")
