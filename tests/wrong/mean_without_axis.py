"""Wrong: np.mean without an axis runs over the hidden units too, in db1; examples are rows inside."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    x, y = X.T, Y.T
    H = np.maximum(x @ W1.T + b1.T, 0)
    D = 1 / (1 + np.exp(-(H @ W2.T + b2))) - y
    E = (D @ W2) * (H > 0)
    return {
        "dW1": E.T @ x / len(x),
        "db1": np.full(b1.shape, np.mean(E)),
        "dW2": D.T @ H / len(x),
        "db2": np.full(b2.shape, np.mean(D)),
    }
