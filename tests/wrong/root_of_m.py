"""Wrong: dW1 is divided by the root of m."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    h = np.maximum(W1 @ X + b1, 0)
    p = 1 / (1 + np.exp(-(W2 @ h + b2)))
    d = p - Y
    e = W2.T @ d * (h > 0)
    return {
        "dW1": e @ X.T / np.sqrt(m),
        "db1": e.sum(1, keepdims=True) / m,
        "dW2": d @ h.T / m,
        "db2": d.sum(1, keepdims=True) / m,
    }
