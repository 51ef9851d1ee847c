"""A running mean over the examples, kept in an object with slots."""

import numpy as np


class Accumulator:
    __slots__ = ("dW1", "dW2", "db1", "db2")


def gradients(W1, b1, W2, b2, X, Y):
    acc = Accumulator()
    acc.dW1, acc.db1, acc.dW2, acc.db2 = (np.zeros_like(v) for v in (W1, b1, W2, b2))
    for k in range(X.shape[1]):
        x, y = X[:, k : k + 1], Y[:, k : k + 1]
        z1 = W1 @ x + b1
        h = np.maximum(z1, 0)
        p = 1 / (1 + np.exp(-(W2 @ h + b2)))
        d = p - y
        e = W2.T @ d
        e[z1 <= 0] = 0
        for n, g in (("dW1", e @ x.T), ("db1", e), ("dW2", d @ h.T), ("db2", d)):
            old = getattr(acc, n)
            setattr(acc, n, old + (g - old) / (k + 1))
    return acc
