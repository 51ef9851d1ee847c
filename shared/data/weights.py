"""Weights: drawn from a seed, saved, and loaded from a file that nobody vouches for.

A file holds W1 (n_h, n_x), b1 (n_h, 1), W2 (1, n_h) and b2 (1, 1), perhaps under other names and in other shapes; the
file says what n_h is, the data what n_x is.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError

from shared.data import layers, tensors
from shared.data.files import one_line, write_atomically
from shared.data.tensors import WeightsError
from shared.network import DtypeName, Parameters


class WeightsWarning(UserWarning):
    """The weights can be used, but they are not exactly those of the file. The text is one line."""


def draw(n_x: int, n_h: int, seed: int, dtype: DtypeName) -> Parameters:
    """Draw small random weights; the biases are zero.

    Both dtypes start from the same draw, which is made in float64 and then rounded.

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
    """Save weights, in their own dtype, in the format of the name's ending: .safetensors, .npz, .pt or .pth.

    Parameters
    ----------
    path : Path
        The file to write. It is replaced at once, so that no one sees half of it.
    parameters : Parameters
        The weights.
    notes : mapping of str to str, optional
        What they were made with; `read_notes` gives it back.

    Raises
    ------
    WeightsError
        If the name ends in something else, or the file cannot be written.
    """
    check_name(path)
    values = {name: np.ascontiguousarray(value) for name, value in parameters._asdict().items()}
    try:
        write_atomically(path, tensors.WRITERS[path.suffix](values, notes or {}))
    except OSError as error:
        reason = one_line(error.strerror or error)
        raise WeightsError(f"{one_line(path)}: cannot be written ({reason}); check the folder") from error


def check_name(path: Path) -> None:
    """Check that weights can be saved under this name.

    Raises
    ------
    WeightsError
        If it ends in something else than .safetensors, .npz, .pt or .pth.
    """
    tensors.check_name(path, tensors.WRITERS)


def load(path: Path, n_x: int, dtype: DtypeName) -> Parameters:
    """Load weights for data with n_x features.

    Parameters
    ----------
    path : Path
        A file of NumPy (.npz), safetensors, PyTorch (.pt, .pth) or Keras (.h5, .keras). Which of its tensors is W1, b1,
        W2 and b2 follows from names, shapes and order; missing biases are zero.
    n_x : int
        The number of features of the data.
    dtype : "float64" or "float32"
        The type of the result. Weights of a narrower type are converted exactly, those of a wider one are rounded.

    Returns
    -------
    parameters : Parameters
        With as many hidden units as the file has.

    Raises
    ------
    WeightsError
        If the file cannot be used. The text is one line.

    Warns
    -----
    WeightsWarning
        If the file's type is wider than `dtype`, or names and shapes do not make it plain what was taken for what.
    """
    with tensors.opened(path) as (stored_tensors, _):
        reading = layers.chosen(stored_tensors, n_x, path)
        with tensors.damage_as_one_line(path, SafetensorError, OSError, TypeError):
            stored = reading.parameters(stored_tensors, path)
    if reading.unusual(stored_tensors):
        warnings.warn(f"{one_line(path)}: {reading.described(stored_tensors)}", WeightsWarning, stacklevel=2)
    _check_finite(stored, "", path)
    return _rounded(stored, dtype, path)


def read_notes(path: Path) -> dict[str, str]:
    """Return what `save` noted in a file of weights: nothing if another program made it.

    Raises
    ------
    WeightsError
        If there is no such file, or it is damaged.
    """
    with tensors.opened(path) as (_, notes):
        return {str(key): str(value) for key, value in notes.items()}


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


def _check_finite(parameters: Parameters, when: str, path: Path) -> None:
    for name, value in parameters._asdict().items():
        bad = ~np.isfinite(value)
        if bad.any():
            index = tuple(int(i) for i in np.unravel_index(np.argmax(bad), bad.shape))
            raise WeightsError(
                f"{one_line(path)}: {name} holds {value[index]} at {index}{when}; weights must be finite, so correct it"
            )
