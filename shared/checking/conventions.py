"""The ways in which people write the same network: none of them is a mistake.

Examples are columns or rows, weights are stored (out, in) or (in, out), vectors have two dimensions or one, and the
mean over the examples is taken in dZ2 or, as the course does, in dW and db. The doctor finds out which way a program is
written, talks to it in its own way, and translates what it gives.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from shared.checking.differences import Differences
from shared.checking.problems import Problem
from shared.checking.sandbox.binding.words import meanings
from shared.checking.sandbox.unpack import ORDER
from shared.network import QUANTITIES, Array, Parameters

WEIGHTS = ("W1", "W2")
BIASES = ("b1", "b2")
BETWEEN = ("Z1", "A1", "dA1", "dZ1")
"""What a program may keep turned the other way: nobody else sees it."""
LATE = ("dA2", "dZ2", "dA1", "dZ1")
"""What is m times larger where the mean over the examples is left to dW and db, as in the course."""
READINGS: tuple[tuple[str, ...], ...] = ((), LATE, LATE[:2], LATE[:3])
"""The places where a program may take the mean over the examples: what is still m times larger before it."""
OLDER = {"dA2": "dA1", "dA1": "dA0"}
"""What older versions of the course call the derivatives that layers 2 and 1 pass back."""
NAMES = tuple(dict.fromkeys((*QUANTITIES[:5], "dA2", *QUANTITIES[5:])))
"""Every quantity that a program may give, in the order of computation."""

SPELLINGS = {"cost": "cost loss j l costs", "A2": "a2 yhat ypred y_pred al output probabilities probs p"}
GRADIENT_SPELLINGS = (
    "d{} {}grad grad{} {}gradient gradient{} dld{} djd{} dcd{} dcostd{} dlossd{} g{} delta{} grads{} {}grads "
    "gradients{}"
)


def spelled(name: str) -> str:
    """Reduce a name to what tells it from others: grads["W1_grad"] and W1.grad are w1grad."""
    return re.sub(r"[^a-z0-9]", "", name.split("]")[0].lower())


def _known() -> dict[str, str]:
    known = {spelled(name): name for name in (*Parameters._fields, *NAMES)}
    for name in NAMES:
        if name.startswith("d"):
            known |= {spelling.format(name[1:].lower()): name for spelling in GRADIENT_SPELLINGS.split()}
    for name, spellings in SPELLINGS.items():
        known |= {spelled(spelling): name for spelling in spellings.split()}
    return known


KNOWN = _known()
"""What a reduced name stands for."""


def quantity_of(name: str) -> str | None:
    """Find the quantity that a user's name stands for; None if there is none."""
    parts = name.split(".")
    if parts[-1].isdigit() and "parameters" in parts and int(parts[-1]) < len(Parameters._fields):
        return Parameters._fields[int(parts[-1])]
    candidates = (name, parts[-1], "".join(parts[-2:]))
    return next((KNOWN[spelled(part)] for part in candidates if spelled(part) in KNOWN), None)


def is_nameless(name: str) -> bool:
    """Tell whether a name is only a place in a tuple or list."""
    return name.split(".")[-1].isdigit() and quantity_of(name) is None


def quantities_of(names: Iterable[str], read: Iterable[tuple[str, str]] = ()) -> dict[str, str | None]:
    """Find what the names of all entries stand for; where no gradient has a d, W1 b1 W2 b2 are gradients.

    `read` says it of those without names.
    """
    meant = {name: dict(read).get(name, quantity_of(name)) for name in names}
    meant |= dict.fromkeys(outweighed(meant))
    unknown = [name for name, quantity in meant.items() if quantity is None and not is_nameless(name)]
    meant |= {name: meaning for name, meaning in meanings(unknown).items() if meaning not in meant.values()}
    if any(f"d{name}" in meant.values() for name in Parameters._fields):
        return meant
    return {name: f"d{quantity}" if quantity in Parameters._fields else quantity for name, quantity in meant.items()}


def outweighed(meant: Mapping[str, str | None]) -> list[str]:
    """List the names that mean the cost or A2 only by a general word, as layer1.output and layer2.output do.

    The one that stands outermost is the network's.
    """
    general = [name for name, q in meant.items() if q in SPELLINGS and spelled(name.split(".")[-1]) != str(q).lower()]
    of_each = ([name for name in general if meant[name] == quantity] for quantity in SPELLINGS)
    return [name for same in of_each if len(same) > 1 for name in same if "." in name]


