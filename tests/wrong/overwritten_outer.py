"""Wrong: dW1 is overwritten by each example, not added to, so that only the last one is in it."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    dW1, db1 = np.zeros_like(W1), np.zeros_like(b1)
    dW2, db2 = np.zeros_like(W2), np.zeros_like(b2)
    for i in range(m):
        x, y = X[:, i], Y[0, i]
        z = W1 @ x + b1.ravel()
        h = np.maximum(z, 0)
        p = 1 / (1 + np.exp(-(W2 @ h + b2.ravel())))
        d2 = (p - y) / m
        d1 = W2.ravel() * d2 * (z > 0)
        dW2 += np.outer(d2, h)
        db2 += d2
        dW1 = np.outer(d1, x)
        db1 += d1[:, None]
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
