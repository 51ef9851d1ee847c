"""NumPy in single precision, whatever comes in."""

import numpy as np
from scipy.special import expit


def gradients(W1, b1, W2, b2, X, Y):
    W1, b1, W2, b2, X, Y = (np.asarray(a, dtype=np.float32) for a in (W1, b1, W2, b2, X, Y))
    m = np.float32(X.shape[1])
    A1 = np.maximum(W1 @ X + b1, np.float32(0))
    A2 = expit(W2 @ A1 + b2)
    dZ2 = (A2 - Y) / m
    dZ1 = (W2.T @ dZ2) * (A1 > 0)
    return {
        "A1": A1,
        "A2": A2,
        "dW2": dZ2 @ A1.T,
        "db2": dZ2.sum(axis=1, keepdims=True),
        "dW1": dZ1 @ X.T,
        "db1": dZ1.sum(axis=1, keepdims=True),
    }
