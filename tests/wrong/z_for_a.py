"""Wrong: dW2 is made from Z1, before relu, where it must be A1."""

from collections import namedtuple

import numpy as np

Result = namedtuple("Result", "Z1 A1 A2 W1_grad b1_grad W2_grad b2_grad")


def gradients(W1, b1, W2, b2, X, Y):
    z1 = W1 @ X + b1
    a1 = np.maximum(z1, 0)
    a2 = 1 / (1 + np.exp(-(W2 @ a1 + b2)))
    d2 = (a2 - Y) / X.shape[1]
    d1 = (W2.T @ d2) * (z1 > 0)
    return Result(z1, a1, a2, d1 @ X.T, d1.sum(1, keepdims=True), d2 @ z1.T, d2.sum(1, keepdims=True))
