"""How far a step of gradient descent on whole numbers can part from that of real numbers (fixed_point_descent.py).

Everything here is float64 and lies a little above what it bounds.
"""

import math
from typing import NamedTuple

import numpy as np

from shared.network import Array

ABOVE = 1.01
"""Makes an upper bound of a float64 figure that is off by far less than 1%."""

LARGE = 2.0**500


class Bounds(NamedTuple):
    """What is proven about one step."""

    kappa: float
    w: float  # 1 + sum |W2_j|
    steepest: float  # the largest |g_i|: Z2 changes by at most so much when the weights move by 1
    q: float
    growth: float  # how many times as far apart as before the step two networks can be after it
    rounding: float  # how far the rounding in the step moves the weights, in units of the last place

    def hold(self, error: float, off: float, m: int) -> bool:
        """Check that the bounds hold all the way from theta~ to theta, `error`, with Z1 `off` by so much."""
        near = (error + m * self.w * (2.0**-590 + 8 * off)) * self.q <= self.kappa / 32
        return near and self.growth < LARGE and self.rounding < LARGE

    def after_step(self, error: int) -> int:
        """Bound the distance after the step, from that before it, both in units of the last place."""
        return (error * math.ceil(self.growth * 2**40) >> 40) + 1 + math.ceil(self.rounding)

    def in_cost(self, error: int, off: int) -> int:
        """Bound by how many units the cost is off, which Z2 moves by as much at most; Z2 itself is by w (off + 2)."""
        return error * math.ceil(self.steepest) + math.ceil(self.w) * (off + 2)


@np.errstate(over="ignore", invalid="ignore")  # what is infinite or NaN is no bound, and fails every check
def bounds(
    W2: Array,
    A1: Array,
    slope: Array,
    curvature: Array,
    A2: Array,
    dZ2: Array,
    G: Array,
    rate: float,
    in_Z1: float,
) -> Bounds:
    """Compute the bounds of a step.

    Parameters
    ----------
    W2 : (n_h, 1)
    A1, slope, curvature : (n_h, m), the hidden activation and its first and second derivative
    A2, dZ2 : (m,)
    G : (m, m), the products of the examples, each with a 1 for the bias
    rate : the learning rate
    in_Z1 : how far Z1 is off, in units of the last place, 1 or more
    """
    n_h, m = A1.shape
    kappa = math.sqrt((n_h + m + 64) * 2.0**-50)
    weighted = W2 * slope
    grams = (weighted.T @ weighted) * G + A1.T @ A1 + 1  #                 (m, m), g_i'g_k
    squares = np.diag(grams)
    w, r, steepest = 1 + float(np.abs(W2).sum()), math.sqrt(G.diagonal().max()), math.sqrt(squares.max())
    q = ABOVE * (r * (1 + math.sqrt(n_h) + r * w) + steepest)

    root = np.sqrt(A2 * (1 - A2) / m)
    largest = spectral_norm(rate * root[:, None] * grams * root, kappa) + kappa * abs(rate) * squares.mean()
    rest = np.sqrt(quadratic(dZ2 * slope, G)) + np.sqrt(quadratic(W2 * dZ2 * curvature, G * G))
    stretch = float(np.maximum(1, largest - 1 if rate > 0 else largest + 1))
    growth = (stretch + abs(rate) * (float(rest.max()) + kappa * q)) * (1 + kappa)
    return Bounds(kappa, w, ABOVE * steepest, q, growth, ABOVE * rounding(np.abs(W2), np.abs(A1), G, abs(rate), in_Z1))


def spectral_norm(matrix: Array, kappa: float, squarings: int = 3) -> float:
    """Bound the spectral norm. The Frobenius norm will do up to 2; else that of M'M, whose norm is the square."""
    frobenius = float(np.linalg.norm(matrix)) * (1 + kappa)
    if frobenius <= 2 or not squarings:
        return frobenius
    return math.sqrt(spectral_norm(matrix.T @ matrix, kappa, squarings - 1) + (kappa * frobenius) ** 2)


def quadratic(rows: Array, matrix: Array) -> Array:
    """Compute row M row' for each row; rounding may make a zero negative."""
    return np.maximum(((rows @ matrix) * rows).sum(axis=1), 0)


def rounding(W2: Array, A1: Array, G: Array, rate: float, in_Z1: float) -> float:
    """Count the roundings of a step, in units of the last place; W2 and A1 are absolute values.

    If Z1 is off by z, then A1 is by z + 2, its slope by z + 6, and Z2, hence A2 too, by w (z + 2); rate dZ2, from which
    all updates are made, by `change`. |dZ2| <= 1/m, and slopes are at most 1.
    """
    m, w = A1.shape[1], 1 + W2.sum()
    change = rate * (w * (in_Z1 + 2) / m + 1) + 1
    in_C = W2 * (change + rate * (in_Z1 + 6) / m) + 1  #                   (n_h, 1), each entry of a row
    in_W2 = change * A1.sum(axis=1) + rate * (in_Z1 + 2) + 1  #            (n_h,)
    in_b2 = change * m
    return math.sqrt(np.abs(G).sum() * np.square(in_C).sum() + np.square(in_W2).sum() + in_b2**2)
