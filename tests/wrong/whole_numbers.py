"""Wrong: dW1 is put into an array of whole numbers."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = A2 - Y
    dZ1 = (W2.T @ dZ2) * (Z1 > 0)
    dW1 = np.zeros(W1.shape, dtype=int)
    dW1[:] = dZ1 @ X.T / m
    return {
        "dZ2": dZ2,
        "dZ1": dZ1,
        "dW1": dW1,
        "db1": dZ1.sum(1, keepdims=True) / m,
        "dW2": dZ2 @ A1.T / m,
        "db2": dZ2.sum(1, keepdims=True) / m,
    }
