import numpy as np


def train_step(params, batch, lr=0.01):
    X, y = batch
    W1, b1, W2, b2 = params
    pre = X @ W1 + b1
    h = np.maximum(pre, 0)
    d = (1 / (1 + np.exp(-(h @ W2 + b2))) - y) / len(X)
    d_pre = d @ W2.T * (pre > 0)
    return W1 - lr * X.T @ d_pre, b1 - lr * d_pre.sum(0), W2 - lr * h.T @ d, b2 - lr * d.sum(0)
