import numpy as np


def compute_gradients(weights, x, y):
    z1 = weights["layer1"]["W"] @ x + weights["layer1"]["b"]
    a1 = np.maximum(0, z1)
    a2 = 1 / (1 + np.exp(-(weights["layer2"]["W"] @ a1 + weights["layer2"]["b"])))
    d2 = (a2 - y) / x.shape[1]
    d1 = (weights["layer2"]["W"].T @ d2) * (z1 > 0)
    return {
        "layer1": {"W": d1 @ x.T, "b": d1.sum(1, keepdims=True)},
        "layer2": {"W": d2 @ a1.T, "b": d2.sum(1, keepdims=True)},
    }
