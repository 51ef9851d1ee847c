"""True values, and a band of curves, kept in the user's cache folder: the doctor sets the same problems every time.

A file is named after a hash of all that its content depends on: the numbers of the problem, and the code of the judge.
"""

import hashlib
import io
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path

import flint
import numpy as np
from platformdirs import user_cache_dir

import shared.judging
from shared.data.files import write_atomically
from shared.judging.curves.band import Band, correct_curves
from shared.judging.enclosure import Enclosure
from shared.judging.judge import Judge, Standard
from shared.judging.verdict import Allowance
from shared.network import QUANTITIES, Array, Parameters, Settings

PARTS = ("high", "low", "radius", "bound", "noise")
MOST = 100
"""Files that are kept: more than the fixed problems need."""


def standard(judge: Judge, parameters: Parameters) -> Standard:
    """Work out what is right at these parameters, or read what was worked out before."""
    path = _folder() / f"{_digest(f'{judge.activation} {judge.chunk}', (*parameters, judge.X, judge.Y))}.npz"
    shapes = _shapes(parameters, judge.X)
    if (known := _read(path)) and (whole := _standard(known, shapes, judge.X.dtype)):
        return whole
    fresh = judge.at(parameters)
    _keep(path, _arrays(fresh, shapes))
    return fresh


def band(parameters: Parameters, X: Array, Y: Array, settings: Settings) -> Band:
    """Draw the band of right curves, or read the one that was drawn before."""
    path = _folder() / f"{_digest(str(settings), (*parameters, X, Y))}.npz"
    if (known := _read(path)) and {*known} == {"costs", "half_width"}:
        return Band(**known)
    fresh = correct_curves(parameters, X, Y, settings)[1]
    _keep(path, vars(fresh))
    return fresh


def _folder() -> Path:
    return Path(user_cache_dir("trigrad", appauthor=False)) / f"check-{_code()}"


@cache
def _code() -> str:
    """Return a hash of the judge's code, and of what it computes with."""
    digest = hashlib.sha256(f"{np.__version__} {flint.__version__}".encode())
    for path in sorted(Path(shared.judging.__path__[0]).rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _digest(text: str, arrays: Iterable[Array]) -> str:
    digest = hashlib.sha256(text.encode())
    for V in arrays:
        digest.update(f"{V.shape} {V.dtype}".encode() + np.ascontiguousarray(V).tobytes())
    return digest.hexdigest()[:32]


def _shapes(parameters: Parameters, X: Array) -> dict[str, tuple[int, ...]]:
    """Return the shape of each quantity."""
    (n_h, n_x), m = parameters.W1.shape, X.shape[1]
    of = {"Z1": (n_h, m), "A1": (n_h, m), "W1": (n_h, n_x), "b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1)}
    return {name: () if name == "cost" else of.get(name.removeprefix("d"), (1, m)) for name in QUANTITIES}


def _arrays(fresh: Standard, shapes: dict[str, tuple[int, ...]]) -> dict[str, Array]:
    """Line up all values of one kind one after the other: one array for each kind is read quickly."""
    arrays = {part: [] for part in PARTS}  # type: dict[str, list[Array]]
    for name, shape in shapes.items():
        truth, allowance = fresh.right[name]
        for part in PARTS:
            value = getattr(truth, part) if hasattr(truth, part) else getattr(allowance, part)
            arrays[part].append(np.broadcast_to(value, shape).ravel())
    return {"cost_noise": np.array(fresh.cost_noise)} | {part: np.concatenate(V) for part, V in arrays.items()}


def _standard(known: dict[str, Array], shapes: dict[str, tuple[int, ...]], dtype: np.dtype) -> Standard | None:
    """Take the values apart again; None if they are not those of this problem."""
    ends, right = np.cumsum([int(np.prod(shape)) for shape in shapes.values()]), {}
    if {*known} != {"cost_noise", *PARTS} or any(known[part].shape != (ends[-1],) for part in PARTS):
        return None
    cut = {part: np.split(known[part], ends[:-1]) for part in PARTS}
    for place, (name, shape) in enumerate(shapes.items()):
        high, low, radius, bound, noise = (cut[part][place].reshape(shape) for part in PARTS)
        right[name] = (Enclosure(high, low, radius), Allowance(bound, noise))
    return Standard(dtype, right, float(known["cost_noise"]))


def _keep(path: Path, arrays: dict[str, Array]) -> None:
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    with suppress(OSError):  # a folder that cannot be written to costs time and nothing else
        path.parent.mkdir(parents=True, exist_ok=True)
        if sum(1 for _ in path.parent.iterdir()) < MOST:
            write_atomically(path, file.getvalue())


def _read(path: Path) -> dict[str, Array] | None:
    """Read what was kept; None if there is nothing, or it is damaged (the parts of the file have checksums)."""
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            return dict(file)
    except Exception:  # whatever is wrong with a file, the answer is to compute it again
        return None
