"""Wrong: dW1 comes out as (n_x, n_h) and is reshaped where it must be transposed."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    h = np.maximum(W1 @ X + b1, 0)
    y_hat = 1 / (1 + np.exp(-(W2 @ h + b2)))
    d_out = (y_hat - Y) / m
    d_hid = (W2.T @ d_out) * np.sign(h)
    dW1 = (X @ d_hid.T).reshape(W1.shape)
    return {
        "dZ2": d_out,
        "dW2": d_out @ h.T,
        "db2": d_out.sum(axis=1, keepdims=True),
        "dZ1": d_hid,
        "dW1": dW1,
        "db1": d_hid.sum(axis=1, keepdims=True),
    }
