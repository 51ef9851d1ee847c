"""What shared/data/dataset.py promises: the right columns from good files, one clear line for bad ones."""

import contextlib
import gzip
import hashlib
import math
import os
import pickle
import struct
import subprocess
import sys
import textwrap
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import torch
from PIL import Image

from shared.data import images, recipes
from shared.data.dataset import DatasetError, DatasetWarning, holds_test_set, load

ROOT = Path(__file__).parents[1]
M, HEIGHT, WIDTH = 6, 3, 5
COLOUR = np.random.default_rng(0).integers(0, 256, (M, HEIGHT, WIDTH, 3), dtype=np.uint8)
COLOUR[0, 0, 0], COLOUR[0, 0, 1] = 0, 255
GRAY = COLOUR[..., 0]
LABELS = np.array([0, 1, 1, 0, 0, 1])


def write(path, images=COLOUR, labels=LABELS, part="train", **storage):
    """Write a file like the course's, without list_classes."""
    with h5py.File(path, "w") as file:
        file.create_dataset(f"{part}_set_x", data=images, **storage)
        file.create_dataset(f"{part}_set_y", data=labels)
    return path


@pytest.fixture
def good(tmp_path):
    return write(tmp_path / "good.h5")


@pytest.fixture
def train_h5(tmp_path):
    return tmp_path / "train.h5"


def refusal(*paths, **options):
    """Load, and return the one line of the DatasetError without the name of the (last) file."""
    with pytest.raises(DatasetError) as caught:
        load(*paths, **options)
    assert len(caught.value.details.splitlines()) in (0, 3)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"{paths[-1]}: ")
    return str(caught.value).removeprefix(f"{paths[-1]}: ")


# Good files


def test_an_image_is_a_column_in_c_order(train_h5):
    X = load(write(train_h5, GRAY), scaling="unit").train.X
    for example in range(M):
        np.testing.assert_array_equal(X[:, example], GRAY[example].ravel() / 255)


def test_gray_is_the_mean_of_the_three_channels(good):
    X = load(good, scaling="unit").train.X
    np.testing.assert_allclose(X, COLOUR.reshape(M, -1, 3).sum(axis=2).T / 3 / 255, rtol=1e-15)


def test_rgb_makes_each_channel_a_feature(good):
    X = load(good, channels="rgb", scaling="unit").train.X
    np.testing.assert_array_equal(X, COLOUR.reshape(M, -1).T / 255)


@pytest.mark.parametrize(("channels", "shape"), [("gray", (HEIGHT, WIDTH)), ("rgb", (HEIGHT, WIDTH, 3))])
def test_the_shape_of_an_image_is_the_shape_of_its_features(good, channels, shape):
    train = load(good, channels=channels).train
    assert train.image_shape == shape
    assert len(train.X) == math.prod(shape)


@pytest.mark.parametrize("channels", ["gray", "rgb"])
@pytest.mark.parametrize("scaling", ["unit", "symmetric", "standard"])
def test_x_and_y_are_contiguous_float64(good, channels, scaling):
    train = load(good, channels=channels, scaling=scaling).train
    for values in (train.X, train.Y):
        assert values.dtype == np.float64
        assert values.flags.c_contiguous


def test_symmetric_maps_black_and_white_to_minus_one_and_one(good):
    X = load(good, scaling="symmetric").train.X
    assert (X[0, 0], X[1, 0]) == (-1, 1)


def test_standard_has_zero_mean_and_unit_variance_over_all_pixels(good):
    X = load(good, scaling="standard").train.X
    assert abs(X.mean()) < 1e-15
    assert abs(X.std() - 1) < 1e-15


def test_standard_keeps_a_pixel_that_never_changes_finite(train_h5):
    images = GRAY.copy()
    images[:, 1, 2] = 77
    assert np.isfinite(load(write(train_h5, images), scaling="standard").train.X).all()


