"""A plan: what is built and called, in which order, and with what; and what it gives for the numbers of a problem."""

from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

import numpy as np

from shared.checking.sandbox.binding import effects, holder
from shared.checking.sandbox.binding.effects import plain, same_draws, weights_in
from shared.checking.sandbox.binding.given import WITH_BIAS, Given
from shared.checking.sandbox.binding.survey import TRAINING, is_like, parameters_of
from shared.checking.sandbox.binding.words import kind_of, reduced, roles_of
from shared.checking.sandbox.unpack import arrays_of

PRODUCED = ("A1", "A2", "Z1", "Z2", "cache", "grads", "cost")
"""What has to come from another function."""


class UnboundError(TypeError):
    """A parameter that nothing is known for. The text names it."""


class SizesError(TypeError):
    """An object whose sizes cannot be chosen."""

    def __init__(self, n_x: int, n_h: int):
        super().__init__(f"it has {n_x} inputs and {n_h} hidden units, whatever it is asked for")
        self.sizes = n_x, n_h


Source = tuple[str, str]
"""The role of a parameter, and the form of four weights given as one. "=h" is what a function returned as h."""


@dataclass(frozen=True)
class Call:
    """A function, or the name of a method of the object that holds the weights; and where each parameter comes from."""

    name: str
    sources: tuple[tuple[str, Source], ...]
    function: Callable[..., Any] | None = None
    returned: tuple[str, ...] = ()

    @property
    def takes(self) -> set[str]:
        """The roles of what it is given."""
        roles = {role for _, (role, _) in self.sources}
        return roles | {"X", "Y"} if "XY" in roles else roles

    @property
    def form(self) -> str:
        """The form in which it takes four weights as one, or two with their biases."""
        return next((form for _, (_, form) in self.sources if form), "")

    def run(self, given: Given) -> Any:
        """Call it, and keep what it gives under the names that it has for it."""
        function = self.function or getattr(given.pool["model"], self.name)
        values = {name: described(function, name) or given.value(*source) for name, source in self.sources}
        parameters = [each for each in parameters_of(function) or () if each.kind != each.KEYWORD_ONLY]
        first = takewhile(lambda each: each.name in values, parameters)
        result = function(*[values.pop(each.name) for each in list(first)], **values)  # jax.grad(f) wants them in order
        self._keep(result, given)
        return result

    def _keep(self, result: Any, given: Given) -> None:
        """Put what a function gave where others find it: by the names in its return statement, or by its shape."""
        pool, parts = given.pool, self.parts(result)
        if len(self.returned) == 1:
            parts = {self.returned[0]: result}
        for name, part in parts.items():
            pool[f"={name}"] = part
            roles = [role for role in roles_of(name) if role in PRODUCED] or _role_by_shape(part, given)
            pool.update(dict.fromkeys(roles, part))
            if isinstance(part, dict):
                pool.update({role: V for key, V in part.items() for role in roles_of(str(key)) if role in PRODUCED})
            if isinstance(part, dict | tuple | list):
                pool.setdefault("cache", part)
        pool.setdefault("cache", result)
        pool["=last"] = result

    def parts(self, result: Any) -> Any:
        """Return the parts of a tuple by the names that the function has for them, or by their places."""
        if isinstance(result, tuple | list) and not hasattr(result, "_fields"):
            names = self.returned if len(result) == len(self.returned) > 1 else ("",) * len(result)
            own = [name if names.count(name) == 1 else "" for name in names]  # w1.grad, b1.grad are called alike
            return {name or str(place): part for place, (name, part) in enumerate(zip(own, result, strict=True))}
        return result if isinstance(result, dict) else {"": result}


def described(function: Any, name: str) -> Any:
    """Give a list of layers in words that is a global variable of a parameter's name, as NN_ARCHITECTURE is."""
    for key, value in getattr(function, "__globals__", {}).items():
        layers = value if isinstance(value, list) and reduced(key) == reduced(name) else []
        if layers and all(isinstance(each, dict) and not any(map(holder.is_array, each.values())) for each in layers):
            return deepcopy(layers)
    return None


def _role_by_shape(value: Any, given: Given) -> list[str]:
    """Tell A1, A2 and the like by what only they can be."""
    _, n_h, m = given.sizes
    if not holder.is_array(value):
        return []
    size, lowest = int(np.prod(value.shape)), float(value.min())
    if size == m * given.arrays["b2"].size:
        return ["A2" if lowest >= 0 and float(value.max()) <= 1 else "Z2"]
    return ["A1" if lowest >= 0 else "Z1"] if size == n_h * m else []


