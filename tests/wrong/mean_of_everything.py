"""Wrong: np.mean without an axis takes the mean over the units, too."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[0]
    Z1 = X @ W1 + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
    dZ2 = A2 - Y
    dZ1 = dZ2 @ W2.T * (Z1 > 0)
    return {"dW1": X.T @ dZ1 / m, "db1": np.mean(dZ1), "dW2": A1.T @ dZ2 / m, "db2": np.mean(dZ2, axis=0)}
