"""Which quantity of the network each value is that a program was seen to compute: by what it holds, not by its name.

A value is a quantity if it lies within the proven bound of it, or of m times it, in either orientation. Of a quantity
that is wrong, that cannot be; it is the first value from which the program's own later lines follow.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np

from shared.checking.conventions import LATE, NAMES
from shared.checking.lines import right
from shared.checking.problems import Problem
from shared.checking.visit import FLOAT64, shape_of, standard_of
from shared.checking.watching.operations import Operation
from shared.network import INPUTS, Array

BETWEEN = tuple(name for name in reversed(NAMES) if name != "dA2")
"""What is looked for, from the end to the beginning: a wrong value is known by what was made of it."""
SAME = {np.dtype("float64"): 1e-9, np.dtype("float32"): 1e-4}
"""How far a line may be off for one value to be made of another, as a share of its largest entry."""


Key = tuple[object, ...]
"""What tells an operation from the others on every problem: where it stands, and which time it is carried out."""


@dataclass(frozen=True)
class Sighting:
    """A quantity in a trace: the operation that gave it, whether it lies turned, and whether it is m times as large."""

    quantity: str
    key: Key
    turned: bool = False
    late: bool = False


@dataclass
class Trace:
    """What a program was seen to do on one problem, what it gave back, and what was found.

    `inputs` are the arguments in the program's own layout, `given` and `found` have this suite's shapes.
    The program computes in `dtype`.
    """

    problem: Problem
    operations: Sequence[Operation]
    inputs: dict[str, Array]
    given: dict[str, Array]
    dtype: np.dtype = FLOAT64
    found: dict[str, Array] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Array]:
        """All quantities that are known."""
        return {**self.found, **self.given}

    @cached_property
    def numbers(self) -> dict[Key, int]:
        """Where each operation stands; times are counted from the end, since loops are longer on larger problems."""
        times, found = Counter[Key](), dict[Key, int]()
        for operation in reversed(self.operations):
            where = (operation.place, operation.function)
            times[where] += 1
            found[*where, times[where]] = operation.number
        return found

    def operation(self, sighting: Sighting) -> Operation | None:
        """The operation that gave a quantity."""
        number = self.numbers.get(sighting.key)
        return None if number is None else self.operations[number]

    def array(self, sighting: Sighting) -> Array | None:
        """The value of a sighting, in this suite's shape and size; None if it has another."""
        shape, operation = shape_of(sighting.quantity, self.problem), self.operation(sighting)
        if operation is None or not isinstance(operation.result, np.ndarray | np.generic):
            return None
        with np.errstate(invalid="ignore"):
            V = np.asarray(operation.result, np.float64)
        if V.shape not in ((shape[::-1] if sighting.turned else shape), (prod(shape),)) and V.size != 1:
            return None
        if V.size != prod(shape):
            return None
        V = V.reshape(shape[::-1]).T if sighting.turned else V.reshape(shape)
        return V / self.problem.sizes["m"] if sighting.late else V

    def readings(self, quantity: str) -> Iterator[Sighting]:
        """Give the ways in which the operations, in their order, can be read as a quantity."""
        shape = shape_of(quantity, self.problem)
        for key, number in sorted(self.numbers.items(), key=lambda item: item[1]):
            V = self.operations[number].result
            if V.size != prod(shape) or V.dtype.kind not in "fiub":
                continue
            is_plain = V.ndim < 2 or V.size == 1
            for turned in (False,) if is_plain else (False, True):
                if is_plain or V.shape == (shape[::-1] if turned else shape):
                    yield from (
                        Sighting(quantity, key, turned, late)
                        for late in ((False, True) if quantity in LATE else (False,))
                    )

    def is_right(self, sighting: Sighting) -> bool:
        """Tell whether a value lies within the proven bound of a quantity."""
        _, _, standard = standard_of(self.problem, self.dtype)
        truth, allowance = standard.right[sighting.quantity]
        V = self.array(sighting)
        if V is None:
            return False
        with np.errstate(all="ignore"):
            return bool(np.all(truth.error(V) <= allowance.bound + 4 * np.finfo(self.dtype).eps * np.abs(V)))

    def follows(self, sighting: Sighting, consumers: Sequence[str]) -> bool:
        """Tell whether the program's own values of later quantities are what their right lines make of a value."""
        V = self.array(sighting)
        known = {**self.problem.given(), **self.values, sighting.quantity: V}
        try:
            return V is not None and all(
                same(right(name)(known), self.values[name], SAME[self.dtype]) for name in consumers
            )
        except (KeyError, ValueError):
            return False


