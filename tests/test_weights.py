"""What shared/data/weights.py promises: the same draw everywhere, exact files, one clear line for bad ones."""

import importlib.util
import io
import json
import math
import os
import pickle
import re
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zipfile

import h5py
import numpy as np
import pytest
import safetensors.numpy
import safetensors.torch
import torch
from numpy.lib import format as npy

from shared.data.weights import WeightsError, WeightsWarning, draw, load, read_notes, save
from shared.network import Parameters

N_X, N_H = 5, 3
SHAPES = Parameters(W1=(N_H, N_X), b1=(N_H, 1), W2=(1, N_H), b2=(1, 1))
SUFFIXES = (".safetensors", ".npz")


def random_weights(dtype="float64"):
    generator = np.random.default_rng(0)
    return Parameters(*(generator.standard_normal(shape).astype(dtype) for shape in SHAPES))


def write(path, **changes):
    """Write weights by the libraries' own functions; a value of None leaves a name out."""
    arrays = random_weights()._asdict() | changes
    arrays = {name: np.asarray(value) for name, value in arrays.items() if value is not None}
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        safetensors.numpy.save_file({name: np.array(value, order="C") for name, value in arrays.items()}, path)
    return path


@pytest.fixture(params=SUFFIXES)
def path(request, tmp_path):
    return tmp_path / f"weights{request.param}"


@pytest.fixture
def npz(tmp_path):
    return tmp_path / "weights.npz"


def refusal(path, n_x=N_X, dtype="float64"):
    """Load, and return the one line of the WeightsError without the name of the file."""
    with pytest.raises(WeightsError) as caught:
        load(path, n_x, dtype)
    assert len(str(caught.value).splitlines()) == 1
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value).removeprefix(f"{path}: ")


def assert_equal(actual, expected):
    for name in Parameters._fields:
        np.testing.assert_array_equal(getattr(actual, name), getattr(expected, name), strict=True, err_msg=name)


# Drawing


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_draw_has_the_shapes_and_the_type_asked_for(dtype):
    drawn = draw(N_X, N_H, 1, dtype)
    assert tuple(value.shape for value in drawn) == tuple(SHAPES)
    assert {value.dtype for value in drawn} == {np.dtype(dtype)}


def test_a_draw_is_a_hundredth_of_the_normal_draws_of_its_seed():
    generator = np.random.default_rng(7)
    drawn = draw(N_X, N_H, 7, "float64")
    np.testing.assert_array_equal(drawn.W1, 0.01 * generator.standard_normal((N_H, N_X)))
    np.testing.assert_array_equal(drawn.W2, 0.01 * generator.standard_normal((1, N_H)))


def test_drawn_biases_are_zero():
    drawn = draw(N_X, N_H, 1, "float64")
    assert not drawn.b1.any()
    assert not drawn.b2.any()


def test_a_float32_draw_is_the_float64_draw_rounded():
    wide, narrow = draw(N_X, N_H, 1, "float64"), draw(N_X, N_H, 1, "float32")
    assert_equal(narrow, Parameters(*(value.astype("float32") for value in wide)))


# Good files


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_saved_weights_are_loaded_bit_by_bit(tmp_path, dtype):
    save(tmp_path / "w.safetensors", random_weights(dtype))
    assert_equal(load(tmp_path / "w.safetensors", N_X, dtype), random_weights(dtype))


def test_a_transposed_view_is_saved_as_it_looks(tmp_path):
    view = random_weights()._replace(W1=np.arange(15.0).reshape(N_X, N_H).T)
    save(tmp_path / "w.safetensors", view)
    assert_equal(load(tmp_path / "w.safetensors", N_X, "float64"), view)


@pytest.mark.parametrize("pack", [np.savez, np.savez_compressed])
def test_npz_files_are_loaded(npz, pack):
    pack(npz, **random_weights()._asdict())
    assert_equal(load(npz, N_X, "float64"), random_weights())


def test_the_number_of_hidden_units_comes_from_the_file(path):
    wider = {"W1": np.ones((7, N_X)), "b1": np.ones((7, 1)), "W2": np.ones((1, 7))}
    assert load(write(path, **wider), N_X, "float64").W1.shape == (7, N_X)


