"""Wrong: dropout is left on."""

import numpy as np

rng = np.random.default_rng(1)


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    D = rng.random(A1.shape) < 0.8
    A1 = A1 * D / 0.8
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * D / 0.8 * (Z1 > 0)
    return {
        "A1": A1,
        "A2": A2,
        "dZ2": dZ2,
        "dZ1": dZ1,
        "dW1": dZ1 @ X.T,
        "db1": dZ1.sum(1, keepdims=True),
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(1, keepdims=True),
    }
