"""The network in NumPy, every derivative written by hand: one line per equation.

n_x inputs, n_h hidden units, 1 output unit, m examples, one example per column.
dV is the derivative of the cost with respect to V and has V's shape.
The equations are numbered, and derived, in docs/derivation.md.
"""

import time

import numpy as np
from jaxtyping import Float

from shared.network import (
    LEAKY_SLOPE,
    Activation,
    Activations,
    Array,
    Gradients,
    Parameters,
    Progress,
    Settings,
    Training,
)


def activate(Z1: Float[Array, "n_h m"], activation: Activation) -> Float[Array, "n_h m"]:
    """Apply the hidden layer's activation, entry by entry."""
    match activation:
        case "relu":
            return np.maximum(Z1, 0)
        case "leaky_relu":
            return np.where(Z1 > 0, Z1, LEAKY_SLOPE * Z1)
        case "sigmoid":
            return sigmoid(Z1)
        case "tanh":
            return np.tanh(Z1)


def slope(Z1: Float[Array, "n_h m"], A1: Float[Array, "n_h m"], activation: Activation) -> Float[Array, "n_h m"]:
    """Differentiate the hidden layer's activation, entry by entry. At Z1 = 0 it is the slope of the left half."""
    match activation:
        case "relu":
            return (Z1 > 0).astype(Z1.dtype)
        case "leaky_relu":
            return np.where(Z1 > 0, 1, LEAKY_SLOPE).astype(Z1.dtype)
        case "sigmoid":
            return A1 * (1 - A1)
        case "tanh":
            return 1 - A1 * A1


def sigmoid(Z: Float[Array, "units m"]) -> Float[Array, "units m"]:
    """1 / (1 + exp(-Z)), written so that exp never overflows: exp(Z) / (1 + exp(Z)) where Z is negative."""
    E = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1, E) / (1 + E)


def forward(parameters: Parameters, X: Float[Array, "n_x m"], activation: Activation = "relu") -> Activations:
    """Run the forward pass: Z1, A1, Z2 and A2, input to output."""
    W1, b1, W2, b2 = parameters
    Z1 = W1 @ X + b1  #                         (n_h, m)    eq 1
    A1 = activate(Z1, activation)  #            (n_h, m)    eq 2
    Z2 = W2 @ A1 + b2  #                        (1, m)      eq 3
    A2 = sigmoid(Z2)  #                         (1, m)      eq 4
    return Activations(Z1, A1, Z2, A2)


def cost(
    parameters: Parameters, X: Float[Array, "n_x m"], Y: Float[Array, "1 m"], activation: Activation = "relu"
) -> float:
    """Average the cross-entropy of A2 and Y over the examples."""
    return float(cross_entropy(forward(parameters, X, activation).Z2, Y))


def cross_entropy(Z2: Float[Array, "1 m"], Y: Float[Array, "1 m"]) -> np.floating:
    """-Y log(A2) - (1 - Y) log(1 - A2), averaged, from Z2: log(A2) is infinite where A2 rounds to 0.

    Each example's share is divided by m before the sum, so that the sum cannot overflow.
    """
    m = Y.shape[1]
    softplus = np.logaddexp(0, Z2)  #           (1, m)      log(1 + exp(Z2)) = -log(1 - A2)
    return np.sum((softplus - Y * Z2) / m)  #   scalar      eq 12


def gradients(
    parameters: Parameters, X: Float[Array, "n_x m"], Y: Float[Array, "1 m"], activation: Activation = "relu"
) -> Gradients:
    """Differentiate the cost with respect to everything, by the chain rule, output to input."""
    return backward(parameters, X, Y, forward(parameters, X, activation), activation)


def backward(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    activations: Activations,
    activation: Activation,
) -> Gradients:
    """Run the backward pass, from what the forward pass computed."""
    Z1, A1, _, A2 = activations
    m = Y.shape[1]
    dZ2 = (A2 - Y) / m  #                       (1, m)      eq 5: cross-entropy and sigmoid, together, cancel to this
    dW2 = dZ2 @ A1.T  #                         (1, n_h)    eq 6
    db2 = dZ2.sum(axis=1, keepdims=True)  #     (1, 1)      eq 7
    dA1 = parameters.W2.T @ dZ2  #              (n_h, m)    eq 8
    dZ1 = dA1 * slope(Z1, A1, activation)  #    (n_h, m)    eq 9
    dW1 = dZ1 @ X.T  #                          (n_h, n_x)  eq 10
    db1 = dZ1.sum(axis=1, keepdims=True)  #     (n_h, 1)    eq 11
    return Gradients(dZ2, dW2, db2, dA1, dZ1, dW1, db1)


def step(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    learning_rate: float,
    activation: Activation = "relu",
) -> Parameters:
    """Take one step of gradient descent, down the slope of the cost."""
    current = Parameters(*(V.copy() for V in parameters))
    descend(current, X, Y, learning_rate, activation)
    return current


def descend(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    learning_rate: float,
    activation: Activation,
) -> np.floating:
    """Update the parameters in place and return the cost before the update."""
    activations = forward(parameters, X, activation)
    d = backward(parameters, X, Y, activations, activation)
    for V, dV in zip(parameters, (d.dW1, d.db1, d.dW2, d.db2), strict=True):
        V -= learning_rate * dV  #              V's shape   eq 13
    return cross_entropy(activations.Z2, Y)


def train(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    settings: Settings,
    progress: Progress | None = None,
) -> Training:
    """Train by full-batch gradient descent: every step uses all examples."""
    current = Parameters(*(V.copy() for V in parameters))
    costs = np.empty(settings.iterations, X.dtype)
    start = time.perf_counter()
    for i in range(settings.iterations):
        costs[i] = descend(current, X, Y, settings.learning_rate, settings.activation)
        if progress:
            progress(i + 1)
    seconds = time.perf_counter() - start
    return Training(current, costs, seconds / settings.iterations, seconds_to_compile=0.0)
