"""Wrong: the mean is taken in dW1 and dW2 only; db1 and db2 are sums. The result has slots and no d in its names."""

import numpy as np


class Grads:
    __slots__ = ("W1", "W2", "b1", "b2")


def gradients(W1, b1, W2, b2, X, Y):
    m, grads = X.shape[1], Grads()
    H = np.maximum(W1 @ X + b1, 0)
    D = 1 / (1 + np.exp(-(W2 @ H + b2))) - Y
    E = W2.T * D * (H > 0)
    grads.W1, grads.b1 = E @ X.T / m, E.sum(1, keepdims=True)
    grads.W2, grads.b2 = D @ H.T / m, D.sum(1, keepdims=True)
    return {"grads": grads}
