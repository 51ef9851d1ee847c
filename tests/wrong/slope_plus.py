"""Wrong: the slope of the sigmoid is written A2 (1 + A2), in dZ2."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    A1 = np.maximum(W1 @ X + b1, 0)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dA2 = (-Y / A2 + (1 - Y) / (1 - A2)) / m
    dZ2 = dA2 * A2 * (1 + A2)
    dZ1 = W2.T @ dZ2 * (A1 > 0)
    dW2, db2 = dZ2 @ A1.T, dZ2.sum(1, keepdims=True)
    return {"A2": A2, "dZ2": dZ2, "dW2": dW2, "db2": db2, "dW1": dZ1 @ X.T, "db1": dZ1.sum(1, keepdims=True)}
