"""Wrong: the biases are a column of the weights, so that the weight decay reaches them too: dW2, db2, dW1 and db1."""

import numpy as np

reg = 1e-2


def gradients(W1, b1, W2, b2, X, Y):
    m, one = X.shape[1], np.ones((1, X.shape[1]))
    T1, T2 = np.c_[W1, b1], np.c_[W2, b2]
    a0 = np.r_[X, one]
    z1 = T1 @ a0
    a1 = np.r_[np.maximum(z1, 0), one]
    d2 = (1 / (1 + np.exp(-T2 @ a1)) - Y) / m
    d1 = W2.T @ d2 * (z1 > 0)
    G1, G2 = d1 @ a0.T + reg * T1, d2 @ a1.T + reg * T2
    return {"dW1": G1[:, :-1], "db1": G1[:, -1:], "dW2": G2[:, :-1], "db2": G2[:, -1:]}
