"""What of a user's file is called, and how: under the usual names, as this suite's contract has it, or by a binding."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from shutil import rmtree
from types import ModuleType
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.bound import Binding, given_to
from shared.checking.sandbox.binding.candidates import Candidates
from shared.checking.sandbox.binding.given import Given
from shared.checking.sandbox.binding.paper import LAYOUTS, numbers
from shared.checking.sandbox.binding.passes import Step
from shared.checking.sandbox.binding.plan import Plan
from shared.checking.sandbox.binding.search import RATE, Search
from shared.checking.sandbox.binding.steps import learning_rates
from shared.checking.sandbox.binding.survey import Survey
from shared.checking.sandbox.binding.words import roles_of
from shared.checking.sandbox.script import FRAMEWORKS, steps_of_call
from shared.checking.sandbox.unpack import entries
from shared.checking.watching.places import Sources

ORDER = {
    "gradients": ("W1", "b1", "W2", "b2", "X", "Y"),
    "forward": ("W1", "b1", "W2", "b2", "X"),
    "train": ("W1", "b1", "W2", "b2", "X", "Y", "rate", "iterations"),
}
"""The functions that are called under these names, and what each is given."""
CONTRACT = ("forward", "cost", "gradients", "step", "train")
"""The functions of an implementation of this suite."""
MOST_TRIED = 64
"""Ways to call a training."""
MANY, ROUNDS = (4, 3, 70), 5
"""The sizes of what a training is given that draws its weights, more examples than a usual batch; and iterations."""
Note = Callable[[str, Any], Any]


@dataclass
class Target:
    """What is called in a module."""

    module: ModuleType
    functions: list[str]
    binding: Binding | None = None
    remarks: list[str] = field(default_factory=list)
    problem: str = ""
    steps: list[Step] = field(default_factory=list)
    optimizer: str = ""
    is_script: bool = False
    called: set[str] = field(default_factory=set)
    maker: str = "the script"
    survey: Survey | None = None

    @property
    def has_loss(self) -> bool:
        """Whether something can be called that has a loss, and not only a module of PyTorch's."""
        return bool(self.functions) and (self.binding is None or self.binding.plan.how != "outputs")

    def all_remarks(self) -> list[str]:
        """Say also which functions play a known part, and are called neither by what is bound nor by the script."""
        if self.binding is None or self.is_script:
            return self.remarks
        candidates = Candidates(self.binding.survey)
        called = {*self.called, *self.functions, *self.binding.others}.union(*map(candidates.beneath, self.called))
        missed = [name for name in candidates.not_called(self.plans) if name not in called]
        called |= {plan.entry for plan in self.plans}
        left = [remark for remark in self.remarks if remark.partition("(")[0] not in called]
        return [*left, *([f"not called, and so not examined: {', '.join(missed)}"] if missed else [])]

    @property
    def plans(self) -> list[Plan]:
        """What is bound to be called."""
        return [each.plan for each in (self.binding, self.binding and self.binding.trainer) if each]

    @property
    def trainings(self) -> Iterator[tuple[Plan, Given]]:
        """Go through the trainings that nothing else calls and that draw their weights, and what they are given."""
        if self.survey is None:
            return
        candidates = Candidates(self.survey)
        called = {*self.called, *candidates.called(self.plans)}
        make, layouts = (self.binding.make, [self.binding.layout]) if self.binding else (np.asarray, LAYOUTS)
        for entry, plans in candidates.entries():
            for plan in plans if entry.rpartition(".")[2] not in called else ():
                given = [{name: layout.of(name, V) for name, V in numbers(*MANY).items()} for layout in layouts]
                if plan.how == "own":
                    yield from ((plan, given_to(self.survey, each, RATE, make, ROUNDS)) for each in given)

    def told(self) -> dict[str, Any] | None:
        """Say what is called, where it is not gradients(W1, b1, W2, b2, X, Y)."""
        if self.is_script:
            is_script = self.maker == "the script"
            how = f"{'the script itself' if is_script else self.maker}: its first steps are examined"
            how += ", on its own data" if is_script else ", on examples of this suite"
            return {"entry": self.maker, "how": how, "steps": len(self.steps), "rows": self.steps[0].rows}
        if not (binding := self.binding):
            return None
        how = binding.sentence()
        how += f"; the first steps of {self.maker} are examined as it makes them" if self.steps else ""
        others = [name for name in binding.others if name != self.maker]
        told = {"entry": binding.plan.entry, "others": others, "how": how, "own": binding.plan.how == "own"}
        return {**told, **binding.layout._asdict(), "sizes": binding.sizes}

    def let_train(self, sources: Sources, to: Path) -> None:
        """Examine the first steps of a training that draws its weights, if there is one that nothing else calls."""
        for plan, given in islice(self.trainings, MOST_TRIED):
            named = [given.rate] if plan.takes_rate else learning_rates(vars(self.module))
            rmtree(to, ignore_errors=True)
            to.mkdir()
            if steps := steps_of_call(partial(plan.costs_of, given), named, sources, to):
                self.maker = plan.entry
                self.take_steps(steps, "", {plan.entry.rpartition(".")[2]})
                return

    def take_steps(self, steps: list[Step], optimizer: str, called: set[str]) -> None:
        """Take the steps of a script for a training and, where nothing else gives any, for the gradients as well.

        `called` are the functions that the script calls.
        """
        self.called |= called if steps else set()
        self.is_script, self.steps, self.optimizer = bool(steps) and not self.has_loss, steps, optimizer
        self.functions = ["gradients"] if self.is_script else self.functions
        makes_steps = any(step.after and step.rate for step in steps) and "train" not in self.functions
        self.functions += ["train"] if makes_steps else []

    def has_step_from(self, begin: list[np.ndarray]) -> bool:
        """Tell whether a script makes a step from these weights."""
        with suppress(TypeError):
            return bool(self.step_from(begin))
        return False

    def step_from(self, begin: list[np.ndarray]) -> Step:
        """Return the step of a script that begins with these weights and, if there are several, with these examples.

        Raises
        ------
        TypeError
            If there is none: they are turned, or other weights.
        """
        found = list[Step]()
        for step in self.steps:
            own = [step.given[name] for name in ORDER["train"][:4]]
            turned = own[0].shape == begin[0].shape or not self.is_script
            if turned and all(np.array_equal(turned_like(V, W), W) for V, W in zip(own, begin[:4], strict=True)):
                found.append(step)
        if not found:
            raise TypeError("the script makes no step from these weights")
        X = begin[4]
        return next((step for step in found if np.array_equal(turned_like(step.given["X"], X), X)), found[0])

    def training(self) -> dict[str, Any]:
        """Say of which steps of a script it is known what became of the weights."""
        rates = [step.rate for step in self.steps if step.after]
        if not self.steps:
            return {}
        first, asked = self.steps[0], bool(self.binding and self.binding.trainer)
        found = {"dtype": str(first.given["W1"].dtype), "rows": first.rows, "turned": first.turned, "maker": self.maker}
        return {"rates": rates, "optimizer": self.optimizer, "is_asked": asked, **found}

    def trained(self, begin: list[np.ndarray], count: int) -> dict[str, Any]:
        """Return what training gives after so many of the script's own steps: weights, the last gradients, costs."""
        weights, first = begin[:4], self.steps.index(self.step_from(begin))
        steps, names = self.steps[first : first + count], ORDER["train"][:4]
        costs = [
            step.cost for step in steps if step.cost is not None and not (self.is_script and "cost" in step.gradients)
        ]
        last = {**steps[-1].after, **steps[-1].gradients}
        alike = {f"{mark}{name}": W for mark in ("", "d") for name, W in zip(names, weights, strict=True)}
        made = {name: turned_like(last[name], W) for name, W in alike.items() if name in last}
        return made | ({"costs": costs} if costs else {})

    def call(self, function: str, arguments: list[Any], note: Note) -> Any:
        """Call gradients, forward or train with W1, b1, ..."""
        if self.is_script and function == "gradients":
            gradients = self.step_from(arguments[:5]).gradients
            alike = {f"d{name}": W for name, W in zip(ORDER["train"], arguments[:4], strict=False)}
            return {name: turned_like(V, alike[name]) if name in alike else V for name, V in gradients.items()}
        if function == "train" and self.steps and (self.has_step_from(arguments[:5]) or not self.binding):
            return self.trained(arguments[:5], arguments[-1])
        if self.binding and function in self.binding.functions:
            return self.binding.call(function, arguments, note)
        noted = [note(name, V) for name, V in zip(ORDER[function], arguments, strict=False)]
        called = getattr(self.module, function)
        return as_implementation(self.module, function, noted) if follows_the_contract(self.module) else called(*noted)


