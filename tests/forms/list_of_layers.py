import numpy as np


def relu(z):
    return np.maximum(z, 0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def forward(layers, X):
    A = X
    cache = []
    for i, layer in enumerate(layers):
        Z = layer["W"] @ A + layer["b"]
        cache.append((A, Z))
        A = sigmoid(Z) if i == len(layers) - 1 else relu(Z)
    return A, cache


def backward(layers, cache, A, Y):
    grads = []
    m = Y.shape[1]
    dZ = (A - Y) / m
    for i in reversed(range(len(layers))):
        A_prev, Z = cache[i]
        grads.insert(0, {"dW": dZ @ A_prev.T, "db": dZ.sum(axis=1, keepdims=True)})
        if i > 0:
            dZ = (layers[i]["W"].T @ dZ) * (cache[i - 1][1] > 0)
    return grads