def test_fortran_order_and_big_endian_make_no_difference(npz):
    write(npz, W1=np.asfortranarray(random_weights().W1.astype(">f8")))
    loaded = load(npz, N_X, "float64")
    assert_equal(loaded, random_weights())
    assert loaded.W1.flags.c_contiguous


def test_what_else_a_file_holds_is_ignored(path):
    assert_equal(load(write(path, note=np.array([1])), N_X, "float64"), random_weights())


@pytest.mark.parametrize("stored", ["float16", "float32"])
def test_narrower_weights_are_widened_exactly_and_silently(path, stored):
    write(path, **random_weights(stored)._asdict())
    assert_equal(load(path, N_X, "float64"), Parameters(*(value.astype("float64") for value in random_weights(stored))))


def test_wider_weights_are_rounded_once_with_one_warning(path):
    write(path)
    with pytest.warns(WeightsWarning) as caught:
        loaded = load(path, N_X, "float32")
    assert_equal(loaded, random_weights("float32"))
    text = "the weights are float64 and are rounded to float32"
    assert [str(warning.message) for warning in caught] == [f"{path}: {text}"]


# Saving


def test_another_suffix_is_not_saved(tmp_path):
    path = tmp_path / "w.keras"
    with pytest.raises(WeightsError) as caught:
        save(path, random_weights())
    text = "weights come as .safetensors, .npz, .pt or .pth; give a file with such a name"
    assert str(caught.value) == f"{path}: {text}"
    assert not path.exists()


@pytest.mark.parametrize("suffix", [".safetensors", ".npz", ".pt", ".pth"])
@pytest.mark.parametrize("notes", [{}, {"activation": "tanh"}])
def test_what_is_saved_is_loaded_bit_for_bit_with_its_notes(tmp_path, suffix, notes):
    path = tmp_path / f"w{suffix}"
    save(path, random_weights(), notes)
    assert_equal(load(path, N_X, "float64"), random_weights())
    assert read_notes(path) == notes


def test_a_saved_npz_is_read_by_numpy_and_a_saved_pt_by_torch(tmp_path):
    for suffix in (".npz", ".pt"):
        save(tmp_path / f"w{suffix}", random_weights())
    with np.load(tmp_path / "w.npz") as arrays:
        assert_equal(Parameters(*(arrays[name] for name in Parameters._fields)), random_weights())
    tensors = torch.load(tmp_path / "w.pt", weights_only=True)
    assert_equal(Parameters(*(tensors[name].numpy() for name in Parameters._fields)), random_weights())


def test_a_folder_that_is_not_there_is_named_in_one_line(tmp_path):
    path = tmp_path / "nowhere" / "w.safetensors"
    with pytest.raises(WeightsError) as caught:
        save(path, random_weights())
    assert str(caught.value) == f"{path}: cannot be written (No such file or directory); check the folder"


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "w.safetensors"
    save(path, random_weights())

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WeightsError, match="No space left on device"):
        save(path, random_weights()._replace(b2=np.ones((1, 1))))
    assert_equal(load(path, N_X, "float64"), random_weights())
    assert [file.name for file in tmp_path.iterdir()] == ["w.safetensors"]


# Files that hold something else


def test_another_suffix_is_not_loaded(tmp_path):
    text = "weights come as .safetensors, .npz, .pt, .pth, .h5 or .keras; give a file with such a name"
    assert refusal(tmp_path / "w.bin") == text


def test_a_missing_file_is_called_so(path):
    assert refusal(path) == "there is no such file; check the path"


def test_an_html_page_is_called_so(path):
    path.write_bytes(b"<!DOCTYPE html><html></html>")
    assert refusal(path) == (
        f"this is an HTML page, not {path.suffix} (it starts with '<!DOCTYPE'); download the raw file instead"
    )


def test_a_file_of_another_format_is_damaged(path):
    path.write_bytes(b"some text that is neither of them")
    assert refusal(path).startswith(f"this {path.suffix} file is damaged (")
    assert refusal(path).endswith("); get or save it again")


