"""What shared/data/default_data.py promises: the same sound files everywhere, and a network that learns from them."""

import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.special import expit

from shared.data import default_data, weights
from shared.data.dataset import DatasetError, DatasetWarning, load
from shared.network import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Return the two files, built once for all tests that only read them."""
    folder = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(default_data, "user_cache_dir", lambda *_args, **_options: str(folder))
        return default_data.paths()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return an empty folder in place of the user's cache."""
    monkeypatch.setattr(default_data, "user_cache_dir", lambda *_args, **_options: str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def unwritable_cache(cache):
    """Put a file where the cache folder should be."""
    cache.write_bytes(b"")
    return cache


@pytest.mark.parametrize(("part", "m", "cats"), [("train", 209, 72), ("test", 50, 17)])
def test_the_files_have_the_layout_of_the_courses_files(built, part, m, cats):
    with h5py.File(built[part == "test"]) as file:
        images, labels = file[f"{part}_set_x"], file[f"{part}_set_y"]
        assert (images.shape, images.dtype) == ((m, 64, 64, 3), np.uint8)
        assert (labels.shape, labels.dtype) == ((m,), np.int64)
        assert labels[()].sum() == cats
        assert list(file["list_classes"]) == [b"non-cat", b"cat"]


@pytest.mark.parametrize(("name", "label", "corner", "counts"), default_data.PICTURES)
def test_no_pixel_of_a_picture_is_in_both_parts(name, label, corner, counts):
    height, width = default_data._half_size(default_data._picture(name)).shape[:2]
    pixels = np.arange(height * width).reshape(height, width)[..., None]
    train, test = (default_data._patches(pixels, corner, part, counts[part]) for part in ("train", "test"))
    assert (len(train), len(test)) == (counts["train"], counts["test"])
    assert not set(np.unique(train)) & set(np.unique(test))


def test_no_two_patches_of_a_part_are_the_same(built):
    for part, path in zip(("train", "test"), built, strict=True):
        with h5py.File(path) as file:
            images = file[f"{part}_set_x"][()]
        assert len({image.tobytes() for image in images}) == len(images)


def trained_accuracies(data, seed):
    """Train by the default settings; return the accuracies on the training and the test set.

    W1 stays its start plus a sum S of dZ1 times the examples, so it is enough to follow Z1 and S.
    """
    settings = Settings()
    X, Y = data.train.X, data.train.Y
    W1, b1, W2, b2 = weights.draw(len(X), settings.hidden, seed, "float64")
    products = X.T @ X + 1
    start, S = W1 @ X + b1, np.zeros((settings.hidden, Y.size))
    for _ in range(settings.iterations):
        Z1 = start + S @ products
        A1 = np.maximum(Z1, 0)
        dZ2 = (expit(W2 @ A1 + b2) - Y) / Y.size
        dZ1 = W2.T @ dZ2 * (Z1 > 0)
        S = S - settings.learning_rate * dZ1
        W2, b2 = W2 - settings.learning_rate * dZ2 @ A1.T, b2 - settings.learning_rate * dZ2.sum()
    W1, b1 = W1 + S @ X.T, b1 + S.sum(axis=1, keepdims=True)
    return [np.mean((W2 @ np.maximum(W1 @ part.X + b1, 0) + b2 > 0) == part.Y) for part in (data.train, data.test)]


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_default_settings_learn_the_default_data(built, seed):
    data = load(*built)
    larger_class = 1 - data.test.Y.mean()
    train_accuracy, test_accuracy = trained_accuracies(data, seed)
    assert train_accuracy >= 0.9
    assert test_accuracy >= larger_class + 0.1


def test_building_twice_gives_the_same_bytes(built, cache):
    again = default_data.paths()
    assert [path.parent for path in again] == [cache, cache]
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in built]


def test_sound_files_are_not_built_again(cache, monkeypatch):
    first = default_data.paths()
    monkeypatch.setattr(default_data, "_file_content", lambda _part: pytest.fail("built again"))
    assert default_data.paths() == first


