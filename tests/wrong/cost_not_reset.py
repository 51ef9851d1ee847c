"""Wrong: train adds each cost to those before and never starts again at zero, in costs."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2 @ A1 + b2
    dZ2 = (1 / (1 + np.exp(-Z2)) - Y) / m
    dZ1 = (W2.T @ dZ2) * (Z1 > 0)
    return {
        "cost": np.mean(np.logaddexp(0, Z2) - Y * Z2),
        "dW1": dZ1 @ X.T,
        "db1": dZ1.sum(axis=1, keepdims=True),
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(axis=1, keepdims=True),
    }


def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
    costs, cost = [], 0.0
    for _ in range(iterations):
        g = gradients(W1, b1, W2, b2, X, Y)
        cost += g["cost"]
        costs.append(cost)
        W1 = W1 - learning_rate * g["dW1"]
        b1 = b1 - learning_rate * g["db1"]
        W2 = W2 - learning_rate * g["dW2"]
        b2 = b2 - learning_rate * g["db2"]
    return {"costs": costs, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
