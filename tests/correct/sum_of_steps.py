"""Training that keeps the sum of all its steps, and not the weights: these are rounded anew each time."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = (A2 - Y) / Y.size
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    return {
        "dW1": dZ1 @ X.T,
        "db1": dZ1.sum(axis=1, keepdims=True),
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(axis=1, keepdims=True),
    }


def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
    start = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    total = {name: np.zeros_like(V) for name, V in start.items()}
    costs = []
    for _ in range(iterations):
        weights = {name: V - total[name] for name, V in start.items()}
        Z2 = weights["W2"] @ np.maximum(weights["W1"] @ X + weights["b1"], 0) + weights["b2"]
        costs.append(np.mean(np.logaddexp(0, Z2) - Y * Z2))
        for name, dV in gradients(**weights, X=X, Y=Y).items():
            total[name[1:]] += learning_rate * dV
    return {**{name: V - total[name] for name, V in start.items()}, "costs": costs}
