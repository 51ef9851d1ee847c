"""Finds out what values without names are, by their shapes and by what they hold: another order is no mistake."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from math import prod
from typing import Any

import numpy as np

from shared.checking.conventions import (
    LATE,
    NAMES,
    OLDER,
    Convention,
    is_nameless,
    quantities_of,
    quantity_of,
    squeezed,
)
from shared.checking.judged_reply import FLOAT64, answered, dtype_of, judged, shape_of, standard_of
from shared.checking.problems import Problem
from shared.checking.sandbox.program import Reply
from shared.checking.sandbox.unpack import ORDER
from shared.judging.verdict import judge
from shared.network import Array, Parameters

RIGHT, FITS, GIVEN, SQUEEZED, NOTHING = 4, 3, 2, 1, 0
"""How much speaks for a value to be a quantity: it is right; its shape is; its shape is, but it is just an input that
was given back; its shape is right without dimensions of length 1; nothing."""
MOST = 16
"""So many values without names are tried as what a function has to give: those for which most speaks."""
TRIED = 24
"""Of the ways to read them for which equally much speaks, so many are judged."""

Support = Mapping[str, Mapping[str, int]]
"""By the name of a value and that of a quantity, how much speaks for the one to be the other."""


def with_names_read(convention: Convention, function: str, reply: Reply, problem: Problem) -> Convention:
    """Add to a convention what the values without names are, if there are any.

    First come the four quantities that a function has to give (dW1 db1 dW2 db2, or Z1 A1 Z2 A2) and did not give by
    name: those values for which most speaks, and in the usual order where nothing decides. Then come values that are
    right as something else, such as those of a cache. A number that is left alone in `gradients` is the cost. If the
    rest could be the four as well, nobody knows which are meant: then both are read.
    """
    values = reply.values or {}
    convention = with_older_names(convention, values, problem)
    dtype = dtype_of(values.values(), problem)
    places = [name for name in values if name.split(".")[-1].isdigit()]
    support = {name: {q: support_for(q, values[name], problem, convention, dtype) for q in NAMES} for name in places}
    nameless = [name for name in places if is_nameless(name) or support[name].get(str(quantity_of(name))) == NOTHING]
    if not nameless:
        return convention
    named = given_by_name([name for name in values if name not in nameless], values, problem, convention)
    needed = [q for q in ORDER[function] if q not in named]
    ways = ways_to_read(needed, nameless, support)
    read = ways[0] if len(ways) == 1 else min(ways, key=lambda way: lines_wrong(way, reply, problem, convention))
    read |= right_elsewhere([name for name in nameless if name not in read], {*named, *read.values()}, support)
    unread = [name for name in nameless if name not in read]
    if function == "gradients" and "cost" not in {*named, *read.values()}:
        read |= lone_number(unread, values)
    read |= rivals(needed, unread, support)
    return replace(convention, read=(*convention.read, *((name, read[name]) for name in nameless if name in read)))


def with_older_names(convention: Convention, values: Mapping[str, Array | str], problem: Problem) -> Convention:
    """Read dA2 as dA1, and dA1 as dA0, as older versions of the course call what layers 2 and 1 pass back.

    The shape of dA2 tells: names never outweigh shapes.
    """
    names = {quantity: name for name in values if (quantity := quantity_of(name)) in ("dA2", "dA1")}
    shape = getattr(values.get(names.get("dA2", "")), "shape", None)
    if shape is None or squeezed(shape) != squeezed(convention.theirs("dA1", np.empty(shape_of("dA1", problem))).shape):
        return convention
    return replace(convention, read=tuple((names[old], new) for old, new in OLDER.items() if old in names))


def given_by_name(
    names: Sequence[str], values: Mapping[str, Array | str], problem: Problem, convention: Convention
) -> set[str]:
    """Find the quantities that have names; the weights W1 b1 W2 b2 that are given back are no gradients."""
    back = [n for n in names if quantity_of(n) in Parameters._fields and is_input(values[n], convention, problem)]
    return {quantity for name, quantity in quantities_of(names).items() if quantity and name not in back}


def support_for(quantity: str, V: Array | str, problem: Problem, convention: Convention, dtype: np.dtype) -> int:
    """Tell how much speaks for a value to be a quantity."""
    if isinstance(V, str):
        return NOTHING
    shape = shape_of(quantity, problem)
    wanted = convention.theirs(quantity, np.empty(shape)).shape
    if V.size == prod(shape) and any(
        is_right(U.reshape(wanted), quantity, problem, convention, dtype) for U in (V, V.T)
    ):
        return RIGHT
    if V.shape == wanted:
        return GIVEN if is_input(V, convention, problem) else FITS
    return SQUEEZED if squeezed(V.shape) == squeezed(wanted) else NOTHING


def is_right(V: Array, quantity: str, problem: Problem, convention: Convention, dtype: np.dtype) -> bool:
    """Tell whether a value lies within the proven bound of a quantity, or is m times it where the 1/m may come late."""
    the_judge, parameters, standard = standard_of(problem, dtype)
    right = standard.right[quantity] if quantity in standard.right else the_judge.line(quantity, parameters, {})
    readings = [convention, *([replace(convention, late=LATE)] if quantity in LATE else [])]
    ours = [reading.ours(quantity, V.astype(FLOAT64), shape_of(quantity, problem))[0] for reading in readings]
    return any(judge(quantity, U, *right, FLOAT64).verdict != "wrong" for U in ours)


def is_input(V: Array | str, convention: Convention, problem: Problem) -> bool:
    """Tell whether a value is one that the program was given."""
    return any(np.array_equal(V, given) for given in convention.arguments(problem))


def right_elsewhere(names: Sequence[str], taken: set[str], support: Support) -> dict[str, str]:
    """Read values that are right as quantities which are not taken, each as the first of them."""
    read: dict[str, str] = {}
    for name in names:
        free = [q for q in NAMES if support[name][q] == RIGHT and q not in {*taken, *read.values()}]
        if free:
            read[name] = free[0]
    return read


def lone_number(names: Sequence[str], values: Mapping[str, Any]) -> dict[str, str]:
    """Read the only number as the cost, if there is just one."""
    numbers = [name for name in names if isinstance(values[name], np.ndarray) and not values[name].ndim]
    return {numbers[0]: "cost"} if len(numbers) == 1 else {}


def rivals(needed: Sequence[str], names: Sequence[str], support: Support) -> dict[str, str]:
    """Read values as the needed quantities once more, if they could be these as well."""
    way = ways_to_read(needed, names, support)[0]
    return way if all(support[name][q] in (RIGHT, FITS) for name, q in way.items()) else {}


def ways_to_read(needed: Sequence[str], names: Sequence[str], support: Support) -> list[dict[str, str]]:
    """Find the ways to give the needed quantities to values for which most speaks, those in the usual order first.

    Where there are more values than quantities, something has to speak for them.
    """
    most_likely = sorted(names, key=lambda name: -max((support[name][q] for q in needed), default=NOTHING))[:MOST]
    ways = list(permutations([name for name in names if name in most_likely], len(needed)))
    speaking = [sum(support[name][q] for name, q in zip(way, needed, strict=True)) for way in ways]
    most = max(speaking, default=0)
    if not most and len(needed) != len(names):
        return [{}]
    best = [way for way, much in zip(ways, speaking, strict=True) if much == most]
    best.sort(key=lambda way: [names.index(name) for name in way] != sorted(names.index(name) for name in way))
    return [dict(zip(way, needed, strict=True)) for way in best[:TRIED]]


def lines_wrong(way: Mapping[str, str], reply: Reply, problem: Problem, convention: Convention) -> int:
    """Count the lines that are wrong if the values are read in this way."""
    return len(judged(answered(reply, problem, replace(convention, read=tuple(way.items())))).wrong)
