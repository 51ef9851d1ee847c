"""How strongly the cost bends, and in which direction most: for the lesson on the learning rate."""

from collections.abc import Iterable

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from shared.lessons.lesson import photographs
from shared.network import Array, Implementation, Parameters, Settings

ASIDE = 1e-4
"""How far to go to see how the gradient changes: so little that the cost's third derivatives do not show."""


def largest_eigenvalue(implementation: Implementation, parameters: Parameters) -> tuple[float, Array]:
    """Find L and its direction v. The Hessian times a direction is how the gradient changes that way."""
    X, Y = photographs()

    def gradient(P: Parameters) -> Array:
        d = implementation.gradients(P, X, Y, "sigmoid")
        return flat((d.dW1, d.db1, d.dW2, d.db2))

    def hessian_times(v: Array) -> Array:
        size = np.linalg.norm(v)
        move = v.ravel() * (ASIDE / size)
        change = gradient(moved(parameters, move)) - gradient(moved(parameters, -move))
        return change * (size / (2 * ASIDE))

    n = flat(parameters).size
    hessian = LinearOperator((n, n), hessian_times, dtype=np.float64)
    (L,), v = eigsh(hessian, k=1, which="LA", v0=np.ones(n), ncv=8, tol=1e-6)
    return float(L), v[:, 0]


def flat(arrays: Iterable[Array]) -> Array:
    """Join all weights into one vector."""
    return np.concatenate([V.ravel() for V in arrays])


def moved(parameters: Parameters, by: Array) -> Parameters:
    """Add a vector of changes to the weights."""
    ends = np.cumsum([V.size for V in parameters])
    return Parameters(*(V + d.reshape(V.shape) for V, d in zip(parameters, np.split(by, ends[:-1]), strict=True)))


def judged(parameters: Parameters) -> float:
    """Ask the judge for L; it differentiates twice and takes no differences."""
    import jax

    from shared.judging.curves.curvature import Landscape
    from shared.judging.curves.ensemble import Ensemble

    X, Y = photographs()
    with jax.enable_x64(True):
        run = Ensemble(parameters, X, Y, Settings(activation="sigmoid"), count=1)
        landscape = Landscape(run)
        return landscape.largest_eigenvalue(run, np.ones(landscape.size))[0]
