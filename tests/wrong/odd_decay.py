"""Wrong: a penalty of 0.003 is differentiated, which this cost has not."""

import numpy as np

lam = 0.003


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    return {
        "dW1": dZ1 @ X.T + lam * W1,
        "db1": dZ1.sum(1, keepdims=True),
        "dW2": dZ2 @ A1.T + lam * W2,
        "db2": dZ2.sum(1, keepdims=True),
    }
