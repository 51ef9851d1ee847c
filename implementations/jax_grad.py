"""The network in JAX: the forward pass is written, grad and vjp find every derivative, jit compiles.

n_x inputs, n_h hidden units, 1 output unit, m examples, one example per column.
dV is the derivative of the cost with respect to V and has V's shape.
The equations are numbered, and derived, in docs/derivation.md.

JAX computes in float32 unless its x64 switch is on. Each function sets the switch while it runs (`precision_of`).
"""

import os
import time
from contextlib import AbstractContextManager
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from shared.network import (
    LEAKY_SLOPE,
    Activation,
    Activations,
    Array,
    Device,
    Gradients,
    InputError,
    MatmulPrecision,
    Parameters,
    Progress,
    Settings,
    Training,
)

Arrays = tuple[jax.Array, ...]
"""W1, b1, W2, b2 as JAX's arrays."""

STEPS_PER_CALL = 500
"""The steps of one compiled call. Between calls progress is shown and Ctrl-C is heard. (Each call copies X.)"""


def use(device: Device, matmul_precision: MatmulPrecision = "default") -> None:
    """Compute on this device from now on, and with matrix products of this precision."""
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # JAX would take most of the device's memory
    try:
        jax.config.update("jax_default_device", jax.devices(device)[0])  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise InputError(f"--device {device}: JAX {jax.__version__} finds none here; choose --device cpu") from error
    if matmul_precision != "default":
        jax.config.update("jax_default_matmul_precision", matmul_precision)  # type: ignore[no-untyped-call]


def activate(Z1: jax.Array, activation: Activation) -> jax.Array:
    """Apply the hidden layer's activation, entry by entry. At Z1 = 0 grad takes the left half's slope.

    (jnp.maximum(Z1, 0) would give 1/2 there, and jax.nn.leaky_relu 1.)
    """
    match activation:
        case "relu":
            return jax.nn.relu(Z1)
        case "leaky_relu":
            return jnp.where(Z1 > 0, Z1, LEAKY_SLOPE * Z1)
        case "sigmoid":
            return jax.nn.sigmoid(Z1)
        case "tanh":
            return jnp.tanh(Z1)


def precision_of(X: Array) -> AbstractContextManager[None]:
    """Switch x64 on for float64 data and off for float32, until the end of the `with` block."""
    return jax.enable_x64(X.dtype == np.float64)


def arrays(parameters: Parameters) -> Arrays:
    """Copy NumPy arrays: jnp.asarray may share their memory."""
    return tuple(map(jnp.array, parameters))


def affine(W: jax.Array, b: jax.Array, A: jax.Array) -> jax.Array:
    """Compute W A + b, which is what a layer's units receive."""
    return W @ A + b


@partial(jax.jit, static_argnames="activation")
def propagate(parameters: Arrays, X: jax.Array, activation: Activation) -> Arrays:
    """Run the forward pass on JAX's arrays: Z1, A1, Z2 and A2."""
    W1, b1, W2, b2 = parameters
    Z1 = affine(W1, b1, X)  #                   (n_h, m)    eq 1
    A1 = activate(Z1, activation)  #            (n_h, m)    eq 2
    Z2 = affine(W2, b2, A1)  #                  (1, m)      eq 3
    A2 = jax.nn.sigmoid(Z2)  #                  (1, m)      eq 4
    return Z1, A1, Z2, A2


def forward(parameters: Parameters, X: Float[Array, "n_x m"], activation: Activation = "relu") -> Activations:
    """Run the forward pass: Z1, A1, Z2 and A2, input to output."""
    with precision_of(X):
        return Activations(*map(np.array, propagate(arrays(parameters), X, activation)))


def cost(
    parameters: Parameters, X: Float[Array, "n_x m"], Y: Float[Array, "1 m"], activation: Activation = "relu"
) -> float:
    """Average the cross-entropy of A2 and Y over the examples."""
    with precision_of(X):
        return float(cost_of(arrays(parameters), X, Y, activation))


@partial(jax.jit, static_argnames="activation")
def cost_of(parameters: Arrays, X: jax.Array, Y: jax.Array, activation: Activation) -> jax.Array:
    """Compute the cost as a function of the parameters: what grad differentiates."""
    _, _, Z2, _ = propagate(parameters, X, activation)
    return cross_entropy(Z2, Y)


