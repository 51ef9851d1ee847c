import numpy as np


def backprop(x, y, theta1, theta2, bias1, bias2):
    n = x.shape[0]
    hidden = np.maximum(x @ theta1 + bias1, 0)
    out = 1 / (1 + np.exp(-(hidden @ theta2 + bias2)))
    d_out = (out - y) / n
    d_theta2 = hidden.T @ d_out
    d_hidden = d_out @ theta2.T * (hidden > 0)
    d_theta1 = x.T @ d_hidden
    return d_theta1, d_theta2, d_hidden.sum(axis=0), d_out.sum(axis=0)
