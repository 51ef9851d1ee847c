"""The exact sums over chunks of what a program gives for each of them, and the judgement on the program's own sums."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from flint import ctx

from shared.comparing.chunked import TOTALS, Chunk
from shared.judging.arithmetic import Worst
from shared.judging.enclosure import Enclosure, to_balls
from shared.judging.verdict import Allowance, Judgement, judge
from shared.network import Array

BITS = 256
"""Precision of the few operations that put the exact sums together."""


class Sums:
    """The exact sums of what a program gives for each of the chunks, each weighted with its share of m examples.

    For each size of chunk, a sum is two float64 arrays, the sum and what its roundings lost (Ogita, Rump and Oishi,
    Accurate sum and dot product, 2005): together they are off by at most (C u)^2 times the sum of the magnitudes.
    """

    def __init__(self, m: int) -> None:
        self.m, self.chunks = m, 0
        self.sums: dict[tuple[str, int], tuple[Array, Array]] = {}
        self.sizes: dict[str, Array] = {}

    def add(self, chunk: Chunk, parts: Mapping[str, Any]) -> None:
        """Add what a chunk gave."""
        self.chunks += 1
        size = chunk.X.shape[1]
        for quantity in TOTALS:
            V = np.atleast_2d(np.asarray(parts[quantity], np.float64))
            high, low = self.sums.get((quantity, size), (np.zeros_like(V), np.zeros_like(V)))
            total = high + V
            added = total - high
            self.sums[quantity, size] = total, low + ((high - (total - added)) + (V - added))
            self.sizes[quantity] = self.sizes.get(quantity, 0.0) + np.abs(V) * (size / self.m)

    def judge(self, quantity: str, total: Any, worst: Worst) -> Judgement:
        """Judge a sum by the bound of its roundings: C - 1 additions and two of scaling, for C chunks."""
        shape = () if quantity == "cost" else self.sizes[quantity].shape
        terms_of = [(size, *pair) for (name, size), pair in self.sums.items() if name == quantity]
        with ctx.workprec(BITS):
            terms = [(to_balls(high) + to_balls(low)) * size / self.m for size, high, low in terms_of]
            exact = Enclosure.of(sum(terms[1:], terms[0]), shape)
        sizes = self.sizes[quantity].reshape(shape)
        lost = 2 * (self.chunks * 2.0**-52) ** 2 * sizes
        truth = Enclosure(exact.high, exact.low, exact.radius + lost)
        bound = worst.add(worst.rounded(self.chunks + 1, sizes))
        return judge(quantity, total, truth, Allowance(bound, bound), worst.dtype)
