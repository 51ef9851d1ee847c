"""Wrong: train divides the learning rate by m once more, in the update of W1, b1, W2 and b2."""

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
    params = [W1.copy(), b1.copy(), W2.copy(), b2.copy()]
    costs = []
    for _ in range(iterations):
        grads = gradients(*params, X, Y)
        costs.append(grads["cost"])
        for p, name in zip(params, ("dW1", "db1", "dW2", "db2"), strict=True):
            p -= learning_rate / m * grads[name]
    W1, b1, W2, b2 = params
    return {"costs": costs, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
