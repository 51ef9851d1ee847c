"""Wrong: every gradient is the plain mean of the batches' means, though the last batch is smaller."""

import numpy as np


def batch_gradient(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    h = np.maximum(0, W1 @ X + b1)
    d2 = 1 / (1 + np.exp(-(W2 @ h + b2))) - Y
    d1 = (W2.T @ d2) * (h > 0)
    return d1 @ X.T / m, d1.mean(1, keepdims=True), d2 @ h.T / m, d2.mean(1, keepdims=True)


def gradients(W1, b1, W2, b2, X, Y):
    starts = range(0, X.shape[1], 4)
    parts = [batch_gradient(W1, b1, W2, b2, X[:, s : s + 4], Y[:, s : s + 4]) for s in starts]
    dW1, db1, dW2, db2 = (sum(p) / len(starts) for p in zip(*parts, strict=True))
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
