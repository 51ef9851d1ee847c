"""The costs that a user's training printed or saved: which step each belongs to, and how exactly it is known."""

import json
import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from shared.data.files import listed, one_line, what_it_is_instead
from shared.network import Array, InputError

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?!\w)|\bnan\b|\binf\b", re.I)
COSTS = ("costs", "cost", "losses", "loss", "J")
"""The names of a list of costs in a file that holds more."""

LARGEST = 10**8
"""The most bytes that a file of costs may have."""


class Printed(NamedTuple):
    """costs[k] is the cost before update steps[k], known within `rounding`: half of the last decimal that is given."""

    steps: Array
    costs: Array
    rounding: float


def load(path: Path, iterations: int) -> Printed:
    """Read the costs of a training: of all its steps, or of every k-th.

    Parameters
    ----------
    path
        JSON (a list, or one under the name of costs or loss), CSV, or text: a cost on each line, or step and cost.
    iterations
        How many steps the training made.

    Raises
    ------
    InputError
        If the file holds no costs, or it is not clear which steps they belong to.
    """
    where = one_line(path)
    if wrong := what_it_is_instead(path, "a list of costs"):
        raise InputError(f"{where}: {wrong}")
    if path.stat().st_size > LARGEST:
        raise InputError(f"{where}: this is too large for a list of costs; give the costs alone")
    try:
        steps, numbers = _numbers(path.read_text(encoding="utf-8-sig"), where)
    except (UnicodeDecodeError, RecursionError, InvalidOperation) as error:
        raise InputError(f"{where}: no list of costs can be read; write one on each line, or step and cost") from error
    costs = np.array([float(number) for number in numbers])
    decimals = max(-int(number.as_tuple().exponent) for number in numbers if number.is_finite()) if len(costs) else 0
    if not np.isfinite(costs).any():
        raise InputError(f"{where}: there are no costs in this file; write one on each line, or step and cost")
    at = np.array(steps) if steps else _every(len(costs), iterations, where)
    if not (np.diff(at) > 0).all() or at[0] < 0 or at[-1] > iterations or (at != at.astype(int)).any():
        raise InputError(
            f"{where}: the steps must be whole numbers that grow from 0 to {iterations:,} at most; correct them"
        )
    return Printed(at.astype(int), costs, 0.5 * 10.0**-decimals)


def _numbers(text: str, where: str) -> tuple[list[float], list[Decimal]]:
    """Find the costs in a text, and their steps if the text has them."""
    try:
        held = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=Decimal)
    except ValueError:
        return _in_lines(text)
    return _pairs(_list_of_costs(held, where), where)


def _list_of_costs(held: Any, where: str) -> Sequence[Any]:
    """Find the list of costs in what a JSON file holds."""
    if isinstance(held, dict):
        name = next((name for name in COSTS if name in held), None)
        if name is None and all(key.isdigit() for key in held):
            return [[Decimal(key), value] for key, value in held.items()]
        if name is None:
            raise InputError(f"{where}: no costs; the file holds {listed(held)}; give them under the name 'costs'")
        held = held[name]
    if not isinstance(held, list):
        raise InputError(f"{where}: this is not a list of costs; give a list of numbers")
    return held


def _pairs(held: Sequence[Any], where: str) -> tuple[list[float], list[Decimal]]:
    """Take a list of numbers, or of pairs of step and cost."""
    pairs = [entry if isinstance(entry, list) else [entry] for entry in held]
    sizes = {len(pair) for pair in pairs}
    if len(sizes) > 1 or not sizes <= {1, 2} or not all(isinstance(V, Decimal) for pair in pairs for V in pair):
        raise InputError(f"{where}: this is not a list of costs; give a list of numbers, or of pairs of step and cost")
    return [float(pair[0]) for pair in pairs if len(pair) == 2], [pair[-1] for pair in pairs]


def _in_lines(text: str) -> tuple[list[float], list[Decimal]]:
    """Read a number on each line; or a list as NumPy prints it; or a step and a cost on each line."""
    lines = [numbers for line in text.splitlines() if (numbers := NUMBER.findall(line))]
    if text.lstrip().startswith("[") or len(lines) == 1 or {len(line) for line in lines} == {1}:
        return [], [Decimal(word) for line in lines for word in line]
    steps, costs = [], []
    for line in lines:
        whole = [word for word in line if word.isdigit()] or line[:1]
        costs.append(Decimal(next((word for word in line if not word.isdigit() and word != whole[0]), line[-1])))
        steps.append(float(whole[0]))
    return steps, costs


def _every(count: int, iterations: int, where: str) -> Array:
    """Find out which steps the costs belong to: every k-th from the first on, with or without the last of all."""
    for intervals in (count, count - 1):
        if intervals and iterations % intervals == 0:
            return np.arange(count) * (iterations // intervals)
    raise InputError(
        f"{where}: {count:,} costs are not those of every k-th of {iterations:,} steps; give --iterations as in the "
        "training, or write the step before each cost"
    )
