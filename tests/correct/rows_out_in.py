"""Examples are rows, the weights are (out, in) as in PyTorch's Linear; only the four gradients come back."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    x = X.T
    y = Y.reshape(-1)
    z1 = x @ W1.T + b1.reshape(-1)
    h = z1.clip(min=0)
    logit = h @ W2.reshape(-1) + b2.item()
    p = 1.0 / (1.0 + np.exp(-logit))

    delta2 = (p - y) / len(y)
    delta1 = np.outer(delta2, W2) * (h > 0)
    return {
        "dW1": delta1.T @ x,
        "db1": delta1.sum(0),
        "dW2": delta2[None, :] @ h,
        "db2": delta2.sum(),
    }
