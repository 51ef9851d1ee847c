"""Wrong: the gradients are clipped to the norm 1, all four together: dW2, db2, dW1 and db1."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    H = np.maximum(W1 @ X + b1, 0)
    d = (1 / (1 + np.exp(-(W2 @ H + b2))) - Y) / m
    e = W2.T @ d * (H > 0)
    grads = {"dW1": e @ X.T, "db1": e.sum(1, keepdims=True), "dW2": d @ H.T, "db2": d.sum(1, keepdims=True)}
    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
    return {name: g * min(1, 1 / norm) for name, g in grads.items()}
