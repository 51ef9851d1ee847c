"""A small engine that records what is done and goes back over it, in the manner of micrograd, but for arrays."""

import numpy as np


class Value:
    def __init__(self, data, parents=()):
        self.data, self.parents = data, parents
        self.grad = np.zeros_like(data)

    def __add__(self, other):
        return Value(self.data + other.data, [(self, lambda g: g), (other, lambda g: g.sum(axis=1, keepdims=True))])

    def __matmul__(self, other):
        return Value(
            self.data @ other.data,
            [(self, lambda g: g @ other.data.T), (other, lambda g: self.data.T @ g)],
        )

    def relu(self):
        return Value(np.maximum(self.data, 0), [(self, lambda g: g * (self.data > 0))])

    def cross_entropy(self, y):
        s, n = self.data, y.size
        p = 1 / (1 + np.exp(-s))
        return Value(np.mean(np.logaddexp(0, s) - y * s), [(self, lambda g: g * (p - y) / n)])

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for parent, _ in v.parents:
                    visit(parent)
                order.append(v)

        visit(self)
        self.grad = np.ones_like(self.data)
        for v in reversed(order):
            for parent, pull in v.parents:
                parent.grad = parent.grad + pull(v.grad)


def gradients(W1, b1, W2, b2, X, Y):
    W1, b1, W2, b2, X = (Value(a) for a in (W1, b1, W2, b2, X))
    h = (W1 @ X + b1).relu()
    loss = (W2 @ h + b2).cross_entropy(Y)
    loss.backward()
    return {"cost": loss.data, "dW1": W1.grad, "db1": b1.grad, "dW2": W2.grad, "db2": b2.grad, "dA1": h.grad}
