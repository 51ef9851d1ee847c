"""The user's own pictures: files that nobody vouches for -> arrays of the training pictures' size."""

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from shared.data.files import beginning, one_line, too_large, what_it_is_instead
from shared.network import Array, InputError

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
"""The formats that are read: those that need no other program."""

LARGEST = 64_000_000
"""A picture with more pixels is refused before it is unpacked: a small file may hold a very large one."""

BYTES_PER_PIXEL = 20
"""Bytes that a pixel takes while a picture with transparency is laid on white."""

ENOUGH = 16
"""Blocks of pixels are averaged first, as long as this many times the final height or width is left."""


class PictureError(InputError):
    """A picture cannot be used. The text is one line: file, what was found, what was wanted, what to do."""


def read(path: Path, height: int, width: int) -> Array:
    """Read a picture and bring it to a size.

    The whole picture is squeezed into that size, whatever its proportions. Transparent parts become white. A picture
    is turned upright if its EXIF data say so, as those of phones do.

    Parameters
    ----------
    path : Path
        A picture in one of the `FORMATS`; if a file holds several, the first counts.
    height, width : int
        The size wanted, in pixels.

    Returns
    -------
    picture : float64 array (height, width, 3)
        Red, green and blue in 0..1; all three are the same if the picture is gray.

    Raises
    ------
    PictureError
        If the file cannot be used. The text is one line.
    """
    wrong = what_it_is_instead(path, "a picture")
    if wrong:
        raise PictureError(f"{one_line(path)}: {wrong}")
    with _damage_as_one_line(path), Image.open(path, formats=FORMATS) as image:
        _check_size(image, path)
        if image.format == "PPM" and image.mode == "I":  # 16 bits, stretched to their whole range by Pillow
            return _resized(np.asarray(image)[..., np.newaxis], 65535, height, width)
        pixels, white = _pixels(ImageOps.exif_transpose(image), path)
    return _resized(pixels, white, height, width)


@contextmanager
def _damage_as_one_line(path: Path) -> Iterator[None]:
    """Turn whatever Pillow raises for a file that it cannot read into PictureError, and keep its warnings away."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        with path.open("rb") as file:
            start = beginning(file.read(64))
        raise PictureError(
            f"{one_line(path)}: this is not a readable picture (it starts with {start}); give a PNG or JPEG file"
        ) from error
    except Image.DecompressionBombError as error:
        raise PictureError(f"{one_line(path)}: has far more than {LARGEST:,} pixels; make it smaller") from error
    except MemoryError as error:
        raise PictureError(f"{one_line(path)}: does not fit into memory; make the picture smaller") from error
    except Exception as error:  # each format has its own
        what = one_line(error)[:200] or type(error).__name__
        raise PictureError(f"{one_line(path)}: this picture is damaged ({what}); get or save it again") from error


def _check_size(image: Image.Image, path: Path) -> None:
    """Refuse a picture that is too large, by what its header says, before it is unpacked."""
    count = image.width * image.height
    if count > LARGEST:
        raise PictureError(
            f"{one_line(path)}: has {image.width:,} x {image.height:,} pixels; at most {LARGEST:,} are read, "
            "so make it smaller"
        )
    shortage = too_large(BYTES_PER_PIXEL * count)
    if shortage:
        raise PictureError(f"{one_line(path)}: {shortage}; make the picture smaller")


def _pixels(image: Image.Image, path: Path) -> tuple[Array, int]:
    """Return (height, width, channels) with 1 or 3 channels, and the value of a white pixel."""
    if image.mode.startswith("I;16"):
        return np.asarray(image)[..., np.newaxis], 65535
    if image.mode in ("I", "F"):
        raise PictureError(f"{one_line(path)}: pixels of 32 bits do not say what is white; save it with 8 or 16 bits")
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return np.asarray(image.convert("RGB")), 255


def _resized(pixels: Array, white: int, height: int, width: int) -> Array:
    """Resize a picture as `skimage.transform.resize` does, blurred so that fine patterns leave no trace.

    A blur over hundreds of pixels would take minutes, so blocks of a large picture are averaged first.
    """
    from skimage.transform import resize  # slow to import

    (rows, blur_down), (columns, blur_across) = _blocks(pixels.shape[0], height), _blocks(pixels.shape[1], width)
    down, across = pixels.shape[0] // rows, pixels.shape[1] // columns
    top, left = pixels.shape[0] % rows // 2, pixels.shape[1] % columns // 2  # what is left over: too little to matter
    blocks = pixels[top : top + down * rows, left : left + across * columns].reshape(down, rows, across, columns, -1)
    averages = blocks.mean(axis=(1, 3), dtype=np.float64) / white
    blur = (blur_down, blur_across, 0)
    picture = resize(averages, (height, width), anti_aliasing=True, anti_aliasing_sigma=blur)  # type: ignore[no-untyped-call]
    return np.array(np.broadcast_to(picture, (height, width, 3)))


def _blocks(length: int, wanted: int) -> tuple[int, float]:
    """Choose how many pixels in a row make a block, and the blur, in blocks, that remains to be done.

    `resize` blurs by (factor - 1) / 2 pixels. Averaging n pixels is a blur by the root of (n^2 - 1) / 12 already.
    """
    n = max(1, length // (ENOUGH * wanted))
    by_resize, by_blocks = max(0.0, length / wanted - 1) / 2, math.sqrt((n**2 - 1) / 12)
    return n, math.sqrt(max(0.0, by_resize**2 - by_blocks**2)) / n