@dataclass(frozen=True)
class Convention:
    """A way of writing the network.

    `rows`: examples are rows. `transposed`: weights are (in, out). `flat`: biases have one dimension.
    `flat_labels`: so have labels. `one_unit`: W2 has one, too, and b2 is a number. `late`: what is m times larger than
    with autograd, since 1/m comes later.
    `differences`: what the four gradients are, if they are no derivatives.
    `read`: for values without names, by their places such as "0" or "1.2", what they are; and for names that mean
    something else than in this suite.
    """

    rows: bool = False
    transposed: bool = False
    flat: bool = False
    flat_labels: bool = False
    one_unit: bool = False
    late: tuple[str, ...] = ()
    differences: Differences | None = None
    read: tuple[tuple[str, str], ...] = ()

    def arguments(self, problem: Problem) -> list[Array]:
        """Write W1 b1 W2 b2 X Y as the program wants them."""
        return [np.asarray(self.theirs(name, V), order="C") for name, V in problem.given().items()]

    def turned(self, name: str) -> bool:
        """Tell whether the program holds the transpose of an array of this suite."""
        base = name.removeprefix("d")
        return self.transposed if base in WEIGHTS else self.rows

    def is_flat(self, name: str) -> bool:
        """Tell whether the program holds an array in one dimension."""
        base = name.removeprefix("d")
        return {"Y": self.flat_labels, "W2": self.one_unit}.get(base, self.flat and base in BIASES)

    def theirs(self, name: str, V: Array) -> Array:
        """Turn an array of this suite's shape into the program's."""
        if self.is_flat(name):
            return V.ravel() if not self.one_unit or name[-2:] != "b2" else V.reshape(())
        return V.T if self.turned(name) else V

    def their_index(self, name: str, index: tuple[int, ...]) -> list[int]:
        """Turn the place of an entry in this suite's array into that in the program's."""
        if self.is_flat(name):
            return [max(index)] if not self.one_unit or name[-2:] != "b2" else []
        return list(index[::-1] if self.turned(name) else index)

    def ours(self, name: str, V: Array, shape: tuple[int, ...]) -> tuple[Array, str]:
        """Turn an array of the program's into this suite's shape; where that cannot be, say why.

        A program may have more or fewer dimensions of length 1 where that is no mistake of its line.
        """
        if name in self.late:
            V = V / shape[1]
        wanted = self.theirs(name, np.empty(shape)).shape
        if squeezed(V.shape) == squeezed(wanted) and not is_mistake(name, V.shape, wanted):
            return (V.reshape(shape[::-1]).T if self.turned(name) else V.reshape(shape)), ""
        if name in BETWEEN and V.shape == wanted[::-1]:
            return (V if self.turned(name) else V.T), ""
        problem = f"its shape is {V.shape}, not {wanted}"
        if V.shape == wanted[::-1]:
            problem = f"it is transposed: {problem}"
        return (V.T if self.turned(name) else V), problem

    def sentences(self) -> Iterator[str]:
        """Say which way the program is written, as far as it differs from this suite."""
        if self.rows:
            yield "examples are rows"
        if self.transposed:
            yield "weights are stored (in, out)"
        if self.flat:
            yield "biases have one dimension"
        if self.flat_labels:
            yield "labels have one dimension"
        if self.one_unit:
            yield "W2 has one dimension, and b2 none"
        if self.late == LATE:
            yield "1/m is left to dW and db, as in the course: dZ2, dA1 and dZ1 are m times those of autograd"
        elif self.late:
            yield f"1/m comes later: {', '.join(self.late)} {'is' if len(self.late) == 1 else 'are'} m times autograd's"
        if self.differences:
            yield f"the gradients are {self.differences}"
        if "dA0" in dict(self.read).values():
            yield "dA2 and dA1 are the derivatives with respect to A1 and X, as in older versions of the course"
        nameless, usual = list(dict.fromkeys(q for name, q in self.read if is_nameless(name))), list(ORDER["gradients"])
        if nameless and nameless != usual:
            order = [quantity for quantity in nameless if quantity in usual]
            wanted = f" (the usual order is {', '.join(usual)})" if order and order != usual else ""
            yield f"what has no name is told by shape and value: {', '.join(nameless)}{wanted}"


def is_mistake(name: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Tell whether a gradient was transposed, or is that of a bias and lost its axis in a sum."""
    is_gradient = len(shape) == 2 if name[1:] in WEIGHTS else len(shape) < 3 and name[1:] in BIASES
    return is_gradient and spreads(shape, wanted)


def spreads(shape: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Tell whether V - learning_rate dV would not have V's shape, if both have the same numbers in one row."""
    return len(shape) > len(wanted) or np.broadcast_shapes(shape, wanted) != wanted


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Leave out the dimensions of length 1."""
    return tuple(n for n in shape if n != 1)


def layouts() -> list[Convention]:
    """All ways of calling a program, the most usual first."""
    shapes = [(False, False), (True, True), (True, False), (False, True)]
    flatness = [(False, False), (True, True), (True, False), (False, True), (True, True, True)]
    return [Convention(*shape, *flat) for flat, shape in product(flatness, shapes)]  # type: ignore[arg-type]
