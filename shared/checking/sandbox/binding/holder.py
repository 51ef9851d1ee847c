"""An object that holds weights: where they lie in it, and how they are set and read."""

import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from math import prod
from types import ModuleType
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.paper import fits
from shared.checking.sandbox.binding.survey import parameters_of
from shared.checking.sandbox.binding.words import are_gradients_of, gradient_of, numbered, roles_of, weight_of

DEEPEST = 3
WEIGHTS = ("W1", "b1", "W2", "b2")


@dataclass
class Slot:
    """A place in an object that holds one value; the container of a tuple's entries is the place of the tuple."""

    name: str
    container: Any
    key: Any

    def get(self) -> Any:
        """Return what lies there."""
        held = self.container.get() if isinstance(self.container, Slot) else self.container
        return held[self.key] if isinstance(held, dict | list | tuple) else getattr(held, self.key)

    def set(self, value: Any) -> None:
        """Put something there, an array of JAX's in the place of one.

        A tensor that has a gradient stays the same object: others may know it already.
        """
        held = self.get()
        if type(held).__module__.startswith("jaxlib"):
            value = sys.modules["jax"].numpy.asarray(value)
        if getattr(held, "requires_grad", False):
            held.data.copy_(value)
            held.grad = None
        elif isinstance(self.container, Slot):  # a tuple is another one with another entry
            entries = [*self.container.get()]
            entries[self.key] = value
            self.container.set(tuple(entries))
        elif isinstance(self.container, dict | list):
            self.container[self.key] = value
        else:
            setattr(self.container, self.key, value)


def slots(value: Any, prefix: str = "", depth: int = 1) -> Iterator[Slot]:
    """Go through all places in an object, and in the dicts, lists and objects in it."""
    if depth > DEEPEST:
        return
    if hasattr(value, "named_parameters"):
        parameters = dict(value.named_parameters())
        yield from (Slot(f"{prefix}{name}", parameters, name) for name in parameters)
        return
    held = value.get() if isinstance(value, Slot) else value
    keys: list[Any] = list(held if isinstance(held, Mapping) else getattr(held, "__dict__", ()))
    if isinstance(held, list | tuple):
        keys = list(range(len(held)))
    for key in (key for key in keys if not str(key).startswith("__")):
        slot = Slot(f"{prefix}{key}", value, key)
        inner = slot.get()
        if isinstance(inner, int | float) or hasattr(inner, "dtype"):
            yield slot
        elif isinstance(inner, dict | list | tuple) or (hasattr(inner, "__dict__") and not is_closed(inner)):
            yield from slots(slot if type(inner) is tuple else inner, f"{slot.name}.", depth + 1)


def is_closed(value: Any) -> bool:
    """Tell whether something has attributes that are nobody's weights: a function, a library."""
    return isinstance(value, ModuleType | type) or (callable(value) and not hasattr(value, "named_parameters"))


def holds_by_name(value: Any) -> bool:
    """Tell whether something holds four weights that have usual names."""
    named = (weight_of(slot.name) for slot in slots(value) if holds_weight(slot))
    return len({name for name in named if name}) >= len(WEIGHTS)


def holds_weight(slot: Slot) -> bool:
    """Tell whether an array lies in a place, or a number that is called a bias, or has no name but its place."""
    is_b2 = (weight_of(slot.name) or "").startswith(("b2", "b#")) or slot.name.replace(".", "").isdigit()
    return is_array(slot.get()) or (is_b2 and np.ndim(slot.get()) == 0)


def is_array(value: Any) -> bool:
    """Tell whether something is an array with dimensions, of NumPy, PyTorch or JAX."""
    return hasattr(value, "dtype") and isinstance(getattr(value, "shape", None), tuple) and len(value.shape) > 0