def test_the_test_set_is_scaled_by_the_training_set(good, tmp_path):
    test = write(tmp_path / "test.h5", COLOUR[:4] // 2, LABELS[:4], part="test")
    data = load(good, test, scaling="standard")
    gray, gray_test = (images.mean(axis=3).reshape(len(images), -1).T for images in (COLOUR, COLOUR[:4] // 2))
    np.testing.assert_allclose(data.test.X, (gray_test - gray.mean()) / gray.std(), rtol=1e-12)


def test_without_a_test_file_there_is_no_test_set(good):
    assert load(good).test is None


@pytest.mark.parametrize("shape", [(M,), (M, 1), (1, M)])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, ">i4", np.float32])
def test_labels_of_any_shape_and_type_become_one_row(train_h5, shape, dtype):
    Y = load(write(train_h5, labels=LABELS.astype(dtype).reshape(shape))).train.Y
    np.testing.assert_array_equal(Y, LABELS.reshape(1, M).astype(float), strict=True)


@pytest.mark.parametrize(
    "storage",
    [{"compression": "gzip"}, {"compression": "lzf", "shuffle": True}, {"chunks": (2, 3, 5, 3), "fletcher32": True}],
)
def test_stored_in_chunks_the_data_are_the_same(good, train_h5, storage):
    np.testing.assert_array_equal(load(write(train_h5, **storage)).train.X, load(good).train.X)


@pytest.mark.parametrize("dtype", [np.int16, np.uint64, np.float16, np.float32, ">f8"])
def test_pixels_of_any_type_in_0_to_255_are_the_same_data(good, train_h5, dtype):
    np.testing.assert_array_equal(load(write(train_h5, COLOUR.astype(dtype))).train.X, load(good).train.X)


@pytest.mark.parametrize("scaling", ["unit", "symmetric", "standard"])
def test_pixels_in_0_to_1_are_the_same_data_with_a_warning(good, train_h5, scaling):
    write(train_h5, COLOUR / 255)
    with pytest.warns(DatasetWarning) as caught:
        X = load(train_h5, scaling=scaling).train.X
    np.testing.assert_allclose(X, load(good, scaling=scaling).train.X, rtol=0, atol=1e-14)
    text = "'train_set_x' holds no pixel above 1.0; its range is taken to be 0..1, not 0..255"
    assert [str(warning.message) for warning in caught] == [f"{train_h5}: {text}"]


def test_floating_point_pixels_just_above_1_are_taken_as_0_to_255(train_h5):
    X = load(write(train_h5, np.linspace(0, 1.5, M * 15).reshape(M, 3, 5)), scaling="unit").train.X
    assert X.max() == 1.5 / 255


def test_a_dark_test_set_is_scaled_like_the_training_set_with_a_warning(good, tmp_path):
    test = write(tmp_path / "test.h5", COLOUR / 255, part="test")
    with pytest.warns(DatasetWarning, match=r"test_set_x' holds no pixel above 1.0, but is taken as 0..255 like "):
        data = load(good, test, scaling="unit")
    assert data.test.X.max() <= 1 / 255


def test_one_class_only_is_a_warning(train_h5):
    write(train_h5, labels=np.ones(M, int))
    with pytest.warns(DatasetWarning) as caught:
        load(train_h5)
    text = "'train_set_y' holds only the label 1; there are no two classes to tell apart"
    assert str(caught[0].message) == f"{train_h5}: {text}"


def test_one_example_of_one_pixel_is_enough(train_h5):
    write(train_h5, np.full((1, 1, 1), 51, np.uint8), np.array([0]))
    with pytest.warns(DatasetWarning, match="only the label 0"):
        np.testing.assert_array_equal(load(train_h5, scaling="unit").train.X, [[0.2]])


def test_the_hash_is_that_of_the_file(good):
    train = load(good).train
    assert train.path == good
    assert train.sha256 == hashlib.sha256(good.read_bytes()).hexdigest()


@pytest.mark.parametrize(("channels", "n_x"), [("gray", 4096), ("rgb", 12288)])
def test_the_courses_files_load(photographs, channels, n_x):
    data = load(*photographs, channels=channels)
    assert (data.train.X.shape, data.test.X.shape) == ((n_x, 209), (n_x, 50))
    assert (data.train.Y.sum(), data.test.Y.sum()) == (72, 33)


# Files as people have them

COLUMNS = COLOUR.reshape(M, -1, 3).mean(axis=2).T / 255
GRAY_COLUMNS = GRAY.reshape(M, -1).T / 255


def save(path, **arrays):
    """Write arrays under their names; a double underscore stands for a group."""
    if path.suffix == ".npz":
        np.savez(path, **arrays)
        return path
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            text = isinstance(values, np.ndarray) and values.dtype.kind == "U"
            file[name.replace("__", "/")] = values.tolist() if text else values
    return path


def read_with_a_line(*paths, **options):
    """Load, and return the training set and the one warning, which says how it was read."""
    with pytest.warns(DatasetWarning) as caught:
        data = load(*paths, scaling="unit", **options)
    (said,) = [str(warning.message) for warning in caught]
    assert len(said.splitlines()) == 1
    return data.train, said.removeprefix(f"{paths[0]}: ")


NAMES = [
    ("X_train", "y_train"),
    ("x_train", "Y_train"),
    ("xtrain", "ytrain"),
    ("trainX", "trainY"),
    ("Xtr", "ytr"),
    ("train_img", "train_labels"),
    ("train_images", "train_label"),
    ("images", "labels"),
    ("data", "target"),
    ("X", "y"),
    ("pictures", "classes"),
    ("train__images", "train__labels"),
    ("images__train", "labels__train"),
    ("any", "other"),
]


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
@pytest.mark.parametrize(("images", "labels"), NAMES)
def test_images_and_labels_under_other_names_are_taken_with_a_line(tmp_path, images, labels, suffix):
    path = save(tmp_path / f"train{suffix}", **{images: COLOUR, labels: LABELS, "version": np.arange(3)})
    train, said = read_with_a_line(path)
    np.testing.assert_allclose(train.X, COLUMNS, rtol=1e-15)
    np.testing.assert_array_equal(train.Y[0], LABELS)
    x, y = (name if suffix == ".npz" else name.replace("__", "/") for name in (images, labels))
    assert said == f"{x!r} (6, 3, 5, 3) is read as 6 rgb images of 3 x 5; {y!r} as the labels"


LAYOUTS = {
    "one channel": (GRAY[..., None], "6 gray images of 3 x 5", GRAY_COLUMNS),
    "one channel first": (GRAY[:, None], "6 gray images of 3 x 5, the channels first", GRAY_COLUMNS),
    "channels first": (COLOUR.transpose(0, 3, 1, 2), "6 rgb images of 3 x 5, the channels first", COLUMNS),
    "examples last": (COLOUR.transpose(1, 2, 3, 0), "6 rgb images of 3 x 5, the examples last", COLUMNS),
    "gray, examples last": (GRAY.transpose(1, 2, 0), "6 gray images of 3 x 5, the examples last", GRAY_COLUMNS),
    "as MATLAB writes": (
        COLOUR.transpose(3, 1, 2, 0),
        "6 rgb images of 3 x 5, the channels first, the examples last",
        COLUMNS,
    ),
    "rows": (GRAY.reshape(M, -1), "6 gray images of 1 x 15, each a row of numbers, line by line", GRAY_COLUMNS),
    "columns": (
        GRAY.reshape(M, -1).T,
        "6 gray images of 1 x 15, each a row of numbers, line by line, the examples last",
        GRAY_COLUMNS,
    ),
    "four channels": (
        np.concatenate([COLOUR, 255 - GRAY[..., None]], axis=3),
        "6 rgb images of 3 x 5, the fourth channel left out",
        COLUMNS,
    ),
    "signed bytes": (COLOUR.astype(np.int8), "6 rgb images of 3 x 5, -1 as 255", COLUMNS),
}


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
@pytest.mark.parametrize(("images", "how", "X"), LAYOUTS.values(), ids=LAYOUTS)
def test_images_in_another_layout_are_the_same_data_with_a_line(tmp_path, images, how, X, suffix):
    train, said = read_with_a_line(save(tmp_path / f"train{suffix}", train_set_x=images, train_set_y=LABELS))
    np.testing.assert_allclose(train.X, X, rtol=1e-15)
    assert said == f"'train_set_x' {images.shape} is read as {how}; 'train_set_y' as the labels"


@pytest.mark.parametrize(("features", "shape"), [(16, (4, 4)), (12, (2, 2, 3)), (10, (1, 10)), (12288, (64, 64, 3))])
@pytest.mark.parametrize("transposed", [False, True])
def test_rows_are_gray_or_rgb_by_their_size(train_h5, features, shape, transposed):
    rows = np.random.default_rng(1).integers(0, 256, (M, features), dtype=np.uint8)
    train, _ = read_with_a_line(
        save(train_h5, X=rows.T if transposed else rows, y=LABELS), channels="rgb" if len(shape) == 3 else "gray"
    )
    assert train.image_shape == shape
    np.testing.assert_array_equal(train.X, rows.T / 255)


CAT = np.where(LABELS, "cat", "a dog")
LABEL_FORMS = {
    "1 and 2": (LABELS + 1, "2 as 1 and 1 as 0", ("1", "2")),
    "-1 and 1": (2 * LABELS - 1, "1 as 1 and -1 as 0", ("-1", "1")),
    "-1.0 and 1.0": (2.0 * LABELS - 1, "1 as 1 and -1 as 0", ("-1", "1")),
    "one-hot": (np.eye(2)[LABELS], "one-hot, the second of two as 1", ("0", "1")),
    "one-hot, examples last": (np.eye(2)[LABELS].T, "one-hot, the second of two as 1", ("0", "1")),
    "texts": (CAT, "'cat' as 1 and 'a dog' as 0", ("a dog", "cat")),
    "texts of bytes": (CAT.astype("S"), "'cat' as 1 and 'a dog' as 0", ("a dog", "cat")),
}


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
@pytest.mark.parametrize(("labels", "how", "classes"), LABEL_FORMS.values(), ids=LABEL_FORMS)
def test_labels_of_two_classes_become_0_and_1_with_a_line(tmp_path, labels, how, classes, suffix):
    train, said = read_with_a_line(save(tmp_path / f"train{suffix}", train_set_x=COLOUR, train_set_y=labels))
    np.testing.assert_array_equal(train.Y[0], LABELS)
    assert said.endswith(f"'train_set_y' as the labels, {how}")
    assert train.classes == classes


def test_texts_are_0_and_1_in_the_order_of_the_list_of_classes(train_h5):
    save(train_h5, X=COLOUR, y=CAT, list_classes=np.array([b"cat", b"a dog"]))
    train, said = read_with_a_line(train_h5)
    np.testing.assert_array_equal(train.Y[0], 1 - LABELS)
    assert said.endswith("'y' as the labels, 'a dog' as 1 and 'cat' as 0")


def test_a_test_set_has_the_classes_of_the_training_set(train_h5, tmp_path):
    save(train_h5, train_set_x=COLOUR, train_set_y=LABELS + 1)
    test = save(tmp_path / "test.h5", test_set_x=COLOUR[:2], test_set_y=[2, 2])
    with pytest.warns(DatasetWarning, match="2 as 1 and 1 as 0|only the label 2"):
        assert load(train_h5, test).test.Y.tolist() == [[1, 1]]
    save(test, test_set_x=COLOUR[:2], test_set_y=[1, 0])
    with pytest.warns(DatasetWarning, match="2 as 1 and 1 as 0"):
        assert refusal(train_h5, test) == "'test_set_y' holds the label 0 at example 1; labels are 1 or 2"


def test_one_file_holds_both_sets(train_h5):
    save(train_h5, X_train=COLOUR, y_train=LABELS, X_test=COLOUR[:2], y_test=LABELS[:2])
    with pytest.warns(DatasetWarning) as caught:
        data = load(train_h5, train_h5, scaling="unit")
    np.testing.assert_allclose(data.test.X, COLUMNS[:, :2], rtol=1e-15)
    assert [str(warning.message).split()[1] for warning in caught] == ["'X_train'", "'X_test'"]
    assert holds_test_set(train_h5, ("", ""))
    assert not holds_test_set(save(train_h5, X=COLOUR, y=LABELS, test=1), ("", ""))


def test_where_several_would_do_they_are_named_and_one_can_be_chosen(train_h5):
    save(train_h5, images=COLOUR, pictures=GRAY, labels=LABELS, X_test=COLOUR, y_test=LABELS)
    assert refusal(train_h5) == (
        "'images', 'labels', 'pictures' could be the images and labels of the training set; "
        "choose with --images NAME --labels NAME"
    )
    train, _ = read_with_a_line(train_h5, names=("pictures", "labels"))
    np.testing.assert_array_equal(train.X, GRAY_COLUMNS)
    assert refusal(train_h5, names=("photo", "")) == (
        "no array 'photo'; the file holds 'X_test', 'images', 'labels', 'pictures', 'y_test'; give one of these to "
        "--images"
    )


def test_a_name_that_is_given_stands_for_that_of_the_test_set_too(train_h5):
    save(train_h5, a_train=COLOUR, x_train=GRAY, y_train=LABELS, a_test=COLOUR[:2], x_test=GRAY, y_test=LABELS[:2])
    with pytest.warns(DatasetWarning, match="'a_train'|'a_test'"):
        data = load(train_h5, train_h5, scaling="unit", names=("a_train", ""))
    np.testing.assert_allclose(data.test.X, COLUMNS[:, :2], rtol=1e-15)


# What is taken by a recipe


def run(recipe, folder, **changes):
    """Run the three lines in a folder, with what the user has to adapt."""
    for before, after in changes.items():
        recipe = recipe.replace(before, after)
    assert len(recipe.splitlines()) == 3
    subprocess.run([sys.executable, "-c", recipe], cwd=folder, check=True)


def recipe_for(path, folder):
    with pytest.raises(DatasetError) as caught, contextlib.chdir(folder):
        load(Path(path))
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value), caught.value.details


