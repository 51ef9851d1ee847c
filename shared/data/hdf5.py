"""Read the arrays of an HDF5 file that nobody vouches for: each is read in full, or DatasetError says why not.

Only plain datasets are read. A link or a storage that could lead out of the file is refused, and nothing is allocated
because a file says so: declared sizes are first compared with the bytes that are really stored, chunk by chunk.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from shared.data.files import CHANGED, LARGEST_DEFLATE_RATIO, Stamp, beginning, one_line, stamp, too_large
from shared.network import Array, InputError

KNOWN_FILTERS = {h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
COMPRESSIONS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_LZF}
CHECKSUM = 4
"""Bytes that Fletcher's checksum adds to a chunk."""

DAMAGE = (ArithmeticError, AssertionError, KeyError, OSError, RuntimeError, TypeError, ValueError)
"""What h5py raises for damaged files."""

IN_USE = {
    "unable to lock file": "another program has this HDF5 file open to write into it; wait until it has closed it",
    "already open for": (
        "this HDF5 file is marked as being written (SWMR, or its writer was cut off); close the program that writes "
        "it, or take the mark off with h5clear -s"
    ),
}
"""What HDF5 says of a file that is being written, and what that means."""

WORK_BYTES = 3 * 8
"""Bytes that an element takes besides the stored one: float64 in file order, float64 by columns, and one temporary."""

SMALL = 32 * 2**20
"""Arrays of at most this many bytes are read at the first look at a file."""

MOST_OBJECTS, DEEPEST = 1000, 8
"""The most groups and datasets of a file that are looked at, and the most groups within groups."""


class DatasetError(InputError):
    """A data file cannot be used. The text is one line: file, dataset, what was found, what was wanted, what to do.

    `details` may hold lines of Python that make a file of another kind one that can be used.
    """

    def __init__(self, text: str, details: str = "") -> None:
        super().__init__(text)
        self.details = details


class Entry(NamedTuple):
    """What a file says of one of its arrays. `problem` says why it cannot be read."""

    shape: tuple[int, ...]
    text: bool = False
    problem: str = ""


@contextmanager
def opened(path: Path) -> Iterator[h5py.File]:
    """Open a file.

    Raises
    ------
    DatasetError
        If the file is not HDF5, is damaged or in use.
    """
    if not is_one(path):
        with path.open("rb") as content:
            start = beginning(content.read(64))
        raise DatasetError(
            f"{one_line(path)}: this is not an HDF5 file (it starts with {start}); give a file like train_catvnoncat.h5"
        )
    with guarded(path):
        file = h5py.File(path, "r")
    try:
        yield file
    finally:
        with guarded(path):
            file.close()


def is_one(path: Path) -> bool:
    """Tell whether a file is HDF5."""
    with guarded(path):
        return bool(h5py.is_hdf5(path))


def entries(path: Path) -> dict[str, Entry]:
    """Look at every array of a file, in all its groups: open it, check it and, if it is small, read it."""
    by_name: dict[str, Entry] = {}
    with opened(path) as file, guarded(path):
        for name, problem in _names(file):
            if problem:
                by_name[name] = Entry((), problem=f"{one_line(path)}: {name!r} {problem}")
                continue
            shape, text = file[name].shape or (), is_text(file[name].dtype)
            try:
                stored = Stored(file, name, path)
                if stored.size <= SMALL:
                    stored.whole()
                by_name[name] = Entry(shape, text)
            except DatasetError as error:
                by_name[name] = Entry(shape, text, str(error))
    return by_name


