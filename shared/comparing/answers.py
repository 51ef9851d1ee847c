"""Calls of an implementation, and its answers: it gets copies of everything; a failure becomes one line."""

import sysconfig
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import implementations
from shared.network import (
    Activation,
    Activations,
    Array,
    Gradients,
    Implementation,
    InputError,
    Parameters,
    Settings,
    named,
    unfit,
)

NOBODYS = (implementations.__file__, *map(sysconfig.get_path, ("stdlib", "purelib", "platlib")))
"""Files where an error is raised that a line of the user's has caused: the message names that line."""


class ImplementationFailed(InputError):  # noqa: N818 -- it is the implementation that failed
    """A function of an implementation raised an exception. The text is one line that says where."""


@dataclass(frozen=True)
class Answers:
    """What an implementation returned at some parameters, by name, and which of its inputs it changed."""

    values: dict[str, Any]
    changed: tuple[str, ...] = ()


def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of an implementation; turn what it raises into one line that names the place."""
    try:
        with implementations.confined():
            return function(*arguments)
    except (InputError, KeyboardInterrupt):  # the line is there already
        raise
    except BaseException as error:  # a file may even exit
        frames = traceback.extract_tb(error.__traceback__)
        frame = ([entry for entry in frames if not entry.filename.startswith(NOBODYS)] or frames)[-1]
        what = " ".join(f"{type(error).__name__}: {error}".split())
        if frame.filename == __file__:
            raise ImplementationFailed(f"{function.__name__} cannot be called as the contract says: {what}") from error
        where = f"{Path(frame.filename).name}, line {frame.lineno}"
        raise ImplementationFailed(f"{function.__name__} raised {what} ({where})") from error


def answers(
    implementation: Implementation, parameters: Parameters, X: Array, Y: Array, activation: Activation
) -> Answers:
    """Ask an implementation for every quantity; it gets copies, so that it can change nothing of ours."""
    values: dict[str, Any] = {}
    inputs = copies(parameters, X, Y)
    start = Parameters(*inputs[:4])
    values |= named(Activations, call(implementation.forward, start, inputs[4], activation))
    values["cost"] = call(implementation.cost, start, *inputs[4:], activation)
    values |= named(Gradients, call(implementation.gradients, start, *inputs[4:], activation))
    return Answers(values, changed(inputs, (*parameters, X, Y)))


def answers_to_step(
    implementation: Implementation,
    parameters: Parameters,
    X: Array,
    Y: Array,
    learning_rate: float,
    activation: Activation,
) -> Answers:
    """Ask an implementation for one step of gradient descent."""
    inputs = copies(parameters, X, Y)
    stepped = call(implementation.step, Parameters(*inputs[:4]), *inputs[4:], learning_rate, activation)
    return Answers(named(Parameters, stepped), changed(inputs, (*parameters, X, Y)))


def copies(parameters: Parameters, X: Array, Y: Array) -> tuple[Array, ...]:
    """Copy everything that is passed to an implementation."""
    return tuple(V.copy() for V in (*parameters, X, Y))


def changed(inputs: tuple[Array, ...], originals: tuple[Array, ...]) -> tuple[str, ...]:
    """Name the inputs that are no longer what they were."""
    names = (*Parameters._fields, "X", "Y")
    return tuple(
        name for name, a, b in zip(names, inputs, originals, strict=True) if a is not b and not np.array_equal(a, b)
    )


def training_problem(training: Mapping[str, Any], start: Parameters, settings: Settings) -> str:
    """Say why what `train` returned, by the names of Training, cannot be judged; an empty string if it can."""
    dtype, trained = np.dtype(settings.dtype), named(Parameters, training["parameters"])
    problems = {"costs": unfit("costs", training["costs"], (settings.iterations,), dtype)}
    problems |= {f"the trained {V}": unfit(V, trained[V], W.shape, dtype) for V, W in start._asdict().items()}
    for name in ("seconds_per_step", "seconds_to_compile"):
        if not isinstance(training[name], float | int) or not np.isfinite(training[name]):
            problems[name] = f"it is {training[name]!r}, not a number of seconds"
    return "; ".join(f"{name}: {problem}" for name, problem in problems.items() if problem)
