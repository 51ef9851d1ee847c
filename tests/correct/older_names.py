"""The course's L_model_backward of 2017: "dA2" and "dA1" are what layers 2 and 1 pass back."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    dZ = 1 / (1 + np.exp(-(W2 @ A1 + b2))) - Y
    grads = {"dA2": W2.T @ dZ, "dW2": dZ @ A1.T / m, "db2": dZ.sum(axis=1, keepdims=True) / m}
    dZ = grads["dA2"] * (Z1 > 0)
    return {**grads, "dA1": W1.T @ dZ, "dW1": dZ @ X.T / m, "db1": dZ.sum(axis=1, keepdims=True) / m}
