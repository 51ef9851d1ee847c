"""The bias is one more column of the weights, and a row of ones joins the inputs; split at the end."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    ones = np.ones((1, m))
    theta1, theta2 = np.hstack([W1, b1]), np.hstack([W2, b2])
    a0 = np.vstack([X, ones])
    z1 = theta1 @ a0
    a1 = np.vstack([np.maximum(z1, 0), ones])
    z2 = theta2 @ a1
    h = 1 / (1 + np.exp(-z2))
    delta2 = h - Y
    delta1 = (theta2[:, :-1].T @ delta2) * (z1 > 0)
    grad1 = delta1 @ a0.T / m
    grad2 = delta2 @ a1.T / m
    return {"d_W1": grad1[:, :-1], "d_b1": grad1[:, -1:], "d_W2": grad2[:, :-1], "d_b2": grad2[:, -1:]}