def test_cut_anywhere_a_file_is_damaged(path):
    whole = write(path).read_bytes()
    for length in range(1, len(whole)):
        path.write_bytes(whole[:length])
        assert refusal(path).startswith(f"this {path.suffix} file is damaged (")


def test_a_flipped_bit_in_an_npz_is_damage(npz):
    content = bytearray(write(npz).read_bytes())
    content[content.index(random_weights().W1.tobytes())] ^= 1
    npz.write_bytes(content)
    assert refusal(npz) == "this .npz file is damaged (Bad CRC-32 for file 'W1.npy'); get or save it again"


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize(("suffix", "pack"), [(".safetensors", None), (".npz", "stored"), (".npz", "compressed")])
def test_every_mutant_loads_or_is_refused(tmp_path, suffix, pack):
    path = write(tmp_path / f"w{suffix}")
    if pack == "compressed":
        np.savez_compressed(path, **random_weights()._asdict())
    content = path.read_bytes()
    outcomes = []
    for seed in range(700):
        generator = np.random.default_rng(seed)
        changed = np.frombuffer(content, np.uint8).copy()
        places = generator.integers(len(content), size=generator.integers(1, 5))
        changed[places] = generator.integers(256, size=places.size)
        path.write_bytes(changed.tobytes())
        try:
            with warnings.catch_warnings(action="ignore"):
                load(path, N_X, "float64")
            outcomes.append("loaded")
        except WeightsError as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017
            outcomes.append("refused")
    assert set(outcomes) == {"loaded", "refused"}


def test_missing_names_are_listed_with_what_is_there(path):
    there = "W1 (3, 5), W2 (1, 3), b1 (3, 1)" if path.suffix == ".safetensors" else "W1 (3, 5), b1 (3, 1), W2 (1, 3)"
    assert refusal(write(path, b2=None)) == (
        f"no 'b2'; the file holds {there}; save 'W1', 'b1', 'W2', 'b2', or none of the biases"
    )


@pytest.mark.parametrize(("suffix", "name"), [(".safetensors", "I64"), (".npz", "int64")])
def test_integers_are_refused(tmp_path, suffix, name):
    path = write(tmp_path / f"w{suffix}", b1=np.ones((N_H, 1), np.int64))
    assert refusal(path) == f"b1 holds {name}; save it as float16, float32 or float64"


def pickle_that_fails_the_test():
    pytest.fail("a pickle was run")


class Bomb:
    def __reduce__(self):
        return pickle_that_fails_the_test, ()


def test_a_pickle_is_refused_and_never_run(npz):
    write(npz, b2=np.array([[Bomb()]], dtype=object))
    assert refusal(npz) == "'b2' holds objects, which only a pickle could read; save numbers or texts"
    with pytest.raises(pytest.fail.Exception, match="a pickle was run"):
        pickle.loads(pickle.dumps(Bomb()))  # noqa: S301


# Weights as people have them


def read_with_a_line(path, n_x=N_X, dtype="float64"):
    """Load, and return the weights and the one warning, which says how they were read."""
    with pytest.warns(WeightsWarning) as caught:
        loaded = load(path, n_x, dtype)
    (said,) = [str(warning.message) for warning in caught]
    return loaded, said.removeprefix(f"{path}: ")


NAMES = [
    ("w1", "b1", "w2", "b2"),
    ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"),
    ("0.weight", "0.bias", "2.weight", "2.bias"),
    ("module.l2.weight", "module.l2.bias", "module.l10.weight", "module.l10.bias"),
    ("hidden.weight", "hidden.bias", "output.weight", "output.bias"),
    ("weights_1", "bias_1", "weights_2", "bias_2"),
    ("arr_0", "arr_1", "arr_2", "arr_3"),
]
HOUSE = random_weights()
SHAPED = {
    "as here": HOUSE,
    "as PyTorch": (HOUSE.W1, HOUSE.b1[:, 0], HOUSE.W2, HOUSE.b2[0]),
    "as Keras": (HOUSE.W1.T, HOUSE.b1[:, 0], HOUSE.W2.T, HOUSE.b2[0]),
    "rows": (HOUSE.W1.T, HOUSE.b1.T, HOUSE.W2.T, HOUSE.b2),
    "flat": (HOUSE.W1, HOUSE.b1[:, 0], HOUSE.W2[0], HOUSE.b2[0, 0]),
}


