"""Weights and gradients in dicts, and a train that goes through them (tests/patched.py makes mistakes in it)."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    H = np.maximum(W1 @ X + b1, 0)
    z = W2 @ H + b2
    d = (1 / (1 + np.exp(-z)) - Y) / m
    e = W2.T @ d * (H > 0)
    grads = {"W1": e @ X.T, "b1": e.sum(1, keepdims=True), "W2": d @ H.T, "b2": d.sum(1, keepdims=True)}
    return {"cost": np.mean(np.logaddexp(0, z) - Y * z), "grads": grads}


def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
    p, costs = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}, []
    for _ in range(iterations):
        now = gradients(**p, X=X, Y=Y)
        costs.append(now["cost"])
        p = {name: p[name] - learning_rate * now["grads"][name] for name in p}
    return {"costs": costs, **p}
