"""A training whose weights are stored in the judged dtype after every step, as a program stores them."""

import numpy as np

from shared.judging.curves.ensemble import Ensemble
from shared.network import Array, Parameters, Settings

SAMPLE = 256
"""W1 is kept for this many inputs; the others are taken to be rounded alike."""


class Stored(Ensemble):
    """One run of the Gram form whose W1, b1, W2 and b2 are rounded after every step.

    The Gram form has no W1: Z1 moves by itself. What storing does to Z1 is the rounding of W1, times X. That needs W1,
    at n_x m products a step; so a random sample of its columns is kept, and counts n_x / SAMPLE times. Where roundings
    are independent, that makes more of them than there is; where they have the same sign, it is what it should be.
    """

    def __init__(self, parameters: Parameters, X: Array, Y: Array, settings: Settings) -> None:
        super().__init__(parameters, X, Y, settings, count=1)
        inputs = np.random.default_rng(settings.seed).permutation(len(X))[:SAMPLE]
        self.dtype = X.dtype
        self.inputs = np.vstack([self.X[inputs], np.ones_like(self.Y)])  #            (sample + 1, m)
        self.weights = np.hstack([parameters.W1[:, inputs], parameters.b1]).astype(np.float64)
        self.counts = np.append(np.full(len(inputs), len(X) / len(inputs)), 1.0)

    def step(self, positive: Array | None = None) -> Array:
        """Take a step, and store the weights."""
        before = self.C.copy()
        costs = super().step(positive)
        change = (self.C - before)[0] @ self.inputs.T
        stored = self.stored(self.weights - change)
        rounding, self.weights = (stored - self.weights) + change, stored
        self.Z1[0] += (rounding * self.counts) @ self.inputs
        self.W2, self.b2 = self.stored(self.W2), self.stored(self.b2)
        return costs

    def stored(self, V: Array) -> Array:
        """Round to the judged dtype."""
        return V.astype(self.dtype).astype(np.float64)
