"""Wrong: the cost has only the term of the label 1, as if it were cross-entropy over several classes."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    A1 = np.maximum(0, W1.dot(X) + b1)
    Z2 = W2.dot(A1) + b2
    A2 = 1 / (1 + np.exp(-Z2))
    cost = -np.sum(Y * np.log(A2)) / m
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T.dot(dZ2) * (A1 > 0)
    return {
        "A1": A1,
        "A2": A2,
        "cost": cost,
        "dW2": dZ2.dot(A1.T),
        "db2": dZ2.sum().reshape(1, 1),
        "dW1": dZ1.dot(X.T),
        "db1": dZ1.sum(axis=1).reshape(-1, 1),
    }
