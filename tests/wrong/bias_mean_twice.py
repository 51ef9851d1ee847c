"""Wrong: db1 is a mean of what has been divided by m already."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Backprop:
    dZ2: np.ndarray
    dW2: np.ndarray
    db2: np.ndarray
    dZ1: np.ndarray
    dW1: np.ndarray
    db1: np.ndarray


def gradients(W1, b1, W2, b2, X, Y):
    h = np.maximum(W1 @ X + b1, 0)
    p = 1 / (1 + np.exp(-(W2 @ h + b2)))
    d2 = (p - Y) / Y.size
    d1 = W2.T * d2
    d1[h == 0] = 0
    return Backprop(
        dZ2=d2,
        dW2=d2 @ h.T,
        db2=d2.sum(1, keepdims=True),
        dZ1=d1,
        dW1=d1 @ X.T,
        db1=d1.mean(1, keepdims=True),
    )