def save_as(path, arrays):
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix in (".pt", ".pth"):
        torch.save({name: torch.tensor(value) for name, value in arrays.items()}, path)
    elif path.suffix == ".safetensors":
        safetensors.numpy.save_file({name: np.array(value, order="C") for name, value in arrays.items()}, path)
    else:
        with h5py.File(path, "w") as file:
            for name, value in arrays.items():
                file[name.replace(".", "/")] = value
    return path


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".pt", ".pth", ".h5"])
@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
def test_names_order_and_shapes_tell_which_tensor_is_what_and_a_line_says_so(tmp_path, suffix, names):
    there = [name.replace(".", "/") if suffix == ".h5" else name for name in names]
    for shaped, values in SHAPED.items():
        loaded, said = read_with_a_line(save_as(tmp_path / f"w{suffix}", dict(zip(names, values, strict=True))))
        assert_equal(loaded, HOUSE)
        shapes = map(np.shape, values)
        parts = [f"{what} is {name!r} {shape}" for what, name, shape in zip(HOUSE._fields, there, shapes, strict=True)]
        parts[0] += ", transposed" if shaped in ("as Keras", "rows") else ""
        assert said == "; ".join(parts)


@pytest.mark.parametrize("names", NAMES, ids=lambda names: names[0])
def test_biases_that_are_missing_or_whole_zeros_are_zero(tmp_path, names):
    arrays = dict(zip(names, HOUSE, strict=True))
    zeros = arrays | {names[1]: np.zeros((N_H, 1), int), names[3]: np.zeros(1, int)}
    loaded, _ = read_with_a_line(save_as(tmp_path / "zeros.npz", zeros))
    assert_equal(loaded, HOUSE._replace(b1=np.zeros((N_H, 1)), b2=np.zeros((1, 1))))
    del arrays[names[1]], arrays[names[3]]
    without, said = read_with_a_line(save_as(tmp_path / "without.npz", arrays))
    assert_equal(without, loaded)
    assert "; b1 is zero; " in said


def forward(W1, b1, W2, b2, x):
    """One example on paper: A2 by plain loops."""
    a = [max(0.0, sum(w * v for w, v in zip(row, x, strict=True)) + b) for row, b in zip(W1, b1[:, 0], strict=True)]
    return 1 / (1 + math.exp(-sum(w * v for w, v in zip(W2[0], a, strict=True)) - b2[0, 0]))


SQUARE = Parameters(*(np.random.default_rng(3).standard_normal(shape) for shape in [(4, 4), (4, 1), (1, 4), (1, 1)]))


def test_with_as_many_hidden_units_as_inputs_a_state_dict_gives_what_pytorch_gives(tmp_path):
    layers = torch.nn.Linear(4, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1), torch.nn.Sigmoid()
    network, x = torch.nn.Sequential(*layers).double(), torch.tensor([0.5, -1.0, 2.0, 0.25], dtype=torch.float64)
    optimizer = torch.optim.Adam(network.parameters())
    network(x).backward()
    optimizer.step()
    held = {"epoch": 3, "model": network.state_dict(), "optimizer": optimizer.state_dict()}
    torch.save(held, tmp_path / "w.pt")
    loaded, _ = read_with_a_line(tmp_path / "w.pt", n_x=4)
    assert forward(*loaded, x.tolist()) == pytest.approx(network(x).item(), rel=1e-14)


def test_with_as_many_hidden_units_as_inputs_the_other_shapes_tell_what_is_transposed(tmp_path):
    rows = save_as(tmp_path / "rows.npz", dict(zip(NAMES[0], (V.T for V in SQUARE), strict=True)))
    columns = save_as(tmp_path / "columns.npz", dict(zip(NAMES[0], SQUARE, strict=True)))
    for path in (rows, columns):
        assert_equal(read_with_a_line(path, n_x=4)[0], SQUARE)


