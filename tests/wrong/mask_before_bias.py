"""Wrong: the mask is made before b1 is added."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    z = W1 @ X
    h = np.maximum(z + b1, 0)
    p = 1 / (1 + np.exp(-(W2 @ h + b2)))
    d = (p - Y) / m
    e = W2.T @ d * (z > 0)
    return {
        "A1": h,
        "A2": p,
        "dZ2": d,
        "dZ1": e,
        "dW1": e @ X.T,
        "db1": e.sum(1, keepdims=True),
        "dW2": d @ h.T,
        "db2": d.sum(1, keepdims=True),
    }