OTHER_FILES = {
    "train.mat": ("a MATLAB file", lambda path: scipy.io.savemat(path, {"X": COLOUR, "y": LABELS})),
    "train.pkl": ("a pickle", lambda path: path.write_bytes(pickle.dumps({"X": COLOUR, "y": LABELS}))),
    "train.csv": (
        "a table of text",
        lambda path: np.savetxt(path, np.c_[LABELS, GRAY.reshape(M, -1)], delimiter=",", header="label,p0,p1"),
    ),
    "train.npy": (
        "a .npy file, which holds one array",
        lambda path: (np.save(path, COLOUR), np.save(path.with_name("labels.npy"), LABELS)),
    ),
    "train.pt": ("a file of PyTorch", lambda path: torch.save((torch.tensor(COLOUR), torch.tensor(LABELS)), path)),
}


@pytest.mark.parametrize("name", OTHER_FILES)
def test_a_file_of_another_kind_gets_three_lines_that_make_it_one(tmp_path, name):
    kind, write_it = OTHER_FILES[name]
    write_it(tmp_path / name)
    said, recipe = recipe_for(name, tmp_path)
    assert said == f"{name}: this is {kind}; these lines make an HDF5 file of it"
    run(recipe, tmp_path)
    train, _ = read_with_a_line(tmp_path / "train.h5")
    np.testing.assert_allclose(train.X, GRAY_COLUMNS if name == "train.csv" else COLUMNS, rtol=1e-15)
    np.testing.assert_array_equal(train.Y[0], LABELS)


