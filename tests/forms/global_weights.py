import numpy as np

rng = np.random.default_rng(0)
W1, b1 = rng.normal(size=(4, 6)), np.zeros(6)
W2, b2 = rng.normal(size=(6, 1)), np.zeros(1)


def forward(X):
    global z1, a1, a2
    z1 = X @ W1 + b1
    a1 = np.maximum(0, z1)
    a2 = 1 / (1 + np.exp(-(a1 @ W2 + b2)))


def backward(X, y, lr):
    global W1, b1, W2, b2
    d2 = (a2 - y) / len(X)
    d1 = d2 @ W2.T * (z1 > 0)
    W2 -= lr * a1.T @ d2
    b2 -= lr * d2.sum(0)
    W1 -= lr * X.T @ d1
    b1 -= lr * d1.sum(0)