def cross_entropy(Z2: jax.Array, Y: jax.Array) -> jax.Array:
    """-Y log(A2) - (1 - Y) log(1 - A2), averaged, from Z2: log(A2) is infinite where A2 rounds to 0.

    Each example's share is divided by m before the sum, so that the sum cannot overflow.
    """
    m = Y.shape[1]
    softplus = jax.nn.softplus(Z2)  #           (1, m)      log(1 + exp(Z2)) = -log(1 - A2)
    return jnp.sum((softplus - Y * Z2) / m)  #  scalar      eq 12


def gradients(
    parameters: Parameters, X: Float[Array, "n_x m"], Y: Float[Array, "1 m"], activation: Activation = "relu"
) -> Gradients:
    """Differentiate the cost with respect to everything."""
    with precision_of(X):
        return Gradients(*map(np.array, backward(arrays(parameters), X, Y, activation)))


@partial(jax.jit, static_argnames="activation")
def backward(parameters: Arrays, X: jax.Array, Y: jax.Array, activation: Activation) -> Arrays:
    """Run the backward pass: vjp gives each stage's function from dOutput to dInput."""
    W1, b1, W2, b2 = parameters
    Z1, back_to_W1_b1 = jax.vjp(partial(affine, A=X), W1, b1)
    A1, back_to_Z1 = jax.vjp(partial(activate, activation=activation), Z1)
    Z2, back_to_W2_b2_A1 = jax.vjp(affine, W2, b2, A1)
    dZ2 = jax.grad(cross_entropy)(Z2, Y)
    dW2, db2, dA1 = back_to_W2_b2_A1(dZ2)
    (dZ1,) = back_to_Z1(dA1)
    dW1, db1 = back_to_W1_b1(dZ1)
    return dZ2, dW2, db2, dA1, dZ1, dW1, db1


def step(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    learning_rate: float,
    activation: Activation = "relu",
) -> Parameters:
    """Take one step of gradient descent, down the slope of the cost."""
    with precision_of(X):
        updated, _ = descend(arrays(parameters), X, Y, learning_rate, activation)
        return Parameters(*map(np.array, updated))


@partial(jax.jit, static_argnames="activation")
def descend(
    parameters: Arrays,
    X: jax.Array,
    Y: jax.Array,
    learning_rate: float | jax.Array,
    activation: Activation,
) -> tuple[Arrays, jax.Array]:
    """Return the updated parameters and the cost before the update."""
    value, d = jax.value_and_grad(cost_of)(parameters, X, Y, activation)
    updated = tuple(V - learning_rate * dV for V, dV in zip(parameters, d, strict=True))  # V's shape   eq 13
    return updated, value


State = tuple[Arrays, jax.Array]
"""The parameters, and the costs so far."""


@partial(jax.jit, static_argnames="activation")
def descend_from_to(
    start: int | jax.Array,
    stop: int | jax.Array,
    state: State,
    X: jax.Array,
    Y: jax.Array,
    learning_rate: float | jax.Array,
    activation: Activation,
) -> State:
    """Take the steps start, ..., stop - 1, in one compiled loop."""

    def one_step(i: jax.Array, state: State) -> State:
        parameters, costs = state
        updated, value = descend(parameters, X, Y, learning_rate, activation)
        return updated, costs.at[i].set(value)

    return jax.lax.fori_loop(start, stop, one_step, state)


def train(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    settings: Settings,
    progress: Progress | None = None,
) -> Training:
    """Train by full-batch gradient descent: every step uses all examples."""
    with precision_of(X):
        inputs, labels, rate = jnp.array(X), jnp.array(Y), settings.learning_rate
        state = (arrays(parameters), jnp.zeros(settings.iterations, inputs.dtype))
        start = time.perf_counter()
        loop = descend_from_to.lower(0, 0, state, inputs, labels, rate, activation=settings.activation).compile()
        compiled = time.perf_counter()
        for i in range(0, settings.iterations, STEPS_PER_CALL):
            stop = min(i + STEPS_PER_CALL, settings.iterations)
            state = loop(i, stop, state, inputs, labels, rate)
            state[1].block_until_ready()
            if progress:
                progress(stop)
        seconds = time.perf_counter() - compiled
        trained, costs = Parameters(*map(np.array, state[0])), np.array(state[1])
    return Training(trained, costs, seconds / settings.iterations, seconds_to_compile=compiled - start)
