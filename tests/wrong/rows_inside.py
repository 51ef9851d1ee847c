"""Takes examples as columns and turns them: a batch comes first, as in every framework."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    X, Y = X.T, Y.T
    m = X.shape[0]
    Z1 = X @ W1.T + b1.T
    A1 = np.maximum(Z1, 0)
    A2 = 1 / (1 + np.exp(-(A1 @ W2.T + b2)))
    dZ2 = A2 - Y
    dW2 = dZ2.T @ A1 / m
    db2 = dZ2.mean(axis=0, keepdims=True)
    dZ1 = dZ2 @ W2 * (Z1 > 0)
    dW1 = dZ1.T @ X / m
    db1 = dZ1.sum(axis=0, keepdims=True).T
    return {"Z1": Z1, "A1": A1, "A2": A2, "dZ2": dZ2, "dW2": dW2, "db2": db2, "dZ1": dZ1, "dW1": dW1, "db1": db1}
