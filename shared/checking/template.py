"""The file that `python compare.py check --template` writes: a place for your own backprop, with every shape."""

TEMPLATE = '''\
"""My backprop, to be checked: python compare.py check my_backprop.py

The network, with one example in each column of X:

    Z1 = W1 X + b1      A1 = relu(Z1)       n_x inputs  ->  n_h hidden units
    Z2 = W2 A1 + b2     A2 = sigmoid(Z2)    n_h hidden units  ->  1 output unit
    cost = mean over the m examples of -(Y log(A2) + (1 - Y) log(1 - A2))

dV has the shape of V, and is the derivative of cost with respect to V, for every V: what autograd puts in V.grad.
Where Z1 is exactly 0, relu has the slope 0. The cost is safe as the mean of np.logaddexp(0, Z2) - Y Z2, which is the
same: log(A2) is infinite where A2 rounds to 0, and exp(Z2) where Z2 is large.
"""

import numpy as np


def gradients(W1, b1, W2, b2, X, Y):
    """Return the derivatives of the cost.

    W1 (n_h, n_x)   b1 (n_h, 1)   W2 (1, n_h)   b2 (1, 1)   X (n_x, m)   Y (1, m), 0 or 1
    """
    n_x, m = X.shape  # m examples; do not take n_x for m

    # Forward, from the input to the cost.
    Z1 = ...  # TODO (n_h, m)
    A1 = ...  # TODO (n_h, m)
    Z2 = ...  # TODO (1, m)
    A2 = ...  # TODO (1, m)
    cost = ...  # TODO a number

    # Backward, from the output to the input.
    dZ2 = ...  # TODO (1, m)
    dW2 = ...  # TODO (1, n_h)
    db2 = ...  # TODO (1, 1)
    dA1 = ...  # TODO (n_h, m)
    dZ1 = ...  # TODO (n_h, m)
    dW1 = ...  # TODO (n_h, n_x)
    db1 = ...  # TODO (n_h, 1)

    # dW1, db1, dW2 and db2 are needed. Each further quantity helps to find the very line that is wrong;
    # leave out what you do not have. NumPy arrays, PyTorch or JAX tensors and nested lists will all do.
    found = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "cost": cost}
    found |= {"dZ2": dZ2, "dW2": dW2, "db2": db2, "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}
    unfinished = [name for name, value in found.items() if value is ...]
    if unfinished:
        raise NotImplementedError("nearly there: fill in " + ", ".join(unfinished) + ", or take them out of the dict")
    return found


# If you like, remove the # below, to have these checked too.

# def forward(W1, b1, W2, b2, X):
#     """Return what the layers hold."""
#     return {"Z1": ..., "A1": ..., "Z2": ..., "A2": ...}


# def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
#     """Return costs and weights: costs[i] is the cost before update i, so costs[0] is the untrained network's."""
#     costs = []
#     for i in range(iterations):
#         ...
#     return {"costs": costs, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
'''
