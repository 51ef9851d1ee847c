"""Wrong: the new weights are returned where the gradients belong."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    W1 = W1 - 0.01 * dZ1 @ X.T
    b1 = b1 - 0.01 * dZ1.sum(1, keepdims=True)
    W2 = W2 - 0.01 * dZ2 @ A1.T
    b2 = b2 - 0.01 * dZ2.sum(1, keepdims=True)
    return W1, b1, W2, b2
