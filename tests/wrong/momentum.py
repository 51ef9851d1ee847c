"""Wrong: train has momentum, where the update is to be plain gradient descent, in W1, b1, W2 and b2."""

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
    w = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    v = {name: np.zeros_like(value) for name, value in w.items()}
    costs = []
    for _ in range(iterations):
        g = gradients(**w, X=X, Y=Y)
        costs.append(g["cost"])
        for name in w:
            v[name] = 0.9 * v[name] + g["d" + name]
            w[name] = w[name] - learning_rate * v[name]
    return {"costs": costs, **w}
