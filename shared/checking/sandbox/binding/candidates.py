"""What might be called in a module, the most likely first; and for each entry, the plans that can be tried."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from shared.checking.sandbox.binding import holder, layer_helpers
from shared.checking.sandbox.binding.making import cross_entropy
from shared.checking.sandbox.binding.options import calls, needed, unknown
from shared.checking.sandbox.binding.plan import PRODUCED, Call, Plan
from shared.checking.sandbox.binding.survey import (
    BACKWARD,
    FORWARD,
    PARTS,
    TRAINING,
    UPDATING,
    Survey,
    is_like,
    parameters_of,
)
from shared.checking.sandbox.binding.words import roles_of

WEIGHTS = {"W1", "W2", "weights", "Ws", "cache", "A1"}
"""Who takes one of these works on weights that somebody gives."""


class Candidates:
    """The entries of a module."""

    def __init__(self, survey: Survey):
        self.survey = survey

    def entries(self) -> Iterator[tuple[str, Iterator[Plan]]]:
        """Go through what might be called, each with its plans."""
        functions = self.survey.functions
        backward = [name for name in functions if is_like(name, BACKWARD)]
        backward.sort(key=lambda name: (name != "gradients", not is_like(name, ("grad", "back")), name))
        yield from ((name, self.of_function(name)) for name in backward)
        for cls, built in self.survey.classes.items():
            methods = members(built)
            yield from ((f"{cls}.{name}", self.of_method(cls, name, methods)) for name in self._methods(methods))
        rest = sorted((name for name in functions if name not in backward), key=lambda name: is_like(name, FORWARD))
        yield from ((name, self.of_function(name)) for name in rest)
        if holder.holds_by_name(self.survey.module):
            yield from ((name, self.of_method("", name, functions)) for name in self._methods(functions))
        yield from layer_helpers.plans(self.survey)
        for name in dict.fromkeys(build.name for build in self._modules()):
            yield name, self.of_module(name)

    def of_function(self, name: str) -> Iterator[Plan]:
        """Go through the plans that end with a function."""
        function = self.survey.functions[name]
        before = self._before(name, self.survey.functions)
        for call in calls(name, function, self.survey.returned(name), known=self._names(before)):
            roles = call.takes
            form = call.form
            if form == "model":
                yield from (Plan(name, (call,), build, "autograd", False, form) for build in self._modules())
            elif roles & WEIGHTS or any(role.startswith("=") for role in roles):
                steps = "rate" in roles or is_like(name, (*UPDATING, *TRAINING, "step"))
                hows = ["returned", *(["returned update"] if steps else self._by_derivative(roles))]
                hows = hows[::-1] if steps and "rate" not in roles else hows  # it is a global variable
                for first in self._firsts(call, before, method=False):
                    if {"X", "Y"} <= roles.union(*(each.takes for each in first)):
                        yield from (Plan(name, (*first, call), None, how, False, form) for how in hows)
            elif {"X", "Y", "rate"} <= roles or ({"X", "Y"} <= roles and is_like(name, TRAINING)):
                yield Plan(name, (call,), None, "own")

    def of_method(self, cls: str, name: str, methods: dict[str, Any]) -> Iterator[Plan]:
        """Go through the plans that build an object and end with one of its methods.

        Functions of a file are methods, too: of the module, which holds weights in its global variables.
        """
        before = self._before(name, methods)
        one_by_one = [False, True] if self.survey.is_for_each_example(name) else [False]
        hows = [*(["autograd"] if self.survey.uses_torch else []), "returned", "held", "update"]
        entry = f"{cls}.{name}".removeprefix(".")
        for build in self._builds(cls):
            known = self._names(before)
            for call in calls(name, methods[name], self.survey.returned(name), method=True, known=known):
                for first in self._firsts(call, before, method=True):
                    takes = call.takes.union(*(each.takes for each in first))
                    if not cls and not {"X", "Y"} <= takes:  # a module keeps its own data
                        continue
                    makes_new = ["returned update"] if {"rate", "weights"} <= call.takes else []
                    ways = ((how, each) for how in (*makes_new, *hows) for each in one_by_one)
                    yield from (Plan(entry, (*first, call), build, how, each) for how, each in ways)
                if {"X", "Y"} <= call.takes | build.takes and is_like(name, TRAINING):
                    yield Plan(entry, (call,), build, "own")

    def of_module(self, name: str) -> Iterator[Plan]:
        """Go through the plans that ask a torch.nn.Module, and a loss."""
        for build in self._modules():
            if build.name == name:
                model: Any = self.survey.classes.get(name) or vars(self.survey.module)[name]
                takes = next((each.name for each in parameters_of(model.forward) or () if each.name != "self"), "input")
                asked = Call("__call__", ((takes, ("X", "")),), None, ("A2",))
                loss = Call("loss", (("output", ("A2", "")), ("labels", ("Y", ""))), cross_entropy(self.survey))
                yield Plan(name, (asked, loss), build, "outputs")

    def updating(self, plan: Plan) -> Iterator[Plan]:
        """Go through the plans that make a step with the gradients that another one gives."""
        for call in self._beside(plan, UPDATING, {f"d{name}" for name in holder.WEIGHTS}):
            if plan.build and call.function is None and plan.how in ("returned", "held"):
                yield replace(plan, calls=(*plan.calls, call), how="update")
                continue
            sources = tuple((name, ("=last", "") if source[0] == "grads" else source) for name, source in call.sources)
            update, takes = replace(call, sources=sources), {source[0] for _, source in sources}
            takes_all = {"rate"} < takes & {"rate", "weights", "W1", "Ws"} and any(role[0] == "=" for role in takes)
            if takes_all and call.form == plan.calls[-1].form and not plan.build:
                yield replace(plan, calls=(*plan.calls, update), how="returned update")

    def costing(self, plan: Plan) -> Iterator[Plan]:
        """Go through the plans that ask for the cost as well, by a function that nothing else calls."""
        for call in self._beside(plan, ("cost", "loss"), set()):
            if "Y" in call.takes and (call.function is None or {"A2", "Z2"} & call.takes):
                yield replace(plan, cost=call)

    def _beside(self, plan: Plan, words: tuple[str, ...], known: set[str]) -> Iterator[Call]:
        """Go through the calls of functions, or methods of the same object, that a plan does not make already."""
        cls = plan.entry.rpartition(".")[0]
        found = members(self.survey.classes[cls]) if cls in self.survey.classes else self.survey.functions
        for name in found:
            if is_like(name, words) and name not in self.called([plan]):
                yield from calls(name, found[name], self.survey.returned(name), method=bool(cls), known=known)

    def called(self, plans: Iterable[Plan]) -> set[str]:
        """Name everything that plans call."""
        names = {call.name for plan in plans for call in (*plan.calls, plan.cost, plan.build) if call}
        names |= {plan.entry.rpartition(".")[2] for plan in plans}
        return names.union(*map(self.beneath, names))

    def not_called(self, plans: Iterable[Plan]) -> list[str]:
        """Name the functions and methods that play a known part, and that no plan calls or hands over."""
        known = self.called(plans) | self.survey.handed_over()
        classes = {plan.entry.rpartition(".")[0] for plan in plans} & {*self.survey.classes}
        functions = [name for name in self.survey.functions if name in self.survey.definitions]
        methods = [name for cls in classes for name in members(self.survey.classes[cls])]
        return [name for name in (*functions, *methods) if is_like(name, PARTS) and name not in known]

    def _builds(self, cls: str) -> Iterator[Call]:
        """Go through the ways to get what holds the weights: an object of a class, or the module itself."""
        if cls:
            yield from calls(cls, self.survey.classes[cls], [], builds=True)
        else:
            yield Call("", (), self.survey.module_as_it_was)

    def _methods(self, methods: dict[str, Any]) -> list[str]:
        """Name the methods that may give gradients, the most likely first; those that take labels among them."""
        by_name = (
            name for words in (BACKWARD, (*TRAINING, "update", "step")) for name in methods if is_like(name, words)
        )
        names = {name: [each.name for each in parameters_of(V) or ()] for name, V in methods.items()}
        with_labels = (name for name in names if any("Y" in roles_of(each) for each in names[name]))
        return list(dict.fromkeys((*by_name, *with_labels)))

    def _modules(self) -> Iterator[Call]:
        """Go through what builds a torch.nn.Module."""
        for name, built in self.survey.classes.items():
            if hasattr(built, "named_parameters"):
                yield from calls(name, built, [], builds=True)
        for name, model in vars(self.survey.module).items():
            if hasattr(model, "named_parameters") and not isinstance(model, type):
                yield Call(name, (), partial(deepcopy, model))

    def _before(self, name: str, functions: dict[str, Any]) -> dict[str, Any]:
        """Choose what may have to be called before a function, first what the program itself calls beside it."""
        beside = set[str]().union(*map(self.survey.calls_of, self.survey.callers_of(name))) & {*functions}
        roles = {
            other: {*chain(*(roles_of(each.name) for each in parameters_of(functions[other]) or ()))}
            for other in beside
        }
        beside = {other for other in beside if "X" in roles[other] and "Y" not in roles[other]}
        found = [other for other in functions if other != name and (other in beside or is_like(other, FORWARD))]
        found.sort(key=lambda other: (is_like(other, ("predict",)), not is_like(other, FORWARD), other not in beside))
        return {other: functions[other] for other in found}

    def _names(self, before: dict[str, Any]) -> set[str]:
        """Name what the functions return that may have to be called first."""
        return {name for other in before for name in self.survey.returned(other)} - {""}

    def _by_derivative(self, roles: set[str]) -> list[str]:
        """Tell whether a function may give a loss that PyTorch or JAX can take the derivative of."""
        frameworks = self.survey.uses_torch or self.survey.uses_jax
        return ["grad"] if frameworks and {"X", "Y"} <= roles and roles & {"W1", "weights", "Ws"} else []

    def _firsts(self, call: Call, before: dict[str, Any], method: bool) -> Iterator[tuple[Call, ...]]:
        """Go through what may have to be called first: a forward pass, or nothing."""
        needs = {role for role in call.takes if role in PRODUCED or role.startswith("=")}
        if not needs and not method:
            yield ()
            return
        for other, function in before.items():
            for first in calls(other, function, self.survey.returned(other), method=method):
                if not first.takes & {*PRODUCED} and len({first.form, call.form} - {""}) < 2:
                    yield (first,)
        if not needs:
            yield ()

    def beneath(self, name: str) -> set[str]:
        """Name the functions that one calls, and those that they call."""
        todo, found = [name.split(".")[-1]], set[str]()
        while todo:
            new = self.survey.calls_of(todo.pop()) - found
            found |= new
            todo += new
        return found

    def unknown(self, name: str) -> list[str]:
        """Name the parameters of an entry for which nothing is known."""
        return list(chain(*(unknown(function) for _, function in self._called(name))))

    def adapter(self, name: str) -> str:
        """Write a function that calls an entry, ready to paste as far as its parameters are known."""
        keys = ", ".join(f"{key!r}: {weight}" for weight, key in self.survey.keys().items())
        values = {each: each for each in ("W1", "b1", "W2", "b2", "X", "Y")}
        values |= {"n_x": "W1.shape[1]", "n_h": "W1.shape[0]", "n_y": "1", "m": "X.shape[1]"}
        values |= {"weights": f"{{{keys}}}", "XY": "(X, Y)"}
        calls = []
        for called, function in self._called(name):
            known = {each: next(filter(None, map(values.get, roles_of(each))), "...") for each in needed(function)}
            calls.append(f"{called}({', '.join(f'{each}={value}' for each, value in known.items())})")
        return f"def gradients(W1, b1, W2, b2, X, Y): return {'.'.join(calls)}"

    def _called(self, name: str) -> Iterator[tuple[str, Any]]:
        """Go through what is called for an entry: a function, or a class and its method."""
        first, _, method = name.partition(".")
        found = self.survey.classes.get(first) or self.survey.functions.get(first)
        yield from ((each, V) for each, V in ((first, found), (method, getattr(found, method, None))) if V)


def members(cls: type) -> dict[str, Any]:
    """Return the methods of a class that are the user's own."""
    found: dict[str, Any] = {}
    for each in cls.__mro__[::-1]:
        if each.__module__ == cls.__module__:
            found |= vars(each)
    return {name: V for name, V in found.items() if callable(V) and (not name.startswith("__") or name == "__call__")}
