"""Wrong: the delta of the output has the factor sigmoid'(z) that belongs to squared error, in dZ2."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    nabla_w1, nabla_b1 = np.zeros(W1.shape), np.zeros(b1.shape)
    nabla_w2, nabla_b2 = np.zeros(W2.shape), np.zeros(b2.shape)
    for x, y in zip(X.T, Y.T, strict=True):
        x = x.reshape(-1, 1)
        z1 = np.dot(W1, x) + b1
        a1 = np.where(z1 > 0, z1, 0)
        z2 = np.dot(W2, a1) + b2
        delta = (sigmoid(z2) - y) * sigmoid_prime(z2)
        nabla_b2 += delta
        nabla_w2 += np.dot(delta, a1.T)
        delta = np.dot(W2.T, delta) * (z1 > 0)
        nabla_b1 += delta
        nabla_w1 += np.dot(delta, x.T)
    return {"dW1": nabla_w1 / m, "db1": nabla_b1 / m, "dW2": nabla_w2 / m, "db2": nabla_b2 / m}
