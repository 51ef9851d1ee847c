"""What shared/data/images.py promises: the same bits, however the examples are cut into pieces."""

import numpy as np
import pytest

from shared.data import images

RNG = np.random.default_rng(4)
PIXELS = {
    "gray bytes": RNG.integers(256, size=(300, 9, 8), dtype=np.uint8),
    "coloured bytes": RNG.integers(256, size=(300, 9, 8, 3), dtype=np.uint8),
    "coloured floats": 255 * RNG.random((300, 9, 8, 3)),
    "gray floats": RNG.random((300, 9, 8), dtype=np.float32),
}
SCALE = images.Scale(255.0, 127.3, 71.1)


@pytest.mark.parametrize("pixels", PIXELS.values(), ids=PIXELS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("size", [1, 2, 7, 299])
def test_examples_converted_in_pieces_are_those_converted_at_once(pixels, dtype, size):
    whole = images.features(pixels, (9, 8), SCALE, dtype)
    pieces = [images.features(pixels[examples], (9, 8), SCALE, dtype) for examples in images.blocks(300, size)]
    np.testing.assert_array_equal(np.hstack(pieces), whole, strict=True)


@pytest.mark.parametrize("pixels", PIXELS.values(), ids=PIXELS)
@pytest.mark.parametrize("size", [1, 2, 7, 300])
def test_mean_and_deviation_do_not_depend_on_the_pieces(pixels, size, monkeypatch):
    whole = images.survey(pixels, (9, 8), "")
    monkeypatch.setattr(images, "BLOCK", size)
    assert images.survey(pixels, (9, 8), "") == whole


@pytest.mark.parametrize("pixels", PIXELS.values(), ids=PIXELS)
def test_a_feature_is_the_mean_of_the_channels_shifted_and_divided(pixels):
    gray = pixels.reshape(300, 72, -1).mean(axis=2, dtype=np.float64)
    X = images.features(pixels, (9, 8), SCALE)
    np.testing.assert_array_equal(X, ((gray - 127.3) / 71.1).T)
    assert X.flags.c_contiguous


def test_the_mean_of_bytes_is_the_exact_one_and_the_deviation_right_to_the_last_place_but_one():
    pixels = PIXELS["gray bytes"]
    found, whole = images.survey(pixels, (9, 8), ""), pixels.astype(object)
    n, total, squares = pixels.size, int(whole.sum()), int((whole * whole).sum())
    assert found.mean == total / n
    assert abs(found.deviation - np.sqrt(float(n * squares - total**2)) / n) <= np.spacing(found.deviation)
