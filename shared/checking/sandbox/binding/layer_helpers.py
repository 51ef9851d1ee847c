"""A course's functions of one layer, put together to a whole pass: linear_activation_forward, linear_backward, ..."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.checking.sandbox.binding.plan import Call, Plan
from shared.checking.sandbox.binding.survey import Survey

Function = Callable[..., Any]
PARTS = ("linear_forward", "linear_backward", "relu", "sigmoid", "relu_backward")
ARGUMENTS = ("W1", "b1", "W2", "b2", "X", "Y")


def plans(survey: Survey) -> Iterator[tuple[str, Iterator[Plan]]]:
    """Go through the ways to put such functions together that a module allows; each has a name and a plan."""
    f = survey.functions
    sources = tuple((name, (name, "")) for name in ARGUMENTS)
    forward, backward = f.get("linear_activation_forward"), f.get("linear_activation_backward")
    if forward and backward:
        whole = Call("linear_activation_backward", sources, _of_layers(forward, backward))
        yield "linear_activation_backward", iter([Plan("linear_activation_backward", (whole,))])
    if all(name in f for name in PARTS):
        whole = Call("linear_backward", sources, _of_parts(f))
        yield "linear_backward", iter([Plan("linear_backward", (whole,))])


def _of_layers(forward: Function, backward: Function) -> Function:
    def gradients(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> dict[str, Any]:
        A1, cache1 = forward(X, W1, b1, "relu")
        A2, cache2 = forward(A1, W2, b2, "sigmoid")
        dA1, dW2, db2 = backward(-(Y / A2 - (1 - Y) / (1 - A2)), cache2, "sigmoid")
        _, dW1, db1 = backward(dA1, cache1, "relu")
        return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dA1": dA1, "A1": A1, "A2": A2}

    return gradients


def _of_parts(functions: Mapping[str, Function]) -> Function:
    linear, linear_backward, relu, sigmoid, relu_backward = (functions[name] for name in PARTS)
    sigmoid_backward = functions.get("sigmoid_backward")

    def gradients(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> dict[str, Any]:
        Z1, cache1 = linear(X, W1, b1)
        A1, kept1 = _with_cache(relu(Z1), Z1)
        Z2, cache2 = linear(A1, W2, b2)
        A2, kept2 = _with_cache(sigmoid(Z2), Z2)
        slope = sigmoid_backward and sigmoid_backward(-(Y / A2 - (1 - Y) / (1 - A2)), kept2)
        dA1, dW2, db2 = linear_backward(A2 - Y if slope is None else slope, cache2)
        _, dW1, db1 = linear_backward(relu_backward(dA1, kept1), cache1)
        return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2, "dA1": dA1, "A1": A1, "A2": A2}

    return gradients


def _with_cache(result: Any, Z: Any) -> tuple[Any, Any]:
    """Return an activation and what its backward step needs: what came with it, or its argument."""
    return result if isinstance(result, tuple) and len(result) == 2 else (result, Z)
