"""The user's own pictures: what is read and how, what is said about them, and what bad pictures get."""

import json
import re
import shutil
import struct
import zlib
from contextlib import suppress
from itertools import product
from pathlib import Path

import h5py
import numpy as np
import pytest
import skimage
from conftest import write_pictures
from PIL import Image
from safetensors.numpy import save_file
from skimage.transform import resize

import implementations
from shared.comparing import predicting
from shared.data import dataset, pictures, weights
from shared.data.pictures import PictureError
from shared.network import Parameters, Settings

pytestmark = pytest.mark.mostly_slow(3)

ROOT = Path(__file__).parents[1]
HEIGHT, WIDTH = 6, 5
FEW = ("--iterations", "12")


@pytest.fixture
def train(tmp_path):
    """A training set of 14 images of 6 x 5 pixels."""
    write_pictures(tmp_path, (HEIGHT, WIDTH, 3), train=14)
    with h5py.File(tmp_path / "train.h5", "r+") as file:
        file["list_classes"] = np.array([b"dog", b"cat"])
    return tmp_path / "train.h5"


@pytest.fixture
def saved(tmp_path):
    """Weights of a 30-3-1 network, in a file without notes."""
    rng = np.random.default_rng(4)
    shapes = {"W1": (3, HEIGHT * WIDTH), "b1": (3, 1), "W2": (1, 3), "b2": (1, 1)}
    parameters = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    save_file(parameters, tmp_path / "weights.safetensors")
    return tmp_path / "weights.safetensors"


def photo(path, height=40, width=30, seed=0):
    """Save a picture of noise."""
    pixels = np.random.default_rng(seed).integers(256, size=(height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def noise(tmp_path):
    return photo(tmp_path / "noise.png")


def read(path, height=HEIGHT, width=WIDTH):
    return pictures.read(path, height, width)


# What a picture becomes.


@pytest.mark.parametrize(("channels", "scaling"), [*product(["gray", "rgb"], ["unit", "symmetric", "standard"])])
def test_a_training_picture_becomes_the_column_that_it_was_in_training(train, tmp_path, channels, scaling):
    with h5py.File(train) as file:
        for i in range(3):
            Image.fromarray(file["train_set_x"][i]).save(tmp_path / f"{i}.png")
    data = dataset.load(train, None, channels, scaling)
    X = predicting.columns([tmp_path / f"{i}.png" for i in range(3)], data)
    np.testing.assert_allclose(X, data.train.X[:, :3], rtol=0, atol=1e-13)


def test_floating_point_training_pictures_have_white_at_1(tmp_path):
    with h5py.File(tmp_path / "train.h5", "w") as file:
        file["train_set_x"] = np.linspace(0, 1, 4 * HEIGHT * WIDTH).reshape(4, HEIGHT, WIDTH)
        file["train_set_y"] = [0, 1, 0, 1]
    with pytest.warns(dataset.DatasetWarning, match=r"0\.\.1"):
        data = dataset.load(tmp_path / "train.h5", None, "gray", "unit")
    Image.new("RGB", (9, 9), "white").save(tmp_path / "white.png")
    np.testing.assert_allclose(predicting.columns([tmp_path / "white.png"], data), 1)


def test_a_picture_is_resized_with_anti_aliasing(noise):
    with Image.open(noise) as image:
        wanted = resize(np.asarray(image) / 255, (HEIGHT, WIDTH), anti_aliasing=True)
    np.testing.assert_allclose(read(noise), wanted, rtol=0, atol=1e-13)


def test_a_large_picture_is_averaged_first_and_comes_out_nearly_the_same(tmp_path):
    waves = np.outer(np.sin(np.linspace(0, 9, 700)), np.cos(np.linspace(0, 7, 900)))
    pixels = np.uint8(127 + 120 * waves)
    Image.fromarray(pixels).save(tmp_path / "large.png")
    wanted = resize(pixels / 255, (HEIGHT, WIDTH), anti_aliasing=True)
    np.testing.assert_allclose(read(tmp_path / "large.png")[..., 0], wanted, rtol=0, atol=0.01)


def test_a_small_picture_is_enlarged(tmp_path):
    Image.new("RGB", (1, 1), (255, 0, 51)).save(tmp_path / "dot.png")
    assert np.allclose(read(tmp_path / "dot.png"), [1, 0, 0.2])


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "webp", "tif", "ppm"])
def test_every_common_format_is_read(tmp_path, suffix):
    Image.new("RGB", (20, 30), (204, 102, 51)).save(tmp_path / f"picture.{suffix}")
    assert np.allclose(read(tmp_path / f"picture.{suffix}"), [0.8, 0.4, 0.2], atol=0.02)


