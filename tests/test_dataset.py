"""What shared/data/dataset.py promises: the right columns from good files, one clear line for bad ones."""

import gzip
import hashlib
import math
import os
import struct
import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest

from shared.data.dataset import DatasetError, DatasetWarning, load

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
        "no dataset 'train_set_x', 'train_set_y'; the file holds 'test_set_x', 'test_set_y'; "
        "wanted are 'train_set_x', 'train_set_y', so rename its datasets or give another file"
    )


def test_many_names_and_names_with_line_breaks_are_listed_on_one_line(train_h5):
    with h5py.File(train_h5, "w") as file:
        for i in range(13):
            file[f"{i:02}\n"] = 0
    assert "the file holds '00\\n', '01\\n', " in refusal(train_h5)
    assert "'09\\n' and 3 more; wanted" in refusal(train_h5)


def test_a_group_in_place_of_a_dataset_is_called_so(train_h5):
    with h5py.File(train_h5, "w") as file:
        file.create_group("train_set_x")
        file["train_set_y"] = LABELS
    assert refusal(train_h5) == "'train_set_x' is a group; a dataset is wanted"


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
        (np.array([b"cat", b"non-cat"]), "strings"),
        (["cat", "non-cat"], "strings"),
        (np.zeros(M, [("a", "i4"), ("b", "f4")]), "compound values"),
        (np.zeros(M, complex), "values of the type complex128"),
        (np.zeros(M, "V3"), "values of the type |V3"),
    ],
)
def test_values_that_are_not_numbers_are_refused(train_h5, values, found):
    assert refusal(write(train_h5, labels=values)) == f"'train_set_y' holds {found}; numbers are wanted"


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
    (): "'train_set_x' has the shape (); wanted is (examples, height, width) or (examples, height, width, 3)",
    (M, 15): "'train_set_x' has the shape (6, 15); wanted is (examples, height, width) or (examples, height, width, 3)",
    (M, 3, 5, 4): "'train_set_x' has the shape (6, 3, 5, 4); wanted is (examples, height, width) or (examples, height",
    (0, 3, 5): "'train_set_x' has the shape (0, 3, 5): no examples; give at least one image of one pixel",
    (M, 0, 5): "'train_set_x' has the shape (6, 0, 5): no examples; give at least one image of one pixel",
}


@pytest.mark.parametrize("shape", BAD_SHAPES)
def test_images_of_another_shape_are_refused(train_h5, shape):
    assert refusal(write(train_h5, np.zeros(shape, np.uint8))).startswith(BAD_SHAPES[shape])


def test_a_dataset_without_values_is_refused(train_h5):
    assert refusal(write(train_h5, h5py.Empty("u1"))) == "'train_set_x' has no values; an array of numbers is wanted"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.5, 255.5])
def test_a_pixel_that_is_not_finite_or_out_of_range_is_named(train_h5, value):
    images = COLOUR.astype(float)
    images[3, 1, 4, 2] = value
    assert refusal(write(train_h5, images)) == (
        f"'train_set_x' holds the pixel {value} in example 3 at [1, 4, 2]; "
        "wanted is 0..255 or 0..1, so correct the file"
    )


def test_an_integer_pixel_out_of_range_is_named(train_h5):
    images = GRAY.astype(np.int16)
    images[2, 0, 1] = 256
    assert refusal(write(train_h5, images)).startswith("'train_set_x' holds the pixel 256 in example 2 at [0, 1]; ")


def test_boolean_pixels_are_refused(train_h5):
    assert refusal(write(train_h5, GRAY > 100)) == (
        "'train_set_x' holds booleans; pixels in 0..255 or 0..1 are wanted, so store them as uint8"
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
        "'train_set_y' holds 5 labels for 6 images; wanted is one label for each image"
    )


@pytest.mark.parametrize("shape", [(), (M, 2), (2, 3)])
def test_labels_of_another_shape_are_refused(train_h5, shape):
    assert refusal(write(train_h5, labels=np.zeros(shape))) == (
        f"'train_set_y' has the shape {shape}; wanted is one label for each image, (6,)"
    )


def test_gray_images_are_refused_for_rgb(train_h5):
    assert refusal(write(train_h5, GRAY), channels="rgb") == (
        "'train_set_x' is gray, (6, 3, 5); rgb wants a last axis of 3, so use gray"
    )


@pytest.mark.parametrize("value", [0, 25.1])
def test_standard_refuses_images_without_any_difference(train_h5, value):
    assert refusal(write(train_h5, np.full((M, 3, 5), value))) == (
        f"'train_set_x' holds {float(value)} in every pixel; "
        "the scaling 'standard' wants images that differ, so use 'unit'"
    )


@pytest.mark.parametrize("shape", [(M, WIDTH, HEIGHT), (M, 4, 5)])
def test_a_test_set_with_other_features_is_refused(good, tmp_path, shape):
    test = write(tmp_path / "test.h5", np.zeros(shape, np.uint8), part="test")
    assert refusal(good, test) == (
        f"'test_set_x' has images of {shape[1:]}, {good}: 'train_set_x' of (3, 5); "
        "wanted are the same features in both, so resize the images"
    )


def test_a_test_set_beyond_the_range_of_the_training_set_is_refused(train_h5, tmp_path):
    write(train_h5, COLOUR / 255)
    test = write(tmp_path / "test.h5", part="test")
    with pytest.warns(DatasetWarning, match="0..1, not 0..255"):
        text = refusal(train_h5, test)
    assert text == (
        f"'test_set_x' goes up to 255, {train_h5}: 'train_set_x' only up to 1.0; "
        "wanted is the same range in both, 0..1 or 0..255, so rescale one"
    )
