"""Examples that stay in their file: the bits of dataset.load, its refusals, and a reader that works ahead."""

import json
import os
import threading
import time
import warnings

import h5py
import numpy as np
import pytest

from shared.comparing.chunked import Chunked
from shared.data import dataset, hdf5, streaming
from shared.data.dataset import DatasetError, DatasetWarning

pytestmark = pytest.mark.mostly_slow(2)

M = 23
RNG = np.random.default_rng(9)
IMAGES = {
    "gray bytes": RNG.integers(256, size=(M, 6, 5), dtype=np.uint8),
    "coloured bytes": RNG.integers(256, size=(M, 6, 5, 3), dtype=np.uint8),
    "gray floats": 255 * RNG.random((M, 6, 5)),
}
LABELS = np.arange(M) % 3 == 0


def write(path, images, labels=LABELS, part="train", **storage):
    with h5py.File(path, "w") as file:
        file.create_dataset(f"{part}_set_x", data=images, **storage)
        file[f"{part}_set_y"] = labels
    return path


@pytest.mark.parametrize("images", IMAGES.values(), ids=IMAGES)
@pytest.mark.parametrize("scaling", ["unit", "symmetric", "standard"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("chunk", [1, 8, M])
def test_read_in_chunks_the_examples_are_those_read_at_once(tmp_path, images, scaling, dtype, chunk):
    path = write(tmp_path / "train.h5", images)
    whole = dataset.load(path, scaling=scaling)
    with streaming.opened(path, None, "gray", scaling, dtype) as streams:
        X = np.hstack([part.X for part in Chunked(None, chunk).chunks(streams.train.X, streams.train.Y)])
        np.testing.assert_array_equal(X, whole.train.X.astype(dtype), strict=True)
        np.testing.assert_array_equal(streams.train.Y, whole.train.Y, strict=True)
        np.testing.assert_array_equal(streams.in_memory().train.X, whole.train.X, strict=True)
        assert (streams.train.sha256, streams.scale) == (whole.train.sha256, whole.scale)


@pytest.mark.parametrize(
    "storage", [{"chunks": (4, 3, 2), "compression": "gzip"}, {"chunks": (20, 6, 5), "fletcher32": True}]
)
def test_the_chunks_of_the_file_itself_do_not_matter(tmp_path, storage):
    plain, stored = (write(tmp_path / name, IMAGES["gray bytes"], **s) for name, s in (("a", {}), ("b", storage)))
    with streaming.opened(stored, None, "gray", "unit", "float64") as streams:
        np.testing.assert_array_equal(streams.train.X[:, 3:17], dataset.load(plain, scaling="unit").train.X[:, 3:17])


BAD = {
    "a pixel": (np.where(np.arange(M)[:, None, None] == 20, np.nan, IMAGES["gray floats"]), LABELS),
    "a label": (IMAGES["gray bytes"], np.arange(M)),
    "a shape": (IMAGES["gray bytes"][0], LABELS),
    "no difference": (np.full((M, 2, 2), 7, np.uint8), LABELS),
    "too few labels": (IMAGES["gray bytes"], LABELS[1:]),
}


@pytest.mark.parametrize(("images", "labels"), BAD.values(), ids=BAD)
def test_what_load_refuses_is_refused_with_the_same_line(tmp_path, images, labels):
    path = write(tmp_path / "train.h5", images, labels)
    with pytest.raises(DatasetError) as loaded:
        dataset.load(path)
    with pytest.raises(DatasetError) as streamed, streaming.opened(path, None, "gray", "standard", "float64"):
        pass
    assert str(streamed.value) == str(loaded.value)


def test_a_test_set_with_other_features_is_refused(tmp_path):
    train = write(tmp_path / "train.h5", IMAGES["gray bytes"])
    test = write(tmp_path / "test.h5", IMAGES["gray bytes"][:, :4], part="test")
    with pytest.raises(DatasetError, match="has images of"), streaming.opened(train, test, "gray", "unit", "float64"):
        pass


def test_a_file_that_is_damaged_further_down_is_refused_where_it_is_read(tmp_path):
    path = write(tmp_path / "train.h5", IMAGES["gray bytes"], chunks=(4, 6, 5), fletcher32=True)
    with h5py.File(path) as file:
        start = file["train_set_x"].id.get_chunk_info(5).byte_offset
    with streaming.opened(path, None, "gray", "unit", "float64") as streams:
        streams.train.stored.pixels._stored._dataset.id.refresh()  # forget what the cache holds
        content = bytearray(path.read_bytes())
        content[start] ^= 1
        before = path.stat()
        path.write_bytes(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as a disk would do it
        with pytest.raises(DatasetError, match="this HDF5 file is damaged"):
            list(Chunked(None, 8).chunks(streams.train.X, streams.train.Y))


def test_a_file_that_somebody_writes_while_it_is_read_is_told_as_that(tmp_path):
    path = write(tmp_path / "train.h5", IMAGES["gray bytes"])
    said = "this file was changed while it was read; wait until it is written, and start again"
    opened = streaming.opened(path, None, "gray", "unit", "float64")
    streams = opened.__enter__()
    streams.train.X[:, :5]
    os.utime(path, ns=(0, 0))
    with pytest.raises(DatasetError, match=said):
        streams.train.X[:, 5:10]
    with pytest.raises(DatasetError, match=said):
        opened.__exit__(None, None, None)


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
def test_other_layouts_are_read_in_chunks_as_they_are_at_once(tmp_path, suffix):
    stored = IMAGES["coloured bytes"].transpose(3, 1, 2, 0).astype(np.int8)
    path = tmp_path / f"train{suffix}"
    if suffix == ".npz":
        np.savez(path, X=stored, y=LABELS + 1)
    else:
        with h5py.File(path, "w") as file:
            file.create_dataset("X", data=stored, chunks=(2, 3, 5, 4), compression="gzip")
            file["y"] = LABELS + 1
    with pytest.warns(DatasetWarning, match="the channels first, the examples last, -1 as 255"):
        whole = dataset.load(path).train
    warnings.simplefilter("ignore", DatasetWarning)
    with streaming.opened(path, None, "gray", "standard", "float64") as streams:
        parts = [streams.train.X[:, k : k + 4] for k in range(0, M, 4)]
        np.testing.assert_array_equal(np.hstack(parts), whole.X, strict=True)
        np.testing.assert_array_equal(streams.train.Y, whole.Y, strict=True)


def test_pieces_are_made_ahead_in_order_and_no_more_than_two():
    made, seen = [], []

    def piece(i):
        made.append(i)
        return i

    pieces = streaming.ahead((lambda i=i: piece(i)) for i in range(6))
    for i in pieces:
        seen.append(i)
        assert max(made) <= i + 2
    assert seen == list(range(6))


def test_the_next_piece_is_made_while_this_one_is_used():
    began = threading.Event()
    pieces = streaming.ahead([lambda: 0, began.set, lambda: 2])
    next(pieces)
    assert began.wait(10)
    pieces.close()


def test_what_a_piece_raises_is_raised_where_it_is_wanted():
    with pytest.raises(ZeroDivisionError):
        list(streaming.ahead([lambda: 0, lambda: 1 / 0, lambda: 2, lambda: 3]))


def test_when_no_more_pieces_are_wanted_the_one_in_work_is_finished_and_no_other_is_begun():
    began, ended, others = threading.Event(), [], []

    def second():
        began.set()
        time.sleep(0.1)
        ended.append(1)

    pieces = streaming.ahead([lambda: 0, second, lambda: others.append(2)])
    next(pieces)
    assert began.wait(10)
    pieces.close()
    assert ended
    assert not others


def test_one_thread_reads_for_all_passes():
    # The C library may give a new thread memory of its own: a thread for each pass took 24 MB more after some passes.
    passes = [list(streaming.ahead([threading.current_thread] * 4)) for _ in range(3)]
    assert passes == [[passes[0][0]] * 4] * 3


@pytest.fixture
def train(tmp_path):
    write(tmp_path / "test.h5", IMAGES["gray bytes"][:7], LABELS[:7], part="test")
    return write(tmp_path / "train.h5", IMAGES["gray bytes"])


FEW = ("--hidden", 4, "--iterations", 6)


def test_a_comparison_in_chunks_is_judged_in_whole(compare, train, tmp_path):
    result = compare("--train", train, "--test", "test.h5", *FEW, "--chunk", 5, "--json", "r.json", "--exact-curve")
    record = json.loads((tmp_path / "r.json").read_text())
    assert (result.returncode, result.stderr, record["settings"]["chunk"], record["judged_examples"]) == (
        0,
        "",
        5,
        None,
    )
    assert [f["curve"]["verdict"] for f in record["frameworks"].values()] == ["agrees"] * 3
    assert "chunks    of 5 examples, read from the file while the program computes" in result.stdout


def test_one_chunk_of_everything_trains_as_one_piece_does(compare, train, tmp_path):
    for name, options in (("whole", ()), ("chunk", ("--chunk", M))):
        assert (
            compare("--train", train, *FEW, "--frameworks", "numpy", "--json", f"{name}.json", *options).returncode == 0
        )
    one, other = (
        json.loads((tmp_path / f"{name}.json").read_text())["frameworks"]["numpy"] for name in ("whole", "chunk")
    )
    assert one["costs"] == other["costs"]


def test_what_would_not_fit_into_memory_goes_in_chunks_by_itself(compare, train, tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5, "too_large", lambda size: "does not fit" if size > 100 * M * 30 else None)
    assert compare("--train", train, *FEW, "--frameworks", "numpy", "--json", "r.json").returncode == 0
    assert json.loads((tmp_path / "r.json").read_text())["settings"]["chunk"] == M


@pytest.mark.parametrize(
    ("limit", "judged"), [(M - 1, "; of more than 22 the first chunk and the last are judged"), (M, None)]
)
def test_more_examples_than_are_judged_in_whole_go_in_chunks_by_themselves(compare, train, monkeypatch, limit, judged):
    monkeypatch.setattr(streaming, "JUDGED_IN_WHOLE", limit)
    result = compare("--train", train, *FEW, "--frameworks", "numpy")
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("chunks ")] or [None]
    chunks = "chunks    of 23 examples, read from the file while the program computes"
    assert (result.returncode, line) == (0, judged and chunks + judged)


@pytest.fixture
def many(train, monkeypatch):
    """Twenty-three examples are too many to be judged."""
    monkeypatch.setattr(streaming, "JUDGED_IN_WHOLE", 20)
    return ("--train", train, "--test", "test.h5", *FEW, "--chunk", 5)


def test_too_many_examples_are_judged_on_the_first_chunk_and_the_last(compare, many, tmp_path):
    result = compare(*many, "--json", "r.json", "--save-trained", "t.safetensors")
    record = json.loads((tmp_path / "r.json").read_text())
    assert (result.returncode, result.stderr, record["judged_examples"], record["horizon"]) == (0, "", 5 + 3, None)
    for framework in record["frameworks"].values():
        assert {judged["verdict"] for judged in framework["sums"].values()} == {"agrees"}
        assert list(framework["sums"]) == ["cost", "dW2", "db2", "dW1", "db1"]
        assert list(framework["steps"]) == ["0"]
        assert (framework["curve"], len(framework["costs"]), framework["test_accuracy"] is None) == (None, 6, False)
    assert record["curves_apart"]["distance"] < 1e-14
    assert "The curves are not judged: the band of correct ones would take 23 x 23 numbers." in result.stdout
    assert (tmp_path / "t.safetensors").exists()


def test_too_many_examples_train_as_few_do(compare, many, tmp_path, monkeypatch):
    assert compare(*many, "--json", "large.json").returncode == 0
    monkeypatch.setattr(streaming, "JUDGED_IN_WHOLE", 2000)
    assert compare(*many, "--json", "small.json").returncode == 0
    large, small = (json.loads((tmp_path / f"{name}.json").read_text())["frameworks"] for name in ("large", "small"))
    for name in large:
        for key in ("costs", "train_accuracy", "test_accuracy"):
            assert large[name][key] == small[name][key]


@pytest.mark.parametrize("quantity", ["cost", "dW2", "db2", "dW1", "db1"])
def test_a_sum_that_lacks_a_millionth_is_wrong(compare, many, monkeypatch, quantity):
    right = Chunked.judged_totals

    def forgetful(self, *arguments):
        totals, sums = right(self, *arguments)
        return totals | {quantity: totals[quantity] * (1 - 1e-6)}, sums

    monkeypatch.setattr(Chunked, "judged_totals", forgetful)
    result = compare(*many, "--frameworks", "numpy")
    assert result.returncode == 1
    assert f"{quantity}, summed over the chunks: numpy is wrong" in result.stdout
    assert f"disagree: first numpy, in {quantity}, at iteration 0" in result.stdout


@pytest.mark.parametrize("option", [("--exact-curve",), ("--curvature",), ("--report", "page")], ids=" ".join)
def test_what_is_for_fewer_examples_is_refused_before_the_work(compare, many, option):
    result = compare(*many, *option)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"error: {option[0]} is for at most 20 examples, and " in result.stderr
    assert result.stderr.endswith("train.h5 has 23; leave the option out\n")


def test_a_training_that_diverges_gets_one_line(compare, many):
    with np.errstate(all="ignore"):
        result = compare(*many, "--frameworks", "numpy", "--learning-rate", "1e200")
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
    assert "training diverges: the cost at iteration" in result.stderr


def test_one_class_only_is_a_warning_here_too(tmp_path):
    path = write(tmp_path / "train.h5", IMAGES["gray bytes"], np.ones(M, int))
    with (
        pytest.warns(DatasetWarning, match="holds only the label 1"),
        streaming.opened(path, None, "gray", "unit", "float64"),
    ):
        pass