def turned_like(V: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Give an array the shape of another, in which it may lie turned."""
    W = np.asarray(W)
    return (V.T if V.ndim == 2 and V.shape != W.shape else V).reshape(W.shape) if V.size == W.size else V


def target(module: ModuleType, source: str, entry: str = "") -> Target:
    """Find out what is called in a module; `entry` is what the user named, if anything."""
    usual = [name for name in ORDER if callable(getattr(module, name, None))]
    if follows_the_contract(module):
        return Target(module, usual)
    fitting = [name for name in usual if takes_the_usual(getattr(module, name), ORDER[name])]
    remarks = [
        f"{name}{signature(getattr(module, name))} is left alone: it is no {name}(W1, b1, ...)" for name in usual
    ]
    remarks = [remark for remark, name in zip(remarks, usual, strict=True) if name not in (*fitting, "gradients")]
    makes_own = any(name in source for name in FRAMEWORKS)  # and may want tensors, or leave one out
    if "gradients" in fitting and entry in ("", "gradients") and not (makes_own and gives_too_few(module)):
        return Target(module, fitting, remarks=remarks)
    search = Search(Survey(module, source), entry)
    found = search.find()
    if found:
        others = [name for name in fitting if name == "forward"]
        return Target(module, [*found.functions, *others], found, remarks, survey=search.survey)
    if "gradients" in usual and entry in ("", "gradients"):
        return Target(module, [name for name in usual if name == "gradients" or name in fitting], remarks=remarks)
    return Target(module, [], problem=search.why_not(), survey=search.survey)


def gives_too_few(module: ModuleType) -> bool:
    """Tell whether gradients() gives fewer than four, or fails on NumPy arrays, and so expects tensors."""
    try:
        entries("gradients", module.gradients(*map(numbers().get, ORDER["gradients"])))
    except Exception as error:
        return isinstance(error, (AttributeError, TypeError))
    return False


def follows_the_contract(module: ModuleType) -> bool:
    """Tell whether a module has the functions of `shared.network.Implementation`, weights in one tuple."""
    found = [getattr(module, name, None) for name in CONTRACT]
    return all(callable(each) and first_of(each) == "parameters" for each in found)


def first_of(function: Any) -> str:
    """Name a function's first parameter; empty if nobody knows it."""
    try:
        return next(iter(inspect.signature(function).parameters), "")
    except (TypeError, ValueError):  # some functions that are not written in Python have no signature
        return ""


def takes_the_usual(function: Any, roles: tuple[str, ...]) -> bool:
    """Tell whether a function can be called with these values in this order, and no name says otherwise."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return True
    if any(each.kind == each.VAR_POSITIONAL for each in parameters):
        return True
    places = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    needed = [each for each in parameters if each.default is each.empty and each.kind != each.VAR_KEYWORD]
    if len(needed) > len(roles) or len(places) < len(roles) or any(each not in places for each in needed):
        return False
    meant = [{role for role in roles_of(each.name) if role in (*ORDER["train"], "weights")} for each in places]
    return all(not known or role in known for known, role in zip(meant, roles, strict=False))


def signature(function: Any) -> str:
    """Write a function's parameters: (X, Y, n_h)."""
    try:
        return f"({', '.join(inspect.signature(function).parameters)})"
    except (TypeError, ValueError):
        return "()"


def as_implementation(module: ModuleType, function: str, arguments: list[Any]) -> Any:
    """Call a function of a file that has this suite's contract."""
    from shared.network import Parameters, Settings  # such a file imports it itself; no other needs it

    parameters, X, others = Parameters(*arguments[:4]), arguments[4], arguments[5:]
    called = getattr(module, function)
    if function == "forward":
        return called(parameters, X)
    if function == "gradients":
        return {**called(parameters, X, *others)._asdict(), "cost": module.cost(parameters, X, *others)}
    Y, learning_rate, iterations = others
    settings = Settings(learning_rate, iterations, hidden=len(parameters.W1), dtype=X.dtype.name)
    training = called(parameters, X, Y, settings)
    return {"costs": training.costs, **training.parameters._asdict()}
