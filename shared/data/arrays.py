"""A file of arrays, HDF5 or .npz: what it holds, and its arrays, read when they are needed."""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from shared.data import hdf5, npz, recipes
from shared.data.examiner import examined
from shared.data.files import one_line, stamp, what_it_is_instead
from shared.data.hdf5 import DatasetError, Entry
from shared.data.images import Stored


class Arrays:
    """The arrays of an open file: what it says of each, and a function that opens one by name."""

    def __init__(self, entries: Mapping[str, Entry], opened: Callable[[str], Stored]) -> None:
        self.entries, self._opened = entries, opened

    def __getitem__(self, name: str) -> Stored:
        if name not in self.entries:
            raise DatasetError(f"no array {name!r}")
        if problem := self.entries[name].problem:
            raise DatasetError(problem)
        return self._opened(name)


@contextmanager
def opened(path: Path) -> Iterator[Arrays]:
    """Open a file of arrays.

    Raises
    ------
    DatasetError
        If it is not such a file, is damaged, or changes while it is open.
    """
    kind, recipe = recipes.for_file(path)
    if wrong := what_it_is_instead(path, "HDF5"):
        raise DatasetError(f"{one_line(path)}: {wrong}", recipe)
    if recipe and not hdf5.is_one(path):
        raise DatasetError(f"{one_line(path)}: this is {kind}; these lines make an HDF5 file of it", recipe)
    since = stamp(path)
    if zipfile.is_zipfile(path):
        with npz.opened(path, DatasetError) as members:
            entries = {
                name: Entry(array.shape, array.dtype.kind in "SU", array.problem) for name, array in members.items()
            }
            yield Arrays(entries, members.__getitem__)
    else:
        entries = examined(path)
        with hdf5.opened(path) as file:
            yield Arrays(entries, lambda name: hdf5.Stored(file, name, path, since))
    with hdf5.guarded(path, since):
        pass
