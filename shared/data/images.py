"""Images as features. The arithmetic is the same whether a file is read at once or piece by piece, to the last bit.

Each example is converted by itself, and what is computed from all of them does not depend on how they are cut.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from shared.data.hdf5 import DatasetError
from shared.network import Array

BLOCK = 128
"""The examples that are converted at a time: so few that they stay in the processor's cache."""

GAP = 8
"""Numbers left free between two rows: n_x is often a power of two, and rows that far apart share a place there."""


@runtime_checkable
class Pixels(Protocol):
    """The images of a file as they are stored, an array or something that reads them: pixels[a:b] is an array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of images, height, width, and 3 in colour."""
        ...

    @property
    def dtype(self) -> np.dtype:
        """The type that they are stored in."""
        ...

    def __getitem__(self, examples: slice) -> Array:
        """Some of the images."""
        ...


@runtime_checkable
class Stored(Protocol):
    """An array of an open file. `where` is file and name, for messages; stored[index] reads only that part."""

    where: str

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        ...

    @property
    def dtype(self) -> np.dtype:
        """Its type."""
        ...

    def __getitem__(self, index: Any) -> Array: ...

    def whole(self) -> Array:
        """Read everything."""
        ...

    def shortage(self, more: int = ...) -> str | None:
        """Say that it does not fit into memory, with `more` bytes on top for each number; None if it does."""
        ...

    def keep_chunks(self, axis: int) -> None:
        """Get ready to be read in pieces along an axis."""
        ...


@dataclass(frozen=True)
class Scale:
    """How a pixel becomes a feature: (pixel - shift) / width. A white pixel is `white`, a black one 0."""

    white: float
    shift: float
    width: float

    def features(self, X: Float[Array, "n_x m"]) -> Float[Array, "n_x m"]:
        """Scale the pixels of images that are columns."""
        return (X - self.shift) / self.width


class Survey(NamedTuple):
    """Statistics of all images of a file: the largest pixel, as it is stored, and the features before scaling."""

    largest_pixel: Any
    smallest: float
    largest: float
    mean: float
    deviation: float


def as_rows(pixels: Array, image_shape: tuple[int, ...]) -> Float[Array, "m n_x"]:
    """Return images as rows, not scaled yet; those of the shape (height, width) are the mean of their channels."""
    m, n_x = len(pixels), math.prod(image_shape)
    channels = pixels.reshape(m, n_x, -1)
    rows = np.empty((m, n_x + GAP))[:, :n_x]
    rows[...] = channels[..., 0]
    for channel in range(1, channels.shape[2]):
        rows += channels[..., channel]
    if channels.shape[2] > 1:
        rows /= channels.shape[2]
    return rows


def as_columns(pixels: Array, image_shape: tuple[int, ...]) -> Float[Array, "n_x m"]:
    """Return images as columns, not scaled yet; those of the shape (height, width) are the mean of their channels."""
    return np.ascontiguousarray(as_rows(pixels, image_shape).T)


def features(pixels: Pixels, image_shape: tuple[int, ...], scale: Scale, dtype: str = "float64") -> Array:
    """Return images as scaled columns (n_x, m), C-contiguous; they are computed in float64 and then rounded."""
    X = np.empty((math.prod(image_shape), pixels.shape[0]), dtype)
    for examples in blocks(pixels.shape[0], BLOCK):
        rows = as_rows(pixels[examples], image_shape)
        rows -= scale.shift
        rows /= scale.width
        X[:, examples] = rows.T
    return X


def blocks(m: int, size: int) -> Iterator[slice]:
    """Cut m examples into blocks; the last may be smaller."""
    for start in range(0, m, size):
        yield slice(start, min(start + size, m))


def survey(pixels: Pixels, image_shape: tuple[int, ...], where: str) -> Survey:
    """Look at every image once: check its values, and compute what scaling needs.

    Means and squares of deviations are summed example by example, and these sums exactly (math.fsum): whatever the
    examples are cut into, the result is the same.

    Raises
    ------
    DatasetError
        If a pixel is not in 0..255.
    """
    m, n_x = pixels.shape[0], math.prod(image_shape)
    largest_pixels, smallest, largest = [], math.inf, 0.0
    sums, squares = np.empty((2, m))
    for examples in blocks(m, BLOCK):
        stored = pixels[examples]
        check_values(stored, examples.start, where)
        rows = as_rows(stored, image_shape)
        largest_pixels.append(stored.max())
        smallest, largest = min(smallest, float(rows.min())), max(largest, float(rows.max()))
        sums[examples] = rows.sum(axis=1)
        rows -= sums[examples, None] / n_x
        squares[examples] = np.square(rows, out=rows).sum(axis=1)
    mean = math.fsum(sums) / (m * n_x)
    between = n_x * np.square(sums / n_x - mean)
    deviation = math.sqrt(math.fsum(np.concatenate([squares, between])) / (m * n_x))
    return Survey(max(largest_pixels), smallest, largest, mean, deviation)


def check_values(pixels: Array, first: int, where: str) -> None:
    """Check that every pixel is a number in 0..255; `first` is the number of the first example."""
    if pixels.dtype == np.uint8:
        return
    bad = ~((pixels >= 0) & (pixels <= 255))  # NaN too
    if bad.any():
        example, *position = (int(i) for i in np.unravel_index(np.argmax(bad), bad.shape))
        raise DatasetError(
            f"{where} holds the pixel {pixels[(example, *position)]} in example {first + example} at {position}; "
            "0..255 or 0..1 is expected, so correct the file"
        )
