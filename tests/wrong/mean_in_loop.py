"""Wrong: the sums are divided by m inside the loop."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    out = {"dW1": np.zeros_like(W1), "db1": np.zeros_like(b1), "dW2": np.zeros_like(W2), "db2": np.zeros_like(b2)}
    for x, y in zip(X.T, Y.T, strict=True):
        x = x[:, None]
        z1 = W1 @ x + b1
        h = np.maximum(z1, 0)
        p = 1 / (1 + np.exp(-(W2 @ h + b2)))
        d = p - y[:, None]
        e = W2.T * d * (z1 > 0)
        out["dW1"] += e @ x.T
        out["db1"] += e
        out["dW2"] += d @ h.T
        out["db2"] += d
        for k in out:
            out[k] = out[k] / m
    return out
