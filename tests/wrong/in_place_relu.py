"""Wrong: relu works in place, so that Z1 is rectified too and the mask Z1 < 0 of dZ1 finds nothing to mask."""

import numpy as np


def relu(z):
    z[z < 0] = 0
    return z


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = relu(Z1)
    Z2 = W2 @ A1 + b2
    A2 = 1 / (1 + np.exp(-Z2))
    dZ2 = (A2 - Y) / m
    dA1 = W2.T @ dZ2
    dZ1 = np.where(Z1 < 0, 0, dA1)
    return {
        "Z1": Z1,
        "A1": A1,
        "Z2": Z2,
        "A2": A2,
        "dZ2": dZ2,
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(axis=1, keepdims=True),
        "dA1": dA1,
        "dZ1": dZ1,
        "dW1": dZ1 @ X.T,
        "db1": dZ1.sum(axis=1, keepdims=True),
    }