def _names(group: h5py.Group, before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield the name of each dataset; of anything else, the name and what it is."""
    for count, name in enumerate(group):
        if count == MOST_OBJECTS or depth == DEEPEST:
            return
        path = f"{before}{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            yield path, "is a soft or external link; copy the data into the file itself"
        elif isinstance(child := group[name], h5py.Dataset):
            yield path, ""
        elif isinstance(child, h5py.Group):
            yield path, "is a group; a dataset is expected"
            yield from _names(child, f"{path}/", depth + 1)


class Stored:
    """A dataset in an open file; stored[a:b] reads the rows from a to b, exclusive.

    Raises
    ------
    DatasetError
        If it does not hold numbers or text, or is not stored in this file, or its size or storage is impossible.
    """

    def __init__(self, file: h5py.File, name: str, path: Path, since: Stamp | None = None) -> None:
        self.where, self._path, self._since = f"{one_line(path)}: {name!r}", path, since
        with guarded(path, since):
            self._dataset = dataset = _checked_kind(file[name], self.where)
            self.shape, self.dtype = dataset.shape, dataset.dtype
            _check_size(dataset, path.stat().st_size, self.where)
        self.size = math.prod(self.shape) * self.dtype.itemsize

    def __getitem__(self, index: Any) -> Array:
        with guarded(self._path, self._since):
            return np.asarray(self._dataset[index])

    def whole(self) -> Array:
        """Read everything; a scalar, too, becomes an array."""
        return self[()]

    def shortage(self, more: int = WORK_BYTES) -> str | None:
        """Say that it does not fit into memory, with `more` bytes on top for each number; None if it does."""
        chunk = math.prod(self._dataset.chunks or (0,)) * self.dtype.itemsize
        return too_large(self.size + chunk + more * math.prod(self.shape))

    def keep_chunks(self, axis: int) -> None:
        """Get ready to be read in pieces along an axis: keep HDF5's own chunks as long as they are needed.

        Each is unpacked as a whole. Without a cache it would be unpacked again for every few rows.
        """
        with guarded(self._path, self._since):
            chunks = self._dataset.chunks
            if not chunks:
                return
            along = [math.ceil(size / chunk) for size, chunk in zip(self.shape, chunks, strict=True)]
            count = math.prod(along[:axis] + along[axis + 1 :])
            size = count * math.prod(chunks) * self.dtype.itemsize
            if shortage := too_large(size):
                raise DatasetError(
                    f"{self.where} is stored in chunks of {chunks}: to read one row {shortage}; make them small"
                )
            access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
            access.set_chunk_cache(100 * count + 1, size, 1.0)
            self._dataset = h5py.Dataset(h5py.h5d.open(self._dataset.file.id, self._dataset.name.encode(), access))


@contextmanager
def guarded(path: Path, since: Stamp | None = None) -> Iterator[None]:
    """Turn the many kinds of exceptions that h5py raises for a damaged file into DatasetError.

    With a stamp, a file that has changed since is reported as changed, whatever else is wrong.
    """
    try:
        yield
    except DatasetError:
        raise
    except MemoryError as error:
        raise DatasetError(f"{one_line(path)}: does not fit into memory; use fewer or smaller images") from error
    except DAMAGE as error:
        raise DatasetError(f"{one_line(path)}: {_damage(str(error), path, since)}") from error
    if since and stamp(path) != since:
        raise DatasetError(f"{one_line(path)}: {CHANGED}")


def _damage(message: str, path: Path, since: Stamp | None) -> str:
    """Say what a message of HDF5 means."""
    if since and stamp(path) != since:
        return CHANGED
    for text, meaning in IN_USE.items():
        if text in message:
            return meaning
    cut = re.search(r"truncated file: eof = (\d+), .*stored_eof = (\d+)", message)
    if cut:
        return f"this HDF5 file is truncated ({cut[1]} bytes, its header says {cut[2]}); get it again"
    return f"this HDF5 file is damaged ({one_line(message)[:200]}); get it again"


def _checked_kind(dataset: h5py.Dataset, where: str) -> h5py.Dataset:
    """Return the dataset if it lies in this file and holds plain numbers or text."""
    plist = dataset.id.get_create_plist()
    if plist.get_layout() == h5py.h5d.VIRTUAL or plist.get_external_count():
        raise DatasetError(f"{where} is stored in other files; copy the data into the file itself")
    if dataset.dtype.kind not in "biuf" and not is_text(dataset.dtype):
        kind = "compound values" if dataset.dtype.names else f"values of the type {dataset.dtype}"
        raise DatasetError(f"{where} holds {kind}; numbers are expected")
    return dataset


def is_text(dtype: np.dtype) -> bool:
    """Tell whether a dataset holds text."""
    return dtype.kind == "S" or h5py.check_string_dtype(dtype) is not None


def _check_size(dataset: h5py.Dataset, file_size: int, where: str) -> None:
    """Refuse a dataset that declares more than the file stores, before it is read."""
    if dataset.shape is None:
        raise DatasetError(f"{where} has no values; an array of numbers is expected")
    declared, chunk = math.prod(dataset.shape), math.prod(dataset.chunks or (0,))
    stored, ratio = dataset.id.get_storage_size(), _largest_ratio(dataset, where)
    if stored > file_size:
        raise DatasetError(f"{where} claims {stored:,} bytes in a file of {file_size:,}; it is damaged, get it again")
    largest = max(declared, chunk) * dataset.dtype.itemsize
    if largest > stored * ratio:
        raise DatasetError(
            f"{where} declares {largest:,} bytes of {dataset.shape}, but the {stored:,} bytes stored "
            f"can hold at most {stored * ratio:,}; the file is incomplete or damaged, get it again"
        )
    if dataset.chunks:
        _check_chunks(dataset, ratio, where)


def _check_chunks(dataset: h5py.Dataset, ratio: int, where: str) -> None:
    """Refuse chunks that the dataset cannot consist of: by their rank, their number, or their size on the disk."""
    chunks, plist = dataset.chunks, dataset.id.get_create_plist()
    if len(chunks) != len(dataset.shape):
        raise DatasetError(
            f"{where} has {len(dataset.shape)} axes and its chunks have {len(chunks)}; it is damaged, get it again"
        )
    filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    whole, most = (
        math.prod(chunks) * dataset.dtype.itemsize,
        math.prod(map(math.ceil, np.divide(dataset.shape, chunks))),
    )
    count = 0

    def check(chunk: h5py.h5d.StoreInfo) -> None:
        nonlocal count
        count += 1
        applied = [code for k, code in enumerate(filters) if not chunk.filter_mask >> k & 1]
        size = chunk.size - CHECKSUM * (h5py.h5z.FILTER_FLETCHER32 in applied)
        packed = not COMPRESSIONS.isdisjoint(applied)
        if count > most or not (size <= whole * 2 + 1000 and whole <= size * ratio if packed else size == whole):
            raise DatasetError(
                f"{where}: its chunk {count} of at most {most} has {chunk.size:,} bytes for {whole:,}; "
                "it is damaged, get it again"
            )

    dataset.id.chunk_iter(check)


def _largest_ratio(dataset: h5py.Dataset, where: str) -> int:
    """Return how many times its stored size a dataset can unpack to."""
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    packed = [code for code in filters if code in COMPRESSIONS]
    if not set(filters) <= KNOWN_FILTERS | COMPRESSIONS or len(packed) > 1:
        raise DatasetError(f"{where} uses the filters {filters}; store it with gzip, lzf or without compression")
    return LARGEST_DEFLATE_RATIO if packed else 1
