"""Wrong: the row of ones comes first in the inputs, but the bias is the last column of the weights, in Z1."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Theta1 = np.c_[W1, b1]
    a0 = np.r_[np.ones((1, m)), X]
    z1 = Theta1 @ a0
    a1 = np.maximum(z1, 0)
    z2 = W2 @ a1 + b2
    a2 = 1 / (1 + np.exp(-z2))
    delta2 = (a2 - Y) / m
    delta1 = (W2.T @ delta2) * (z1 > 0)
    return {
        "Z1": z1,
        "A1": a1,
        "Z2": z2,
        "A2": a2,
        "dZ2": delta2,
        "dW2": delta2 @ a1.T,
        "db2": delta2.sum(1, keepdims=True),
        "dZ1": delta1,
        "dW1": delta1 @ X.T,
        "db1": delta1.sum(1, keepdims=True),
    }