def test_where_two_readings_fit_both_are_told_and_none_is_taken(npz):
    flat = (SQUARE.W1, SQUARE.b1[:, 0], SQUARE.W2[0], SQUARE.b2[0])
    text = refusal(save_as(npz, dict(zip(NAMES[0], flat, strict=True))), n_x=4)
    both = sorted(text.removeprefix("two readings fit: ").partition("; save")[0].split("; or "))
    assert both[0].startswith("W1 is 'w1' (4, 4), transposed; b1 is ")
    assert both[1].startswith("W1 is 'w1' (4, 4); b1 is ")


def test_a_file_of_keras_is_read_from_the_archive_too(tmp_path):
    names = [f"layers/{layer}/vars/{k}" for layer in ("dense_9", "dense_10") for k in (0, 1)]
    inner = save_as(tmp_path / "model.weights.h5", dict(zip(names, SHAPED["as Keras"], strict=True)))
    with h5py.File(inner, "a") as file:
        file["optimizer/vars/0"], file["layers/dropout/seed_generator/vars/0"] = 7, np.array([1, 2], np.uint32)
    with zipfile.ZipFile(tmp_path / "w.keras", "w") as archive:
        archive.write(inner, inner.name)
    for path in (inner, tmp_path / "w.keras"):
        assert_equal(read_with_a_line(path)[0], HOUSE)


@pytest.mark.slow  # Keras takes its time to import
@pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="Keras is not installed")
@pytest.mark.parametrize("name", ["w.weights.h5", "w.keras", "old.h5"])
def test_what_keras_saves_gives_what_keras_gives(tmp_path, name):
    program = """
import sys, numpy as np, keras
dense = keras.layers.Dense
network = keras.Sequential([keras.Input((4,)), dense(4, activation="relu"), dense(1, activation="sigmoid")])
network.set_weights([np.random.default_rng(k).standard_normal(w.shape) for k, w in enumerate(network.get_weights())])
network.save_weights(sys.argv[1]) if "weights" in sys.argv[1] else network.save(sys.argv[1])
print(float(network(np.array([[0.5, -1.0, 2.0, 0.25]]))[0, 0]))
"""
    command = [sys.executable, "-c", program, str(tmp_path / name)]
    environment = os.environ | {"KERAS_BACKEND": "torch"}
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    loaded, _ = read_with_a_line(tmp_path / name, n_x=4, dtype="float64")
    assert forward(*loaded, [0.5, -1.0, 2.0, 0.25]) == pytest.approx(float(said.split()[-1]), rel=1e-5)


def test_more_layers_are_refused_with_what_is_there(npz):
    arrays = dict(zip(NAMES[1], SHAPED["as PyTorch"], strict=True))
    text = refusal(save_as(npz, arrays | {"fc3.weight": np.ones((1, 1)), "fc3.bias": np.ones(1)}))
    assert text.startswith("the file holds fc1.weight (3, 5), fc1.bias (3,), ")
    assert "; it should hold the weights of one hidden layer and one output unit" in text


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn])
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_types_that_numpy_does_not_have_get_a_line(tmp_path, dtype, suffix):
    tensors = {name: torch.tensor(value).to(dtype) for name, value in HOUSE._asdict().items()}
    path = tmp_path / f"w{suffix}"
    torch.save(tensors, path) if suffix == ".pt" else safetensors.torch.save_file(tensors, path)
    assert re.fullmatch(r"W1 holds (BF16|F8_E4M3|bfloat16|float8_e4m3fn); save it as float16, .*", refusal(path))


def test_a_pickled_program_in_a_pt_is_refused_and_never_run(tmp_path):
    path = tmp_path / "w.pt"
    torch.save({"W1": Bomb()}, path)
    assert refusal(path).startswith("this file holds more than tensors (")
    assert refusal(path).endswith("), or is damaged; save model.state_dict()")


# Shapes and values