def test_the_page_about_files_shows_every_recipe():
    page = (ROOT / "docs" / "files.md").read_text()
    for suffixes, _ in recipes.RECIPES.values():
        name = f"train{suffixes[0]}" if suffixes else "."
        recipe = recipes.for_file(Path(name))[1].replace("'.'", "'train'").replace("'.h5'", "'train.h5'")
        assert textwrap.indent(recipe, "    ") in page


def test_a_folder_of_pictures_gets_three_lines_that_make_it_a_file(tmp_path):
    for name, value in (("cat", 255), ("dog", 7)):
        (tmp_path / "train" / name).mkdir(parents=True)
        Image.fromarray(np.full((9, 9), value, np.uint8)).save(tmp_path / "train" / name / "1.png")
    said, recipe = recipe_for("train", tmp_path)
    assert said == "train: this is a folder; name a file in it"
    run(recipe, tmp_path)
    train, said = read_with_a_line(tmp_path / "train.h5")
    assert said.endswith("'labels' as the labels, 'dog' as 1 and 'cat' as 0")
    assert {(column.max(), label) for column, label in zip(train.X.T, train.Y[0], strict=True)} == {
        (1, 0),
        (7 / 255, 1),
    }


TEN = np.array([3, 5, 0, 9, 3, 1])


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
@pytest.mark.parametrize("labels", [TEN, np.eye(10)[TEN], np.array([f"class {k}" for k in TEN])], ids=str)
def test_more_than_two_classes_get_three_lines_that_make_two(tmp_path, labels, suffix):
    save(tmp_path / f"train{suffix}", X=COLOUR, y=labels)
    said, recipe = recipe_for(f"train{suffix}", tmp_path)
    assert "'y' holds 5 different texts" in said or said.endswith("the label 3 at example 0; labels are 0 or 1")
    run(recipe, tmp_path)
    train, _ = read_with_a_line(tmp_path / "train_two.h5")
    np.testing.assert_array_equal(train.Y[0], TEN == 9)


