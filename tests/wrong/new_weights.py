"""Wrong: train updates W2 before it goes back through W2, so that W1 and b1 step along the new W2's gradient."""

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
    m = X.shape[1]
    costs = []
    for _ in range(iterations):
        Z1 = W1 @ X + b1
        A1 = np.maximum(Z1, 0)
        Z2 = W2 @ A1 + b2
        costs.append(float(np.mean(np.logaddexp(0, Z2) - Y * Z2)))
        dZ2 = (1 / (1 + np.exp(-Z2)) - Y) / m
        W2 = W2 - learning_rate * dZ2 @ A1.T
        b2 = b2 - learning_rate * dZ2.sum(axis=1, keepdims=True)
        dZ1 = (W2.T @ dZ2) * (Z1 > 0)
        W1 = W1 - learning_rate * dZ1 @ X.T
        b1 = b1 - learning_rate * dZ1.sum(axis=1, keepdims=True)
    return {"costs": costs, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
