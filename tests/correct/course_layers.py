"""Course notes for L layers: caches in a list, and grads by names that are put together."""

import numpy as np


def model_forward(X, parameters):
    caches, A = [], X
    L = len(parameters) // 2
    for layer in range(1, L + 1):
        A_prev, W = A, parameters["W" + str(layer)]
        Z = W @ A_prev + parameters["b" + str(layer)]
        A = np.maximum(0, Z) if layer < L else 1 / (1 + np.exp(-Z))
        caches.append({"A_prev": A_prev, "W": W, "Z": Z})
    return A, caches


def gradients(W1, b1, W2, b2, X, Y):
    AL, caches = model_forward(X, {"W1": W1, "b1": b1, "W2": W2, "b2": b2})
    m, grads, dZ = AL.shape[1], {}, AL - Y
    for layer in reversed(range(len(caches))):
        grads["dW" + str(layer + 1)] = dZ @ caches[layer]["A_prev"].T / m
        grads["db" + str(layer + 1)] = np.sum(dZ, axis=1, keepdims=True) / m
        if layer:
            grads["dA" + str(layer)] = caches[layer]["W"].T @ dZ
            dZ = grads["dA" + str(layer)] * np.int64(caches[layer - 1]["Z"] > 0)
    return grads
