"""Random networks of the kinds on which rounding has tripped up a judge: each kind is a few lines."""

import numpy as np

from shared.network import Array, Parameters

Network = tuple[Parameters, Array, Array]

SIZES = [(1, 1, 1), (4, 3, 7), (2, 5, 33), (20, 8, 16), (90, 2, 75), (300, 4, 30)]
"""n_x, n_h and m. They are few, because JAX compiles its functions anew for each."""


def usual(rng: np.random.Generator, sizes: tuple[int, int, int] | None = None, bias: float = 0.5) -> Network:
    """Draw weights of the usual size, and examples that are normal numbers."""
    n_x, n_h, m = sizes or SIZES[rng.integers(len(SIZES))]
    W1, b1 = rng.standard_normal((n_h, n_x)) / np.sqrt(n_x), bias * rng.standard_normal((n_h, 1))
    W2, b2 = rng.standard_normal((1, n_h)), bias * rng.standard_normal((1, 1))
    X, Y = rng.standard_normal((n_x, m)), rng.random((1, m)) < rng.uniform(0.1, 0.9)
    return Parameters(W1, b1, W2, b2), X, Y.astype(float)


def of_any_scale(rng: np.random.Generator) -> Network:
    """Weights from 0.01 to 3, pixels from 0.01 to 10."""
    P, X, Y = usual(rng, bias=1.0)
    scale = 10 ** rng.uniform(-2, 0.5)
    return Parameters(P.W1 * scale * np.sqrt(len(X)), *(scale * V for V in P[1:])), 10 ** rng.uniform(-2, 1) * X, Y


def large_biases(rng: np.random.Generator) -> Network:
    """Biases up to a million times the weights."""
    return usual(rng, bias=10 ** rng.uniform(0, 6))


def one_label(rng: np.random.Generator) -> Network:
    """All labels are the same, and Z2 is near one number."""
    P, X, Y = usual(rng)
    P.b2[...] = rng.uniform(-35, 35)
    return P, X, np.full_like(Y, rng.integers(2))


def saturated(rng: np.random.Generator) -> Network:
    """Weights up to 20 times the usual."""
    P, X, Y = usual(rng)
    size = 10 ** rng.uniform(0, 1.3)
    return Parameters(P.W1 * size, P.b1, P.W2 * size, P.b2), X, Y


def one_example(rng: np.random.Generator) -> Network:
    """A single example, so that no sum hides what its Z2 does."""
    P, X, Y = usual(rng, (4, 3, 1))
    P.b2[...] = rng.uniform(-36, 36)
    return P, X, Y


def untrained(rng: np.random.Generator) -> Network:
    """W2 and the biases are 0, or next to it: all terms of the sums over the examples are nearly equal."""
    P, X, Y = usual(rng, (12, 4, int(rng.choice([200, 500, 2000]))), bias=0.0)
    P.W2[...] *= rng.choice([0, 1e-9, 1e-6, 1e-3])
    P.b2[...] = rng.choice([0, 0.3, -1])
    P.W1[...] *= rng.choice([1, 1e-3])
    return P, X, (np.arange(Y.size)[None] % int(rng.integers(1, 5)) == 0) * 1.0


def equal_weights(rng: np.random.Generator) -> Network:
    """All weights of a layer are the same number, and the pixels are positive, or 0 and 1."""
    P, X, Y = usual(rng)
    P.W1[...], P.W2[...] = rng.uniform(-1, 1) / np.sqrt(len(X)), rng.uniform(-1, 1)
    P.b1[...] = P.b1[0]
    return P, np.abs(X) if rng.random() < 0.5 else (X > 0) * 1.0, Y


def copies(rng: np.random.Generator) -> Network:
    """Every example occurs many times."""
    P, X, Y = usual(rng, (20, 8, 16))
    return P, np.tile(X, 20), np.tile(Y, 20)


def near_copies(rng: np.random.Generator) -> Network:
    """Examples that differ in a few features only."""
    P, X, Y = usual(rng, (30, 5, 400) if rng.random() < 0.5 else (5, 3, 100))
    differ = rng.permutation(len(X)) < max(1, int(len(X) * rng.uniform(0, 0.2)))
    X = np.where(differ[:, None], X * 10 ** rng.uniform(-8, 0), X[:, :1])
    return P, X, np.ones_like(Y) if rng.random() < 0.5 else Y


def pixels(rng: np.random.Generator) -> Network:
    """Whole numbers, or shares of 255; many of them 0 or 255."""
    P, X, Y = usual(rng)
    X = np.clip(np.round(255 * (0.5 + X)), 0, 255)
    return P, X / 255 if rng.random() < 0.5 else X / 64, Y


def black_and_white(rng: np.random.Generator) -> Network:
    """Pixels that are 0 or 1."""
    P, X, Y = usual(rng)
    return P, (rng.uniform(-1, 2) < X) * 1.0, Y


def cancelling(rng: np.random.Generator) -> Network:
    """Large features that cancel each other."""
    P, X, Y = usual(rng)
    half = len(X) // 2
    X[:half] += 10 ** rng.uniform(1, 3)
    X[half : 2 * half] -= X[:half].sum() / max(1, X[:half].size)
    return P, X, Y


def one_huge_feature(rng: np.random.Generator) -> Network:
    """A feature up to a million times the others."""
    P, X, Y = usual(rng)
    X[rng.integers(len(X))] *= 10 ** rng.uniform(2, 6)
    return P, X, Y


def small_numbers(rng: np.random.Generator) -> Network:
    """Products that underflow, some or all, in float64 or in float32 (where they may be 0 from the start)."""
    P, X, Y = usual(rng, (20, 8, 16))
    small = 10 ** rng.uniform(*((-300, -100), (-38, -12))[rng.integers(2)], size=4)
    return Parameters(small[0] * P.W1, small[1] * P.b1, small[2] * P.W2, P.b2), small[3] * X, Y


def trained(rng: np.random.Generator) -> Network:
    """Most examples are learnt, a few are not: the terms of the sums are of very different sizes."""
    P, X, Y = usual(rng, (20, 8, 300))
    P.W2[...] *= 8
    Z2 = P.W2 @ np.maximum(P.W1 @ X + P.b1, 0) + P.b2
    return P, X, ((Z2 > 0) ^ (rng.random(Y.shape) < 0.05)) * 1.0


KINDS = {
    kind.__name__.replace("_", " "): kind
    for kind in (
        of_any_scale,
        large_biases,
        one_label,
        saturated,
        one_example,
        untrained,
        equal_weights,
        copies,
        near_copies,
        pixels,
        black_and_white,
        cancelling,
        one_huge_feature,
        small_numbers,
        trained,
    )
}


def draw(kind: str, dtype: str, rng: np.random.Generator) -> Network:
    """Draw a network of a kind, in a dtype."""
    P, X, Y = KINDS[kind](rng)
    return Parameters(*(V.astype(dtype) for V in P)), X.astype(dtype), Y.astype(dtype)
