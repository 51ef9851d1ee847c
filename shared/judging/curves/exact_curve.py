"""The exact curve: the costs that gradient descent would have with real numbers, to proven digits.

The training itself and its proof are in fixed_point_descent.py. Here it gets as many bits as the proof needs, and the
result is kept in the user's cache folder, in a file named after everything that it depends on.
"""

import contextlib
import hashlib
import io
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from flint import arb_mat
from platformdirs import user_cache_dir

from shared.data.files import write_atomically
from shared.judging.curves.fixed_point import LIMB
from shared.judging.curves.fixed_point_descent import Descent, Problem, UnprovenError
from shared.judging.enclosure import Enclosure
from shared.network import Array, Parameters, Progress, Settings

BITS = tuple(LIMB * limbs - 1 for limbs in (1, 2, 3, 5, 8, 13, 21, 34, 55))
"""Fraction bits, tried in this order. Limbs cost time; C has about as many bits as its fraction."""

FORMAT = 2
"""Changed whenever older files must no longer be read."""


@dataclass(frozen=True)
class ExactCurve:
    """What gradient descent with real numbers gives. `costs[i]` is the cost before update i.

    Every cost is proven to 15 digits. `parameters` are W1, b1, W2 and b2 after the last step.
    """

    costs: Enclosure
    parameters: dict[str, Enclosure]
    bits: int
    seconds: float

    def distance(self, costs: Array) -> Array:
        """Bound |costs[i] - true cost before step i| from above, for all i; NaN or infinite where costs[i] is."""
        return self.costs.error(costs)

    def digits_kept(self, costs: Array, digits: int) -> int:
        """Count the steps, from the first one on, before which each cost has so many correct digits.

        A cost has n correct digits if it is proven to lie closer to the true cost than 0.5 * 10^-n times the latter.
        The result is the first step at which a curve has fewer, or the number of steps if there is none.
        """
        true = self.costs.high - self.costs.radius  # at most the true cost, but for rounding: distance allows for it
        kept = self.distance(costs) < 0.5 * 10.0**-digits * true
        return len(kept) if kept.all() else int(np.argmin(kept))


def exact_curve(
    parameters: Parameters,
    X: Array,
    Y: Array,
    settings: Settings,
    progress: Progress | None = None,
    cache: bool = True,
) -> ExactCurve:
    """Train with real numbers.

    Parameters
    ----------
    parameters, X, Y
        What training starts from, float64 or float32, exact numbers: W1 (n_h, n_x), b1 (n_h, 1), ..., X (n_x, m),
        Y (1, m) with labels 0 and 1.
    settings
        Learning rate (the float itself is exact), number of iterations, activation.
    progress
        Called after every step with the number of steps done. It starts again if more bits turn out to be needed.
    cache
        Whether to keep the result in the user's cache folder, and to look for it there first.

    Raises
    ------
    ValueError
        If an input does not fit the others, or is not finite, or a label is neither 0 nor 1.
    ArithmeticError
        If thousands of bits do not suffice: Z1 is exactly 0 somewhere after a step that changed it, or the learning
        rate is so large that the training explodes.
    """
    _check(parameters, X, Y, settings)
    path = _cache_file(parameters, X, Y, settings)
    cached = _read(path, parameters, settings) if cache else None
    if cached:
        return cached
    curve = _prove(parameters, X, Y, settings, progress)
    if cache:
        with contextlib.suppress(OSError):  # where nothing can be kept, it is computed again
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, _content(curve))
    return curve


def _prove(parameters: Parameters, X: Array, Y: Array, settings: Settings, progress: Progress | None) -> ExactCurve:
    """Train with more and more bits until everything is proven."""
    start = time.perf_counter()
    problem = Problem.of(parameters, X, Y, float(settings.learning_rate), settings.activation)
    reason = ""
    for bits in BITS:
        descent, costs = Descent(problem, bits), []
        try:
            for done in range(1, settings.iterations + 1):
                costs.append(descent.step())
                if progress:
                    progress(done)
        except UnprovenError as error:
            reason = str(error)
            continue
        enclosed = Enclosure.of(arb_mat(1, len(costs), costs), (len(costs),))
        return ExactCurve(enclosed, descent.parameters(), bits, time.perf_counter() - start)
    raise ArithmeticError(f"the exact curve cannot be computed: {reason}")


def _check(parameters: Parameters, X: Array, Y: Array, settings: Settings) -> None:
    n_h, n_x, m = len(parameters.W1), *X.shape
    wanted = {"W1": (n_h, n_x), "b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1), "X": (n_x, m), "Y": (1, m)}
    for name, values in {**parameters._asdict(), "X": X, "Y": Y}.items():
        if (
            values.dtype not in (np.float32, np.float64)
            or values.shape != wanted[name]
            or not np.isfinite(values).all()
        ):
            raise ValueError(f"{name} must be {wanted[name]} finite float32 or float64 numbers")
    if not np.isin(Y, (0, 1)).all():
        raise ValueError("the labels in Y must be 0 or 1")
    if not math.isfinite(settings.learning_rate) or settings.iterations < 1:
        raise ValueError("the learning rate must be finite, and there must be at least one iteration")


def _cache_file(parameters: Parameters, X: Array, Y: Array, settings: Settings) -> Path:
    """Name the file after a hash of data, weights and settings. Numbers that are equal in two dtypes count as equal."""
    digest = hashlib.sha256(f"{FORMAT} {float(settings.learning_rate).hex()} {settings.iterations} ".encode())
    digest.update(f"{settings.activation} {parameters.W1.shape} {X.shape}".encode())
    for values in (*parameters, X, Y):
        digest.update(np.ascontiguousarray(values, np.float64).data)
    return Path(user_cache_dir("trigrad", appauthor=False)) / f"exact-curve-{digest.hexdigest()}.npz"


def _content(curve: ExactCurve) -> bytes:
    arrays: dict[str, Any] = {"bits": curve.bits, "seconds": curve.seconds}
    for name, enclosure in {"costs": curve.costs, **curve.parameters}.items():
        arrays |= {f"{name}_{part}": values for part, values in vars(enclosure).items()}
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _read(path: Path, parameters: Parameters, settings: Settings) -> ExactCurve | None:
    """Read a result that was kept; None if there is none or it is damaged (the parts of the file have checksums)."""
    shapes = {"costs": (settings.iterations,), **{name: value.shape for name, value in parameters._asdict().items()}}
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            kept = {name: Enclosure(*(file[f"{name}_{part}"] for part in ("high", "low", "radius"))) for name in shapes}
            bits, seconds = int(file["bits"]), float(file["seconds"])
    except Exception:  # whatever is wrong with a file, the answer is to compute it again
        return None
    parts = [(values, shapes[name]) for name in shapes for values in vars(kept[name]).values()]
    if any(values.dtype != np.float64 or values.shape != shape for values, shape in parts):
        return None
    return ExactCurve(kept.pop("costs"), kept, bits, seconds)
