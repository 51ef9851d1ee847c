"""The weights that a training ends with: they moved in the span of the examples, and end near the reference's."""

from functools import cached_property

import numpy as np

from shared.judging.curves.reference import Reference
from shared.judging.verdict import Judgement, Verdict, deviations
from shared.network import Array, Parameters

Allowed = tuple[Array, Array, Array] | None


class TrainedWeights:
    """Judges trained weights.

    Every update of W1 and b1 is a combination of the examples (with a 1 for the bias), so that their sum has no part
    outside their span, but for rounding: `noise`, one standard deviation a step, (n_h, n_x + 1), at worst the same in
    all steps. Z1 shows what happened inside the span; Z1, W2 and b2 may be off by `allowed`, which is None beyond the
    horizon, where a few correct programs do not show how far others may part.
    """

    def __init__(self, reference: Reference, X: Array, noise: Array, allowed: Allowed) -> None:
        self.reference, self.X, self.allowed = reference, X.astype(np.float64), allowed
        self.noise = (len(reference.costs) - 1) * np.linalg.norm(noise, axis=1)

    @cached_property
    def span(self) -> Array:
        """Orthonormal columns that span the examples, (n_x + 1, m) or (n_x + 1, n_x + 1)."""
        return np.linalg.qr(np.vstack([self.X, np.ones(self.X.shape[1])]))[0]

    def judge(self, trained: Parameters) -> dict[str, Judgement]:
        """Judge W1 (with b1), Z1 on the training set, W2 and b2."""
        W1, b1, W2, b2 = (V.astype(np.float64) for V in trained)
        moved = np.hstack([W1, b1]) - np.hstack(self.reference.checkpoints[0][:2])
        outside = np.linalg.norm(moved - (moved @ self.span) @ self.span.T, axis=1)
        evaluation = sum(self.span.shape) * np.finfo(np.float64).eps * np.linalg.norm(moved, axis=1)
        judged = [within("W1", outside, deviations(len(W1)) * self.noise + evaluation, " outside the examples' span")]
        if self.allowed is not None:
            apart = distances(W1 @ self.X + b1, W2.T, b2, self.reference.trained, self.X)
            judged += [within(V, a, b) for V, a, b in zip(("Z1", "W2", "b2"), apart, self.allowed, strict=True)]
        return {judgement.quantity: judgement for judgement in judged}


def distances(Z1: Array, W2: Array, b2: Array, reference: Parameters, X: Array) -> tuple[Array, Array, Array]:
    """The root mean square of the distances of runs from the reference: Z1 (n_h,), W2 (n_h, 1), b2 (1, 1).

    Z1 is (runs, n_h, m) and W2 (runs, n_h, 1), or those of one run.
    """
    end = [V.astype(np.float64) for V in reference]
    apart = (V - of_end for V, of_end in zip((Z1, W2, b2), (end[0] @ X + end[1], end[2].T, end[3]), strict=True))
    Z1, W2, b2 = (np.sqrt(np.mean(np.square(V.reshape(-1, *V.shape[-2:])), axis=0)) for V in apart)
    return np.linalg.norm(Z1, axis=1), W2, b2


def within(quantity: str, error: Array, allowed: Array, where: str = "") -> Judgement:
    """Judge distances, one for each hidden unit."""
    unit = int(np.argmax(error / np.maximum(allowed, np.finfo(float).tiny)))
    off, most = float(error.flat[unit]), float(allowed.flat[unit])
    problem = f"off by {off:.1e}{where} (unit {unit}); correct programs stay within {most:.1e}"
    agrees = bool(np.all(error <= allowed))
    verdict: Verdict = "agrees" if agrees else "suspect"
    share = off / most if most else None
    return Judgement(quantity, verdict, off, most, most, 0.0, "" if agrees else problem, share=share)
