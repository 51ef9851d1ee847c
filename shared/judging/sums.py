"""What the noise of a sum depends on: its partial sums, and how many of its terms are alike."""

import numpy as np

from shared.network import Array

LANES = (1, 2, 4, 8)
"""With SIMD, libraries keep so many partial sums: each takes every second, fourth or eighth term."""


def alike(rows: Array, width: Array) -> Array:
    """For each entry, count the entries of its row that are equal when all are rounded to multiples of the width."""
    rounded = np.rint(rows / np.where(width > 0, width, 1))
    order = np.argsort(rounded, axis=1)
    in_order = np.take_along_axis(rounded, order, axis=1)
    new = np.diff(in_order, axis=1, prepend=np.nan) != 0
    kind = new.cumsum()  # numbers the kinds of all rows, one after the other
    in_order, counts = np.bincount(kind)[kind].reshape(rows.shape), np.empty(rows.shape)
    np.put_along_axis(counts, order, in_order, axis=1)
    return counts


def typical(columns: Array) -> Array:
    """The root mean square of each column; 1 where all of it is 0."""
    size = np.sqrt(np.square(columns).mean(axis=0))
    return np.where(size > 0, size, 1)


def squared_partial_sums(rows: Array, columns: Array, share: Array, bias: Array, tail: float) -> Array:
    """For each entry of share * (rows @ columns) + bias, add up the squares of its partial sums, in the noisiest order.

    The terms come from left to right, from right to left or shuffled, in one lane or several (the mean over all orders
    of each lane), the bias last or first. S_1 ... S_n are the partial sums from left to right, S_n = S; then those from
    right to left are S - S_0, ..., S - S_(n-1), with S_0 = 0. The bias, where it comes first, is added to each.
    """
    n, partial, forward = rows.shape[1], *np.zeros((2, len(rows), columns.shape[1]))
    term = np.empty_like(partial)
    for k in range(n):
        partial += np.multiply(rows[:, k : k + 1], columns[k], out=term)
        forward += np.square(partial, out=term)
    total, forward = share * partial, np.square(share) * forward
    sums = share * ((rows * np.arange(n, 0, -1)) @ columns)  #         S_1 + ... + S_n
    backward = forward + (n + 1) * total * total - 2 * total * sums
    orders = [(forward, sums, n), (backward, (n + 1) * total - sums, n)]
    orders += [shuffled(rows, columns, share, tail, lanes) for lanes in LANES]
    last = np.maximum.reduce([squares for squares, _, _ in orders]) + np.square(total + bias)
    first = np.maximum.reduce([squares + 2 * bias * sums + n * np.square(bias) for squares, sums, n in orders])
    return np.maximum(last, first)


def shuffled(rows: Array, columns: Array, share: Array, tail: float, lanes: int) -> tuple[Array, Array, int]:
    """Deal the terms out to lanes in turn, and sum each lane in a random order: the mean squares of all partial sums.

    In a random order S_k is k/n S and a random part whose squares add up to (n + 1) sum t^2 / 6 in the mean; `tail` is
    how many times more of it counts, up to the 3n/2 times that it can be at most (|S_k - k/n S| <= sum |t| / 2).
    Also returned are the sum of the first lane's partial sums and its number of terms: the bias is added there.
    """
    squares = np.zeros_like(share)
    for lane in reversed(range(lanes)):  # the first lane comes last, and is returned
        A, B = rows[:, lane::lanes], columns[lane::lanes]
        n, total = A.shape[1], share * (A @ B)
        mixed = np.square(share) * (np.square(A) @ np.square(B))
        squares += (n + 1) * (min(max(tail, 1), 1.5 * n) * mixed / 6 + total * total / 3)
    return squares, (n + 1) / 2 * total, n


def scaled(A: Array, B: Array) -> tuple[Array, Array, Array]:
    """Divide the rows of A and the columns of B by their largest entry, so that their squares stay in range."""
    rows, columns = np.abs(A).max(axis=1, keepdims=True), np.abs(B).max(axis=0, keepdims=True)
    return A / np.where(rows > 0, rows, 1), B / np.where(columns > 0, columns, 1), rows * columns
