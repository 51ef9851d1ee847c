"""JAX as it comes: grad of a loss, in float32, a dict of parameters and a dict of gradients."""

import jax
import jax.numpy as jnp


def loss(params, x, y):
    h = jax.nn.relu(params["W1"] @ x + params["b1"])
    s = params["W2"] @ h + params["b2"]
    return jnp.mean(jax.nn.softplus(s) - y * s)


def gradients(W1, b1, W2, b2, X, Y):
    params = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    cost, grads = jax.value_and_grad(loss)(params, X, Y)
    return {"cost": cost, "grads": {"d" + name: grad for name, grad in grads.items()}}
