"""Helpers of a course or a tutorial, put together to a whole pass: linear_activation_forward, update_weights, ..."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.given import BIG
from shared.checking.sandbox.binding.plan import Call, Plan
from shared.checking.sandbox.binding.survey import Survey

Function = Callable[..., Any]
LAYERS = ("linear_activation_forward", "linear_activation_backward")
PARTS = ("linear_forward", "linear_backward", "relu", "sigmoid", "relu_backward")
ARGUMENTS = ("W1", "b1", "W2", "b2", "X", "Y")


NEURONS = ("forward_propagate", "backward_propagate_error", "update_weights")


def plans(survey: Survey) -> Iterator[tuple[str, Iterator[Plan]]]:
    """Go through the ways to put such functions together that a module allows; each has a name and a plan."""
    sources = tuple((name, (name, "")) for name in ARGUMENTS)
    for needed, together in ((LAYERS, _of_layers), (PARTS, _of_parts), (NEURONS, _of_neurons)):
        if all(name in survey.functions for name in needed):
            whole = Call(needed[1], sources, together(survey.functions))
            yield needed[1], iter([Plan(needed[1], (whole,))])


def _of_layers(functions: Mapping[str, Function]) -> Function:
    forward, backward = (functions[name] for name in LAYERS)

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


def _of_neurons(functions: Mapping[str, Function]) -> Function:
    """Put together the functions of a network that is a list of layers, each a list of neurons with their weights."""
    forward, backward, update = (functions[name] for name in NEURONS)

    def gradients(W1: Any, b1: Any, W2: Any, b2: Any, X: Any, Y: Any) -> dict[str, Any]:
        before = [np.hstack([W, b]) for W, b in ((W1, b1), (W2, b2))]
        changes = [np.zeros_like(layer) for layer in before]
        for row in np.vstack([X, Y]).T.tolist():
            network = [[{"weights": weights} for weights in layer.tolist()] for layer in before]
            forward(network, row)
            backward(network, row[-1:])
            update(network, row, BIG)
            for change, old, layer in zip(changes, before, network, strict=True):
                change += (old - [neuron["weights"] for neuron in layer]) / BIG / len(X.T)
        return {
            "dW1": changes[0][:, :-1],
            "db1": changes[0][:, -1:],
            "dW2": changes[1][:, :-1],
            "db2": changes[1][:, -1:],
        }

    return gradients
