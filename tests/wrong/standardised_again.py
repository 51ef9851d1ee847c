"""Wrong: X is standardised once more, with a small number under the fraction."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    X = (X - X.mean(axis=1, keepdims=True)) / (X.std(axis=1, keepdims=True) + 1e-8)
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    return {
        "Z1": Z1,
        "A1": A1,
        "A2": A2,
        "dZ2": dZ2,
        "dZ1": dZ1,
        "dW1": dZ1 @ X.T,
        "db1": dZ1.sum(1, keepdims=True),
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(1, keepdims=True),
    }
