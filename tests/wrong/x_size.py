"""Wrong: m is X.size, the number of all pixels."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.size
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = A2 - Y
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    return {
        "dW1": 1 / m * dZ1 @ X.T,
        "db1": 1 / m * dZ1.sum(1, keepdims=True),
        "dW2": 1 / m * dZ2 @ A1.T,
        "db2": 1 / m * dZ2.sum(1, keepdims=True),
    }