def test_an_array_that_only_a_pickle_could_read_is_refused_and_never_run(tmp_path):
    path = save(tmp_path / "train.npz", X=COLOUR, y=np.array([*LABELS[:-1], {}], dtype=object))
    assert refusal(path) == "'y' holds objects, which only a pickle could read; save numbers or texts"


def test_a_file_that_changes_while_it_is_read_is_told_as_that(good, monkeypatch):
    right = images.survey

    def survey(*arguments):
        os.utime(good, ns=(0, 0))
        return right(*arguments)

    monkeypatch.setattr(images, "survey", survey)
    assert refusal(good) == "this file was changed while it was read; wait until it is written, and start again"


# Files that are not HDF5, or no longer

BEGINNINGS = {
    b"": "the file is empty; download it again",
    b"\n<!DOCTYPE html>\n<html>": (
        "this is an HTML page, not HDF5 (it starts with '<!DOCTYPE'); download the raw file instead"
    ),
    b"<HTML lang=en>": "this is an HTML page, not HDF5 (it starts with '<HTML'); download the raw file instead",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:0": (
        "this is a Git LFS pointer, not HDF5; run 'git lfs pull' to get the file itself"
    ),
    gzip.compress(b"data", mtime=0): "this is a gzip archive, not HDF5; unpack it first",
    b'{"message": "Not Found"}': (
        "this is not an HDF5 file (it starts with '{\"message\":'); give a file like train_catvnoncat.h5"
    ),
    b"\x00\x1b[31mred": (
        "this is not an HDF5 file (it starts with '\\x00\\x1b[31mred'); give a file like train_catvnoncat.h5"
    ),
}


