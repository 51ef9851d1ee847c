import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def predict(params, x):
    h = jax.nn.relu(jnp.dot(params["W1"], x) + params["b1"])
    return jnp.dot(params["W2"], h) + params["b2"]


def loss(params, x, y):
    logits = predict(params, x)
    return jnp.mean(jnp.logaddexp(0, logits) - y * logits)
