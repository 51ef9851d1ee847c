"""Wrong: the mask in dZ1 asks where the rectified hidden layer is negative, which it never is: nothing is masked."""

import numpy as np


def gradients(W1, b1, W2, b2, X, y):
    N = X.shape[0]
    hidden_layer = np.maximum(0, X.dot(W1) + b1)
    scores = hidden_layer.dot(W2) + b2
    probs = 1 / (1 + np.exp(-scores))
    dscores = (probs - y) / N
    dW2 = hidden_layer.T.dot(dscores)
    db2 = np.sum(dscores, axis=0, keepdims=True)
    dhidden = dscores.dot(W2.T)
    dhidden[hidden_layer < 0] = 0
    dW1 = X.T.dot(dhidden)
    db1 = np.sum(dhidden, axis=0, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
