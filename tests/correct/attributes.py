"""A model object that carries its gradients, np.matrix inside, and odd names."""

import numpy as np


class Model:
    pass


def gradients(W1, b1, W2, b2, X, Y):
    W1, b1, W2, b2, X, Y = (np.asmatrix(a) for a in (W1, b1, W2, b2, X, Y))
    net = Model()
    net.Z1 = W1 * X + b1
    net.A1 = np.maximum(net.Z1, 0)
    net.Z2 = W2 * net.A1 + b2
    net.A2 = 1 / (1 + np.exp(-net.Z2))
    net.dL_dZ2 = (net.A2 - Y) / Y.shape[1]
    net.dL_dA1 = W2.T * net.dL_dZ2
    net.dL_dZ1 = np.multiply(net.dL_dA1, net.Z1 > 0)
    net.dL_dW2 = net.dL_dZ2 * net.A1.T
    net.dL_db2 = net.dL_dZ2.sum(axis=1)
    net.dL_dW1 = net.dL_dZ1 * X.T
    net.dL_db1 = net.dL_dZ1.sum(axis=1)
    return net
