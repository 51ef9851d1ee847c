"""Wrong: dW2 is collected in a float32 array, while all else is float64."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    n_h, m = W1.shape[0], X.shape[1]
    dW1 = np.zeros(W1.shape)
    db1 = np.zeros((n_h, 1))
    dW2 = np.zeros((1, n_h), dtype=np.float32)
    h = np.maximum(W1 @ X + b1, 0)
    e = (1 / (1 + np.exp(-(W2 @ h + b2))) - Y) / m
    for j in range(n_h):
        dW2[0, j] = np.sum(e[0] * h[j])
        d = e[0] * W2[0, j] * (h[j] > 0)
        dW1[j] = d @ X.T
        db1[j] = d.sum()
    return {"A1": h, "dZ2": e, "dW2": dW2, "db2": e.sum(keepdims=True), "dW1": dW1, "db1": db1}
