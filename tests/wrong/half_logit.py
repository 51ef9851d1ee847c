"""The 2 of the tanh formula has got into the sigmoid."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z / 2))


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    A2 = sigmoid(W2 @ A1 + b2)
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    db2, db1 = (dZ.sum(axis=1, keepdims=True) for dZ in (dZ2, dZ1))
    return {"A2": A2, "dW2": dZ2 @ A1.T, "db2": db2, "dW1": dZ1 @ X.T, "db1": db1}
