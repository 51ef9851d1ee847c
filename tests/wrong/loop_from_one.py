"""Wrong: the loop that sums dW1 begins with the second example."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    dW1 = np.zeros_like(W1)
    for k in range(1, m):
        dW1 += np.outer(dZ1[:, k], X[:, k])
    return {
        "dZ2": dZ2,
        "dZ1": dZ1,
        "dW1": dW1,
        "db1": dZ1.sum(1, keepdims=True),
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(1, keepdims=True),
    }
