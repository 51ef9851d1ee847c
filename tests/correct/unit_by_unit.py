"""One hidden unit after the other, filling arrays."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    n_h, m = W1.shape[0], Y.size
    hidden = np.empty((n_h, m))
    for j in range(n_h):
        hidden[j] = W1[j] @ X + b1[j, 0]
    active = hidden > 0
    hidden[~active] = 0.0
    out = b2[0, 0] + sum(W2[0, j] * hidden[j] for j in range(n_h))
    error = (1 / (1 + np.exp(-out)) - Y[0]) / m

    dW1, db1, dW2 = np.zeros_like(W1), np.zeros_like(b1), np.zeros_like(W2)
    for j in range(n_h):
        dW2[0, j] = error @ hidden[j]
        back = np.where(active[j], W2[0, j] * error, 0)
        dW1[j] = X @ back
        db1[j] = back.sum()
    return {"A1": hidden, "dW1": dW1, "db1": db1, "dW2": dW2, "db2": error.sum()}
