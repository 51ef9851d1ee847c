"""forward, gradients and train; sums in reversed order; probabilities clipped only where the cost is shown."""

import numpy as np


def forward(W1, b1, W2, b2, X):
    Z1 = W1[:, ::-1] @ X[::-1] + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2[:, ::-1] @ A1[::-1] + b2
    A2 = np.exp(-np.logaddexp(0, -Z2))
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}


def cross_entropy(Z2, Y):
    return float(np.mean(np.logaddexp(0, Z2) - Y * Z2))


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    cache = forward(W1, b1, W2, b2, X)
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = (A2 - Y) / m
    dA1 = np.dot(W2.T, dZ2)
    dZ1 = np.where(A1 > 0, dA1, 0)
    return cache | {
        "cost": cross_entropy(cache["Z2"], Y),
        "dZ2": dZ2,
        "dA1": dA1,
        "dZ1": dZ1,
        "dW2": dZ2[:, ::-1] @ A1[:, ::-1].T,
        "db2": dZ2[:, ::-1].sum(axis=1, keepdims=True),
        "dW1": dZ1[:, ::-1] @ X[:, ::-1].T,
        "db1": dZ1[:, ::-1].sum(axis=1, keepdims=True),
    }


def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
    parameters = {"W1": W1.copy(), "b1": b1.copy(), "W2": W2.copy(), "b2": b2.copy()}
    costs = []
    for i in range(iterations):
        grads = gradients(**parameters, X=X, Y=Y)
        clipped = np.clip(grads["A2"], 1e-15, 1 - 1e-15)
        if i % 1000 == 999:
            print("shown only:", -np.mean(Y * np.log(clipped) + (1 - Y) * np.log(1 - clipped)))
        costs.append(grads["cost"])
        for name in parameters:
            parameters[name] -= learning_rate * grads["d" + name]
    return {"costs": costs, **parameters}
