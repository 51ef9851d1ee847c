import jax
import jax.numpy as jnp
from jax import grad, jit, random


def init_network_params(sizes, key):
    keys = random.split(key, len(sizes))
    return [(0.1 * random.normal(k, (n, m)), jnp.zeros(n)) for k, m, n in zip(keys, sizes[:-1], sizes[1:])]


def predict(params, inputs):
    for w, b in params[:-1]:
        inputs = jnp.maximum(0, inputs @ w.T + b)
    w, b = params[-1]
    return inputs @ w.T + b


def loss(params, inputs, targets):
    logits = predict(params, inputs).squeeze()
    return jnp.mean(jnp.logaddexp(0.0, logits) - targets * logits)


@jit
def update(params, x, y, step_size=0.1):
    grads = grad(loss)(params, x, y)
    return [(w - step_size * dw, b - step_size * db) for (w, b), (dw, db) in zip(params, grads)]
