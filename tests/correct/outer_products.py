"""Michael Nielsen's way: backprop for one example, outer products, added up and divided by the count."""

import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def backprop(W1, b1, W2, b2, x, y):
    z1 = W1.dot(x) + b1[:, 0]
    h = np.maximum(z1, 0.0)
    z2 = W2.dot(h) + b2[:, 0]
    delta = sigmoid(z2) - y
    nabla_w2 = np.outer(delta, h)
    sp = (z1 > 0).astype(float)
    delta_h = np.dot(W2.T, delta) * sp
    return np.outer(delta_h, x), delta_h, nabla_w2, delta


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    sums = [np.zeros_like(W1), np.zeros(b1.shape[0]), np.zeros_like(W2), np.zeros(1)]
    for k in range(m):
        for total, part in zip(sums, backprop(W1, b1, W2, b2, X[:, k], Y[:, k]), strict=True):
            total += part
    dW1, db1, dW2, db2 = (total / m for total in sums)
    return {"dW1": dW1, "db1": db1.reshape(-1, 1), "dW2": dW2, "db2": db2.reshape(-1, 1)}
