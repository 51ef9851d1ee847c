"""Wrong: exp(Z2) is infinite where Z2 is large."""

import numpy as np


def sigmoid(z):
    return np.exp(z) / (1 + np.exp(z))


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = sigmoid(W2 @ A1 + b2)
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    return {
        "A2": A2,
        "dW1": dZ1 @ X.T,
        "db1": dZ1.sum(1, keepdims=True),
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(1, keepdims=True),
    }