def flip_a_pixel(path):
    with h5py.File(path, "r+") as file:
        file["train_set_x"][3, 1, 4, 1] ^= 1


def flip_a_label(path):
    with h5py.File(path, "r+") as file:
        file["train_set_y"][100] ^= 1


DAMAGES = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:100_000]),
    "a pixel flipped": flip_a_pixel,
    "a label flipped": flip_a_label,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_built_again(cache, damage):
    path = default_data.paths()[0]
    sound = path.read_bytes()
    DAMAGES[damage](path)
    default_data.paths()
    assert path.read_bytes() == sound


def test_only_the_two_files_are_left_in_the_cache(cache):
    default_data.paths()
    assert sorted(path.name for path in cache.iterdir()) == ["test_default.h5", "train_default.h5"]


def test_a_build_that_is_interrupted_leaves_no_half_file(cache, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        default_data.paths()
    assert list(cache.iterdir()) == []


PROGRAM = """
import sys
from shared.data import default_data
default_data.user_cache_dir = lambda *args, **options: sys.argv[1]
default_data.paths()
print("skimage" in sys.modules)
"""


def start_program(folder):
    return subprocess.Popen([sys.executable, "-c", PROGRAM, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_two_processes_may_build_at_once(cache, built):
    programs = [start_program(cache), start_program(cache)]
    assert [program.communicate(timeout=60)[0] for program in programs] == ["True\n", "True\n"]
    assert [program.returncode for program in programs] == [0, 0]
    assert (cache / "train_default.h5").read_bytes() == built[0].read_bytes()
    assert len(list(cache.iterdir())) == 2


def test_a_file_that_another_process_has_built_meanwhile_is_not_replaced(cache, built, monkeypatch):
    def content_after_another_process(part, content=default_data._file_content):
        shutil.copy(built[part == "test"], cache)
        inodes.append((cache / f"{part}_default.h5").stat().st_ino)
        return content(part)

    inodes = []
    monkeypatch.setattr(default_data, "_file_content", content_after_another_process)
    assert [path.stat().st_ino for path in default_data.paths()] == inodes


def test_scikit_image_is_not_imported_where_the_files_are_there(built):
    program = start_program(built[0].parent)
    assert program.communicate(timeout=60)[0] == "False\n"


def test_an_unwritable_cache_is_a_warning_and_a_temporary_folder_is_used(unwritable_cache):
    with pytest.warns(DatasetWarning) as caught:
        train, test = default_data.paths()
    assert str(caught[0].message) == (
        f"{unwritable_cache}: cannot be written to (File exists); "
        "the default data are built in a temporary folder for this run"
    )
    assert load(train, test).train.X.shape == (4096, 209)


def test_without_any_folder_to_write_to_there_is_one_clear_line(unwritable_cache, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.warns(DatasetWarning), pytest.raises(DatasetError) as caught:
        default_data.paths()
    assert str(caught.value) == (
        "the default data cannot be stored (No space left on device): neither the cache folder nor a temporary one "
        "can be written to; make room or give --train and --test"
    )


def test_other_pictures_than_the_known_ones_are_refused(cache, monkeypatch):
    monkeypatch.setattr(default_data, "_picture", lambda _name: np.zeros((600, 800, 3), np.uint8))
    with pytest.raises(DatasetError) as caught:
        default_data.paths()
    assert str(caught.value) == (
        f"{cache / 'train_default.h5'}: the default data differ from the known ones; "
        "install the scikit-image that pyproject.toml asks for, or give --train and --test"
    )


def test_a_picture_that_is_missing_is_named(cache, monkeypatch):
    monkeypatch.setattr(default_data, "PICTURES", [("dog.png", 0, (0, 0), {"train": 209, "test": 50})])
    with pytest.raises(
        DatasetError, match=r"dog.png: cannot read this picture of scikit-image \(.*; install scikit-ima"
    ):
        default_data.paths()