@dataclass(frozen=True)
class Plan:
    """What is called: an object that is built first, if any, and functions or methods in their order.

    `entry` is what the user would call it. `how` says how gradients are read: "returned", "held" (attributes of the
    object), "update" (what changed in the weights that it holds), "traced update" (what was seen to be subtracted from
    them, where the learning rate is a number in the code), "returned update" (new weights that came back),
    "own" (new weights, of a training that draws those it begins with), "autograd" (what PyTorch leaves beside the
    weights), "outputs" (the same of this suite's loss, where only a torch.nn.Module was found), "grad" (the derivative
    of the loss that comes back, by PyTorch or JAX). `cost` is a function that nothing else calls.
    """

    entry: str
    calls: tuple[Call, ...]
    build: Call | None = None
    how: str = "returned"
    one_by_one: bool = False
    form: str = ""
    cost: Call | None = None

    @property
    def updates(self) -> bool:
        """Whether gradients are read off changes of weights."""
        return self.how in ("update", "traced update", "returned update", "own")

    @property
    def takes_rate(self) -> bool:
        """Whether something takes a learning rate."""
        return any("rate" in call.takes for call in (*self.calls, self.build) if call)

    @property
    def trains(self) -> bool:
        """Whether single steps can be made: something takes a learning rate, and weights come of it."""
        return self.takes_rate and self.how in ("update", "returned update", "autograd") and not self.one_by_one

    @property
    def loops(self) -> bool:
        """Whether what is called last is a training."""
        return is_like(self.calls[-1].name, TRAINING) or "iterations" in self.calls[-1].takes

    def gives(self, given: Given) -> dict[str, np.ndarray]:
        """Carry it out, and return everything that may be a gradient, by name."""
        if self.one_by_one:
            return self._mean_of_each(given)
        if self.how == "own":
            begin = self.own_weights(replace(given, note=lambda name, value: value))
            for name in holder.WEIGHTS:  # they are known by their numbers when the program draws them
                given.note(name, given.arrays[name])
            with same_draws():
                return effects.differences(
                    begin, self._weights_in(self.outcome(replace(given, pool={})), given), given.rate
                )
        if self.how == "grad":
            return effects.derivatives(lambda new: self._called(replace(new, pool={})), given)
        if self.how == "traced update":
            return effects.traced(lambda new: replace(self, how="update").gives(new), given)
        given = replace(given, pool={})
        before = self._set(given) if self.build else {}
        found = self._read(given, self._called(given), before)
        return {**arrays_of({"cost": self.cost.run(given)}), **found} if self.cost else found

    def own_weights(self, given: Given) -> dict[str, np.ndarray]:
        """Return the weights that a training begins with: those that it gives back when its learning rate is 0."""
        with same_draws():
            places = self._weights_in(self.outcome(replace(given, pool={}, rate=0.0)), given)
        return {name: np.array(plain(slot.get()), dtype=float) for name, slot in places.items()}

    def trained(self, given: Given) -> dict[str, Any]:
        """Make as many steps as are asked for, and return the weights, and the costs if they come back."""
        loops = self.build is not None and is_like(self.calls[-1].name, TRAINING)  # as many times as it was built for
        calls = [*self.calls, *([self.build] if self.build and loops else [])]
        given, takes = replace(given, pool={}), set[str]().union(*(call.takes for call in calls))
        if self.build:
            self._set(given)
        rounds, costs, result = 1 if "iterations" in takes else given.iterations, list[Any](), None
        for _ in range(rounds):
            given.pool = {name: V for name, V in given.pool.items() if name in ("model", "places")}
            result = self._called(given)
            costs += [part for part in self._parts(result) if effects.are_costs(part, given.iterations)]
            is_held = self.build and self.how != "returned update"
            after = self._weights_in(given.pool["model"] if is_held else result, given)
            after = after or weights_in(given.pool.get("weights"), given)  # they were changed in place
            if self.how == "returned update":
                given.arrays = {**given.arrays, **{name: plain(slot.get()) for name, slot in after.items()}}
        weights = {name: plain(slot.get()) for name, slot in after.items()}
        return {**weights, **({"costs": costs[0]} if costs and rounds == 1 else {})}

    def after(self, given: Given) -> dict[str, np.ndarray]:
        """Return the weights, or how far they have come, after as many steps as are asked for."""
        found = self.gives(given) if self.how == "own" else self.trained(given)
        return {name: V for name, V in found.items() if name != "costs"}

    def _weights_in(self, result: Any, given: Given) -> dict[str, holder.Slot]:
        """Find the weights in what came back; a list of weights and one of biases are told apart by their names."""
        parts = self.calls[-1].parts(result)
        is_named = isinstance(result, tuple) and {"W", "b"} <= {*map(kind_of, parts)}
        return weights_in(parts if is_named else result, given)

    def _parts(self, result: Any) -> list[Any]:
        """Return what came back, in its parts."""
        return [result, *(result.values() if isinstance(result, dict) else result if isinstance(result, tuple) else ())]

    def costs_of(self, given: Given, note: Callable[[str, Any], Any]) -> list[float]:
        """Let a training go on that draws its weights; return the costs that came back and whose steps are known.

        Of fewer costs than iterations, that is the first.
        """
        with same_draws():
            result = self.outcome(replace(given, pool={}, note=note))
        found = [part for part in self._parts(result) if effects.are_costs(part)]
        costs = [float(np.squeeze(plain(cost))) for each in found[:1] for cost in each]
        return costs if len(costs) == given.iterations else costs[:1]

    def outcome(self, given: Given) -> Any:
        """Return what came back of a training, or the object, whichever holds the weights."""
        if self.build:
            given.pool["model"] = self.build.run(given)
            holder.prepare(given.pool["model"], given)
        result = self._called(given)
        return result if self._weights_in(result, given) else given.pool.get("model", result)

    def _called(self, given: Given) -> Any:
        result, takes = None, set[str]().union(*(call.takes for call in self.calls))
        functions = [call.function or getattr(given.pool["model"], call.name) for call in self.calls]
        with effects.settings_of(functions, given, takes) if self.updates else nullcontext():
            for call in self.calls:
                result = call.run(given)
        return result

    def _set(self, given: Given) -> dict[str, np.ndarray]:
        """Build the object, put the weights into it, and return them as it holds them."""
        model, before = self.build.run(given) if self.build else None, {}
        given.pool = {"model": model}
        holder.prepare(model, given)
        places = holder.weight_slots(model, given.arrays)
        missing = [name for name in holder.WEIGHTS if name not in places]
        if missing:
            sizes = holder.sizes_of(model, given.arrays["b2"].size)
            if sizes and sizes != given.sizes[:2]:
                raise SizesError(*sizes)
            raise UnboundError(f"{type(model).__name__} keeps no {', '.join(missing)}")
        for name, slot in places.items():
            before[name] = holder.like(given.arrays[name], slot.get())
            slot.set(given.argument(name, before[name].copy()))
        given.pool["places"] = {name: slot.name for name, slot in places.items()}
        return before

    def _read(self, given: Given, result: Any, before: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        model = given.pool.get("model")
        if self.build:
            by_name = {slot.name: slot for slot in holder.slots(model)}
            places = {name: by_name[path] for name, path in given.pool["places"].items()}
        match self.how:
            case "update":
                return effects.differences(before, places, given.rate)
            case "returned update":
                after = self._weights_in(result, given)
                begin = {name: holder.like(given.arrays[name], slot.get()) for name, slot in after.items()}
                return effects.differences(begin, after, given.rate)
            case "autograd" | "outputs":
                return effects.autograd(places, result)
            case "held":
                own = {slot.name for slot in places.values()}
                held = {slot.name: plain(slot.get()) for slot in holder.slots(model) if slot.name not in own}
                return {**held, **arrays_of(self.calls[-1].parts(result))}
        found = arrays_of(self.calls[-1].parts(result))
        if self.form.startswith("flat"):
            found = {name: V for name, V in found.items() if V.size == given.flat(self.form).size}
            return given.unflat(np.ravel(next(iter(found.values()))), self.form) if found else {}
        if self.form in WITH_BIAS:
            return given.without_bias(found, self.form)
        return {name.removeprefix("."): V for name, V in found.items()}

    def _mean_of_each(self, given: Given) -> dict[str, np.ndarray]:
        """Ask for one example after the other, as a loop over examples does, and take the mean."""
        *_, m = given.sizes
        is_vector = given.arrays["b1"].ndim == 1  # where biases are vectors, an example is one as well
        total: dict[str, np.ndarray] = {}
        for k in range(m):
            one = given.of_example(k if is_vector and not self.updates else [k])
            found = replace(self, one_by_one=False).gives(one)
            total = {name: total.get(name, 0.0) + V for name, V in found.items()}
        return {name: V / m for name, V in total.items()}