@pytest.mark.parametrize("content", BEGINNINGS)
def test_a_file_of_another_format_is_called_what_it_is(train_h5, content):
    train_h5.write_bytes(content)
    assert refusal(train_h5) == BEGINNINGS[content]


def test_a_truncated_file_is_called_so_with_both_sizes(good):
    whole = good.read_bytes()
    good.write_bytes(whole[:1000])
    assert refusal(good) == f"this HDF5 file is truncated (1000 bytes, its header says {len(whole)}); get it again"


def test_a_missing_file_is_called_so(train_h5):
    assert refusal(train_h5) == "there is no such file; check the path"


def test_a_folder_is_called_so(tmp_path):
    assert refusal(tmp_path) == "this is a folder; name a file in it"


def test_a_device_is_refused_before_reading_can_block():
    assert refusal(Path(os.devnull)) == "this is not a regular file; copy its content into one"


def test_a_file_that_may_not_be_read_is_called_so(good, monkeypatch):
    def denied(*_args, **_options):
        raise PermissionError

    monkeypatch.setattr(Path, "open", denied)
    assert refusal(good) == "no permission to read it; change the file's permissions"


def test_a_path_with_a_line_break_stays_on_one_line(tmp_path):
    with pytest.raises(DatasetError, match=r"a\\nb.h5: there is no such file") as caught:
        load(tmp_path / "a\nb.h5")
    assert len(str(caught.value).splitlines()) == 1


# Files without the right datasets


def test_missing_datasets_are_named_with_what_is_there(tmp_path):
    path = write(tmp_path / "test.h5", part="test")
    assert refusal(path) == (
        "no images and labels of a training set; the file holds 'test_set_x', 'test_set_y'; "
        "name them with --images NAME --labels NAME, or give another file"
    )


def test_many_names_and_names_with_line_breaks_are_listed_on_one_line(train_h5):
    with h5py.File(train_h5, "w") as file:
        for i in range(13):
            file[f"{i:02}\n"] = 0
    assert "the file holds '00\\n', '01\\n', " in refusal(train_h5)
    assert "'09\\n' and 3 more; name them" in refusal(train_h5)


def test_a_group_in_place_of_a_dataset_is_called_so(train_h5):
    with h5py.File(train_h5, "w") as file:
        file.create_group("train_set_x")
        file["train_set_y"] = LABELS
    assert refusal(train_h5) == "'train_set_x' is a group; a dataset is expected"


LINKS = [h5py.SoftLink("/elsewhere"), h5py.SoftLink("/nowhere"), h5py.ExternalLink("good.h5", "train_set_x")]


@pytest.mark.parametrize("link", LINKS)
def test_links_are_refused_wherever_they_lead(train_h5, good, link):
    with h5py.File(train_h5, "w") as file:
        file["elsewhere"], file["train_set_x"], file["train_set_y"] = COLOUR, link, LABELS
    assert refusal(train_h5) == "'train_set_x' is a soft or external link; copy the data into the file itself"


def test_external_storage_is_refused(train_h5, tmp_path):
    (tmp_path / "raw").write_bytes(COLOUR.tobytes())
    with h5py.File(train_h5, "w") as file:
        file.create_dataset("train_set_x", COLOUR.shape, "u1", external=[(str(tmp_path / "raw"), 0, COLOUR.size)])
        file["train_set_y"] = LABELS
    assert refusal(train_h5) == "'train_set_x' is stored in other files; copy the data into the file itself"