@pytest.mark.parametrize(
    ("mode", "colour", "wanted"),
    [
        ("L", 51, [0.2, 0.2, 0.2]),
        ("1", 1, [1, 1, 1]),
        ("RGBA", (255, 0, 0, 255), [1, 0, 0]),
        ("RGBA", (255, 0, 0, 0), [1, 1, 1]),  # transparent: the paper is white
        ("RGBA", (0, 0, 0, 51), [0.8, 0.8, 0.8]),
        ("LA", (0, 0), [1, 1, 1]),
        ("I;16", 13107, [0.2, 0.2, 0.2]),
        ("I;16", 128, [0.001953, 0.001953, 0.001953]),  # 8 bits would have lost it
    ],
)
def test_every_mode_becomes_red_green_and_blue(tmp_path, mode, colour, wanted):
    Image.new(mode, (20, 30), colour).save(tmp_path / "picture.png")
    np.testing.assert_allclose(read(tmp_path / "picture.png"), np.broadcast_to(wanted, (HEIGHT, WIDTH, 3)), atol=1e-6)


def test_a_palette_with_a_transparent_colour_is_laid_on_white(tmp_path):
    image = Image.new("P", (20, 30), 0)
    image.putpalette([10, 20, 30, 255, 0, 0])
    image.save(tmp_path / "picture.png", transparency=0)
    assert np.allclose(read(tmp_path / "picture.png"), 1)


def test_printers_colours_are_converted(tmp_path):
    Image.new("CMYK", (20, 30), (0, 255, 255, 0)).save(tmp_path / "red.jpg")
    red, green, blue = read(tmp_path / "red.jpg")[3, 2]
    assert red > 0.9 > 0.2 > max(green, blue)


def test_of_several_pictures_in_a_file_the_first_counts(tmp_path):
    first, second = (Image.new("RGB", (20, 30), colour) for colour in ("white", "black"))
    first.save(tmp_path / "moving.gif", save_all=True, append_images=[second])
    assert np.allclose(read(tmp_path / "moving.gif"), 1)


def test_a_picture_is_turned_upright_where_its_exif_data_say_so(tmp_path):
    """A phone saves the picture as the sensor saw it, on its side; 6 says that the first row belongs on the right."""
    image = Image.new("RGB", (20, 30), "black")
    image.paste("white", (0, 0, 20, 15))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "phone.png", exif=exif)
    turned = read(tmp_path / "phone.png")
    assert turned[:, 0].max() < 0.1 < 0.9 < turned[:, -1].min()


# Pictures that cannot be used.


