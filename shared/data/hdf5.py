"""Read named datasets of an HDF5 file that nobody vouches for: each comes back whole, or DatasetError says why not.

Only plain datasets of the root group are read. A link or a storage that could lead out of the file is refused, and
nothing is allocated because a file says so: the declared size is first compared with the bytes that are really stored.
"""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from shared.data.files import LARGEST_DEFLATE_RATIO, beginning, listed, one_line, too_large, what_it_is_instead
from shared.network import Array, InputError

KNOWN_FILTERS = {h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
COMPRESSIONS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_LZF}

DAMAGE = (ArithmeticError, KeyError, OSError, RuntimeError, TypeError, ValueError)
"""What h5py raises for damaged files."""

WORK_BYTES = 3 * 8
"""What an element costs beside the stored one: float64 in file order, float64 by columns, and one temporary."""


class DatasetError(InputError):
    """A data file cannot be used. The text is one line: file, dataset, what was found, what was wanted, what to do."""


def read(path: Path, names: Sequence[str]) -> list[Array]:
    """Read numeric datasets from the root group of an HDF5 file.

    Parameters
    ----------
    path : Path
        The HDF5 file.
    names : sequence of str
        The datasets wanted.

    Returns
    -------
    list of arrays
        One for each name, in the same order, with the shape and the type stored.

    Raises
    ------
    DatasetError
        If the file is not HDF5 or is damaged, if a name is missing or a link, or if a dataset is not made of numbers
        stored in this file, or does not fit into memory.
    """
    with opened(path, names) as datasets:
        for dataset in datasets:
            if shortage := dataset.shortage():
                raise DatasetError(
                    f"{dataset.where} of {dataset.shape} {shortage}; use fewer examples or smaller images"
                )
        return [dataset.whole() for dataset in datasets]


@contextmanager
def opened(path: Path, names: Sequence[str]) -> Iterator[list["Stored"]]:
    """Open numeric datasets of the root group, checked as `read` checks them but for their size, to be read in pieces.

    Raises
    ------
    DatasetError
        As `read` does.
    """
    wrong = what_it_is_instead(path, "HDF5")
    if wrong:
        raise DatasetError(f"{one_line(path)}: {wrong}")
    with _damage_as_one_line(path):
        if not h5py.is_hdf5(path):
            raise DatasetError(_not_hdf5(path))
        file = h5py.File(path, "r")
    with file:
        with _damage_as_one_line(path):
            _check_present(file, names, path)
            datasets = [Stored(_open(file, name, path), path, name) for name in names]
        yield datasets


class Stored:
    """A dataset of numbers in an open file; stored[a:b] reads the rows from a to b, exclusive."""

    def __init__(self, dataset: h5py.Dataset, path: Path, name: str) -> None:
        self.where, self.shape, self.dtype = f"{one_line(path)}: {name!r}", dataset.shape, dataset.dtype
        self._path, self._dataset = path, dataset
        _check_size(dataset, path.stat().st_size, self.where)

    def __getitem__(self, rows: slice) -> Array:
        with _damage_as_one_line(self._path):
            return np.asarray(self._dataset[rows])

    def whole(self) -> Array:
        """Read everything; a scalar, too, becomes an array."""
        with _damage_as_one_line(self._path):
            return np.asarray(self._dataset[()])

    def shortage(self, more: int = WORK_BYTES) -> str | None:
        """Say that it does not fit into memory, with so many more bytes for each of its numbers; None if it does."""
        return _shortage(self._dataset, more)

    def keep_chunks(self) -> None:
        """Get ready to be read in pieces: keep HDF5's own chunks, if it is stored so, as long as their rows are wanted.

        They are unpacked whole. Without a cache each would be unpacked again for every few rows.
        """
        chunks, rest = self._dataset.chunks, self.shape[1:]
        if not chunks:
            return
        count = math.prod(math.ceil(size / chunk) for size, chunk in zip(rest, chunks[1:], strict=True))
        size = count * math.prod(chunks) * self.dtype.itemsize
        if shortage := too_large(size):
            raise DatasetError(
                f"{self.where} is stored in chunks of {chunks}: to read one row {shortage}; make them small"
            )
        access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
        access.set_chunk_cache(100 * count + 1, size, 1.0)
        self._dataset = h5py.Dataset(h5py.h5d.open(self._dataset.file.id, self._dataset.name.encode(), access))


def read_words(path: Path, name: str) -> list[str]:
    """Read a dataset of short texts from the root group of an HDF5 file; give none if it is not there.

    Raises
    ------
    DatasetError
        If it is anything else than texts of a fixed length, stored in this file.
    """
    with _damage_as_one_line(path), h5py.File(path, "r") as file:
        if name not in file:
            return []
        dataset = _open(file, name, path, kinds="S")
        where = f"{one_line(path)}: {name!r}"
        _check_size(dataset, path.stat().st_size, where)
        if shortage := _shortage(dataset, WORK_BYTES):
            raise DatasetError(f"{where} of {dataset.shape} {shortage}; use fewer words")
        return [one_line(word.decode("utf-8", "replace")) for word in np.atleast_1d(dataset[()]).ravel().tolist()]


