"""The same training with Keras 3. The environment variable KERAS_BACKEND selects the backend: jax or torch."""

import keras
from keras import ops

from shared.benching import floors
from shared.benching.peers import Steps
from shared.network import Array, Parameters, Settings

LIBRARY: floors.Library = keras.config.backend()
LAYOUT = floors.ROWS


def begin(parameters: Parameters, X: Array, Y: Array, settings: Settings) -> Steps:
    """Build and compile the model. For one batch train_on_batch is faster than fit, and fastest with tensors."""
    W1, b1, W2, b2 = parameters
    keras.config.set_floatx(settings.dtype)
    if LIBRARY == "jax":
        import jax

        jax.config.update("jax_enable_x64", settings.dtype == "float64")  # type: ignore[no-untyped-call]
    model = keras.Sequential(
        [
            keras.layers.Input((len(X),)),
            keras.layers.Dense(settings.hidden, activation="relu"),
            keras.layers.Dense(1),
        ]
    )
    model.set_weights([W1.T, b1.ravel(), W2.T, b2.ravel()])
    model.compile(
        optimizer=keras.optimizers.SGD(settings.learning_rate),
        loss=lambda labels, logits: ops.sum(ops.binary_crossentropy(labels, logits, from_logits=True)) / Y.size,
    )
    inputs, labels = keras.ops.convert_to_tensor(X.T), keras.ops.convert_to_tensor(Y.T)

    def steps(count: int) -> list[float]:
        return [model.train_on_batch(inputs, labels) for _ in range(count)]

    return steps
