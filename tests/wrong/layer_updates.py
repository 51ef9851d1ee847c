"""Wrong: a layer updates itself before the gradient goes back through it, so that dA1 takes the new W2."""

import numpy as np


class Dense:
    def __init__(self, W, b, rate=0.1):
        self.W, self.b, self.rate = W.copy(), b.copy(), rate

    def forward(self, x):
        self.x = x
        return self.W @ x + self.b

    def backward(self, g):
        self.dW, self.db = g @ self.x.T, g.sum(1, keepdims=True)
        self.W -= self.rate * self.dW
        self.b -= self.rate * self.db
        return self.W.T @ g


def gradients(W1, b1, W2, b2, X, Y):
    first, second = Dense(W1, b1), Dense(W2, b2)
    z = first.forward(X)
    p = 1 / (1 + np.exp(-second.forward(np.maximum(z, 0))))
    first.backward(second.backward((p - Y) / Y.size) * (z > 0))
    return {"dW1": first.dW, "db1": first.db, "dW2": second.dW, "db2": second.db}