def _not_hdf5(path: Path) -> str:
    with path.open("rb") as file:
        start = beginning(file.read(64))
    return f"{one_line(path)}: this is not an HDF5 file (it starts with {start}); give a file like train_catvnoncat.h5"


@contextmanager
def _damage_as_one_line(path: Path) -> Iterator[None]:
    """Turn the many kinds of exceptions that h5py raises for a damaged file into DatasetError."""
    try:
        yield
    except DatasetError:
        raise
    except MemoryError as error:
        raise DatasetError(f"{one_line(path)}: does not fit into memory; use fewer or smaller images") from error
    except DAMAGE as error:
        cut = re.search(r"truncated file: eof = (\d+), .*stored_eof = (\d+)", str(error))
        if cut:
            state = f"this HDF5 file is truncated ({cut[1]} bytes, its header says {cut[2]})"
        else:
            state = f"this HDF5 file is damaged ({one_line(error)[:200]})"
        raise DatasetError(f"{one_line(path)}: {state}; get it again") from error


def _check_present(file: h5py.File, names: Sequence[str], path: Path) -> None:
    there = list(file)
    missing = [name for name in names if name not in there]
    if missing:
        raise DatasetError(
            f"{one_line(path)}: no dataset {listed(missing)}; the file holds {listed(there)}; "
            f"wanted are {listed(names)}, so rename its datasets or give another file"
        )


def _open(file: h5py.File, name: str, path: Path, kinds: str = "biuf") -> h5py.Dataset:
    """Open a dataset, once it is sure that it lies in this file and holds plain numbers, or another of `kinds`."""
    where = f"{one_line(path)}: {name!r}"
    if not isinstance(file.get(name, getlink=True), h5py.HardLink):
        raise DatasetError(f"{where} is a soft or external link; copy the data into the file itself")
    dataset = file[name]
    if not isinstance(dataset, h5py.Dataset):
        raise DatasetError(f"{where} is a {type(dataset).__name__.lower()}; a dataset is wanted")
    plist = dataset.id.get_create_plist()
    if plist.get_layout() == h5py.h5d.VIRTUAL or plist.get_external_count():
        raise DatasetError(f"{where} is stored in other files; copy the data into the file itself")
    if dataset.dtype.kind not in kinds:
        raise DatasetError(f"{where} holds {_kind(dataset)}; {'texts' if kinds == 'S' else 'numbers'} are wanted")
    return dataset


def _kind(dataset: h5py.Dataset) -> str:
    """Name the type of a dataset that does not hold plain numbers."""
    if h5py.check_string_dtype(dataset.dtype) or dataset.dtype.kind == "S":
        return "strings"
    if dataset.dtype.names:
        return "compound values"
    return f"values of the type {dataset.dtype}"


def _check_size(dataset: h5py.Dataset, file_size: int, where: str) -> None:
    """Refuse a dataset that declares more than the file stores, before it is read."""
    if dataset.shape is None:
        raise DatasetError(f"{where} has no values; an array of numbers is wanted")
    declared = math.prod(dataset.shape) * dataset.dtype.itemsize
    chunk = math.prod(dataset.chunks or (0,)) * dataset.dtype.itemsize
    stored = dataset.id.get_storage_size()
    if stored > file_size:
        raise DatasetError(f"{where} claims {stored:,} bytes in a file of {file_size:,}; it is damaged, get it again")
    possible = stored * _largest_ratio(dataset, where)
    if max(declared, chunk) > possible:
        raise DatasetError(
            f"{where} declares {max(declared, chunk):,} bytes of {dataset.shape}, but the {stored:,} bytes stored "
            f"can hold at most {possible:,}; the file is incomplete or damaged, get it again"
        )


def _shortage(dataset: h5py.Dataset, more: int) -> str | None:
    """Say that a dataset does not fit into memory, with so many more bytes for each of its numbers; None if it does."""
    size, chunk = math.prod(dataset.shape), math.prod(dataset.chunks or (0,))
    return too_large((size + chunk) * dataset.dtype.itemsize + more * size)


def _largest_ratio(dataset: h5py.Dataset, where: str) -> int:
    """Return how many times its stored size a dataset can unpack to."""
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    packed = [code for code in filters if code in COMPRESSIONS]
    if not set(filters) <= KNOWN_FILTERS | COMPRESSIONS or len(packed) > 1:
        raise DatasetError(f"{where} uses the filters {filters}; store it with gzip, lzf or without compression")
    return LARGEST_DEFLATE_RATIO if packed else 1
