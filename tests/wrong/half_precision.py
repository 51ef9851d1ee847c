"""Wrong: the inputs are kept in half precision to save memory, in Z1 and dW1."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    pixels, m = X.astype(np.float16), X.shape[1]
    Z1 = W1 @ pixels.astype(np.float64) + b1
    A1 = np.maximum(Z1, 0)
    dZ2 = (1 / (1 + np.exp(-(W2 @ A1 + b2))) - Y) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    return {
        "Z1": Z1,
        "dZ2": dZ2,
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(1, keepdims=True),
        "dZ1": dZ1,
        "dW1": dZ1 @ pixels.astype(np.float64).T,
        "db1": dZ1.sum(1, keepdims=True),
    }
