"""The arrays of a .npz file that nobody vouches for: no pickle runs, and no declared size is believed."""

import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy

from shared.data.files import CHANGED, LARGEST_DEFLATE_RATIO, Stamp, one_line, stamp, too_large
from shared.network import Array, InputError

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
"""The versions of an array in a .npz file that hold plain numbers."""

RATIOS = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: LARGEST_DEFLATE_RATIO}
"""How many times its packed size an array can have, for the two ways in which NumPy packs."""

DAMAGE = (
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What zipfile and NumPy raise for damaged files."""


class Member:
    """An array of a .npz file; member[a:b] gives some rows. `problem` says why it cannot be read."""

    def __init__(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, error: type[InputError]) -> None:
        self.name = info.filename.removesuffix(".npy")
        self.where, self.problem = f"{one_line(path)}: {self.name!r}", ""
        self._archive, self._info, self._path, self._error, self._since = archive, info, path, error, stamp(path)
        self.shape: tuple[int, ...] = ()
        self.dtype: np.dtype = np.dtype("V1")
        if info.compress_type not in RATIOS:
            self.problem = f"{self.where} is packed in a way that NumPy does not know; save with np.savez"
            return
        with archive.open(info) as member:
            self.shape, _, self.dtype = HEADERS[npy.read_magic(member)](member)
            self._declared = member.tell() + math.prod(self.shape) * self.dtype.itemsize
        stored = min(info.compress_size, path.stat().st_size) * RATIOS[info.compress_type]
        if self.dtype.hasobject:
            self.problem = f"{self.where} holds objects, which only a pickle could read; save numbers or texts"
        elif not self._declared == info.file_size <= stored:
            self.problem = (
                f"{self.where} declares {self._declared:,} bytes of {self.shape}, but the archive holds "
                f"{min(info.file_size, stored):,}; get or save it again"
            )

    @cached_property
    def _values(self) -> Array:
        if self.problem:
            raise self._error(self.problem)
        if shortage := self.shortage(0):
            raise self._error(f"{self.where} of {self.shape} {shortage}; use fewer or smaller arrays")
        with guarded(self._path, self._error, self._since), self._archive.open(self._info) as member:
            return np.asarray(npy.read_array(member, allow_pickle=False))

    def __getitem__(self, index: Any) -> Array:
        return self._values[index]

    def whole(self) -> Array:
        """Read everything."""
        return self._values

    def shortage(self, more: int = 3 * 8) -> str | None:
        """Say that it does not fit into memory, with `more` bytes on top for each number; None if it does."""
        return too_large(self._declared + more * math.prod(self.shape))

    def keep_chunks(self, axis: int) -> None:
        """Do nothing: it is read in one go."""


@contextmanager
def opened(path: Path, error: type[InputError]) -> Iterator[dict[str, Member]]:
    """Open a .npz file, and give its arrays.

    Raises
    ------
    error
        This kind of InputError, if the file is damaged, here or where an array is read.
    """
    since = stamp(path)
    with guarded(path, error, since):
        archive = zipfile.ZipFile(path)
    with archive:
        with guarded(path, error, since):
            infos = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            members = [Member(archive, info, path, error) for info in infos]
        yield {member.name: member for member in members}


@contextmanager
def guarded(path: Path, kind: type[InputError], since: Stamp | None) -> Iterator[None]:
    """Turn the many exceptions that a damaged file raises into one kind of InputError."""
    try:
        yield
    except InputError:
        raise
    except DAMAGE as error:
        text = f"this .npz file is damaged ({one_line(error)[:200]}); get or save it again"
        raise kind(f"{one_line(path)}: {text if stamp(path) == since else CHANGED}") from error
    if stamp(path) != since:
        raise kind(f"{one_line(path)}: {CHANGED}")
