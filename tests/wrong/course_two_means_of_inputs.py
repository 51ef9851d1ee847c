"""Wrong: as in the course, 1/m comes in dW and db, but dW1 and db1 divide by the number of inputs."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    n_x, m = X.shape
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    Z2 = W2 @ A1 + b2
    A2 = 1 / (1 + np.exp(-Z2))
    dZ2 = A2 - Y
    dW2 = dZ2 @ A1.T / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    dW1 = dZ1 @ X.T / n_x
    db1 = np.sum(dZ1, axis=1, keepdims=True) / n_x
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
