"""How the axes of an array of images are read: examples first or last, channels first or last, in rows or pictures."""

import math
from typing import NamedTuple

import numpy as np

from shared.data.images import Stored
from shared.network import Array

CHANNELS = (1, 3, 4)
"""How many channels pictures have: gray, rgb, and rgb with a fourth, which is left out."""


class Layout(NamedTuple):
    """Which axis holds the examples, the shape that one unfolds to, and where that has height, width, channels."""

    axis: int
    picture: tuple[int, ...]
    order: tuple[int, ...]
    notes: tuple[str, ...]


def counts(shape: tuple[int, ...]) -> list[int]:
    """List how many examples an array of labels may have: one label each, or a row or column each."""
    return list(dict.fromkeys(shape if len(shape) == 2 and 1 not in shape else [math.prod(shape)] if shape else []))


def layout(shape: tuple[int, ...], m: int) -> Layout | None:
    """Find out how an array holds m images; examples first is taken before examples last."""
    axes = [axis for axis in dict.fromkeys((0, len(shape) - 1)) if len(shape) > 1 and shape[axis] == m]
    layouts = (_picture(axis, shape[:axis] + shape[axis + 1 :]) for axis in axes)
    return next((layout for layout in layouts if layout), None)


def _picture(axis: int, one: tuple[int, ...]) -> Layout | None:
    """Read the shape of one image: a row of numbers, gray, or colour with the channels last or first."""
    last = ("the examples last",) if axis else ()
    if len(one) == 1:
        picture = _square(one[0])
        flat = "each a row of numbers, " + ("channel by channel in each pixel" if len(picture) == 3 else "line by line")
        return Layout(axis, picture, tuple(range(len(picture))), (flat, *last))
    if len(one) == 2:
        return Layout(axis, one, (0, 1), last)
    if len(one) == 3 and one[2] in CHANNELS:
        return Layout(axis, one, (0, 1, 2), last)
    if len(one) == 3 and one[0] in CHANNELS:
        return Layout(axis, one, (1, 2, 0), ("the channels first", *last))
    return None


def _square(n: int) -> tuple[int, ...]:
    """Read n numbers as a square picture, gray or rgb, or else as a gray one of one row."""
    for channels in ((), (3,)):
        side = math.isqrt(n // math.prod(channels))
        if side * side * math.prod(channels) == n:
            return (side, side, *channels)
    return 1, n


class Arranged:
    """Images as (m, height, width) or (m, height, width, 3), whatever layout they are stored in."""

    def __init__(self, stored: Stored | Array, layout: Layout) -> None:
        self._stored, self._layout = stored, layout
        height, width, *channels = (layout.picture[k] for k in layout.order)
        signed, extra = stored.dtype == np.int8, channels == [4]
        colour = [3] if channels in ([3], [4]) else []
        self.shape = (stored.shape[layout.axis], height, width, *colour)
        self.dtype = np.dtype(np.uint8) if signed else stored.dtype
        notes = (*layout.notes, *["the fourth channel left out"] * extra, *["-1 as 255"] * signed)
        self.unusual = bool(notes) or channels == [1]
        kind = f"{self.shape[0]} {'rgb' if colour else 'gray'} images of {height} x {width}"
        self.described = ", ".join([kind, *notes])

    def __getitem__(self, examples: slice) -> Array:
        axis, picture, order, _ = self._layout
        block = np.moveaxis(self._stored[(slice(None),) * axis + (examples,)], axis, 0)
        block = block.reshape(len(block), *picture).transpose(0, *(1 + k for k in order))
        if len(order) == 3:
            block = block[..., :3].reshape(len(block), *self.shape[1:])
        return block.view(np.uint8) if block.dtype == np.int8 else block
