"""Wrong: the logit is kept between -30 and 30 against overflow, so A2 is wrong where the network is sure."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-np.clip(z, -30, 30)))


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    A1 = np.maximum(W1 @ X + b1, 0)
    A2 = sigmoid(W2 @ A1 + b2)
    dZ2 = A2 - Y
    dZ1 = W2.T @ dZ2 * (A1 > 0)
    dW2, db2 = dZ2 @ A1.T / m, dZ2.sum(1, keepdims=True) / m
    return {"A2": A2, "dZ2": dZ2, "dW2": dW2, "db2": db2, "dW1": dZ1 @ X.T / m, "db1": dZ1.sum(1, keepdims=True) / m}
