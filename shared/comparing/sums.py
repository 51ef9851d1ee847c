"""Sums over chunks: exact ones, and a second way to add, by which they are judged."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from flint import ctx

from shared.distributing.engine import Engine
from shared.distributing.exact_sum import ExactSum
from shared.distributing.team import Team
from shared.judging.arithmetic import WorstCase
from shared.judging.enclosure import Enclosure, to_balls
from shared.judging.verdict import Allowance, Judgement, judge
from shared.network import Array, Parameters, shapes

TOTALS = ("cost", "dW2", "db2", "dW1", "db1")
"""What is summed over the chunks, in the order of computation."""

BITS = 256
"""Bits of precision in the few operations that combine the second sums."""


class Chunk(NamedTuple):
    """Some of the examples."""

    X: Array
    Y: Array


def shapes_of_totals(parameters: Parameters) -> dict[str, tuple[int, ...]]:
    """The shapes of TOTALS."""
    n_h, n_x = parameters.W1.shape
    return {name: shapes(n_x, n_h, 1)[name] for name in TOTALS}


class Totals:
    """The exact sums of TOTALS over chunks, each weighted with its examples."""

    def __init__(self, parameters: Parameters) -> None:
        self.shapes = shapes_of_totals(parameters)
        self.sizes = [math.prod(shape) for shape in self.shapes.values()]
        self.sum = ExactSum(sum(self.sizes))

    def add(self, chunk: Chunk, of_chunk: Mapping[str, Any]) -> None:
        """Add the results of a chunk."""
        flat = np.concatenate([np.ravel(of_chunk[name]) for name in TOTALS])
        self.sum.add(flat, chunk.X.shape[1])

    def over(self, engine: Engine, m: int, dtype: np.dtype) -> dict[str, Any]:
        """Return the sums over all processes, divided by the number of examples, by name."""
        flat = np.split(self.sum.total(engine, m, dtype), np.cumsum(self.sizes)[:-1])
        totals = {name: V.reshape(shape) for V, (name, shape) in zip(flat, self.shapes.items(), strict=True)}
        return {**totals, "cost": float(totals["cost"])}


class Sums:
    """The sums of a program's results for the chunks, each weighted with its share of m examples.

    For each size of chunk (all have `chunk` examples, but for the last), a sum is two float64 arrays, the sum and what
    its roundings lost (Ogita, Rump and Oishi, Accurate sum and dot product, 2005): together they are off by at most
    (C u)^2 times the sum of the magnitudes, for C chunks.
    """

    def __init__(self, parameters: Parameters, m: int, chunk: int) -> None:
        self.m, self.chunks, self.shapes = m, 0, shapes_of_totals(parameters)
        self.widths = (min(chunk, m), m % chunk or min(chunk, m))  # of the chunks, and of the last
        self.sizes = {name: max(1, math.prod(shape)) for name, shape in self.shapes.items()}
        self.sums = np.zeros((1, 2, 3, sum(self.sizes.values())))  # process; width; sum, what it lost, magnitudes

    def add(self, chunk: Chunk, of_chunk: Mapping[str, Any]) -> None:
        """Add the results of a chunk."""
        self.chunks += 1
        V = np.concatenate([np.ravel(of_chunk[name]) for name in TOTALS]).astype(np.float64)
        high, low, magnitude = self.sums[0, self.widths.index(chunk.X.shape[1])]
        total = high + V
        added = total - high
        low += (high - (total - added)) + (V - added)
        high[:] = total
        magnitude += np.abs(V)

    def gather(self, team: Team) -> None:
        """Put the sums of all processes side by side."""
        self.chunks = int(team.engine.sum(np.array([self.chunks]))[0])
        self.sums = team.gather(self.sums[0])

    def judge(self, quantity: str, total: Any, worst: WorstCase) -> Judgement:
        """Judge a sum, which is rounded to float64 and to the judged dtype: two roundings at most."""
        shape = self.shapes[quantity]
        names = list(self.sizes)
        start = sum(self.sizes[name] for name in names[: names.index(quantity)])
        sums = self.sums[..., start : start + self.sizes[quantity]]
        with ctx.workprec(BITS):
            terms = [
                (to_balls(high[None]) + to_balls(low[None])) * width / self.m
                for of_process in sums
                for width, (high, low, _) in zip(self.widths, of_process, strict=True)
            ]
            exact = Enclosure.of(sum(terms[1:], terms[0]), shape)
        widths = np.array(self.widths)[None, :, None]
        magnitude = (sums[:, :, 2] * widths / self.m).sum(axis=(0, 1)).reshape(shape)
        lost = 2 * (self.chunks * 2.0**-52) ** 2 * magnitude
        truth = Enclosure(exact.high, exact.low, exact.radius + lost)
        bound = worst.add(worst.rounded(2, np.abs(exact.high)))
        return judge(quantity, total, truth, Allowance(bound, bound), worst.dtype)
