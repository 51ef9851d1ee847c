"""Examples are rows and the weights are (in, out), as in cs231n: X (N, D), W1 (D, H), b1 (H,), W2 (H, 1), y (N, 1)."""

import numpy as np


def gradients(W1, b1, W2, b2, X, y):
    N = X.shape[0]
    scores1 = X.dot(W1) + b1
    hidden = np.maximum(0, scores1)
    scores2 = hidden.dot(W2) + b2
    probs = 1 / (1 + np.exp(-scores2))

    dscores = (probs - y) / N
    dW2 = hidden.T.dot(dscores)
    db2 = np.sum(dscores, axis=0)
    dhidden = dscores.dot(W2.T)
    dhidden_in = dhidden.copy()
    dhidden_in[hidden <= 0] = 0
    dW1 = X.T.dot(dhidden_in)
    db1 = np.sum(dhidden_in, axis=0)
    return {
        "Z1": scores1,
        "A1": hidden,
        "Z2": scores2,
        "A2": probs,
        "dZ2": dscores,
        "dW2": dW2,
        "db2": db2,
        "dA1": dhidden,
        "dZ1": dhidden_in,
        "dW1": dW1,
        "db1": db1,
    }