def test_virtual_storage_is_refused(train_h5, good):
    layout = h5py.VirtualLayout(COLOUR.shape, "u1")
    layout[...] = h5py.VirtualSource(good, "train_set_x", COLOUR.shape)
    with h5py.File(train_h5, "w") as file:
        file.create_virtual_dataset("train_set_x", layout)
        file["train_set_y"] = LABELS
    assert refusal(train_h5) == "'train_set_x' is stored in other files; copy the data into the file itself"


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.zeros(M, [("a", "i4"), ("b", "f4")]), "compound values"),
        (np.zeros(M, complex), "values of the type complex128"),
        (np.zeros(M, "V3"), "values of the type |V3"),
    ],
)
def test_values_that_are_not_numbers_are_refused(train_h5, values, found):
    assert refusal(write(train_h5, labels=values)) == f"'train_set_y' holds {found}; numbers are expected"


# Sizes that a file declares


def declare(path, shape, **storage):
    """Write a file that declares images of some shape and stores none of them."""
    with h5py.File(path, "w") as file:
        file.create_dataset("train_set_x", shape, "u1", **storage)
        file["train_set_y"] = LABELS
    return path


@pytest.mark.parametrize("storage", [{}, {"chunks": (1, 64, 64, 3)}, {"chunks": (1, 64, 64, 3), "compression": "gzip"}])
def test_a_declared_size_that_is_not_stored_is_refused_before_anything_is_allocated(train_h5, storage):
    declare(train_h5, (10**6, 64, 64, 3), **storage)
    tracemalloc.start()
    text = refusal(train_h5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert text == (
        "'train_set_x' declares 12,288,000,000 bytes of (1000000, 64, 64, 3), but the 0 bytes stored "
        "can hold at most 0; the file is incomplete or damaged, get it again"
    )
    assert peak < 10**7


def test_a_chunk_that_declares_more_than_is_stored_is_refused(train_h5):
    with h5py.File(train_h5, "w") as file:
        images = file.create_dataset(
            "train_set_x", (M, 100, 100), "u1", chunks=(4000, 1000, 1000), maxshape=(None,) * 3, compression="gzip"
        )
        images.id.write_direct_chunk((0, 0, 0), b"x" * 1000)
        file["train_set_y"] = LABELS
    assert refusal(train_h5).startswith("'train_set_x' declares 4,000,000,000 bytes of (6, 100, 100), but the 1,000 ")


def test_a_chunk_that_claims_more_than_the_file_is_long_is_refused(train_h5):
    write(train_h5, GRAY, chunks=GRAY.shape, compression="gzip")
    with h5py.File(train_h5) as file:
        stored = file["train_set_x"].id.get_storage_size()
    entry = struct.pack("<IIQQQQ", stored, 0, 0, 0, 0, 0)  # stored size, filters skipped, position
    content = train_h5.read_bytes()
    assert content.count(entry) == 1
    train_h5.write_bytes(content.replace(entry, struct.pack("<I", 4 * 10**9) + entry[4:]))
    assert refusal(train_h5) == (
        f"'train_set_x' claims 4,000,000,000 bytes in a file of {len(content):,}; it is damaged, get it again"
    )


def test_data_beyond_the_free_memory_are_refused_before_anything_is_allocated(train_h5, monkeypatch):
    write(train_h5, np.zeros((M, 100, 100), np.uint8), compression="gzip")
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 10**6}))
    tracemalloc.start()
    text = refusal(train_h5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert text.startswith("'train_set_x' of (6, 100, 100) needs 1,5")
    assert text.endswith(" bytes of memory and 1,000,000 are free; use fewer examples or smaller images")
    assert peak < 10**6


def test_filters_that_could_unpack_to_any_size_are_refused(train_h5):
    assert refusal(write(train_h5, scaleoffset=0)) == (
        "'train_set_x' uses the filters [6]; store it with gzip, lzf or without compression"
    )


def test_data_compressed_twice_are_refused(train_h5):
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_chunk(GRAY.shape)
    layout.set_filter(h5py.h5z.FILTER_LZF, h5py.h5z.FLAG_OPTIONAL)
    layout.set_deflate(9)
    with h5py.File(train_h5, "w") as file:
        h5py.h5d.create(file.id, b"train_set_x", h5py.h5t.STD_U8LE, h5py.h5s.create_simple(GRAY.shape), layout)
        file["train_set_y"] = LABELS
    assert refusal(train_h5) == (
        "'train_set_x' uses the filters [32000, 1]; store it with gzip, lzf or without compression"
    )


# Images and labels that cannot be used

BAD_SHAPES = {
    (): "'train_set_x' has the shape (); it should be (examples, height, width) or (exam",
    (M,): "'train_set_x' has the shape (6,); it should be (examples, height, width) or (exam",
    (M, 2, 5, 2): "'train_set_x' has the shape (6, 2, 5, 2); it should be (examples, height, width) or (exam",
    (0, 3, 5): "'train_set_x' has the shape (0, 3, 5): no examples; give at least one image of one pixel",
    (M, 0, 5): "'train_set_x' has the shape (6, 0, 5): no examples; give at least one image of one pixel",
}


@pytest.mark.parametrize("shape", BAD_SHAPES)
def test_images_of_another_shape_are_refused(train_h5, shape):
    assert refusal(write(train_h5, np.zeros(shape, np.uint8))).startswith(BAD_SHAPES[shape])


def test_a_dataset_without_values_is_refused(train_h5):
    assert refusal(write(train_h5, h5py.Empty("u1"))) == "'train_set_x' has no values; an array of numbers is expected"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.5, 255.5])
