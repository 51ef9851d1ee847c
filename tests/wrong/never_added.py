"""Wrong: the sum for dW1 is worked out and thrown away."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    grads = {"d" + k: np.zeros_like(v) for k, v in {"W1": W1, "b1": b1, "W2": W2, "b2": b2}.items()}
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    grads["dW2"] += dZ2 @ A1.T
    grads["db2"] += dZ2.sum(1, keepdims=True)
    grads["db1"] += dZ1.sum(1, keepdims=True)
    grads["dW1"] + dZ1 @ X.T
    return grads
