"""Example by example, into slots that the class keeps: nobody sets them to zero for the next call."""

import numpy as np


class Net:
    grads = {}  # noqa: RUF012

    def add(self, name, value):
        if name in self.grads and self.grads[name].shape == value.shape:
            value = self.grads[name] + value
        self.grads[name] = value


def gradients(W1, b1, W2, b2, X, Y):
    net, m = Net(), X.shape[1]
    for k in range(m):
        x, y = X[:, [k]], Y[:, [k]]
        z = W1 @ x + b1
        a = np.maximum(z, 0)
        error = (1 / (1 + np.exp(-(W2 @ a + b2))) - y) / m
        back = W2.T @ error * (z > 0)
        for name, value in (("dW1", back @ x.T), ("db1", back), ("dW2", error @ a.T), ("db2", error)):
            net.add(name, value)
    return dict(net.grads)
