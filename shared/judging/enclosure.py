"""Real numbers known to lie within a proven radius, as NumPy arrays: what a program's values are compared with."""

import math
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
from flint import arb_mat

from shared.network import Array

SHARP = 1e-3
"""A radius is small enough if it is below this part of the distance between neighbouring floating-point numbers."""


@dataclass(frozen=True)
class Enclosure:
    """An array of real numbers, each proven to lie within `radius` of `high + low`; all three are float64 arrays.

    `high` is the float64 nearest to the ball's midpoint, `low` the rest. Where the true value is undefined or beyond
    float64 (dA2 at Z2 = 800, label 0), nothing is proven: the radius is infinite, and so is every error. (The
    bound is infinite there, too, so that any finite value passes.)
    """

    high: Array
    low: Array
    radius: Array

    @classmethod
    def of(cls, balls: arb_mat, shape: tuple[int, ...]) -> "Enclosure":
        """Convert balls to float64; the radius includes what the conversion loses."""
        high = to_floats(balls)
        rest = balls - to_balls(high)
        low = np.where(np.isfinite(high), to_floats(rest), 0.0)
        bounds = [entry.abs_upper() for entry in (rest - to_balls(low)).entries()]
        radius = np.array([0.0 if bound.is_zero() else math.nextafter(float(bound), math.inf) for bound in bounds])
        radius[~np.isfinite(radius)] = math.inf
        return cls(high.reshape(shape), low.reshape(shape), radius.reshape(shape))

    def is_sharp(self, dtype: np.dtype[Any]) -> bool:
        """Compare each radius with the spacing of `dtype` there."""
        coarser = float(
            np.finfo(dtype).eps / np.finfo(np.float64).eps
        )  # also where a value is beyond the dtype's range
        spacing = np.maximum(coarser * np.spacing(np.abs(self.high)), float(np.finfo(dtype).smallest_subnormal))
        allowed = np.maximum(SHARP * spacing, 1e-323)  # 2 units: float64 cannot express much less
        return bool(np.all((self.radius <= allowed) | np.isinf(self.radius)))

    def error(self, values: Array | float) -> Array:
        """Bound how far `values` are from the truth, entry by entry.

        Parameters
        ----------
        values : float32 or float64 array of the quantity's shape, or a float for the cost

        Returns
        -------
        error : float64 array of that shape
            An upper bound of |values - true value|, sharp even far below one float64 spacing, because values - high is
            exact near the truth. NaN or infinite wherever `values` is.

        Raises
        ------
        ValueError
            If the shape is not the quantity's.
        """
        values = np.asarray(values, dtype=np.float64)
        if values.shape != self.high.shape:
            raise ValueError(f"the values have shape {values.shape}, the quantity has {self.high.shape}")
        with np.errstate(over="ignore", invalid="ignore"):
            near = values - self.high - self.low
            own_rounding = 1 + 2.0**-49
            return np.asarray((np.abs(near) + self.radius) * own_rounding)

    def digits(self, index: tuple[int, ...], n: int) -> str:
        """Write the true value at `index` with `n` digits, or as many of them as are proven ("3.1390e-03")."""
        high, low, radius = (float(part[index]) for part in (self.high, self.low, self.radius))
        if math.isinf(radius):
            return "unknown"
        with localcontext(prec=1500):  # sums of float64 numbers are exact
            below, above = (Decimal(high) + Decimal(low) + sign * Decimal(radius) for sign in (-1, 1))
        for kept in range(n, 0, -1):
            if _scientific(below, kept) == _scientific(above, kept):
                return _scientific(below, kept)
        return f"{high:.1e} +/- {radius:.1e}"


def to_balls(values: Array) -> arb_mat:
    """Convert a float64 matrix to balls, exactly."""
    return arb_mat(values.tolist())


def to_floats(balls: arb_mat) -> Array:
    """Round the midpoints of balls to float64."""
    return np.array([float(ball) for ball in balls.entries()]).reshape(balls.nrows(), balls.ncols())


def _scientific(value: Decimal, digits: int) -> str:
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}e{int(exponent) if value else 0:+03d}"
