"""Which of the values that came back are the four gradients: by their numbers, by their names, by their shapes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from shared.checking.sandbox.binding.paper import GRADIENTS, fits, holds
from shared.checking.sandbox.binding.words import meanings, roles_of


class Reading(NamedTuple):
    """For each gradient the name of its value; how many are right, have a name, or have a shape that does not fit.

    `pairs` says whether it matters which example has which label.
    """

    of: dict[str, str]
    right: int = 0
    named: int = 0
    misfits: int = 0
    pairs: bool = True

    @property
    def score(self) -> tuple[int, bool, int, int]:
        """More is better: gradients whose shapes fit, labels that belong to their examples, right ones, named ones."""
        return len(self.of) - self.misfits, self.pairs, self.right, self.named


def read(entries: Mapping[str, Any], right: Mapping[str, np.ndarray], weights_changed: bool = False) -> Reading:
    """Find the four gradients among values by name.

    Parameters
    ----------
    entries : mapping
        The values that came back.
    right : mapping
        What is right for the numbers that were given: shapes count, and numbers where they agree.
    weights_changed : bool
        Whether values called W1 are new weights; otherwise they are gradients, as in grads["W1"].
    """
    arrays = {name: V for name, V in entries.items() if isinstance(V, np.ndarray) and V.dtype.kind == "f"}
    found: dict[str, str] = {}
    means = meanings(arrays, not weights_changed)
    factors = (1.0, -1.0, m := float(right["A2"].size), -m)
    for quantity in GRADIENTS:
        holding = [
            name for name, V in arrays.items() if name not in found.values() and holds(V, right[quantity], factors)
        ]
        holding.sort(key=lambda name: means[name] != quantity)
        found.update(zip([quantity], holding, strict=False))
    count, named = len(found), 0
    for name, meaning in means.items():
        if meaning in GRADIENTS and meaning not in found and name not in found.values():
            found |= {meaning: name} if fits(arrays[name], right[meaning]) else {}
        named += found.get(str(meaning)) == name
    of_weights = [name for name, V in arrays.items() if V.ndim and not weights_changed]  # a cost has no dimensions
    four = next((list(each) for each in (arrays, of_weights) if len(each) == len(GRADIENTS)), [])
    is_free = {
        name: means[name] is None and (_says_nothing(name) or (name in four and name in of_weights)) for name in arrays
    }
    for quantity in GRADIENTS:
        free = [name for name in arrays if name not in found.values() and is_free[name]]
        fitting = [name for name in free if fits(arrays[name], right[quantity])]
        before = [place for place, name in enumerate(arrays) if name in found.values()]
        if quantity == "db2" and before:  # of two numbers the other is the cost
            fitting.sort(key=lambda name: abs(list(arrays).index(name) - before[-1] - 0.5))
        found = {**dict(zip([quantity], fitting, strict=False)), **found}
    complete = len(found)
    left = [name for name in four if name not in found.values() and is_free[name]]
    if complete == len(GRADIENTS) - 1:  # of four, the one that is left
        found |= dict(zip([quantity for quantity in GRADIENTS if quantity not in found], left, strict=False))
    for name, meaning in means.items():  # a wrong shape is a mistake that has to be told
        if meaning in GRADIENTS and name not in found.values():
            found.setdefault(meaning, name)
    return Reading(found, count, named, len(found) - complete)


def _says_nothing(name: str) -> bool:
    """Tell whether a name is only a place in tuples and lists, or no usual name of anything."""
    last = name.rpartition(".")[2]
    return last.isdigit() or not (roles_of(last) or last.startswith("dZ"))