@pytest.mark.parametrize(("name", "shape"), [("b1", (4, 1)), ("b1", (1, 3, 1)), ("W2", (1, 4)), ("b2", (2,))])
def test_shapes_that_do_not_go_together_are_refused(path, name, shape):
    wanted = f"with 3 hidden units it should be {getattr(SHAPES, name)}, so save it in that shape"
    assert refusal(write(path, **{name: np.zeros(shape)})) == f"{name} has the shape {shape}; {wanted}"


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((N_H, 7), "use weights made for these data"),
        ((0, 12), "use weights made for these data"),
        ((12,), "use weights made for these data"),
        ((2, N_H, 12), "use weights made for these data"),
        ((), "use weights made for these data"),
        ((N_H, 36), "it is made for colour images, so try --channels rgb"),
        ((N_H, 4), "it is made for gray images, so try --channels gray"),
    ],
)
def test_weights_for_other_data_are_refused_with_both_sizes(path, shape, hint):
    assert refusal(write(path, W1=np.zeros(shape)), n_x=12) == (
        f"W1 has the shape {shape}; with 12 features it should be (hidden units, 12); {hint}"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_not_finite_is_named(path, value):
    W1 = random_weights().W1
    W1[2, 4] = value
    assert refusal(write(path, W1=W1)) == f"W1 holds {value} at (2, 4); weights must be finite, so correct it"


@pytest.mark.filterwarnings("ignore::shared.data.weights.WeightsWarning")
def test_a_weight_beyond_the_range_of_float32_is_named(path):
    write(path, b1=np.array([[1.0], [1e39], [0.0]]))
    assert refusal(path, dtype="float32") == (
        "b1 holds inf at (1, 0) once rounded to float32; weights must be finite, so correct it"
    )


# Sizes that a file declares


def npy_bytes(shape, content=b""):
    """Return an array file that declares a shape, with any content."""
    file = io.BytesIO()
    npy.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue() + content


def refusal_without_memory(path, n_x):
    """Return the refusal, and check that it came before anything of size was allocated."""
    tracemalloc.start()
    text = refusal(path, n_x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10**6
    return text


def test_an_array_that_declares_more_than_the_archive_holds_is_refused(npz):
    with zipfile.ZipFile(write(npz, W1=None), "a") as archive:
        archive.writestr("W1.npy", npy_bytes((N_H, 10**12), b"12345678"))
    assert refusal_without_memory(npz, 10**12) == (
        "'W1' declares 24,000,000,000,128 bytes of (3, 1000000000000), but the archive holds 136; get or save it again"
    )


def test_an_archive_that_declares_more_than_it_holds_is_refused(npz):
    with zipfile.ZipFile(write(npz, W1=None), "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("W1.npy", npy_bytes((N_H, 10**7)))
    content = bytearray(npz.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    packed, _ = struct.unpack_from("<II", content, entry + 20)
    struct.pack_into("<I", content, entry + 24, 24 * 10**7 + 128)
    npz.write_bytes(content)
    assert refusal_without_memory(npz, 10**7) == (
        f"'W1' declares 240,000,128 bytes of (3, 10000000), but the archive holds {1032 * packed:,}; "
        "get or save it again"
    )


def test_an_array_packed_in_another_way_is_refused(npz):
    with zipfile.ZipFile(write(npz, W1=None), "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("W1.npy", npy_bytes((N_H, N_X), bytes(8 * N_H * N_X)))
    assert refusal(npz) == "'W1' is packed in a way that NumPy does not know; save with np.savez"


def test_a_tensor_that_declares_more_than_the_file_holds_is_refused(tmp_path):
    header = json.dumps({"W1": {"dtype": "F64", "shape": [10**6, 10**6], "data_offsets": [0, 8 * 10**12]}}).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"12345678")
    assert refusal_without_memory(path, 5).startswith("this .safetensors file is damaged (")


def test_weights_beyond_the_free_memory_are_refused(path, monkeypatch):
    write(path)
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 10}))
    assert refusal(path).endswith(" bytes of memory and 10 are free; use a smaller network")
