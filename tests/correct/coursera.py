"""The way the course does it: helper functions, caches, 1/m in dW and db, a dict of grads in the answer."""

import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z


def relu(Z):
    return np.maximum(0, Z), Z


def linear_forward(A, W, b):
    return np.dot(W, A) + b, (A, W, b)


def linear_backward(dZ, cache):
    A_prev, W, _ = cache
    m = A_prev.shape[1]
    dW = 1.0 / m * np.dot(dZ, A_prev.T)
    db = 1.0 / m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def gradients(W1, b1, W2, b2, X, Y):
    Z1, cache1 = linear_forward(X, W1, b1)
    A1, _ = relu(Z1)
    Z2, cache2 = linear_forward(A1, W2, b2)
    A2, _ = sigmoid(Z2)
    dZ2 = A2 - Y
    dA1, dW2, db2 = linear_backward(dZ2, cache2)
    dZ1 = relu_backward(dA1, Z1)
    _, dW1, db1 = linear_backward(dZ1, cache1)
    grads = {"dZ2": dZ2, "dW2": dW2, "db2": db2, "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}
    return {"A1": A1, "A2": A2, "grads": grads}