def header(width, height):
    """The beginning of a PNG file that declares this size and holds next to none of its pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return start + struct.pack(">I", 1000) + b"IDAT" + zlib.compress(bytes(50))


BAD = {
    "text.png": (b"hello, I am a cat", "this is not a readable picture (it starts with 'hello,')"),
    "page.jpg": (b"<!DOCTYPE html><title>404</title>", "this is an HTML page, not a picture"),
    "pointer.png": (b"version https://git-lfs.github.com/spec/v1\n", "this is a Git LFS pointer, not a picture"),
    "empty.png": (b"", "the file is empty"),
    "vector.svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "this is not a readable picture"),
    "program.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "this is not a readable picture"),
    "bomb.png": (header(9_000, 9_000), "has 9,000 x 9,000 pixels; at most 64,000,000 are read"),
    "warned.png": (header(10_000, 10_000), "has 10,000 x 10,000 pixels; at most 64,000,000 are read"),
    "monster.png": (header(60_000, 60_000), "has far more than 64,000,000 pixels"),
    "cut.png": (header(30, 20), "this picture is damaged"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_gets_one_line_and_status_2(compare, train, saved, tmp_path, name):
    content, message = BAD[name]
    (tmp_path / name).write_bytes(content)
    result = compare("predict", name, "--weights", saved, "--train", train)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {name}: {message}")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("photos", "message"),
    [
        (["nowhere.png"], "nowhere.png: there is no such file; check the path"),
        (["."], ".: this is a folder; name a file in it"),
        ([], "predict needs pictures: python compare.py predict PHOTO..."),
        (["noise.png", "a\nb.png"], "a\\nb.png: there is no such file; check the path"),
        (["noise.png", "--frameworks", "tensorflow"], "there is no implementation 'tensorflow'"),
        (["noise.png", "--json", "no/where.json"], "no/where.json: there is no folder no; make it first"),
        (["noise.png", "--json", "noise.png"], "noise.png: this is noise.png, which is read; name another file"),
        (["noise.png", "--weights", "gone.npz"], "gone.npz: there is no such file; check the path"),
        (["noise.png", "--channels", "rgb"], "weights.safetensors: W1 has the shape (3, 30); with 90 features"),
    ],
)
def test_bad_input_gets_one_line_and_status_2(compare, train, saved, noise, photos, message):
    given = [] if "--weights" in photos else ["--weights", saved.name]
    result = compare("predict", *photos, *given, "--train", train.name)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")
    assert result.stderr.count("\n") == 1


def test_nothing_is_unpacked_of_a_picture_that_is_too_large(tmp_path, monkeypatch):
    large = photo(tmp_path / "large.png")
    monkeypatch.setattr(pictures, "LARGEST", 100)
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(PictureError, match="has 30 x 40 pixels; at most 100 are read"):
        read(large)


def test_a_picture_that_does_not_fit_into_memory_is_refused(noise, monkeypatch):
    monkeypatch.setattr(pictures, "too_large", lambda size: f"needs {size:,} bytes of memory and 5 are free")
    with pytest.raises(PictureError, match=r"needs 24,000 bytes of memory and 5 are free; make the picture smaller"):
        read(noise)


@pytest.mark.parametrize(("white", "gray"), [(65535, 13107), (1000, 200)])
def test_a_pgm_of_more_than_8_bits_is_read(tmp_path, white, gray):
    pixels = np.full((4, 4), gray, ">u2").tobytes()
    (tmp_path / "a.pgm").write_bytes(b"P5 4 4 %d\n" % white + pixels)
    np.testing.assert_allclose(read(tmp_path / "a.pgm"), 0.2, atol=1e-4)


def test_pixels_without_a_known_white_are_refused(tmp_path):
    Image.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "heights.tif")
    with pytest.raises(PictureError, match="pixels of 32 bits do not say what is white"):
        read(tmp_path / "heights.tif")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.gif", "a.tif", "a.webp", "a.bmp"])
def test_a_damaged_picture_is_read_or_refused(tmp_path, name):
    content, rng = photo(tmp_path / name).read_bytes(), np.random.default_rng(3)
    for _ in range(60):
        damaged = bytearray(content[: rng.integers(1, len(content) + 1)])
        for _ in range(rng.integers(0, 9)):
            damaged[rng.integers(len(damaged))] = rng.integers(256)
        (tmp_path / name).write_bytes(damaged)
        with suppress(PictureError):
            picture = read(tmp_path / name)
            assert picture.shape == (HEIGHT, WIDTH, 3)
            assert 0 <= picture.min() <= picture.max() <= 1


# What is said.


def test_the_three_agree_on_the_probabilities(compare, train, saved, noise, tmp_path):
    Image.new("RGB", (9, 9), "black").save(tmp_path / "black.png")
    common = ("--weights", saved, "--train", train, "--json", tmp_path / "found.json")
    result = compare("predict", noise, "black.png", *common)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("\nall agree\n")
    found = json.loads((tmp_path / "found.json").read_text())
    data = dataset.load(train)
    X = predicting.columns([noise, tmp_path / "black.png"], data)
    A2 = implementations.load("numpy").forward(weights.load(saved, 30, "float64"), X).A2[0]
    assert (found["verdict"], found["classes"]) == ("agree", ["dog", "cat"])
    assert list(found["frameworks"]) == ["numpy", "torch", "jax"]
    for picture, probability in zip(found["pictures"], A2, strict=True):
        assert picture["probability"] == pytest.approx(probability, rel=1e-13)
        assert picture["frameworks"]["numpy"] == probability
        assert picture["label"] == (probability > 0.5)
        assert picture["class"] == ["dog", "cat"][picture["label"]]
        (line,) = [line for line in result.stdout.splitlines() if line.split()[:1] == [picture["path"]]]
        assert line.split()[1:] == [picture["class"], *[f"{probability:.6f}"] * 4]


def test_the_two_classes_are_told_apart(compare, train, saved, tmp_path):
    for seed in range(20):
        photo(tmp_path / f"{seed}.png", HEIGHT, WIDTH, seed=seed)
    names = [f"{seed}.png" for seed in range(20)]
    compare("predict", *names, "--weights", saved, "--train", train, "--json", tmp_path / "found.json")
    found = json.loads((tmp_path / "found.json").read_text())["pictures"]
    assert {picture["class"] for picture in found} == {"dog", "cat"}
    assert all((picture["probability"] > 0.5) == (picture["class"] == "cat") for picture in found)


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (np.array([b"non-cat", b"cat"]), ("non-cat", "cat")),
        (np.array([b"a", b"b", b"c"]), ("0", "1")),
        (np.array([1.0, 2.0]), ("0", "1")),
        (np.array([b"\x1b[31mno", b"y\xff"]), ("\\x1b[31mno", "y\ufffd")),
        (None, ("0", "1")),
    ],
)
def test_the_classes_have_the_names_that_the_training_set_gives_them(tmp_path, names, wanted):
    with h5py.File(tmp_path / "train.h5", "w") as file:
        file["train_set_x"], file["train_set_y"] = np.zeros((2, 3, 3), np.uint8), [0, 1]
        if names is not None:
            file["list_classes"] = names
    assert dataset.load(tmp_path / "train.h5", scaling="unit").train.classes == wanted


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.25, "0.250000"), (1 - 2**-53, "0.99999999999999989"), (2.33e-7, "2.330e-07"), (0.0, "0"), (1.0, "1")],
)
def test_what_is_close_to_certain_is_not_called_certain(value, text):
    from shared.report.prediction import probability

    assert probability(value) == text


MINE = "from implementations.numpy_manual import cost, forward as right, gradients, step, train\n"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("    v = right(p, X, *a)\n    return v._replace(A2=v.A2 * (1 + 1e-9))\n", "the line that computes A2 is the"),
        ("    v = right(p, X, *a)\n    return v._replace(Z1=v.Z1 * (1 + 1e-9))\n", "the line that computes Z1 is the"),
        ("    return None\n", "  it is missing"),
        ("    X *= 2\n    return right(p, X / 2, *a)\n", "X: mine.py changed it; inputs must be left as they are"),
    ],
)
def test_a_wrong_framework_is_named_with_its_line(compare, train, saved, noise, tmp_path, code, shown):
    (tmp_path / "mine.py").write_text(f"{MINE}def forward(p, X, *a):\n{code}")
    common = ("--weights", saved, "--train", train, "--json", "found.json")
    result = compare("predict", noise, *common, "--frameworks", "numpy,mine.py")
    assert result.returncode == 1
    assert shown in result.stdout
    assert result.stdout.endswith("\ndisagree\n")
    assert json.loads((tmp_path / "found.json").read_text())["verdict"] == "disagree"


@pytest.mark.slow
def test_the_page_shows_what_is_printed(compare, tmp_path):
    folder = Path(skimage.__file__).parent / "data"
    section = (ROOT / "docs" / "predict.md").read_text()
    (names,) = re.findall(r"compare.py predict (.*) --weights", section)
    for name in names.split():
        shutil.copy(folder / name, tmp_path)
    printed = compare("predict", *names.split()).stdout  # the same weights: NumPy trains at the default settings
    shown = section.split("```text\n")[1].split("```")[0]
    assert table(printed) == table(shown)
    assert [line.rstrip() for line in printed.splitlines()[-3:]] == shown.splitlines()[-3:]


def table(text):
    """The rows about pictures, and the verdicts; the errors depend on the machine."""
    return [line.split() for line in text.splitlines() if re.match(" +([a-z]+\\.|verdict)", line)]


# The weights.


def test_without_weights_numpy_trains_first_and_that_is_said(compare, train, noise, tmp_path):
    result = compare("predict", noise, "--train", train, "--frameworks", "numpy", "--json", "found.json")
    assert result.returncode == 0
    assert "weights   just trained by numpy at the default settings" in result.stdout
    data = dataset.load(train)
    numpy, settings = implementations.load("numpy"), Settings()
    trained = numpy.train(weights.draw(30, 8, 1, "float64"), data.train.X, data.train.Y, settings).parameters
    A2 = numpy.forward(trained, predicting.columns([noise], data)).A2
    (picture,) = json.loads((tmp_path / "found.json").read_text())["pictures"]
    assert picture["frameworks"]["numpy"] == A2[0, 0]


@pytest.fixture
def trained(compare, train, tmp_path):
    """The weights that a comparison saves, trained in other ways than the default."""

    def save(*options, frameworks="numpy"):
        path = tmp_path / "trained.safetensors"
        result = compare(
            "--train", train, "--hidden", "3", "--frameworks", frameworks, "--save-trained", path, *FEW, *options
        )
        assert result.returncode == 0
        return path

    return save


def test_a_comparison_saves_the_weights_that_its_first_framework_trained(trained, train):
    path = trained("--seed", "7", frameworks="torch,numpy")
    data, torch = dataset.load(train), implementations.load("torch")
    start, settings = weights.draw(30, 3, 7, "float64"), Settings(iterations=12, hidden=3, seed=7)
    wanted = torch.train(start, data.train.X, data.train.Y, settings).parameters
    for given, right in zip(weights.load(path, 30, "float64"), wanted, strict=True):
        assert np.array_equal(given, right)
    assert not np.array_equal(weights.load(path, 30, "float64").W1, start.W1)


def test_predict_takes_over_what_the_weights_were_trained_with(compare, trained, train, noise, tmp_path):
    path = trained("--channels", "rgb", "--scaling", "unit", "--activation", "leaky_relu")
    result = compare("predict", noise, "--weights", path, "--train", train, "--json", "found.json")
    settings = json.loads((tmp_path / "found.json").read_text())["settings"]
    assert (result.returncode, result.stderr) == (0, "")
    assert {key: settings[key] for key in ("channels", "scaling", "activation", "hidden")} == {
        "channels": "rgb",
        "scaling": "unit",
        "activation": "leaky_relu",
        "hidden": 3,
    }


def test_a_training_picture_gets_the_probability_that_it_had_in_training(compare, trained, train, tmp_path):
    path = trained()
    with h5py.File(train) as file:
        Image.fromarray(file["train_set_x"][2]).save(tmp_path / "2.png")
    compare("predict", "2.png", "--weights", path, "--train", train, "--json", "found.json")
    (picture,) = json.loads((tmp_path / "found.json").read_text())["pictures"]
    A2 = implementations.load("numpy").forward(weights.load(path, 30, "float64"), dataset.load(train).train.X).A2
    assert picture["probability"] == pytest.approx(A2[0, 2], rel=1e-12)


def test_another_option_than_in_training_is_warned_of(compare, trained, train, noise):
    path = trained("--scaling", "unit")
    result = compare("predict", noise, "--weights", path, "--train", train, "--scaling", "symmetric")
    assert result.returncode == 0
    assert "were trained with --scaling unit, not symmetric; leave the option out\n" in result.stderr


def test_initial_weights_are_warned_of(compare, train, noise, tmp_path):
    common = ("--train", train, "--hidden", "3", "--frameworks", "numpy", *FEW)
    assert compare("--save-weights", "start.safetensors", *common).returncode == 0
    result = compare("predict", noise, "--weights", "start.safetensors", "--train", train)
    assert result.returncode == 0
    assert result.stderr.startswith("warning: start.safetensors: these are initial weights, not trained ones; python")


def test_another_training_set_is_warned_of(compare, trained, train, noise):
    path = trained()
    with h5py.File(train, "a") as file:
        file["more"] = 1
    result = compare("predict", noise, "--weights", path, "--train", train)
    assert result.returncode == 0
    assert f"these weights were trained on other data than {train}, from which the scaling is taken" in result.stderr


def test_what_is_noted_but_unknown_is_passed_over(tmp_path):
    parameters = Parameters(np.ones((2, 3)), np.ones((2, 1)), np.ones((1, 2)), np.ones((1, 1)))
    notes = {"scaling": "upwards", "activation": "swish", "channels": "rgb"}
    weights.save(tmp_path / "odd.safetensors", parameters, notes)
    assert weights.read_notes(tmp_path / "odd.safetensors") == notes
    asked = {"activation": None, "channels": None, "scaling": None}
    assert predicting.settle(asked, notes, None) == predicting.Options(channels="rgb")


def test_weights_that_another_program_saved_have_no_notes(saved, tmp_path):
    assert weights.read_notes(saved) == {}
    np.savez(tmp_path / "w.npz", W1=np.ones((2, 3)))
    assert weights.read_notes(tmp_path / "w.npz") == {}
    saved.write_bytes(b"\x08")
    with pytest.raises(weights.WeightsError, match="damaged"):
        weights.read_notes(saved)


def test_a_bad_name_for_trained_weights_is_found_out_before_the_work(compare, train, monkeypatch):
    monkeypatch.setattr(dataset, "load", lambda *_: pytest.fail("the work has begun"))
    result = compare("--train", train, "--save-trained", "trained.bin")
    assert result.returncode == 2
    assert "trained.bin: weights come as .safetensors, .npz, .pt or .pth; give a file with such a name" in result.stderr


def test_what_training_spoils_is_not_saved(compare, train, tmp_path):
    functions = "from implementations.numpy_manual import cost, forward, gradients, step\n"
    (tmp_path / "mine.py").write_text(f"{functions}def train(*a):\n    return None\n")
    result = compare("--train", train, "--frameworks", "mine.py", "--save-trained", "t.safetensors", *FEW)
    assert result.returncode == 2
    assert "t.safetensors: not written, for what mine.py returns from training are not weights" in result.stderr
    assert not Path("t.safetensors").exists()
