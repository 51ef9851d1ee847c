"""How a function of a user's file is called: as the doctor's template has it, or as this suite's contract has it."""

import inspect
from types import ModuleType
from typing import Any


def call(module: ModuleType, function: str, arguments: list[Any]) -> Any:
    """Call gradients(W1, b1, ...) or, where the file is one of this suite's form, gradients(parameters, ...)."""
    called = getattr(module, function)
    if not follows_the_contract(called):
        return called(*arguments)

    from shared.network import Parameters, Settings  # such a file imports it itself; no other needs it

    parameters, X, others = Parameters(*arguments[:4]), arguments[4], arguments[5:]
    if function == "forward":
        return called(parameters, X)
    if function == "gradients":
        return {**named(called(parameters, X, *others)), "cost": module.cost(parameters, X, *others)}
    Y, learning_rate, iterations = others
    settings = Settings(learning_rate, iterations, hidden=len(parameters.W1), dtype=X.dtype.name)
    training = called(parameters, X, Y, settings)
    return {"costs": training.costs, **named(training.parameters)}


def follows_the_contract(function: Any) -> bool:
    """Tell whether a function takes the weights in one tuple, as those of `shared.network.Implementation` do."""
    try:
        return next(iter(inspect.signature(function).parameters), "") == "parameters"
    except (TypeError, ValueError):  # some functions that are not written in Python have no signature
        return False


def named(values: Any) -> dict[str, Any]:
    """Give the entries of a NamedTuple by name."""
    return dict(values._asdict())
