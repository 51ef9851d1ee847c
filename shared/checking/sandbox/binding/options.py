"""What the parameters of a function may get, by their names; each choice of them is a call that can be tried."""

import inspect
from collections.abc import Callable, Collection, Iterator
from itertools import islice, product
from typing import Any

from shared.checking.sandbox.binding.given import FLAT, FORMS, WITH_BIAS
from shared.checking.sandbox.binding.plan import PRODUCED, Call, Source
from shared.checking.sandbox.binding.survey import parameters_of
from shared.checking.sandbox.binding.words import roles_of

SIZES = ("n_x", "n_h", "n_y")
MOST = 48
"""Calls of one function that are tried, at most."""


def calls(
    name: str,
    function: Callable[..., Any],
    returned: list[str],
    *,
    builds: bool = False,
    method: bool = False,
    known: Collection[str] = (),
) -> Iterator[Call]:
    """Go through the ways in which a function may be called, the most likely first.

    `builds` says that it is a class: its parameters are sizes sooner than activations. `method` says that the object
    that holds the weights has it, and that its parameters need no self. `known` are names that other functions return.
    """
    parameters = parameters_of(function)
    if parameters is None:
        return
    if method and parameters and parameters[0].name in ("self", "cls"):
        parameters = parameters[1:]
    choices = [list(_sources(each, parameters, builds, known)) for each in parameters]
    if builds:
        choices = _by_position(parameters, choices)
    for chosen in islice(_combined(choices), MOST):
        forms = {source[1] for source in chosen if source and source[0] in ("weights", "W1", "W2")}
        roles = [source[0] for source in chosen if source and source[0] not in ("zero", "one")]
        if len(forms) > 1 or len(set(roles)) < len(roles):
            continue
        sources = [(each.name, source) for each, source in zip(parameters, chosen, strict=True) if source]
        yield Call(name, tuple(sources), None if method else function, tuple(returned))


def _combined(choices: list[list[Any]]) -> Iterator[list[Any]]:
    """Go through all combinations of choices; the form of the weights, which has the most choices, changes fastest."""
    order = sorted(range(len(choices)), key=lambda k: any(source and source[0] == "weights" for source in choices[k]))
    for chosen in product(*(choices[k] for k in order)):
        yield [chosen[order.index(k)] for k in range(len(choices))]


def needed(function: Callable[..., Any]) -> list[str]:
    """Name the parameters that a function cannot be called without."""
    parameters = parameters_of(function) or []
    return [each.name for each in parameters if each.default is each.empty and each.name != "self"]


def unknown(function: Callable[..., Any]) -> list[str]:
    """Name the parameters that a function needs and for which nothing is known."""
    return [name for name in needed(function) if not roles_of(name)]


def _sources(
    parameter: inspect.Parameter, all_of_them: list[inspect.Parameter], builds: bool, known: Collection[str]
) -> Iterator[Source | None]:
    """Go through what a parameter may get; None: its default."""
    roles, default = roles_of(parameter.name), parameter.default
    has_default = default is not parameter.empty
    if builds:
        roles = tuple(role for role in roles if role not in PRODUCED)
        roles = tuple(sorted(roles, key=lambda role: role in ("X", "Y", "Ws", "bs", "weights")))
    elif set(roles) & {"X", "Y"}:
        roles = tuple(role for role in roles if role not in SIZES)
    else:  # `output` is what forward returned sooner than a size
        roles = tuple(sorted(roles, key=lambda role: "A2" in roles and role in SIZES))
    if parameter.name in known and not set(roles) & {"W1", "b1", "W2", "b2", "X", "Y"}:
        yield (f"={parameter.name}", "")
        roles = tuple(role for role in roles if role not in PRODUCED)
    with_biases = any("bs" in roles_of(each.name) for each in all_of_them if each is not parameter)
    for role in roles:
        if role in ("Ws", "bs") and not (with_biases or role == "bs"):
            continue
        if role == "weights":
            yield ("weights", "model")
            yield from (("weights", form) for form in (*FORMS, *FLAT))
        elif role in ("W1", "W2") and not builds and not any(_are_biases(each.name) for each in all_of_them):
            yield from ((role, form) for form in ("", *WITH_BIAS))
        elif role in ("zero", "one"):
            if not has_default or (isinstance(default, int | float) and not isinstance(default, bool)):
                yield (role, "")
        elif not (has_default and isinstance(default, bool | str)):
            yield (role, "")
    if not roles and not has_default and not builds:  # it may be what forward keeps for the way back
        yield ("cache", "")
    if has_default and not {"iterations", "rate", "X", "Y"} & set(roles):
        yield None


def _are_biases(name: str) -> bool:
    """Tell whether a name stands for biases."""
    return bool({"b1", "b2", "bs"} & set(roles_of(name)))


def _by_position(parameters: list[inspect.Parameter], choices: list[list[Any]]) -> list[list[Any]]:
    """Take parameters of a class for sizes by their places, where their names say nothing else."""
    needed = [k for k, each in enumerate(parameters) if each.default is each.empty]
    sizes = [k for k in needed if not choices[k] or {source[0] for source in choices[k]} & {*SIZES, "m", "sizes"}]
    if len(sizes) == 1:
        choices[sizes[0]] += [("sizes", ""), ("n_h", "")]
    elif len(sizes) in (2, 3):
        for k, role in zip(sizes, SIZES, strict=False):
            choices[k] = [(role, ""), *(source for source in choices[k] if source != (role, ""))]
    return choices