def test_a_pixel_that_is_not_finite_or_out_of_range_is_named(train_h5, value):
    images = COLOUR.astype(float)
    images[3, 1, 4, 2] = value
    assert refusal(write(train_h5, images)) == (
        f"'train_set_x' holds the pixel {value} in example 3 at [1, 4, 2]; "
        "0..255 or 0..1 is expected, so correct the file"
    )


def test_an_integer_pixel_out_of_range_is_named(train_h5):
    images = GRAY.astype(np.int16)
    images[2, 0, 1] = 256
    assert refusal(write(train_h5, images)).startswith("'train_set_x' holds the pixel 256 in example 2 at [0, 1]; ")


def test_boolean_pixels_are_refused(train_h5):
    assert refusal(write(train_h5, GRAY > 100)) == (
        "'train_set_x' holds booleans; pixels in 0..255 or 0..1 are expected, so store them as uint8"
    )


@pytest.mark.parametrize("label", [2, -1, 0.5, math.nan])
def test_a_label_other_than_0_and_1_is_named(train_h5, label):
    labels = LABELS.astype(type(label))
    labels[4] = label
    assert refusal(write(train_h5, labels=labels)) == (
        f"'train_set_y' holds the label {label} at example 4; labels are 0 or 1"
    )


def test_counts_that_differ_are_refused_with_both(train_h5):
    assert refusal(write(train_h5, labels=LABELS[:5])) == (
        "'train_set_y' holds 5 labels for 6 images; one label for each image is expected"
    )


@pytest.mark.parametrize("shape", [(), (M, 2), (2, 3)])
def test_labels_of_another_shape_are_refused(train_h5, shape):
    assert refusal(write(train_h5, labels=np.zeros(shape))) == (
        f"'train_set_y' has the shape {shape}; one label for each image is expected, (6,)"
    )


def test_gray_images_are_refused_for_rgb(train_h5):
    assert refusal(write(train_h5, GRAY), channels="rgb") == (
        "'train_set_x' is gray, (6, 3, 5); rgb needs a last axis of 3, so use gray"
    )


@pytest.mark.parametrize("value", [0, 25.1])
def test_standard_refuses_images_without_any_difference(train_h5, value):
    assert refusal(write(train_h5, np.full((M, 3, 5), value))) == (
        f"'train_set_x' holds {float(value)} in every pixel; "
        "the scaling 'standard' needs images that differ, so use 'unit'"
    )


@pytest.mark.parametrize("shape", [(M, WIDTH, HEIGHT), (M, 4, 5)])
def test_a_test_set_with_other_features_is_refused(good, tmp_path, shape):
    test = write(tmp_path / "test.h5", np.zeros(shape, np.uint8), part="test")
    assert refusal(good, test) == (
        f"'test_set_x' has images of {shape[1:]}, {good}: 'train_set_x' of (3, 5); "
        "both must have the same features, so resize the images"
    )


def test_a_test_set_beyond_the_range_of_the_training_set_is_refused(train_h5, tmp_path):
    write(train_h5, COLOUR / 255)
    test = write(tmp_path / "test.h5", part="test")
    with pytest.warns(DatasetWarning, match="0..1, not 0..255"):
        text = refusal(train_h5, test)
    assert text == (
        f"'test_set_x' goes up to 255, {train_h5}: 'train_set_x' only up to 1.0; "
        "both must have the same range, 0..1 or 0..255, so rescale one"
    )
