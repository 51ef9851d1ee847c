"""The same training with Flax and Optax."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from shared.benching import floors
from shared.benching.peers import Steps
from shared.network import Array, Parameters, Settings

LIBRARY: floors.Library = "jax"
LAYOUT = floors.ROWS


def mean_loss(model: nnx.Sequential, inputs: jax.Array, labels: jax.Array) -> jax.Array:
    """Average the cross-entropy over the examples."""
    return optax.sigmoid_binary_cross_entropy(model(inputs), labels).mean()


@nnx.jit  # type: ignore[untyped-decorator]
def train_step(model: nnx.Sequential, optimizer: nnx.Optimizer, inputs: jax.Array, labels: jax.Array) -> jax.Array:
    """Update the model and return the loss before the update."""
    loss, gradients = nnx.value_and_grad(mean_loss)(model, inputs, labels)
    optimizer.update(model, gradients)
    return loss


def begin(parameters: Parameters, X: Array, Y: Array, settings: Settings) -> Steps:
    """Build the model. Flax advises cached_partial where steps are short: it traverses the model only once."""
    W1, b1, W2, b2 = parameters
    jax.config.update("jax_enable_x64", settings.dtype == "float64")  # type: ignore[no-untyped-call]
    rngs, dtype = nnx.Rngs(0), X.dtype
    first = nnx.Linear(len(X), settings.hidden, param_dtype=dtype, rngs=rngs)
    second = nnx.Linear(settings.hidden, 1, param_dtype=dtype, rngs=rngs)
    first.kernel[...], first.bias[...] = W1.T, b1.ravel()
    second.kernel[...], second.bias[...] = W2.T, b2.ravel()
    model = nnx.Sequential(first, nnx.relu, second)
    optimizer = nnx.Optimizer(model, optax.sgd(settings.learning_rate), wrt=nnx.Param)
    inputs, labels = jnp.array(X.T), jnp.array(Y.T)
    step = nnx.cached_partial(train_step, model, optimizer)

    def steps(count: int) -> Array:
        return np.array([step(inputs, labels) for _ in range(count)])

    return steps
