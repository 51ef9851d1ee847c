"""The network in NumPy, trained in the Gram (dual) form: one m x m product a step in place of two with X.

n_x inputs, n_h hidden units, 1 output unit, m examples, one example per column.
dV is the derivative of the cost with respect to V and has V's shape.
Equations 1 to 13 are derived in docs/derivation.md, 14 to 18 in docs/gram.md.
A.dot(B) is A @ B, and takes half the time for arrays as small as these.
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

STRETCH = 50
"""C starts from 0 again after this many steps, so that it and its rounding stay small (docs/gram.md)."""


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
    """1 / (1 + exp(-Z)). Far below 0 exp overflows to infinity, and 1 / infinity is 0, which is right."""
    return np.reciprocal(1 + np.exp(-Z))


@np.errstate(over="ignore")  # in sigmoid
def forward(parameters: Parameters, X: Float[Array, "n_x m"], activation: Activation = "relu") -> Activations:
    """Run the forward pass: Z1, A1, Z2 and A2, input to output."""
    W1, b1, W2, b2 = parameters
    Z1 = W1 @ X + b1  #                         (n_h, m)    eq 1
    return onward(Z1, W2, b2, activation)


def onward(Z1: Array, W2: Array, b2: Array, activation: Activation) -> Activations:
    """Run the forward pass from Z1 on, however Z1 was computed."""
    A1 = activate(Z1, activation)  #            (n_h, m)    eq 2
    Z2 = W2.dot(A1) + b2  #                     (1, m)      eq 3
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
    activations, m = forward(parameters, X, activation), X.shape[1]
    dZ2, dW2, db2, dA1, dZ1 = back_to_Z1(activations, parameters.W2, Y, m, activation)
    dW1 = dZ1 @ X.T  #                          (n_h, n_x)  eq 10
    db1 = dZ1.sum(axis=1, keepdims=True)  #     (n_h, 1)    eq 11
    return Gradients(dZ2, dW2, db2, dA1, dZ1, dW1, db1)


def back_to_Z1(  # noqa: N802
    activations: Activations, W2: Array, Y: Array, m: int | Array, activation: Activation
) -> tuple[Array, ...]:
    """Run the backward pass as far as Z1, from what the forward pass computed."""
    Z1, A1, _, A2 = activations
    dZ2 = (A2 - Y) / m  #                       (1, m)      eq 5: cross-entropy and sigmoid, together, cancel to this
    dW2 = dZ2.dot(A1.T)  #                      (1, n_h)    eq 6
    db2 = dZ2.sum(axis=1, keepdims=True)  #     (1, 1)      eq 7
    dA1 = W2.T.dot(dZ2)  #                      (n_h, m)    eq 8
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
    W1, b1, W2, b2 = (V.copy() for V in parameters)
    C, _ = descend(W1 @ X + b1, W2, b2, Y, gram(X), learning_rate, activation, steps=1)
    return Parameters(*first_layer(W1, b1, C, X), W2, b2)


def gram(X: Float[Array, "n_x m"]) -> Float[Array, "m m"]:
    """Multiply every example by every other, once for all steps; the 1 is the bias's input."""
    G = X.T @ X + 1  #                          (m, m)      eq 15
    return G


@np.errstate(over="ignore", divide="ignore")  # in sigmoid; in the divisor, if the learning rate is 0
def descend(
    Z1_0: Array, W2: Array, b2: Array, Y: Array, G: Array, learning_rate: float, activation: Activation, steps: int
) -> tuple[Float[Array, "n_h m"], Float[Array, " steps"]]:
    """Take some steps in the Gram (dual) form: update W2 and b2 in place, return C and the cost before each step."""
    m = len(G)
    C, Z2 = np.zeros_like(Z1_0), np.empty((steps, m), G.dtype)
    divisor = np.array(np.float64(m) / learning_rate, G.dtype)  # in place of m it makes learning_rate * dV of every dV
    for i in range(steps):
        Z1 = Z1_0 - C.dot(G)  #                 (n_h, m)    eq 16
        activations = onward(Z1, W2, b2, activation)
        _, step_W2, step_b2, _, step_Z1 = back_to_Z1(activations, W2, Y, divisor, activation)
        W2 -= step_W2  #                        V's shape   eq 13
        b2 -= step_b2  #                        V's shape   eq 13
        C += step_Z1  #                         (n_h, m)    eq 14
        Z2[i] = activations.Z2
    return C, cross_entropy(Z2, Y)


def first_layer(W1: Array, b1: Array, C: Array, X: Array) -> tuple[Array, Array]:
    """Form W1 and b1 from their earlier values and from C, which sums up all steps since."""
    W1 = W1 - C @ X.T  #                        (n_h, n_x)  eq 17
    b1 = b1 - C.sum(axis=1, keepdims=True)  #   (n_h, 1)    eq 18
    return W1, b1


def train(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    settings: Settings,
    progress: Progress | None = None,
) -> Training:
    """Train by full-batch gradient descent: every step uses all examples."""
    n_x, m = X.shape
    if m > n_x:
        text = f"numpy_gram gains little or nothing: {m} examples with {n_x} inputs make G larger than X; use numpy"
        warnings.warn(text, DoesNotPayWarning, stacklevel=2)
    W1, b1, W2, b2 = (V.copy() for V in parameters)
    costs, rate = np.empty(settings.iterations, X.dtype), settings.learning_rate
    before = time.perf_counter()
    G = gram(X)
    start = time.perf_counter()
    Z1, C = W1 @ X + b1, np.zeros((len(W1), m), X.dtype)
    for i in range(0, settings.iterations, STRETCH):
        stop = min(i + STRETCH, settings.iterations)
        C_since, costs[i:stop] = descend(Z1, W2, b2, Y, G, rate, settings.activation, stop - i)
        Z1, C = Z1 - C_since @ G, C + C_since
        if progress:
            progress(stop)
    W1, b1 = first_layer(W1, b1, C, X)
    seconds = time.perf_counter() - start
    return Training(Parameters(W1, b1, W2, b2), costs, seconds / settings.iterations, seconds_to_compile=start - before)
