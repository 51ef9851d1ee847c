"""Wrong: unit by unit, with an index that is one off: dA1 takes the weight of the unit before."""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    units = range(len(W1))
    Z = [W1[i] @ X + b1[i] for i in units]
    A = [np.maximum(z, 0) for z in Z]
    out = sum(W2[0, i] * A[i] for i in units) + b2[0, 0]
    delta = (1 / (1 + np.exp(-out)) - Y[0]) / m
    back = [W2[0, i - 1] * delta * (Z[i] > 0) for i in units]
    dW1, db1 = [X @ d for d in back], [[d.sum()] for d in back]
    return {"dZ2": delta, "dW2": [[a @ delta for a in A]], "db2": [[delta.sum()]], "dZ1": back, "dW1": dW1, "db1": db1}
