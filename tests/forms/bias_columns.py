import numpy as np


def nn_gradients(Theta1, Theta2, X, y, Lambda=0):
    m = X.shape[0]
    a1 = np.hstack([np.ones((m, 1)), X])
    z2 = a1 @ Theta1.T
    a2 = np.hstack([np.ones((m, 1)), np.maximum(z2, 0)])
    d3 = 1 / (1 + np.exp(-a2 @ Theta2.T)) - y
    d2 = d3 @ Theta2[:, 1:] * (z2 > 0)
    return d2.T @ a1 / m, d3.T @ a2 / m
