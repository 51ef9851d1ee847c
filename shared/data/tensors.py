"""The tensors of a file of weights that nobody vouches for, whatever wrote it: NumPy, safetensors, PyTorch or Keras."""

import io
import json
import pickle
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy

from shared.data import arrays, npz
from shared.data.files import one_line, too_large, what_it_is_instead
from shared.data.hdf5 import DatasetError
from shared.network import Array, InputError

NOTES = "notes"
"""Notes on the weights stand beside them under this name, where a file has no other place for notes."""


class WeightsError(InputError):
    """A file of weights cannot be used. The text is one line: file, what was found, what was wanted, what to do."""


class Tensor(NamedTuple):
    """A tensor of an open file: its shape, the name of its type, what reads it, and why it cannot be read."""

    shape: tuple[int, ...]
    dtype: str
    read: Callable[[], Array]
    problem: str = ""


Contents = tuple[dict[str, Tensor], Mapping[str, str]]
"""The tensors of a file by name, and the notes on them."""


@contextmanager
def opened(path: Path) -> Iterator[Contents]:
    """Open a file of weights.

    Raises
    ------
    WeightsError
        If it is not one, or is damaged, here or where a tensor is read.
    """
    check_name(path, READERS)
    if wrong := what_it_is_instead(path, path.suffix):
        raise WeightsError(f"{one_line(path)}: {wrong}")
    with ExitStack() as files:
        yield READERS[path.suffix](path, files)


def check_name(path: Path, endings: Mapping[str, object]) -> None:
    """Check that a name has one of these endings.

    Raises
    ------
    WeightsError
        If it has another.
    """
    if path.suffix not in endings:
        *most, last = endings
        raise WeightsError(
            f"{one_line(path)}: weights come as {', '.join(most)} or {last}; give a file with such a name"
        )


def _of_safetensors(path: Path, files: ExitStack) -> Contents:
    """The library itself checks that the sizes declared are those of the file."""
    with damage_as_one_line(path, safetensors.SafetensorError, OSError):
        file = files.enter_context(safetensors.safe_open(path, framework="numpy"))
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        notes = file.metadata() or {}
    return {
        name: Tensor(tuple(part.get_shape()), part.get_dtype(), lambda name=name: file.get_tensor(name))  # type: ignore[misc]
        for name, part in slices.items()
    }, notes


def _of_npz(path: Path, files: ExitStack) -> Contents:
    """No pickled object is read."""
    members = files.enter_context(npz.opened(path, WeightsError))
    noted = members.pop(NOTES, None)
    with damage_as_one_line(path, ValueError):
        notes = json.loads(str(noted.whole())) if noted and noted.dtype.kind == "U" else {}
    return {
        name: Tensor(member.shape, str(member.dtype.newbyteorder("=")), member.whole, member.problem)
        for name, member in members.items()
    }, notes if isinstance(notes, dict) else {}


def _of_torch(path: Path, files: ExitStack) -> Contents:
    """Only what makes tensors is unpickled."""
    try:
        import torch
    except ImportError as error:
        raise WeightsError(f"{one_line(path)}: PyTorch is not installed, which reads such files; install it") from error

    if shortage := too_large(2 * path.stat().st_size):
        raise WeightsError(f"{one_line(path)}: {shortage}; use a smaller network")
    try:
        with warnings.catch_warnings(action="ignore"):
            held = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{one_line(path)}: this file holds more than tensors ({one_line(error)[:100]}), or is damaged; "
            "save model.state_dict()"
        ) from error
    except Exception as error:  # torch.load raises whatever happens to go wrong
        raise damaged(path, error) from error
    notes = held.pop(NOTES, {}) if isinstance(held, dict) else {}
    tensors = {name: value for name, value in _flat(held) if isinstance(value, torch.Tensor)}
    return {
        name: Tensor(tuple(value.shape), str(value.dtype).removeprefix("torch."), value.detach().numpy)
        for name, value in tensors.items()
        if value.layout == torch.strided
    }, notes if isinstance(notes, dict) else {}


def _flat(held: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what nested dictionaries and lists hold, by dotted names."""
    inner = held.items() if isinstance(held, dict) else enumerate(held) if isinstance(held, list | tuple) else ()
    for name, value in inner:
        yield f"{before}{name}", value
        yield from _flat(value, f"{before}{name}.")


def _of_hdf5(path: Path, files: ExitStack) -> Contents:
    """Keras keeps each variable as a dataset in the groups of its layer."""
    with damage_as_one_line(path):
        file = files.enter_context(arrays.opened(path))
    readable = {name: entry for name, entry in file.entries.items() if not entry.text and not entry.problem}
    stored = {name: file[name] for name in readable}
    return {name: Tensor(of.shape, str(of.dtype.newbyteorder("=")), of.whole) for name, of in stored.items()}, {}


def _of_keras(path: Path, files: ExitStack) -> Contents:
    """The archive holds the weights as an HDF5 file."""
    copy = Path(files.enter_context(tempfile.TemporaryDirectory(prefix="trigrad-"))) / "model.weights.h5"
    with damage_as_one_line(path, *npz.DAMAGE), zipfile.ZipFile(path) as archive:
        info = archive.getinfo(copy.name)
        if shortage := too_large(info.file_size):
            raise WeightsError(f"{one_line(path)}: {shortage}; use a smaller network")
        with archive.open(info) as packed:
            copy.write_bytes(packed.read(info.file_size))
    return _of_hdf5(copy, files)


READERS: Mapping[str, Callable[[Path, ExitStack], Contents]] = {
    ".safetensors": _of_safetensors,
    ".npz": _of_npz,
    ".pt": _of_torch,
    ".pth": _of_torch,
    ".h5": _of_hdf5,
    ".keras": _of_keras,
}
"""How a file is read, by the end of its name."""


@contextmanager
def damage_as_one_line(path: Path, *kinds: type[Exception]) -> Iterator[None]:
    """Turn exceptions of these kinds, and DatasetError, into WeightsError."""
    try:
        yield
    except WeightsError:
        raise
    except DatasetError as error:
        raise WeightsError(str(error)) from error
    except kinds as error:
        raise damaged(path, error) from error


def damaged(path: Path, error: BaseException) -> WeightsError:
    """Say that the library cannot make sense of the file."""
    return WeightsError(
        f"{one_line(path)}: this {path.suffix} file is damaged ({one_line(error)[:200]}); get or save it again"
    )


def to_safetensors(values: Mapping[str, Array], notes: Mapping[str, str]) -> bytes:
    """Write a .safetensors file."""
    return safetensors.numpy.save(dict(values), dict(notes) if notes else None)


def to_npz(values: Mapping[str, Array], notes: Mapping[str, str]) -> bytes:
    """Write a .npz file."""
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **values, **{NOTES: np.array(json.dumps(dict(notes)))})
    return file.getvalue()


def to_torch(values: Mapping[str, Array], notes: Mapping[str, str]) -> bytes:
    """Write a .pt file: a dictionary of tensors."""
    import torch

    file = io.BytesIO()
    torch.save({**{name: torch.from_numpy(V) for name, V in values.items()}, NOTES: dict(notes)}, file)
    return file.getvalue()


WRITERS = {".safetensors": to_safetensors, ".npz": to_npz, ".pt": to_torch, ".pth": to_torch}
"""How a file is written, by the end of its name."""
