"""Wrong: the labels are smoothed by 0.1, in cost and dZ2."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    target = 0.9 * Y + 0.05
    H = np.maximum(W1 @ X + b1, 0)
    z = W2 @ H + b2
    d = (1 / (1 + np.exp(-z)) - target) / m
    e = W2.T @ d * (H > 0)
    cost = np.mean(np.logaddexp(0, z) - target * z)
    dW2, db2 = d @ H.T, d.sum(1, keepdims=True)
    return {"cost": cost, "dZ2": d, "dW2": dW2, "db2": db2, "dW1": e @ X.T, "db1": e.sum(1, keepdims=True)}
