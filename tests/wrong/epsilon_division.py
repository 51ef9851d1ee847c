"""Wrong: 1e-8 is added to the divisors of dA2, which spoils dZ2 where the sigmoid is saturated."""

import numpy as np
from scipy.special import expit

EPS = 1e-8


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    Z2 = W2 @ A1 + b2
    A2 = expit(Z2)
    dA2 = (-Y / (A2 + EPS) + (1 - Y) / (expit(-Z2) + EPS)) / m
    dZ2 = dA2 * A2 * expit(-Z2)
    dA1 = W2.T @ dZ2
    dZ1 = np.where(Z1 > 0, dA1, 0)
    return {
        "A2": A2,
        "dA2": dA2,
        "dZ2": dZ2,
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(axis=1, keepdims=True),
        "dA1": dA1,
        "dZ1": dZ1,
        "dW1": dZ1 @ X.T,
        "db1": dZ1.sum(axis=1, keepdims=True),
    }
