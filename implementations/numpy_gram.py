"""The network in NumPy, trained in the space of examples: one m x m product a step in place of two with X.

n_x inputs, n_h hidden units, 1 output unit, m examples, one example per column.
dV is the derivative of the cost with respect to V and has V's shape.
Equations 1 to 13 are derived in docs/derivation.md, 14 to 18 in docs/gram.md.
"""

import time
import warnings

import numpy as np
from jaxtyping import Float

from shared.network import (
    LEAKY_SLOPE,
    Activation,
    Activations,
    Array,
    DoesNotPayWarning,
    Gradients,
    Parameters,
    Progress,
    Settings,
    Training,
)

STRETCH = 100
"""After so many steps W1 is formed anew: until then C and its rounding stay small (docs/gram.md)."""


def activate(Z1: Float[Array, "n_h m"], activation: Activation) -> Float[Array, "n_h m"]:
    """Apply the hidden layer's activation, entry by entry."""
    match activation:
        case "relu":
            return np.maximum(Z1, 0)
        case "leaky_relu":
            return np.where(Z1 > 0, Z1, LEAKY_SLOPE * Z1)
        case "sigmoid":
            return sigmoid(Z1)


def slope(Z1: Float[Array, "n_h m"], A1: Float[Array, "n_h m"], activation: Activation) -> Float[Array, "n_h m"]:
    """Differentiate the hidden layer's activation, entry by entry. At Z1 = 0 the left half's slope counts."""
    match activation:
        case "relu":
            return (Z1 > 0).astype(Z1.dtype)
        case "leaky_relu":
            return np.where(Z1 > 0, 1, LEAKY_SLOPE).astype(Z1.dtype)
        case "sigmoid":
            return A1 * (1 - A1)


def sigmoid(Z: Float[Array, "units m"]) -> Float[Array, "units m"]:
    """1 / (1 + exp(-Z)), written so that exp never overflows: exp(Z) / (1 + exp(Z)) where Z is negative."""
    return np.exp(np.minimum(Z, 0)) / (1 + np.exp(-np.abs(Z)))


def forward(parameters: Parameters, X: Float[Array, "n_x m"], activation: Activation = "relu") -> Activations:
    """Compute what each layer holds, input to output."""
    W1, b1, W2, b2 = parameters
    Z1 = W1 @ X + b1  #                         (n_h, m)    eq 1
    return onward(Z1, W2, b2, activation)


def onward(Z1: Array, W2: Array, b2: Array, activation: Activation) -> Activations:
    """Compute what the layers hold from Z1 on, however Z1 was found."""
    A1 = activate(Z1, activation)  #            (n_h, m)    eq 2
    Z2 = W2 @ A1 + b2  #                        (1, m)      eq 3
    A2 = sigmoid(Z2)  #                         (1, m)      eq 4
    return Activations(Z1, A1, Z2, A2)


def cost(
    parameters: Parameters, X: Float[Array, "n_x m"], Y: Float[Array, "1 m"], activation: Activation = "relu"
) -> float:
    """Average the cross-entropy of A2 and Y over the examples."""
    return float(cross_entropy(forward(parameters, X, activation).Z2, Y)[0])


def cross_entropy(Z2: Float[Array, "steps m"], Y: Float[Array, "1 m"]) -> Float[Array, " steps"]:
    """-Y log(A2) - (1 - Y) log(1 - A2), averaged in each row, from Z2: log(A2) is infinite where A2 rounds to 0.

    Each example's share is divided by m before the sum, so that the sum cannot overflow.
    """
    m = Y.shape[1]
    softplus = np.maximum(Z2, 0) + np.log1p(np.exp(-np.abs(Z2)))  # log(1 + exp(Z2)) = -log(1 - A2)
    return np.sum((softplus - Y * Z2) / m, axis=1)  # scalar eq 12


