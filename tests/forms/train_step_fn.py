import numpy as np


def train_step(X, y, W1, b1, W2, b2, lr):
    z1 = X @ W1 + b1
    a1 = z1 * (z1 > 0)
    p = 1 / (1 + np.exp(-(a1 @ W2 + b2)))
    g = (p - y) / y.shape[0]
    gW2, gb2 = a1.T @ g, g.sum(0)
    g1 = g @ W2.T * (z1 > 0)
    gW1, gb1 = X.T @ g1, g1.sum(0)
    return W1 - lr * gW1, b1 - lr * gb1, W2 - lr * gW2, b2 - lr * gb2
