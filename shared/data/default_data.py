"""The embedded default data: photographs that scikit-image installs, cut into 64 x 64 patches, cat or not.

As many examples, cats and datasets as in the course's files: 209 to train on, 72 of them cats, and 50 to test on, 17
of them cats. The patches of the test set come from one region of each picture and those of the training set from the
rest of it. They are built once, in whole numbers only, so that they are the same everywhere.
"""

import atexit
import hashlib
import io
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import Literal

import h5py
import numpy as np
from platformdirs import user_cache_dir

from shared.data import arrays
from shared.data.dataset import DatasetError, DatasetWarning
from shared.data.examiner import trust
from shared.data.files import one_line, write_atomically
from shared.network import Array

Part = Literal["train", "test"]

SIDE = 64
"""Height and width of a patch, in pixels."""

STEP = 4
"""Patches begin at every fourth pixel, down and across."""

PICTURES = [
    # file of scikit-image, label, upper left corner of the test region at half size, patches to train and to test on
    ("chelsea.png", 1, (75, 112), {"train": 72, "test": 17}),
    ("astronaut.png", 0, (0, 180), {"train": 45, "test": 11}),
    ("coffee.png", 0, (0, 210), {"train": 46, "test": 11}),
    ("motorcycle_left.png", 0, (0, 260), {"train": 46, "test": 11}),
]
"""The test region reaches from its corner to the lower right corner of the picture; training uses all the rest."""

SHA256 = {
    "train": "473d1dba35e60dbb341946f10efa0f9ff9e74ca29902e20b86a07405a3ecfbe9",
    "test": "b372d02d61cbb18426b3e3867f282e68e3e76d8ade1681e12d57a92b7a2a8fc4",
}
"""SHA-256 of the images followed by the labels."""


def paths() -> tuple[Path, Path]:
    """Return the training file and the test file, after building them where they are missing or damaged.

    They lie in the user's cache folder, or, with a warning, in a temporary one where that cannot be written to.

    Returns
    -------
    tuple of Path
        Two HDF5 files for `shared.data.dataset.load`: images (209, 64, 64, 3) and (50, 64, 64, 3), uint8, labels int64.

    Raises
    ------
    DatasetError
        If they cannot be built.

    Warns
    -----
    DatasetWarning
        If the cache folder cannot be written to, so that they are built again in each run.
    """
    folder = Path(user_cache_dir("trigrad", appauthor=False))
    try:
        return _sound_file(folder, "train"), _sound_file(folder, "test")
    except OSError as error:
        warnings.warn(
            f"{one_line(folder)}: cannot be written to ({one_line(error.strerror)}); "
            "the default data are built in a temporary folder for this run",
            DatasetWarning,
            stacklevel=2,
        )
    try:
        folder = Path(tempfile.mkdtemp(prefix="trigrad-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return _sound_file(folder, "train"), _sound_file(folder, "test")
    except OSError as error:
        raise DatasetError(
            f"the default data cannot be stored ({one_line(error.strerror)}): neither the cache folder nor a "
            "temporary one can be written to; make room or give --train and --test"
        ) from error


def _sound_file(folder: Path, part: Part) -> Path:
    """Return the file of one part, built if it is not there as it should be."""
    path = folder / f"{part}_default.h5"
    was_there = path.exists()
    if not _is_sound(path, part):
        folder.mkdir(parents=True, exist_ok=True)
        if was_there:
            path.unlink(missing_ok=True)
        write_atomically(path, _file_content(part), replace=False)  # another process may be reading what it has built
    if not _is_sound(path, part):
        raise DatasetError(
            f"{one_line(path)}: the default data differ from the known ones; "
            "install the scikit-image that pyproject.toml asks for, or give --train and --test"
        )
    return path


def _is_sound(path: Path, part: Part) -> bool:
    """Tell whether the file holds exactly the images and labels that it should."""
    try:
        trust(path)
        with arrays.opened(path) as file:
            images, labels = (file[f"{part}_set_{end}"].whole() for end in "xy")
    except (DatasetError, OSError):
        return False
    return hashlib.sha256(images.tobytes() + labels.astype("<i8").tobytes()).hexdigest() == SHA256[part]


def _file_content(part: Part) -> bytes:
    """Return the HDF5 file of one part, in the layout of the course's files."""
    images, labels = _examples(part)
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file[f"{part}_set_x"] = images
        file[f"{part}_set_y"] = labels
        file["list_classes"] = np.array([b"non-cat", b"cat"])
    return content.getvalue()


def _examples(part: Part) -> tuple[Array, Array]:
    """Cut the patches: images (m, 64, 64, 3), uint8, and labels (m,), int64."""
    images, labels = [], []
    for name, label, corner, counts in PICTURES:
        images += _patches(_half_size(_picture(name)), corner, part, counts[part])
        labels += [label] * counts[part]
    return np.array(images), np.array(labels, dtype=np.int64)


def _picture(name: str) -> Array:
    """Read a picture (height, width, 3), uint8, that scikit-image installs."""
    import skimage.io  # slow to import, and needed only once for each user

    path = Path(skimage.__file__).parent / "data" / name
    try:
        picture: Array = skimage.io.imread(path)
    except OSError as error:
        raise DatasetError(
            f"{one_line(path)}: cannot read this picture of scikit-image ({one_line(error)[:200]}); "
            "install scikit-image from PyPI again, or give --train and --test"
        ) from error
    return picture


def _half_size(picture: Array) -> Array:
    """Return the means of blocks of 2 x 2 pixels, rounded down."""
    height, width = picture.shape[0] // 2, picture.shape[1] // 2
    blocks = picture[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3)
    return (blocks.sum(axis=(1, 3), dtype=np.uint16) // 4).astype(np.uint8)


def _patches(picture: Array, corner: tuple[int, int], part: Part, count: int) -> list[Array]:
    """Return `count` patches, evenly taken from all that lie on the part's side of the corner, and their mirror images.

    A patch that lies on both sides belongs to neither part.
    """
    top, left = corner
    patches = []
    for row in range(0, picture.shape[0] - SIDE + 1, STEP):
        for column in range(0, picture.shape[1] - SIDE + 1, STEP):
            for_test = row >= top and column >= left
            for_training = row + SIDE <= top or column + SIDE <= left
            if for_test if part == "test" else for_training:
                patches.append(picture[row : row + SIDE, column : column + SIDE])
    patches += [patch[:, ::-1] for patch in patches]
    return [patches[k * len(patches) // count] for k in range(count)]
