"""train gives the costs and the weights in one flat tuple."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    Z2 = W2 @ A1 + b2
    A2 = 1 / (1 + np.exp(-Z2))
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    grads = {
        "dW1": dZ1 @ X.T,
        "db1": dZ1.sum(axis=1, keepdims=True),
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(axis=1, keepdims=True),
    }
    return grads, np.mean(np.logaddexp(0, Z2) - Y * Z2)


def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
    costs = []
    for _ in range(iterations):
        grads, cost = gradients(W1, b1, W2, b2, X, Y)
        costs.append(cost)
        W1 = W1 - learning_rate * grads["dW1"]
        b1 = b1 - learning_rate * grads["db1"]
        W2 = W2 - learning_rate * grads["dW2"]
        b2 = b2 - learning_rate * grads["db2"]
    return costs, W1, b1, W2, b2
