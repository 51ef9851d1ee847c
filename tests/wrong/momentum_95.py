"""Wrong: train keeps 0.95 of its last step."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    h = np.maximum(W1 @ X + b1, 0)
    p = 1 / (1 + np.exp(-(W2 @ h + b2)))
    d = (p - Y) / m
    e = W2.T @ d * (h > 0)
    return {"dW1": e @ X.T, "db1": e.sum(1, keepdims=True), "dW2": d @ h.T, "db2": d.sum(1, keepdims=True)}


def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
    P = [W1, b1, W2, b2]
    v = [0, 0, 0, 0]
    costs = []
    for _ in range(iterations):
        Z2 = P[2] @ np.maximum(P[0] @ X + P[1], 0) + P[3]
        costs.append(np.mean(np.logaddexp(0, Z2) - Y * Z2))
        v = [0.95 * a + g for a, g in zip(v, gradients(*P, X, Y).values(), strict=True)]
        P = [p - learning_rate * a for p, a in zip(P, v, strict=True)]
    return costs, P
