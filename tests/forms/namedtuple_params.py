from typing import NamedTuple
import numpy as np


class Params(NamedTuple):
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray


def grad(params, X, Y):
    Z = params.W1 @ X + params.b1
    A = np.maximum(Z, 0)
    P = 1 / (1 + np.exp(-(params.W2 @ A + params.b2)))
    D2 = (P - Y) / X.shape[1]
    D1 = params.W2.T @ D2 * (Z > 0)
    return Params(D1 @ X.T, D1.sum(1, keepdims=True), D2 @ A.T, D2.sum(1, keepdims=True))
