"""Weights: drawn from a seed, saved, and loaded from a file that nobody vouches for.

A file holds W1 (n_h, n_x), b1 (n_h, 1), W2 (1, n_h) and b2 (1, 1); n_h is what the file says, n_x what the data say.
"""

import math
import warnings
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import safetensors.numpy
from numpy.lib import format as npy

from shared.data.files import LARGEST_DEFLATE_RATIO, listed, one_line, too_large, what_it_is_instead, write_atomically
from shared.network import Array, DtypeName, InputError, Parameters

FLOATS = ("F16", "F32", "F64", "float16", "float32", "float64")
"""The types that are read, by their names in .safetensors and in NumPy."""

NPY_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
"""The versions of an array in a .npz file that hold plain numbers."""

NPZ_RATIOS = {zipfile.ZIP_STORED: 1, zipfile.ZIP_DEFLATED: LARGEST_DEFLATE_RATIO}
"""How many times its packed size an array can have, for the two ways in which NumPy packs."""

NPZ_DAMAGE = (
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


class WeightsError(InputError):
    """A file of weights cannot be used. The text is one line: file, what was found, what was wanted, what to do."""


class WeightsWarning(UserWarning):
    """The weights can be used, but they are not exactly those of the file. The text is one line."""


def draw(n_x: int, n_h: int, seed: int, dtype: DtypeName) -> Parameters:
    """Draw small random weights; the biases are zero.

    Both dtypes start from the same draw: it is made in float64 and then rounded.

    Parameters
    ----------
    n_x, n_h : int
        Numbers of inputs and of hidden units.
    seed : int
        For `np.random.default_rng`.
    dtype : "float64" or "float32"
        The type of the result.

    Returns
    -------
    parameters : Parameters
        W1 (n_h, n_x) and W2 (1, n_h) are 0.01 times a standard normal draw, b1 (n_h, 1) and b2 (1, 1) are zero.
    """
    generator = np.random.default_rng(seed)
    return Parameters(
        W1=(0.01 * generator.standard_normal((n_h, n_x))).astype(dtype),
        b1=np.zeros((n_h, 1), dtype),
        W2=(0.01 * generator.standard_normal((1, n_h))).astype(dtype),
        b2=np.zeros((1, 1), dtype),
    )


def save(path: Path, parameters: Parameters, notes: Mapping[str, str] | None = None) -> None:
    """Save weights as .safetensors, in their own dtype.

    Parameters
    ----------
    path : Path
        The file to write. It is replaced in one go, so that nobody sees half of it.
    parameters : Parameters
        The weights.
    notes : mapping of str to str, optional
        What they were made with; `read_notes` gives it back.

    Raises
    ------
    WeightsError
        If the name does not end in .safetensors, or the file cannot be written.
    """
    check_name(path)
    tensors = {name: np.ascontiguousarray(value) for name, value in parameters._asdict().items()}
    try:
        write_atomically(path, safetensors.numpy.save(tensors, dict(notes) if notes else None))
    except OSError as error:
        reason = one_line(error.strerror or error)
        raise WeightsError(f"{one_line(path)}: cannot be written ({reason}); check the folder") from error


def check_name(path: Path) -> None:
    """Check that weights can be saved under this name.

    Raises
    ------
    WeightsError
        If it does not end in .safetensors.
    """
    if path.suffix != ".safetensors":
        raise WeightsError(f"{one_line(path)}: weights are saved as .safetensors; give a name that ends so")


def load(path: Path, n_x: int, dtype: DtypeName) -> Parameters:
    """Load weights for data with n_x features.

    Parameters
    ----------
    path : Path
        A .safetensors or .npz file that holds W1, b1, W2 and b2; what else it holds is ignored.
    n_x : int
        The number of features of the data.
    dtype : "float64" or "float32"
        The type of the result. Weights of a narrower type are taken over exactly, those of a wider one are rounded.

    Returns
    -------
    parameters : Parameters
        With as many hidden units as W1 has rows.

    Raises
    ------
    WeightsError
        If the file cannot be used. The text is one line.

    Warns
    -----
    WeightsWarning
        If the file's type is wider than `dtype`.
    """
    _check_file(path)
    stored = Parameters(**READERS[path.suffix](path))
    _check_shapes(stored, n_x, path)
    _check_finite(stored, "", path)
    return _rounded(stored, dtype, path)


def read_notes(path: Path) -> dict[str, str]:
    """Return what `save` noted in a file of weights: nothing if another program made it.

    Raises
    ------
    WeightsError
        If there is no such file, or it is damaged.
    """
    _check_file(path)
    if path.suffix != ".safetensors":
        return {}
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            return dict(file.metadata() or {})
    except (safetensors.SafetensorError, OSError) as error:
        raise _damaged(path, error) from error


def _check_file(path: Path) -> None:
    """Check that a file may hold weights, by its name and its first bytes."""
    if path.suffix not in READERS:
        raise WeightsError(f"{one_line(path)}: weights come as .safetensors or .npz; give a file with such a name")
    wrong = what_it_is_instead(path, path.suffix)
    if wrong:
        raise WeightsError(f"{one_line(path)}: {wrong}")


def _rounded(stored: Parameters, dtype: DtypeName, path: Path) -> Parameters:
    """Return the weights in another type, each rounded once."""
    wide = max((value.dtype.newbyteorder("=") for value in stored), key=lambda of: of.itemsize)
    if wide.itemsize > np.dtype(dtype).itemsize:
        warnings.warn(
            f"{one_line(path)}: the weights are {wide} and are rounded to {dtype}", WeightsWarning, stacklevel=3
        )
    with np.errstate(over="ignore"):  # an overflow gives infinity, which is refused
        rounded = Parameters(*(np.ascontiguousarray(value, dtype) for value in stored))
    _check_finite(rounded, f" once rounded to {dtype}", path)
    return rounded


def _read_safetensors(path: Path) -> dict[str, Array]:
    """Read the four tensors; the library itself checks that the sizes declared are those of the file."""
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            _check_present(file.keys(), path)
            for name in Parameters._fields:
                tensor = file.get_slice(name)
                _check_type(name, tensor.get_dtype(), path)
                _check_memory(name, math.prod(tensor.get_shape()) * 8, path)
            return {name: file.get_tensor(name) for name in Parameters._fields}
    except (safetensors.SafetensorError, OSError) as error:
        raise _damaged(path, error) from error


def _read_npz(path: Path) -> dict[str, Array]:
    """Read the four arrays, and never a pickled object."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_present([name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")], path)
            return {name: _read_member(archive, name, path) for name in Parameters._fields}
    except WeightsError:
        raise
    except NPZ_DAMAGE as error:
        raise _damaged(path, error) from error


def _read_member(archive: zipfile.ZipFile, name: str, path: Path) -> Array:
    """Read one array of a .npz file, once its header, the archive's directory and the file's size agree."""
    info = archive.getinfo(f"{name}.npy")
    if info.compress_type not in NPZ_RATIOS:
        raise WeightsError(f"{one_line(path)}: {name} is packed in a way that NumPy does not know; save with np.savez")
    with archive.open(info) as member:
        shape, _, dtype = NPY_HEADERS[npy.read_magic(member)](member)
        declared = member.tell() + math.prod(shape) * dtype.itemsize
    _check_type(name, str(dtype.newbyteorder("=")), path)
    stored = min(info.compress_size, path.stat().st_size) * NPZ_RATIOS[info.compress_type]
    if not declared == info.file_size <= stored:
        raise WeightsError(
            f"{one_line(path)}: {name} declares {declared:,} bytes of {shape}, but the archive holds "
            f"{min(info.file_size, stored):,}; get or save it again"
        )
    _check_memory(name, declared, path)
    with archive.open(info) as member:
        array: Array = npy.read_array(member, allow_pickle=False)
    return array


READERS = {".safetensors": _read_safetensors, ".npz": _read_npz}
"""How a file is read, by the end of its name."""


def _damaged(path: Path, error: BaseException) -> WeightsError:
    """Say that the library cannot make sense of the file."""
    return WeightsError(
        f"{one_line(path)}: this {path.suffix} file is damaged ({one_line(error)[:200]}); get or save it again"
    )


def _check_present(there: Collection[str], path: Path) -> None:
    missing = [name for name in Parameters._fields if name not in there]
    if missing:
        raise WeightsError(
            f"{one_line(path)}: no {listed(missing)}; the file holds {listed(there)}; "
            f"wanted are {listed(Parameters._fields)}, so save them under these names"
        )


def _check_type(name: str, dtype: str, path: Path) -> None:
    if dtype not in FLOATS:
        raise WeightsError(f"{one_line(path)}: {name} holds {one_line(dtype)}; save it as float16, float32 or float64")


def _check_memory(name: str, size: int, path: Path) -> None:
    shortage = too_large(size)
    if shortage:
        raise WeightsError(f"{one_line(path)}: {name} {shortage}; use a smaller network")


def _check_shapes(stored: Parameters, n_x: int, path: Path) -> None:
    """Check that the shapes go with each other and with the data."""
    n_h = _hidden_units(stored.W1, n_x, path)
    wanted = {"W1": (n_h, n_x), "b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1)}
    for name, value in stored._asdict().items():
        shape = wanted[name]
        if value.shape != shape:
            hint = f"it is transposed, so save {name}.T" if value.shape == shape[::-1] else "so save it in that shape"
            raise WeightsError(
                f"{one_line(path)}: {name} has the shape {value.shape}; "
                f"wanted with {n_h} hidden units is {shape}, {hint}"
            )


def _hidden_units(W1: Array, n_x: int, path: Path) -> int:
    """Return the number of rows of W1, if it has any and they go with the data."""
    if W1.ndim == 2 and W1.shape[1] == n_x and W1.shape[0] > 0:
        return int(W1.shape[0])
    hint = "use weights made for these data"
    if W1.ndim == 2 and W1.shape[0] == n_x:
        hint = "it is transposed, so save W1.T"
    elif W1.ndim == 2 and W1.shape[1] == 3 * n_x:
        hint = "it is made for colour images, so try --channels rgb"
    elif W1.ndim == 2 and 3 * W1.shape[1] == n_x:
        hint = "it is made for gray images, so try --channels gray"
    raise WeightsError(
        f"{one_line(path)}: W1 has the shape {W1.shape}; wanted with {n_x} features is (hidden units, {n_x}); {hint}"
    )


def _check_finite(parameters: Parameters, when: str, path: Path) -> None:
    for name, value in parameters._asdict().items():
        bad = ~np.isfinite(value)
        if bad.any():
            index = tuple(int(i) for i in np.unravel_index(np.argmax(bad), bad.shape))
            raise WeightsError(
                f"{one_line(path)}: {name} holds {value[index]} at {index}{when}; "
                "finite weights are wanted, so correct it"
            )
