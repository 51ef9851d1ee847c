"""What shared/data/weights.py promises: the same draw everywhere, exact files, one clear line for bad ones."""

import io
import json
import pickle
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
import safetensors.numpy
from numpy.lib import format as npy

from shared.data.weights import WeightsError, WeightsWarning, draw, load, save
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


def test_another_suffix_is_not_saved(npz):
    with pytest.raises(WeightsError) as caught:
        save(npz, random_weights())
    assert str(caught.value) == f"{npz}: weights are saved as .safetensors; give a name that ends so"
    assert not npz.exists()


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
    text = "weights come as .safetensors or .npz; give a file with such a name"
    assert refusal(tmp_path / "w.pt") == text


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
            load(path, N_X, "float64")
            outcomes.append("loaded")
        except WeightsError as error:
            assert len(str(error).splitlines()) == 1  # noqa: PT017
            outcomes.append("refused")
    assert set(outcomes) == {"loaded", "refused"}


def test_missing_names_are_listed_with_what_is_there(path):
    there = "'W1', 'W2', 'b1'" if path.suffix == ".safetensors" else "'W1', 'b1', 'W2'"
    assert refusal(write(path, b2=None)) == (
        f"no 'b2'; the file holds {there}; wanted are 'W1', 'b1', 'W2', 'b2', so save them under these names"
    )


@pytest.mark.parametrize(("suffix", "name"), [(".safetensors", "I64"), (".npz", "int64")])
def test_integers_are_refused(tmp_path, suffix, name):
    path = write(tmp_path / f"w{suffix}", b1=np.zeros((N_H, 1), np.int64))
    assert refusal(path) == f"b1 holds {name}; save it as float16, float32 or float64"


def pickle_that_fails_the_test():
    pytest.fail("a pickle was run")


class Bomb:
    def __reduce__(self):
        return pickle_that_fails_the_test, ()


def test_a_pickle_is_refused_and_never_run(npz):
    write(npz, b2=np.array([[Bomb()]], dtype=object))
    assert refusal(npz) == "b2 holds object; save it as float16, float32 or float64"
    with pytest.raises(pytest.fail.Exception, match="a pickle was run"):
        pickle.loads(pickle.dumps(Bomb()))  # noqa: S301


# Shapes and values


@pytest.mark.parametrize(("name", "wanted"), [("W1", "(hidden units, 5)"), ("b1", "(3, 1)"), ("W2", "(1, 3)")])
def test_a_transposed_array_gets_the_hint(path, name, wanted):
    values = getattr(random_weights(), name)
    text = refusal(write(path, **{name: values.T}))
    assert text.startswith(f"{name} has the shape {values.T.shape}; wanted with ")
    assert f" is {wanted}" in text
    assert text.endswith(f"it is transposed, so save {name}.T")


@pytest.mark.parametrize(("name", "shape"), [("b1", (N_H,)), ("b1", (4, 1)), ("W2", (N_H,)), ("b2", (1,)), ("b2", ())])
def test_shapes_that_do_not_go_together_are_refused(path, name, shape):
    assert refusal(write(path, **{name: np.zeros(shape)})) == (
        f"{name} has the shape {shape}; wanted with 3 hidden units is {getattr(SHAPES, name)}, so save it in that shape"
    )


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
        f"W1 has the shape {shape}; wanted with 12 features is (hidden units, 12); {hint}"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_weight_that_is_not_finite_is_named(path, value):
    W1 = random_weights().W1
    W1[2, 4] = value
    assert refusal(write(path, W1=W1)) == f"W1 holds {value} at (2, 4); finite weights are wanted, so correct it"


@pytest.mark.filterwarnings("ignore::shared.data.weights.WeightsWarning")
def test_a_weight_beyond_the_range_of_float32_is_named(path):
    write(path, b1=np.array([[1.0], [1e39], [0.0]]))
    assert refusal(path, dtype="float32") == (
        "b1 holds inf at (1, 0) once rounded to float32; finite weights are wanted, so correct it"
    )


# Sizes that a file declares


def npy_bytes(shape, content=b""):
    """Return an array file that declares a shape, with any content."""
    file = io.BytesIO()
    npy.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue() + content


def refusal_without_memory(path):
    """Return the refusal, and check that it came before anything of size was allocated."""
    tracemalloc.start()
    text = refusal(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10**6
    return text


def test_an_array_that_declares_more_than_the_archive_holds_is_refused(npz):
    with zipfile.ZipFile(write(npz, W1=None), "a") as archive:
        archive.writestr("W1.npy", npy_bytes((10**6, 10**6), b"12345678"))
    assert refusal_without_memory(npz) == (
        "W1 declares 8,000,000,000,128 bytes of (1000000, 1000000), but the archive holds 136; get or save it again"
    )


def test_an_archive_that_declares_more_than_it_holds_is_refused(npz):
    with zipfile.ZipFile(write(npz, W1=None), "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("W1.npy", npy_bytes((10**4, 10**4)))
    content = bytearray(npz.read_bytes())
    entry = content.rindex(b"PK\x01\x02")
    packed, _ = struct.unpack_from("<II", content, entry + 20)
    struct.pack_into("<I", content, entry + 24, 8 * 10**8 + 128)
    npz.write_bytes(content)
    assert refusal_without_memory(npz) == (
        f"W1 declares 800,000,128 bytes of (10000, 10000), but the archive holds {1032 * packed:,}; "
        "get or save it again"
    )


def test_an_array_packed_in_another_way_is_refused(npz):
    with zipfile.ZipFile(write(npz, W1=None), "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("W1.npy", npy_bytes((N_H, N_X), bytes(8 * N_H * N_X)))
    assert refusal(npz) == "W1 is packed in a way that NumPy does not know; save with np.savez"


def test_a_tensor_that_declares_more_than_the_file_holds_is_refused(tmp_path):
    header = json.dumps({"W1": {"dtype": "F64", "shape": [10**6, 10**6], "data_offsets": [0, 8 * 10**12]}}).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"12345678")
    assert refusal_without_memory(path).startswith("this .safetensors file is damaged (")


def test_weights_beyond_the_free_memory_are_refused(path, monkeypatch):
    write(path)
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 10}))
    assert refusal(path).endswith(" bytes of memory and 10 are free; use a smaller network")
