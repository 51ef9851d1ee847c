"""Wrong: dW1 and dW2 have a weight decay that the cost does not have."""

import numpy as np

reg = 1e-3


def gradients(W1, b1, W2, b2, X, Y):
    hidden = np.maximum(0, np.dot(W1, X) + b1)
    scores = np.dot(W2, hidden) + b2
    probs = 1 / (1 + np.exp(-scores))
    loss = np.mean(np.logaddexp(0, scores) - Y * scores)
    dscores = (probs - Y) / X.shape[1]
    grads = {"W2": np.dot(dscores, hidden.T), "b2": np.sum(dscores, axis=1, keepdims=True)}
    dhidden = np.dot(W2.T, dscores)
    dhidden[hidden <= 0] = 0
    grads["W1"] = np.dot(dhidden, X.T)
    grads["b1"] = np.sum(dhidden, axis=1, keepdims=True)
    grads["W2"] += reg * W2
    grads["W1"] += reg * W1
    return {"cost": loss} | {"d" + name: value for name, value in grads.items()}
