"""Trainings in float64, side by side, in the Gram (dual) form.

Full-batch updates keep W1 in the span of the examples: a step subtracts learning_rate dZ1 X' from W1, and
learning_rate times the row sums of dZ1 from b1, so Z1 moves by -learning_rate dZ1 (X'X + 1). Training needs Z1 alone,
m x m numbers in place of n_x x m, and many runs cost little. W1 is recovered where it is wanted: W1 = W1(0) - C X',
with C the sum of all learning_rate dZ1 so far.
"""

import numpy as np

from shared.judging.rounding import logistic
from shared.network import LEAKY_SLOPE, Activation, Array, Parameters, Settings


def unwatched() -> np.errstate:
    """Let numbers overflow without a warning: what comes of it is looked at afterwards."""
    return np.errstate(over="ignore", invalid="ignore")


class Ensemble:
    """Several trainings side by side, in the Gram form and in float64."""

    def __init__(self, parameters: Parameters, X: Array, Y: Array, settings: Settings, count: int) -> None:
        self.initial, self.settings = parameters, settings
        self.X, self.Y = X.astype(np.float64), Y.astype(np.float64)
        self.gram = self.X.T @ self.X + 1  #                                  (m, m)
        W1, b1, W2, b2 = (V.astype(np.float64) for V in parameters)
        self.Z1 = np.repeat([W1 @ self.X + b1], count, axis=0)  #             (count, n_h, m)
        self.W2 = np.repeat([W2.T], count, axis=0)  #                         (count, n_h, 1)
        self.b2 = np.repeat([b2], count, axis=0)  #                           (count, 1, 1)
        self.C = np.zeros_like(self.Z1)  #                                    (count, n_h, m)

    def step(self, positive: Array | None = None) -> Array:
        """Take one step in every run; return their costs before it, (count,).

        `positive`: where relu and leaky_relu take the slope of the right, (count, n_h, m); by default, where Z1 > 0.
        """
        rate, m = self.settings.learning_rate, self.Y.shape[1]
        A1, slope = hidden(self.Z1, self.Z1 > 0 if positive is None else positive, self.settings.activation)
        Z2 = self.W2.transpose(0, 2, 1) @ A1 + self.b2  #                     (count, 1, m)
        dZ2 = (logistic(Z2) - self.Y) / m
        change = rate * self.W2 * dZ2 * slope  #                              (count, n_h, m), learning_rate dZ1
        self.W2 -= rate * (A1 @ dZ2.transpose(0, 2, 1))
        self.b2 -= rate * dZ2.sum(axis=2, keepdims=True)
        self.Z1 -= (change.reshape(-1, m) @ self.gram).reshape(change.shape)
        self.C += change
        softplus = np.maximum(Z2, 0) + np.log1p(np.exp(-np.abs(Z2)))
        return np.mean(softplus - self.Y * Z2, axis=(1, 2))

    def parameters(self) -> Parameters:
        """The weights of the first run, rounded to the judged dtype."""
        W1, b1, _, _ = self.initial
        C = self.C[0]
        trained = (W1 - C @ self.X.T, b1 - C.sum(axis=1, keepdims=True), self.W2[0].T, self.b2[0])
        return Parameters(*(V.astype(W1.dtype) for V in trained))


def hidden(Z1: Array, positive: Array, activation: Activation) -> tuple[Array, Array]:
    """The hidden activation, and its slope: that of the right where Z1 is taken to be positive."""
    if activation == "sigmoid":
        A1 = logistic(Z1)
        return A1, A1 * (1 - A1)
    if activation == "tanh":
        A1 = np.tanh(Z1)
        return A1, 1 - A1 * A1
    if activation == "leaky_relu":
        return np.maximum(Z1, LEAKY_SLOPE * Z1), np.where(positive, 1, LEAKY_SLOPE)
    return np.maximum(Z1, 0), positive