def gradients(
    parameters: Parameters, X: Float[Array, "n_x m"], Y: Float[Array, "1 m"], activation: Activation = "relu"
) -> Gradients:
    """Differentiate the cost with respect to everything, by the chain rule, output to input."""
    dZ2, dW2, db2, dA1, dZ1 = back_to_Z1(forward(parameters, X, activation), parameters.W2, Y, activation)
    dW1 = dZ1 @ X.T  #                          (n_h, n_x)  eq 10
    db1 = dZ1.sum(axis=1, keepdims=True)  #     (n_h, 1)    eq 11
    return Gradients(dZ2, dW2, db2, dA1, dZ1, dW1, db1)


def back_to_Z1(activations: Activations, W2: Array, Y: Array, activation: Activation) -> tuple[Array, ...]:  # noqa: N802
    """Go back through the layers as far as Z1, from what the forward pass left there."""
    Z1, A1, _, A2 = activations
    m = Y.shape[1]
    dZ2 = (A2 - Y) / m  #                       (1, m)      eq 5: cross-entropy and sigmoid, together, cancel to this
    dW2 = dZ2 @ A1.T  #                         (1, n_h)    eq 6
    db2 = dZ2.sum(axis=1, keepdims=True)  #     (1, 1)      eq 7
    dA1 = W2.T * dZ2  #                         (n_h, m)    eq 8
    dZ1 = dA1 * slope(Z1, A1, activation)  #    (n_h, m)    eq 9
    return dZ2, dW2, db2, dA1, dZ1


def step(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    learning_rate: float,
    activation: Activation = "relu",
) -> Parameters:
    """Take one step of gradient descent, down the slope of the cost."""
    return descend(parameters, X, Y, gram(X), learning_rate, activation, steps=1)[0]


def gram(X: Float[Array, "n_x m"]) -> Float[Array, "m m"]:
    """Multiply every example with every other, once for all steps; the 1 is the bias's input."""
    G = X.T @ X + 1  #                          (m, m)      eq 15
    return G


def descend(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    G: Float[Array, "m m"],
    learning_rate: float,
    activation: Activation,
    steps: int,
) -> tuple[Parameters, Float[Array, " steps"]]:
    """Take some steps in the space of examples; return the updated parameters, and the cost before each update."""
    Z1_0 = parameters.W1 @ X + parameters.b1
    C, W2, b2 = np.zeros_like(Z1_0), parameters.W2.copy(), parameters.b2.copy()
    Z2 = np.empty((steps, X.shape[1]), X.dtype)
    for i in range(steps):
        Z1 = Z1_0 - C @ G  #                    (n_h, m)    eq 16
        activations = onward(Z1, W2, b2, activation)
        _, dW2, db2, _, dZ1 = back_to_Z1(activations, W2, Y, activation)
        W2 -= learning_rate * dW2  #            V's shape   eq 13
        b2 -= learning_rate * db2  #            V's shape   eq 13
        C += learning_rate * dZ1  #             (n_h, m)    eq 14
        Z2[i] = activations.Z2
    W1 = parameters.W1 - C @ X.T  #             (n_h, n_x)  eq 17
    b1 = parameters.b1 - C.sum(axis=1, keepdims=True)  # (n_h, 1) eq 18
    return Parameters(W1, b1, W2, b2), cross_entropy(Z2, Y)


def train(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    settings: Settings,
    progress: Progress | None = None,
) -> Training:
    """Train by full-batch gradient descent: every step looks at all examples."""
    n_x, m = X.shape
    if m > n_x:
        text = f"numpy_gram gains little or nothing: {m} examples with {n_x} inputs make G larger than X; take numpy"
        warnings.warn(text, DoesNotPayWarning, stacklevel=2)
    current, costs, rate = parameters, np.empty(settings.iterations, X.dtype), settings.learning_rate
    before = time.perf_counter()
    G = gram(X)
    start = time.perf_counter()
    for i in range(0, settings.iterations, STRETCH):
        stop = min(i + STRETCH, settings.iterations)
        current, costs[i:stop] = descend(current, X, Y, G, rate, settings.activation, stop - i)
        if progress:
            progress(stop)
    seconds = time.perf_counter() - start
    return Training(current, costs, seconds / settings.iterations, seconds_to_compile=start - before)
