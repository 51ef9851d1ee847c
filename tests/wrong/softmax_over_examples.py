"""Wrong: A2 is a softmax over the examples where it must be a sigmoid of each."""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def forward(W1, b1, W2, b2, X):
    z1 = W1 @ X + b1
    a1 = np.maximum(z1, 0)
    z2 = W2 @ a1 + b2
    return {"Z1": z1, "A1": a1, "Z2": z2, "A2": softmax(z2)}


def gradients(W1, b1, W2, b2, X, Y):
    f = forward(W1, b1, W2, b2, X)
    d2 = (f["A2"] - Y) / X.shape[1]
    d1 = (W2.T @ d2) * (f["Z1"] > 0)
    back = {
        "dZ2": d2,
        "dW2": d2 @ f["A1"].T,
        "db2": d2.sum(1, keepdims=True),
        "dZ1": d1,
        "dW1": d1 @ X.T,
        "db1": d1.sum(1, keepdims=True),
    }
    return {**f, **back}
