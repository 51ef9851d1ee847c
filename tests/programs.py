"""Programs to be judged: a hand-written network, line by line, in which any line can be tampered with."""

import numpy as np
from cases import Case
from scipy.special import expit

from shared.checking.vocabulary import narrowed
from shared.network import LEAKY_SLOPE, QUANTITIES


def hidden(Z1, activation):
    if activation == "sigmoid":
        return expit(Z1)
    if activation == "tanh":
        return np.tanh(Z1)
    return np.where(Z1 > 0, Z1, Z1.dtype.type(LEAKY_SLOPE if activation == "leaky_relu" else 0) * Z1)


def slope(Z1, activation):
    if activation == "sigmoid":
        return expit(Z1) * (1 - expit(Z1))
    if activation == "tanh":
        return 1 - np.square(np.tanh(Z1))
    return np.where(Z1 > 0, 1, LEAKY_SLOPE if activation == "leaky_relu" else 0).astype(Z1.dtype)


def run(case: Case, tamper=None, product=np.matmul) -> dict:
    """Compute every quantity; `tamper` maps a quantity to a function that spoils its value."""
    tamper, m = tamper or {}, case.X.shape[1]
    q = {**case.parameters._asdict(), "X": case.X, "Y": case.Y}
    lines = {
        "Z1": lambda: product(q["W1"], q["X"]) + q["b1"],
        "A1": lambda: hidden(q["Z1"], case.activation),
        "Z2": lambda: product(q["W2"], q["A1"]) + q["b2"],
        "A2": lambda: expit(q["Z2"]),
        "cost": lambda: np.sum((np.logaddexp(0, q["Z2"]) - q["Y"] * q["Z2"]) / m),
        "dZ2": lambda: (q["A2"] - q["Y"]) / m,
        "dW2": lambda: product(q["dZ2"], q["A1"].T),
        "db2": lambda: q["dZ2"].sum(axis=1, keepdims=True),
        "dA1": lambda: product(q["W2"].T, q["dZ2"]),
        "dZ1": lambda: q["dA1"] * slope(q["Z1"], case.activation),
        "dW1": lambda: product(q["dZ1"], q["X"].T),
        "db1": lambda: q["dZ1"].sum(axis=1, keepdims=True),
    }
    for quantity in QUANTITIES:
        q[quantity] = np.asarray(tamper.get(quantity, lambda V: V)(lines[quantity]()))
    return {quantity: q[quantity] for quantity in QUANTITIES}


def forgetting(bits: int):
    """A matrix product that first rounds its operands to a number of bits after the first (TF32: 10, bfloat16: 7)."""
    return lambda A, B: np.matmul(narrowed(A, bits), narrowed(B, bits))


def one_by_one(order):
    """A matrix product that adds its terms one by one, in the order that `order` makes of 0 ... n-1."""

    def product(A, B):
        total = np.zeros((A.shape[0], B.shape[1]), A.dtype)
        for k in order(range(A.shape[1])):
            total = total + A[:, k : k + 1] * B[k]
        return total

    return product
