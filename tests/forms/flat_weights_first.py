import numpy as np


def backprop(params, input_size, hidden_size, X, y):
    n = input_size * hidden_size
    W1, W2 = params[:n].reshape(hidden_size, input_size), params[n : n + hidden_size].reshape(1, hidden_size)
    b1, b2 = params[n + hidden_size : -1], params[-1:]
    z1 = X @ W1.T + b1
    a1 = np.where(z1 > 0, z1, 0)
    d2 = (1 / (1 + np.exp(-(a1 @ W2.T + b2))) - y) / len(X)
    d1 = d2 @ W2 * (z1 > 0)
    return np.r_[(d1.T @ X).ravel(), (d2.T @ a1).ravel(), d1.sum(0), d2.sum(0)]
