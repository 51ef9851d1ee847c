"""Many processes: how the gradients of shares make the gradient of all. Change SHARES to cut the examples otherwise."""

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from shared.distributing.engine import Alone
from shared.distributing.exact_sum import ExactSum
from shared.lessons.lesson import Claim, draw, photographs
from shared.network import Array, Implementation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLE = "the gradients of uneven shares, and why whole numbers add them up"

EXPECT = """
The cost is a mean over all m examples. Where N processes have a share each, every one computes
the gradient of the mean over its own m_k examples. The gradient of all is the sum of m_k / m
times that of share k.

The mean of these means is something else, unless the shares are equal: a small one counts as much
as a large one. The sum of the means of N equal shares is N times too large: without the division
a training takes steps that are N times too large, and may diverge.

Even the right sum depends on N in its last digits, if it is made in floating point: each addition
rounds, and another N adds in another order. Two runs of the same training then part.

Whole numbers are added without rounding. Cut into whole numbers, added, and rounded once, the sum
has the same bits for every N. That is what this suite does with the chunks of every process.
"""

SHARES = {2: (0, 180, 209), 3: (0, 100, 200, 209), 4: (0, 60, 120, 180, 209), 7: (0, 10, 30, 60, 100, 150, 205, 209)}
"""For each number of processes, where its shares of the 209 photographs begin and end."""

EQUAL = tuple(range(0, 210, 19))
"""Eleven equal shares; as pieces of whole numbers they are never cut, and each process has some of them."""


class Measured(NamedTuple):
    """For each number of processes, how far dW1 is from that of all examples, as a share of its largest entry.

    `times` is how many times too large the sum of the means of equal shares is. `bits` is how many different dW1 there
    are among the numbers of processes, with floating-point sums and with whole numbers.
    """

    mean_of_means: dict[int, float]
    times: float
    weighted: dict[int, float]
    bits: dict[str, int]


def experiment(implementation: Implementation) -> Measured:
    """Compute dW1 of every share, and put the shares together in four ways."""
    X, Y = photographs()
    parameters = draw()

    def of(start: int, stop: int) -> Array:
        """The gradient of some of the examples."""
        part = slice(start, stop)
        return implementation.gradients(parameters, X[:, part].copy(), Y[:, part].copy()).dW1

    of_all, m = of(0, 209), 209
    mean_of_means, weighted, floats = {}, {}, []
    for count, ends in SHARES.items():
        means = [of(*share) for share in pairwise(ends)]
        sizes = np.diff(ends)
        right = np.sum([size * d for size, d in zip(sizes, means, strict=True)], axis=0) / m
        mean_of_means[count] = away(np.mean(means, axis=0), of_all)
        weighted[count] = away(right, of_all)
        floats.append(right.tobytes())
    too_large = np.sum([of(*share) for share in pairwise(EQUAL)], axis=0)
    times = float(np.vdot(too_large, of_all) / np.vdot(of_all, of_all))
    pieces = [(stop - start, of(start, stop)) for start, stop in pairwise(EQUAL)]
    exact = [in_whole_numbers(pieces, count).tobytes() for count in SHARES]
    return Measured(mean_of_means, times, weighted, {"floats": len(set(floats)), "whole numbers": len(set(exact))})


def in_whole_numbers(pieces: list[tuple[int, Array]], count: int) -> Array:
    """Let each of `count` processes sum some of the pieces in whole numbers, and add up their sums."""
    processes = [ExactSum(pieces[0][1].size) for _ in range(count)]
    for k, (size, d) in enumerate(pieces):
        processes[k % count].add(d.ravel(), size)
    together = ExactSum(pieces[0][1].size)
    for process in processes:
        process.carry_over()
        for level, units in process.wholes.items():
            together.wholes[level] = together.wholes.get(level, 0) + units
    return together.total(Alone(), 209, np.float64)


def away(d: Array, right: Array) -> float:
    """How far a gradient is from the right one, as a share of its largest entry."""
    return float(np.abs(d - right).max() / np.abs(right).max())


def claims(measured: Measured) -> list[Claim]:
    """Say which way to put shares together is right, and which gives the same bits."""
    collected = []
    for count in SHARES:
        off, near = measured.mean_of_means[count], measured.weighted[count]
        collected += [
            Claim(f"{count} uneven shares: the mean of means is off by more than 1%", f"{off:.0%}", off > 0.01),
            Claim(f"{count} uneven shares, each times m_k / m: off by rounding only", f"{near:.0e}", near < 1e-13),
        ]
    times = measured.times
    collected.append(
        Claim("11 equal shares: the sum of means is 11 times too large", f"{times:.6f}", abs(times - 11) < 1e-12)
    )
    floats, wholes = measured.bits["floats"], measured.bits["whole numbers"]
    return [
        *collected,
        Claim("2, 3, 4 and 7 processes, sums of floats: more than one dW1", f"{floats}", floats > 1),
        Claim("2, 3, 4 and 7 processes, sums of whole numbers: one dW1", f"{wholes}", wholes == 1),
    ]


def picture(figure: "Figure", by_framework: dict[str, Measured]) -> None:
    """Draw how far each way is from the right gradient, for each number of processes."""
    from shared.lessons.picture import BLUE, ORANGE

    axes, counts = figure.subplots(), list(SHARES)
    for k, measured in enumerate(by_framework.values()):
        ways = {
            "mean of means": ([measured.mean_of_means[n] for n in counts], "s-", ORANGE),
            "each times m_k / m": ([measured.weighted[n] for n in counts], "x-", BLUE),
        }
        for label, (distances, look, colour) in ways.items():
            axes.plot(counts, distances, look, color=colour, label=None if k else label)
    axes.set(yscale="log", xlabel="processes", ylabel="distance from dW1 of all, as a share of its largest entry")
    axes.set_xticks(counts)
    axes.legend()