def same(predicted: Array, V: Array, share: float) -> bool:
    """Compare two arrays, to rounding; what is not finite in one need not be the same in the other."""
    if predicted.shape != V.shape:
        return False
    finite = np.isfinite(predicted) & np.isfinite(V)
    with np.errstate(all="ignore"):
        off = np.abs(predicted - V)[finite]
    return bool(np.all(off <= share * np.max(np.abs(V[finite]), initial=0.0)))


def recognised(traces: Sequence[Trace]) -> dict[str, Sighting]:
    """Find quantities in the traces of a program, one on each problem.

    A right value counts where nothing speaks against it; where the program's own later quantities do not follow from
    it, the first value from which they do takes its place. One may be known only when another one is.
    """
    found: dict[str, Sighting] = {}

    def note(sighting: Sighting | None) -> bool:
        before = sighting and found.get(sighting.quantity)
        if sighting is None or (before and before.key == sighting.key):  # a right value, m times as large or not, stays
            return False
        found[sighting.quantity] = sighting
        for trace in traces:
            if (V := trace.array(sighting)) is not None:
                trace.found[sighting.quantity] = V
        return True

    for quantity in BETWEEN if traces else ():
        note(given_back(quantity, traces) if quantity in traces[0].given else right_on_all(quantity, traces))
    for _ in BETWEEN if traces else ():
        left = [quantity for quantity in BETWEEN if quantity not in traces[0].given]
        changed = [note(own_on_all(name, traces)) for name in left if not is_used(found.get(name), name, traces)]
        if not any(changed):
            break
    return found


def given_back(quantity: str, traces: Sequence[Trace]) -> Sighting | None:
    """Find the operation that gave what was given back."""
    ways = [way for way in traces[0].readings(quantity) if all(is_given(way, trace) for trace in traces)]
    made = [way for way in ways if (each := traces[0].operation(way)) and each.function != "transpose"]
    return chosen(made or ways, traces)


def is_given(way: Sighting, trace: Trace) -> bool:
    """Tell whether a value is the one that was given back."""
    V = trace.array(way)
    return V is not None and np.allclose(V, trace.given[way.quantity], rtol=1e-15, atol=0, equal_nan=True)


def right_on_all(quantity: str, traces: Sequence[Trace]) -> Sighting | None:
    """Find where a quantity is that is right on every problem."""
    return chosen([way for way in traces[0].readings(quantity) if all(trace.is_right(way) for trace in traces)], traces)


def chosen(ways: Sequence[Sighting], traces: Sequence[Trace]) -> Sighting | None:
    """Choose the first of several values that will all do, m times as large if the last that has a name is."""
    named = [way for way in ways if (operation := traces[0].operation(way)) and operation.name]
    return next((way for way in ways if way.late == (named or ways)[-1].late), None)


def consumers_of(quantity: str, traces: Sequence[Trace]) -> list[str]:
    """Name the known quantities whose right lines use one."""
    known = {*traces[0].values, *traces[0].problem.given(), quantity}
    return [name for name in NAMES if quantity in INPUTS[name] and name in known and {*INPUTS[name]} <= known]


def is_used(sighting: Sighting | None, quantity: str, traces: Sequence[Trace]) -> bool:
    """Tell whether the program's own later quantities follow from a value."""
    consumers = consumers_of(quantity, traces)
    return sighting is not None and all(trace.follows(sighting, consumers) for trace in traces)


def own_on_all(quantity: str, traces: Sequence[Trace]) -> Sighting | None:
    """Find a value from which the program's own later quantities follow on every problem."""
    ways = traces[0].readings(quantity) if consumers_of(quantity, traces) else ()
    return chosen([way for way in ways if is_used(way, quantity, traces)], traces)
