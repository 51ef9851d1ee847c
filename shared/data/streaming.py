"""Examples that stay in their HDF5 file: checked like those of `dataset.load`, read and converted when they are needed.

The values are those that `dataset.load` gives, to the last bit, because both use the same functions.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from shared.data import arrays, dataset, images, roles
from shared.data.dataset import Channels, Dataset, Examples, Images, Names, Scale, Scaling
from shared.data.labels import Classes
from shared.data.layouts import counts
from shared.data.roles import Part
from shared.network import Array, DtypeName

Piece = TypeVar("Piece")

JUDGED_IN_WHOLE = 2000
"""Up to this many examples everything is judged: true values take 4 ms an example, and the band m x m numbers a step.

More go in chunks, with --chunk or without: judging everything could take hours.
"""

COMPARED = 200
"""Bytes that a comparison in one piece takes for each feature of each example, its processes together, as measured."""

CHUNK_BYTES = 4 * 2**20
"""Bytes of a chunk without --chunk: measured, larger ones fall out of the cache."""

READER = ThreadPoolExecutor(1, "reader")
"""The one thread that reads ahead, for good.

The C library (glibc) may give a new thread memory of its own: a thread for each pass took 24 MB more after some passes.
"""


class Columns:
    """The features of all examples, X (n_x, m). X[:, a:b] reads and converts the examples from a to b, exclusive."""

    def __init__(self, stored: Images, scale: Scale, dtype: DtypeName) -> None:
        self._stored, self._scale, self._dtype = stored, scale, dtype
        self.shape, self.dtype = (math.prod(stored.shape), stored.pixels.shape[0]), np.dtype(dtype)

    def __getitem__(self, features_and_examples: tuple[slice, slice]) -> Array:
        _, examples = features_and_examples
        pixels = self._stored.pixels[examples]
        return images.features(pixels, self._stored.shape, self._scale, self._dtype)

    def copy(self) -> "Columns":
        """Return itself: nothing can write into it."""
        return self


@dataclass(frozen=True)
class Streamed:
    """Like `dataset.Examples`, with the features left in the file."""

    X: Columns
    Y: Float[Array, "1 m"]
    path: Path
    sha256: str
    image_shape: tuple[int, ...]
    stored: Images

    def stored_rows(self, examples: range) -> Iterator[Array]:
        """Give examples as they are stored, images and labels, some at a time."""
        yield self.Y[:, examples.start : examples.stop]
        for block in images.blocks(len(examples), images.BLOCK):
            yield self.stored.pixels[examples.start + block.start : examples.start + block.stop]

    def in_memory(self, scale: Scale) -> Examples:
        """Read everything, in float64."""
        X = images.features(self.stored.pixels, self.image_shape, scale)
        return Examples(X, self.Y, self.path, self.sha256, self.image_shape, self.stored.classes.names)


@dataclass(frozen=True)
class Streams:
    """Like `dataset.Dataset`, with the features left in the files."""

    train: Streamed
    test: Streamed | None
    scale: Scale

    @property
    def large(self) -> bool:
        """Whether there are too many examples to judge them all."""
        return self.train.X.shape[1] > JUDGED_IN_WHOLE

    def in_memory(self) -> Dataset:
        """Read everything, in float64: what `dataset.load` gives."""
        test = self.test.in_memory(self.scale) if self.test else None
        return Dataset(self.train.in_memory(self.scale), test, self.scale)


@contextmanager
def opened(
    train: Path,
    test: Path | None,
    channels: Channels,
    scaling: Scaling,
    dtype: DtypeName,
    names: Names = ("", ""),
    scale: Scale | None = None,
) -> Iterator[Streams]:
    """Open a training file and a test file, and look at every example once.

    Parameters and exceptions are those of `dataset.load`; `dtype` is that of the features. With a scale, another
    process has looked at the examples already.
    """
    keep_freed_memory()
    with ExitStack() as files:
        training = _look_at(train, "train", channels, names, files, scale)
        testing = _look_at(test, "test", channels, names, files, scale, training.classes) if test else None
        scale = scale or dataset.scale_of(training, testing, scaling)
        yield Streams(_streamed(training, scale, dtype), testing and _streamed(testing, scale, dtype), scale)


def fits(train: Path, names: Names) -> bool:
    """Tell whether a training file can be compared in one piece: all is judged, in the memory that is free now."""
    with arrays.opened(train) as file:
        chosen = roles.chosen(file.entries, "train", *names, train)
        pixels, labels = file[chosen.images], file[chosen.labels]
        m = max(counts(labels.shape), default=0)  # loading refuses a file without examples
        return pixels.shortage(COMPARED) is None and m <= JUDGED_IN_WHOLE


def keep_freed_memory() -> None:
    """Free a block of 31 MB, which the C library (glibc) takes as a sign that such blocks come and go.

    It then keeps freed memory for the next chunk. Before, it would give each chunk's memory back to the system and take
    it anew, page by page: that made reading and converting take more than four times as long, as measured.
    """
    np.empty(31 * 2**20, np.uint8)


def default_chunk(n_x: int, dtype: str) -> int:
    """Choose how many examples go into a chunk; the same on every machine."""
    return max(1, CHUNK_BYTES // (n_x * np.dtype(dtype).itemsize))


def _look_at(
    path: Path,
    part: Part,
    channels: Channels,
    names: Names,
    files: ExitStack,
    scale: Scale | None,
    classes: Classes | None = None,
) -> Images:
    file = files.enter_context(arrays.opened(path))
    survey = None if scale is None else images.Survey(scale.white, 0.0, scale.white, scale.shift, scale.width)
    return dataset.checked(file, path, part, channels, names, classes, survey)


def _streamed(stored: Images, scale: Scale, dtype: DtypeName) -> Streamed:
    X = Columns(stored, scale, dtype)
    return Streamed(X, stored.Y, stored.path, stored.sha256, stored.shape, stored)


def ahead(pieces: Iterable[Callable[[], Piece]], count: int = 2) -> Iterator[Piece]:
    """Make pieces in another thread, at most `count` of them in advance; what one raises, this raises.

    When the consumer stops, no piece is being made any longer: the file that they read may be closed.
    """
    waiting: deque[Future[Piece]] = deque()
    try:
        for piece in pieces:
            waiting.append(READER.submit(piece))
            if len(waiting) > count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        wait([made for made in waiting if not made.cancel()])
