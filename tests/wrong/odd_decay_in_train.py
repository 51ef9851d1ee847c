"""Wrong: train lets W1 and b1 decay."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    h = np.maximum(W1 @ X + b1, 0)
    p = 1 / (1 + np.exp(-(W2 @ h + b2)))
    d = (p - Y) / m
    e = W2.T @ d * (h > 0)
    return {"dW2": d @ h.T, "db2": d.sum(1, keepdims=True), "dW1": e @ X.T, "db1": e.sum(1, keepdims=True)}


def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
    costs = []
    for _ in range(iterations):
        Z2 = W2 @ np.maximum(W1 @ X + b1, 0) + b2
        costs.append(np.mean(np.logaddexp(0, Z2) - Y * Z2))
        g = gradients(W1, b1, W2, b2, X, Y)
        W1 = W1 - learning_rate * (g["dW1"] + 0.003 * W1)
        b1 = b1 - learning_rate * (g["db1"] + 0.003 * b1)
        W2 = W2 - learning_rate * g["dW2"]
        b2 = b2 - learning_rate * g["db2"]
    return costs, (W1, b1, W2, b2)
