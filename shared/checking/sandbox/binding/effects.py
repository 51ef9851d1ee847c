"""How gradients are read off what a program did: updates of weights, autograd, the derivative of a loss."""

import random
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from shared.checking.sandbox.binding import holder
from shared.checking.sandbox.binding.given import Given
from shared.checking.sandbox.binding.numpy_steps import gradient_in, rate_of
from shared.checking.sandbox.binding.paper import fits
from shared.checking.sandbox.binding.words import roles_of
from shared.checking.sandbox.unpack import arrays_of
from shared.checking.watching import numpy_arrays
from shared.checking.watching.beside import unwatched
from shared.checking.watching.operations import Input, Operation
from shared.checking.watching.places import Anywhere
from shared.checking.watching.recorder import Recorder


def plain(value: Any) -> np.ndarray:
    """Return an array as NumPy's."""
    return np.asarray(value.detach().numpy() if hasattr(value, "detach") else value)


def differences(before: dict[str, np.ndarray], after: dict[str, holder.Slot], rate: float) -> dict[str, np.ndarray]:
    """Read the gradients off what an update did to the weights."""
    return {f"d{name}": np.asarray((before[name] - plain(slot.get())) / rate) for name, slot in after.items()}


def autograd(places: dict[str, holder.Slot], result: Any) -> dict[str, np.ndarray]:
    """Take the gradients that PyTorch has left beside the weights, or make them from the loss that came back."""
    if all(slot.get().grad is None for slot in places.values()) and getattr(result, "requires_grad", False):
        result.backward()
    return {f"d{name}": plain(slot.get().grad) for name, slot in places.items() if slot.get().grad is not None}


def derivatives(call: Callable[[Given], Any], given: Given) -> dict[str, np.ndarray]:
    """Take the derivatives of the loss that a call gives, by PyTorch or by JAX, with respect to the weights."""
    by = _by_torch if hasattr(given.make(np.zeros(1)), "detach") else _by_jax
    return {f"d{name}": plain(V) for name, V in zip(holder.WEIGHTS, by(call, given), strict=True)}


def _loss_of(result: Any) -> Any:
    """Find the loss in what came back: the first single number."""
    parts = result if isinstance(result, tuple | list) else [result]
    return next(part for part in parts if getattr(part, "size", None) == 1 or not getattr(part, "shape", (1,)))


def _by_torch(call: Callable[[Given], Any], given: Given) -> Any:
    import torch

    weights = {name: given.argument(name).requires_grad_() for name in holder.WEIGHTS}
    others = {name: given.argument(name) for name in ("X", "Y")}
    new = replace(given, arrays={**weights, **others}, make=lambda value: value, note=lambda name, value: value)
    result = call(new)
    left = [V.grad for V in weights.values()]
    if all(V is not None for V in left):  # it went back itself
        return left
    return torch.autograd.grad(_loss_of(result), list(weights.values()))


def _by_jax(call: Callable[[Given], Any], given: Given) -> Any:
    import jax

    def loss(*weights: Any) -> Any:
        named = dict(zip(holder.WEIGHTS, weights, strict=True))
        found = _loss_of(call(replace(given, arrays={**given.arrays, **named}, make=lambda value: value)))
        return found.reshape(()) if found.shape else found

    for name in holder.WEIGHTS:  # what is made of them is known by its numbers
        given.note(name, given.arrays[name])
    jax.eval_shape(loss, *(given.arrays[name] for name in holder.WEIGHTS))  # a wrong layout fails here, quickly
    return jax.grad(loss, argnums=(0, 1, 2, 3))(*(given.arrays[name] for name in holder.WEIGHTS))


def are_costs(value: Any, count: int | None = None) -> bool:
    """Tell whether something is a list of single numbers, and of as many."""
    is_list = isinstance(value, list) and len(value) > 0 and count in (None, len(value))
    return is_list and all(not isinstance(cost, list | tuple | dict) and np.size(plain(cost)) == 1 for cost in value)


def weights_in(result: Any, given: Given) -> dict[str, holder.Slot]:
    """Find the weights in what came back, or in an object; nothing if one of the four is missing."""
    found = holder.weight_slots(result if hasattr(result, "__dict__") else arrays_of(result), given.arrays)
    return found if len(found) == len(holder.WEIGHTS) else {}


@contextmanager
def settings_of(functions: Iterable[Any], given: Given, takes: Collection[str]) -> Iterator[None]:
    """Set what functions take from global variables: the learning rate, sizes. Afterwards they are as before."""
    changed: list[tuple[dict[str, Any], str, Any]] = []
    for names in {id(f.__globals__): f.__globals__ for f in functions if hasattr(f, "__globals__")}.values():
        for name, value in list(names.items()):
            roles = [role for role in roles_of(name) if role in ("rate", "n_x", "n_h", "n_y") and role not in takes]
            if roles and type(value) in (int, float):
                changed.append((names, name, value))
                names[name] = given.value(roles[0])
    try:
        yield
    finally:
        for names, name, value in changed:
            names[name] = value


def traced(run: Callable[[Given], Any], given: Given) -> dict[str, np.ndarray]:
    """Watch what is added to or subtracted from the weights, and read the gradients off it, to the last bit."""
    if given.note is not unwatched:  # it is watched already
        run(given)
        return _changes(numpy_arrays.Traced.recorder.operations, given)
    recorder = Recorder(Anywhere(), numpy_arrays.plain)
    with numpy_arrays.watched(recorder) as note:
        run(replace(given, note=note))
    return _changes(recorder.operations, given)


def _changes(operations: list[Operation], given: Given) -> dict[str, np.ndarray]:
    """Find the last thing that is added to or subtracted from each weight."""
    updates = dict[str, Operation]()
    for update in operations:
        names = [each.name for each in update.operands if isinstance(each, Input) and each.name in holder.WEIGHTS]
        if update.function in ("add", "subtract") and names and fits(update.result, given.arrays[names[0]]):
            updates[f"d{names[0]}"] = update
    rate = rate_of([*updates.values()], operations)
    return {name: gradient_in(update, operations, rate) for name, update in updates.items()}


@contextmanager
def same_draws() -> Iterator[None]:
    """Let a program draw the same random numbers each time."""
    drawn, fresh = np.random.get_state(), np.random.default_rng  # noqa: NPY002  # what a user's program draws with
    own = random.getstate()
    np.random.seed(1)  # noqa: NPY002
    random.seed(1)
    np.random.default_rng = lambda seed=None: fresh(1 if seed is None else seed)
    torch = sys.modules.get("torch")
    torch_state = torch and torch.get_rng_state()
    if torch:
        torch.manual_seed(1)
    try:
        yield
    finally:
        np.random.set_state(drawn)  # noqa: NPY002
        random.setstate(own)
        np.random.default_rng = fresh
        if torch:
            torch.set_rng_state(torch_state)
