"""functions after a script that needs a file that is not there"""

import numpy as np
import matplotlib.pyplot as plt


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def propagate(w1, b1, w2, b2, X, Y):
    m = X.shape[1]
    A1 = np.maximum(0, np.dot(w1, X) + b1)
    A2 = sigmoid(np.dot(w2, A1) + b2)
    cost = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
    dz2 = A2 - Y
    dw2 = np.dot(dz2, A1.T) / m
    db2 = np.sum(dz2, axis=1, keepdims=True) / m
    dz1 = np.dot(w2.T, dz2) * (A1 > 0)
    dw1 = np.dot(dz1, X.T) / m
    db1 = np.sum(dz1, axis=1, keepdims=True) / m
    grads = {"dw1": dw1, "db1": db1, "dw2": dw2, "db2": db2}
    return grads, cost


data = np.load("train_data_that_is_not_here.npy")
X_train = data[:, :-1].T
