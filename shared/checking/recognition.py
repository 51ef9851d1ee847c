"""Which quantity of the network each value is that a program was seen to compute: by what it holds, not by its name.

A value is a quantity if it lies within the proven bound of it, or of m times it, in either orientation. Of a quantity
that is wrong, that cannot be; it is the first value from which the program's own later lines follow.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod

import numpy as np

from shared.checking.conventions import LATE, NAMES, quantity_of
from shared.checking.judged_reply import FLOAT64, shape_of, standard_of
from shared.checking.lines import right
from shared.checking.problems import Problem
from shared.checking.watching.operations import Input, Operation, Result
from shared.network import INPUTS, Array

BETWEEN = tuple(name for name in reversed(NAMES) if name != "dA2")
"""What is looked for, from the end to the beginning: a wrong value is known by what was made of it."""
SAME = {np.dtype("float64"): 1e-9, np.dtype("float32"): 1e-4}
"""How far a line may be off for one value to be made of another, as a share of its largest entry."""
SIGNED = ("dZ2", "dA1", "dZ1")
"""Gradients that a program may have with the other sign, and give back rightly all the same."""
Key = tuple[object, ...]
"""What tells an operation from the others on every problem: where it stands, and which time it is carried out."""


@dataclass(frozen=True)
class Sighting:
    """A quantity in a trace: the operation that gave it; whether it lies turned, is m times as large, `opposite`.

    Who computes Y - A2 goes uphill, and adds what others subtract: the signs of dZ2, dA1 and dZ1 are a convention.
    """

    quantity: str
    key: Key
    turned: bool = False
    late: bool = False
    opposite: bool = False


@dataclass
class Trace:
    """What a program was seen to do on one problem, what it gave back, and what was found.

    `inputs` are the arguments in the program's own layout, `given` and `found` have this suite's shapes, `misfits` what
    was given back in another one. The program computes in `dtype`.
    """

    problem: Problem
    operations: Sequence[Operation]
    inputs: dict[str, Array]
    given: dict[str, Array]
    dtype: np.dtype = FLOAT64
    misfits: dict[str, Array] = field(default_factory=dict)
    found: dict[str, Array] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, Array]:
        """All quantities that are known."""
        return {**self.found, **self.given}

    @cached_property
    def numbers(self) -> dict[Key, int]:
        """Where each operation stands; times are counted from the end, since loops are longer on larger problems."""
        times, numbers = Counter[Key](), dict[Key, int]()
        for operation in reversed(self.operations):
            where = (operation.place, operation.function)
            times[where] += 1
            numbers[*where, times[where]] = operation.number
        return numbers

    def operation(self, sighting: Sighting) -> Operation | None:
        """The operation that gave a quantity."""
        number = self.numbers.get(sighting.key)
        return None if number is None else self.operations[number]

    def where_undefined(self, sighting: Sighting) -> Operation | None:
        """The first of the operations behind a value that made what is no number of numbers."""
        last = self.operation(sighting)
        behind = [last] if last else []
        for operation in behind:  # it grows on the way
            parts = (self.operations[each.number] for each in operation.inputs if isinstance(each, Result))
            behind += [part for part in parts if part not in behind and not np.isfinite(part.result).all()]
        return min(behind, key=lambda operation: operation.number, default=None)

    @cached_property
    def loss(self) -> Operation | None:
        """The number that autograd went back from: the last one before that nothing else was made of; None without."""
        back = (o.number for o in self.operations if o.function == "grad" or o.options.get("goes_back"))
        forward = self.operations[: next(back, 0)]
        used = {operand for operation in forward for operand in operation.inputs}
        ends = (o for o in reversed(forward) if not o.result.shape and Result(o.number) not in used)
        made = (o for o in ends if any(isinstance(each, Result | Input) for each in o.inputs))  # JAX goes back from a 1
        return next((o for o in made if o.result.dtype.kind == "f"), None)

    def shape(self, quantity: str) -> tuple[int, ...]:
        """The shape of a quantity: this suite's, or the one in which it was given back."""
        return self.misfits[quantity].shape if quantity in self.misfits else shape_of(quantity, self.problem)

    def array(self, sighting: Sighting) -> Array | None:
        """The value of a sighting, in the shape and size of the quantity; None if it has another."""
        shape, operation = self.shape(sighting.quantity), self.operation(sighting)
        if operation is None or not isinstance(operation.result, np.ndarray | np.generic):
            return None
        with np.errstate(invalid="ignore"):
            V = np.asarray(operation.result, np.float64)
        if V.shape not in ((shape[::-1] if sighting.turned else shape), (prod(shape),)) and V.size != 1:
            return None
        if V.size != prod(shape):
            return None
        V = V.reshape(shape[::-1]).T if sighting.turned else V.reshape(shape)
        V = -V if sighting.opposite else V
        return V / self.problem.sizes["m"] if sighting.late else V

    def readings(self, quantity: str, opposite: bool = False) -> Iterator[Sighting]:
        """Give the ways in which the operations, in their order, can be read as a quantity, or as its `opposite`."""
        shape = self.shape(quantity)
        for key, number in sorted(self.numbers.items(), key=lambda item: item[1]):
            V = self.operations[number].result
            if V.size != prod(shape) or V.dtype.kind not in "fiub":
                continue
            is_plain = V.ndim < 2 or V.size == 1
            for turned in (False,) if is_plain else (False, True):
                if is_plain or V.shape == (shape[::-1] if turned else shape):
                    yield from (
                        Sighting(quantity, key, turned, late, opposite)
                        for late in ((False, True) if quantity in LATE else (False,))
                    )

    def is_right(self, sighting: Sighting) -> bool:
        """Tell whether a value lies within the proven bound of a quantity."""
        _, _, standard = standard_of(self.problem, self.dtype)
        truth, allowance = standard.right[sighting.quantity]
        V = self.array(sighting)
        if V is None or V.shape != shape_of(sighting.quantity, self.problem):
            return False
        with np.errstate(all="ignore"):
            return bool(np.all(truth.error(V) <= allowance.bound + 4 * np.finfo(self.dtype).eps * np.abs(V)))

    def follows(self, sighting: Sighting, consumers: Sequence[str]) -> bool:
        """Tell whether the program's own values of later quantities are what their right lines make of a value."""
        V = self.array(sighting)
        known = {**self.problem.given(), **self.values, sighting.quantity: V}
        try:
            return (
                V is not None
                and bool(np.isfinite(V).any())
                and all(same(right(name)(known), self.values[name], SAME[self.dtype]) for name in consumers)
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


MOVES = {"transpose", "reshape", "getitem", "copy", "array", "asarray", "astype", "ravel", "squeeze", "changed"}
"""What only moves numbers: it computes nothing that could be pointed at."""


def recognised(traces: Sequence[Trace]) -> dict[str, Sighting]:
    """Find quantities in the traces of a program, one on each problem.

    A right value counts where nothing speaks against it; where the program's own later quantities do not follow from
    it, a value from which they do takes its place. One may be known only when another one is.
    """
    candidates: dict[str, list[Sighting]] = {}

    def note(quantity: str, ways: list[Sighting]) -> bool:
        if not ways or any(way.key == ways[0].key for way in candidates.get(quantity, ())):
            return False  # a right value, m times as large or not, stays
        candidates[quantity] = ways
        for trace in traces:
            if (V := trace.array(ways[0])) is not None:
                trace.found[quantity] = V
        return True

    if traces and traces[0].loss and "cost" not in traces[0].given:
        note("cost", [way for way in traces[0].readings("cost") if traces[0].operation(way) is traces[0].loss])
    for quantity in BETWEEN if traces else ():
        is_given = quantity in traces[0].given or quantity in traces[0].misfits
        ways = given_back(quantity, traces) if is_given else right_on_all(quantity, traces)
        if not ways and quantity in SIGNED and consumers_of(quantity, traces):
            ways = [way for way in right_on_all(quantity, traces, opposite=True) if is_used([way], quantity, traces)]
        note(quantity, alike(before_use(quantity, ways, placed(candidates, traces), traces), traces))
    for _ in BETWEEN if traces else ():
        left = [quantity for quantity in BETWEEN if quantity not in traces[0].given]
        changed = [
            note(name, alike(own_on_all(name, traces, candidates), traces))
            for name in left
            if not is_used(candidates.get(name, []), name, traces)
        ]
        if not any(changed):
            break
    is_uphill = any(ways[0].opposite for ways in candidates.values())
    for quantity in (name for name in SIGNED if is_uphill and name not in candidates):
        note(quantity, right_on_all(quantity, traces, opposite=True))
    return placed(candidates, traces)


def placed(candidates: Mapping[str, Sequence[Sighting]], traces: Sequence[Trace]) -> dict[str, Sighting]:
    """Choose one of the operations that gave the same value: the last that has a name, or else the first one.

    Going back, the last one before the value was used: a mask that changes nothing belongs to dZ1, not to dA1.
    """
    sightings: dict[str, Sighting] = {}
    for quantity in (name for name in BETWEEN if name in candidates):
        ways = [way for way in before_use(quantity, candidates[quantity], sightings, traces) if computes(way, traces)]
        named = [way for way in ways if is_named(way, traces)]
        if quantity.startswith("d") and not traces[0].loss:  # inside of a framework's function is nobody's line
            named = ways
        sightings[quantity] = (named[-1:] or ways or candidates[quantity])[0]
    return sightings


def is_named(way: Sighting, traces: Sequence[Trace]) -> bool:
    """Tell whether the program gives a value a name, or keeps it in an array that has one."""
    operation = traces[0].operation(way)
    return operation is not None and (bool(operation.name) or operation.function == "setitem")


def computes(way: Sighting, traces: Sequence[Trace]) -> bool:
    """Tell an operation that computes something from one that only moves numbers."""
    operation = traces[0].operation(way)
    return operation is not None and operation.function not in MOVES


def before_use(
    quantity: str, ways: Sequence[Sighting], sightings: Mapping[str, Sighting], traces: Sequence[Trace]
) -> Sequence[Sighting]:
    """Leave out the values that came after the quantity was used, unless all did."""
    numbers = traces[0].numbers
    used = [numbers[each.key] for name, each in sightings.items() if quantity in INPUTS[name]]
    return [way for way in ways if numbers[way.key] < min(used, default=len(numbers))] or ways


def given_back(quantity: str, traces: Sequence[Trace]) -> list[Sighting]:
    """Find the operations that gave what was given back.

    Where that is not a number, or 0, it is the one that is called so, or the last: whatever is made of a NaN is one. It
    may be the sum of what was asked for one example after the other.
    """
    compared, readings = traces[:2] if traces[0].loss else traces, list(traces[0].readings(quantity))
    for late, rounded in ((None, True),) if traces[0].loss else ((None, False), (None, True), (True, True)):
        found = readings if late is None else [replace(way, late=late) for way in readings]
        if ways := [way for way in found if all(is_given(way, trace, rounded) for trace in compared)]:
            break
    value = traces[0].given.get(quantity, traces[0].misfits.get(quantity))
    says = value is None or bool((np.isfinite(value) & (value != 0)).any())
    own = [way for way in ways if (operation := traces[0].operation(way)) and quantity_of(operation.name) == quantity]
    return ways if says else (own or ways)[-1:]


def is_given(way: Sighting, trace: Trace, rounded: bool) -> bool:
    """Tell whether a value is the one that was given back; what is compiled may be `rounded` otherwise."""
    V, returned = trace.array(way), trace.given.get(way.quantity, trace.misfits.get(way.quantity))
    if V is None or returned is None:
        return False
    size = np.max(np.abs(returned[np.isfinite(returned)]), initial=0)
    off = SAME[trace.dtype] * size if rounded else 0.0
    return np.allclose(V, returned, rtol=1e-15, atol=off, equal_nan=True)


def right_on_all(quantity: str, traces: Sequence[Trace], opposite: bool = False) -> list[Sighting]:
    """Find where a quantity is that is right on every problem, or where its `opposite` is."""
    return [way for way in traces[0].readings(quantity, opposite) if all(trace.is_right(way) for trace in traces)]


def alike(ways: Sequence[Sighting], traces: Sequence[Trace]) -> list[Sighting]:
    """Keep, of the values that will all do, those that are m times as large if the last that has a name is."""
    named = [way for way in ways if (operation := traces[0].operation(way)) and operation.name]
    return [way for way in ways if way.late == (named or ways)[-1].late]


def consumers_of(quantity: str, traces: Sequence[Trace]) -> list[str]:
    """Name the known quantities whose right lines use one."""
    known = {*traces[0].values, *traces[0].problem.given(), quantity}
    return [name for name in NAMES if quantity in INPUTS[name] and name in known and {*INPUTS[name]} <= known]


def is_used(ways: Sequence[Sighting], quantity: str, traces: Sequence[Trace]) -> bool:
    """Tell whether the program's own later quantities follow from a value."""
    consumers = consumers_of(quantity, traces)
    return bool(ways) and all(trace.follows(ways[0], consumers) for trace in traces)


def own_on_all(quantity: str, traces: Sequence[Trace], candidates: Mapping[str, Sequence[Sighting]]) -> list[Sighting]:
    """Find the values from which the program's own later quantities follow on every problem; none of those itself.

    What takes the place of a right value has to have a name: 1 / m * dZ1 in an expression is no other dZ1. Where there
    is none to take the place of, one of these quantities is enough, since the others may be wrong as well; the value is
    then m times as large if those beside it are.
    """
    taken = {each.key for name, each in placed(candidates, traces).items() if quantity in INPUTS[name]}
    consumers = consumers_of(quantity, traces)
    if not any(np.any(trace.values.get(name, 0)) for trace in traces for name in consumers):
        return []  # 0 follows from everything
    signs = (False, True) if quantity in SIGNED else (False,)
    readings = (way for sign in signs for way in traces[0].readings(quantity, sign)) if consumers else ()
    ways = [way for way in readings if way.key not in taken]
    ways = [way for way in ways if quantity not in candidates or is_named(way, traces)]
    late = {candidates[name][0].late for name in LATE if name in candidates and name != quantity}
    enough = [consumers, *([name] for name in consumers if quantity not in candidates and len(consumers) > 1)]
    for some in enough:
        fitting = [way for way in ways if all(trace.follows(way, some) for trace in traces)]
        if fitting := [way for way in fitting if some is consumers or way.late in late]:
            return fitting
    return []