def weight_slots(value: Any, arrays: Mapping[str, np.ndarray]) -> dict[str, Slot]:
    """Find where an object keeps W1 b1 W2 b2: by their names, where these are usual, and else by shape and order.

    Weights lie side by side, in their order: of two that fit, the next one behind those before it is taken.
    """
    found: dict[str, Slot] = {}
    free = [slot for slot in slots(value) if holds_weight(slot)]
    places = {slot.name: place for place, slot in enumerate(free)}
    gradients = are_gradients_of(places) | {name for name in places if gradient_of(name.rpartition(".")[2])}
    others = [slot for slot in free if slot.name not in gradients]
    free = others if len(others) >= len(WEIGHTS) else free
    named = numbered({slot.name: weight_of(slot.name) for slot in free})
    if not {*WEIGHTS} <= {*named.values()}:  # a single letter means nothing by itself
        named = {name: role for name, role in named.items() if len(name.rpartition(".")[2]) > 1}
    for slot in free:
        role = named.get(slot.name, "")
        if role in WEIGHTS and role not in found and fits(slot.get(), arrays[role]):
            found[role] = slot
    for k, role in enumerate(WEIGHTS):
        if role not in found:
            start = max((places[found[each].name] for each in WEIGHTS[:k] if each in found), default=-1)
            end = min((places[found[each].name] for each in WEIGHTS[k:] if each in found), default=len(places))
            fitting = [slot for slot in free if slot not in found.values() and fits(slot.get(), arrays[role])]
            fitting.sort(key=lambda slot: (not start < places[slot.name] < end, abs(places[slot.name] - start)))
            fitting.sort(key=lambda slot: not is_array(slot.get()))
            found.update(dict(zip([role], fitting, strict=False)))
    return found


def sizes_of(value: Any, n_y: int) -> tuple[int, int] | None:
    """Find n_x and n_h by the shapes of what an object keeps; None if it is no network of two layers."""
    named = {weight_of(slot.name): prod(np.shape(slot.get())) for slot in slots(value) if holds_weight(slot)}
    if {"W1", "b1"} <= {*named}:
        return named["W1"] // named["b1"], named["b1"]
    kept = [slot for slot in slots(value) if not {"X", "Y"} & set(roles_of(slot.name.split(".")[-1]))]
    matrices = [np.shape(slot.get()) for slot in kept if is_array(slot.get()) and slot.get().ndim == 2]
    for first, second in ((a, b) for k, a in enumerate(matrices) for b in matrices[k + 1 :]):
        for n_h, n_x in (first, first[::-1]):
            if sorted(second) == sorted((n_h, n_y)):
                return n_x, n_h
    return None


def filled(value: Any, weights: Mapping[str, Any], n_y: int) -> Any:
    """Copy what holds four weights, of whatever sizes, with others in their places."""
    held = [deepcopy(value)]
    n_x, n_h = sizes_of(held[0], n_y) or (0, 0)
    shapes = {"W1": (n_h, n_x), "b1": (n_h,), "W2": (n_y, n_h), "b2": (n_y,)}
    within = held if isinstance(value, tuple) else held[0]
    for name, slot in weight_slots(within, {name: np.empty(shape) for name, shape in shapes.items()}).items():
        slot.set(weights[name])
    return held[0]


def prepare(value: Any, given: Any) -> None:
    """Make an object ready: its learning rate, examples that it has not been given yet, weights not drawn yet."""
    set_rate(value, given.rate)
    for name, attribute in list(vars(value).items()) if hasattr(value, "__dict__") else []:
        for role in ("X", "Y") if attribute is None else ():
            if role in roles_of(name):
                setattr(value, name, given.argument(role))
    if len(weight_slots(value, given.arrays)) < len(WEIGHTS):
        for name in dir(value):
            method = getattr(value, name) if "init" in name and not name.startswith("_") else None
            if callable(method) and parameters_of(method) == []:
                method()


def set_rate(value: Any, rate: float) -> bool:
    """Set the learning rate that an object keeps; tell whether it keeps one."""
    found = [slot for slot in slots(value) if "rate" in roles_of(slot.name.split(".")[-1])]
    for slot in found:
        if isinstance(slot.get(), int | float):
            slot.set(rate)
    return bool(found)


def like(V: np.ndarray, own: Any) -> np.ndarray:
    """Write an array in the shape and precision of one that holds the same quantity, turned if that is."""
    shape, wanted = tuple(n for n in V.shape if n != 1), tuple(n for n in np.shape(own) if n != 1)
    turned = V.T if shape != wanted else V
    dtype = np.dtype(str(getattr(own, "dtype", "float64")).removeprefix("torch."))
    return turned.astype(dtype if dtype.kind == "f" else float, "C").reshape(np.shape(own))
