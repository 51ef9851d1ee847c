"""Wrong: sigmoid's derivative is taken at A2, where it must be taken at Z2, in dZ2."""

import numpy as np


def sigmoid(x):
    return np.where(x >= 0, 1 / (1 + np.exp(-abs(x))), np.exp(-abs(x)) / (1 + np.exp(-abs(x))))


def sigmoid_derivative(x):
    return sigmoid(x) * (1 - sigmoid(x))


def gradients(W1, b1, W2, b2, X, Y):
    m = Y.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    A2 = sigmoid(W2 @ A1 + b2)
    dA2 = -(Y / A2 - (1 - Y) / (1 - A2)) / m
    dZ2 = dA2 * sigmoid_derivative(A2)
    dZ1 = (W2.T @ dZ2) * (Z1 > 0)
    return {
        "A2": A2,
        "dZ2": dZ2,
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(axis=1, keepdims=True),
        "dZ1": dZ1,
        "dW1": dZ1 @ X.T,
        "db1": dZ1.sum(axis=1, keepdims=True),
    }
