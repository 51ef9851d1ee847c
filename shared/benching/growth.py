"""How the cost of a step grows: a sweep over m, the number of examples, and over n_x, the number of inputs."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from shared.benching.contestant import Pace
from shared.benching.process import ContestantFailed, Process
from shared.benching.record import Growth
from shared.network import Progress

FACTORS = (0.25, 0.5, 1, 2, 4)
"""Each of m and n_x goes from a quarter of the data's size to four times that size, while the other stays."""


def sizes(n_x: int, m: int) -> list[tuple[int, int]]:
    """List the sizes (n_x, m) of the sweep, each once."""
    along_m = [(n_x, max(2, round(factor * m))) for factor in FACTORS]
    return list(dict.fromkeys([*along_m, *((max(1, round(factor * n_x)), m) for factor in FACTORS)]))


def sweep(
    processes: Mapping[str, Process], n_x: int, m: int, progress: Progress
) -> tuple[list[Growth], dict[str, str]]:
    """Measure every contestant at every size, in turn, and fit the exponents.

    Parameters
    ----------
    processes
        The contestants, by name.
    n_x, m
        The sizes of the data, in the middle of the sweep.

    Returns
    -------
    growth
        Of every contestant's steps and floor, along m and along n_x.
    failures
        The errors of the others, by name.
    """
    paces: dict[str, dict[tuple[int, int], Pace]] = {name: {} for name in processes}
    failures: dict[str, str] = {}
    for done, size in enumerate(sizes(n_x, m)):
        for name in [name for name in processes if name not in failures]:
            try:
                paces[name][size] = processes[name].ask("pace", *size)
            except ContestantFailed as failure:
                failures[name] = str(failure)
        progress(done + 1)
    complete = {name: seconds for name, seconds in paces.items() if name not in failures}
    return [g for name, of_it in complete.items() for g in growth(name, of_it, n_x, m)], failures


def growth(name: str, paces: Mapping[tuple[int, int], Pace], n_x: int, m: int) -> Iterator[Growth]:
    """Fit the exponents of one contestant, along m and along n_x."""
    along_m = {size[1]: pace for size, pace in sorted(paces.items()) if size[0] == n_x}
    along_n_x = {size[0]: pace for size, pace in sorted(paces.items()) if size[1] == m}
    for along, by_size in (("m", along_m), ("n_x", along_n_x)):
        for what in Pace._fields:
            seconds = [getattr(pace, what) for pace in by_size.values()]
            yield Growth(name, along, what, list(by_size), seconds, *exponent(list(by_size), seconds))


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> tuple[float, float]:
    """Fit seconds = constant * size^exponent; return the exponent and its standard error.

    The line goes through the logarithms, by least squares.
    """
    from scipy.stats import linregress  # takes a second to import

    fit = linregress(np.log(sizes), np.log(seconds))
    return float(fit.slope), float(np.nan_to_num(fit.stderr))  # NaN where all seconds are equal: no error at all
