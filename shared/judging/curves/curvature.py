"""What makes correct curves part: the curvature of the cost along the training of the reference.

A step multiplies a small difference between two programs' weights by I - learning_rate H, H the Hessian of the cost: it
grows along an eigenvector whose eigenvalue is above 2 / learning_rate, where full-batch training often ends up, at the
edge of stability (Cohen, Kaur, Li, Kolter and Talwalkar, "Gradient Descent on Neural Networks Typically Occurs at the
Edge of Stability", ICLR 2021), or below 0. So the factors of all steps are applied to a random small difference.

H knows nothing of kinks (docs/judging.md). So two more things are measured: how many entries of Z1 change sides, and
the curvature that steps meet,

    sum of |y|^2 / sum of y's,    s = the step, y = what the gradient changes by over it, kinks included.

On a smooth convex piece y = H s, and this is an average of H's eigenvalues. Where the weights hop to and fro across a
kink, each step undoes the one before, y is 2 s / learning_rate, and so this is the limit.

The Gram (dual) form. The examples X and a row of ones are Q R, with orthonormal columns in Q, so Z1 = (W1 b1) Q R.
The cost depends on W1 and b1 through the coordinates (W1 b1) Q alone. Lengths and angles are the same in them, and so
is every eigenvalue of the Hessian but zeros.
"""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh
from threadpoolctl import threadpool_limits

from shared.judging.curves.ensemble import Ensemble, unwatched
from shared.judging.curves.reference import first
from shared.network import KINKED, LEAKY_SLOPE, Activation, Array, Parameters, Progress, Settings

LOOKS = 26
"""The largest eigenvalue is computed at this many steps, spread evenly from the first to the last."""


@dataclass(frozen=True)
class Curvature:
    """What was measured. The lists go along `steps`: step i is before update i, the last one after all updates.

    `growth` is the factor by which a random small difference in the initial weights has grown, unless kinks part the
    two. `kinks_crossed` (entries of Z1, a step) and `met` are averages over the steps since the one listed before.
    There are none at the first, and none of `met` where the cost bends down along the steps.
    """

    limit: float
    steps: list[int]
    largest_eigenvalues: list[float]
    growth: list[float]
    kinks_crossed: list[float | None]
    met: list[float | None]

    @property
    def above_limit_at(self) -> int | None:
        """The first of `steps` at which the largest eigenvalue exceeds the limit; None if it never does."""
        index = first(np.array(self.largest_eigenvalues) > self.limit)
        return None if index is None else self.steps[index]


def curvature(
    parameters: Parameters, X: Array, Y: Array, settings: Settings, progress: Progress | None = None
) -> Curvature:
    """Train the reference once more, and look at the cost around its weights.

    Parameters
    ----------
    parameters, X, Y
        What training starts from: W1 (n_h, n_x), b1 (n_h, 1), ..., X (n_x, m), Y (1, m).
    settings
        Learning rate, number of iterations, activation. The seed draws the small difference.
    progress
        Called with the number of steps done so far.
    """
    run, rate = Ensemble(parameters, X, Y, settings, count=1), settings.learning_rate
    steps = np.unique(np.linspace(0, settings.iterations, LOOKS).round().astype(int))
    eigenvalues, growth, changes = [], [], np.zeros((3, settings.iterations))
    with jax.enable_x64(True), threadpool_limits(1), unwatched():
        landscape = Landscape(run)
        difference = direction = eigenvector = random_direction(landscape.size, settings.seed)
        gradient_before = side_before = np.empty(0)  # there are none before step 0
        for i in range(settings.iterations + 1):
            gradient, stretched = landscape.derivatives(run, difference)
            side = run.Z1[0] > 0
            if i:
                y = gradient - gradient_before
                changes[:, i - 1] = y @ y, -rate * y @ gradient_before, np.sum(side != side_before)
            if i in steps:
                largest, eigenvector = landscape.largest_eigenvalue(run, eigenvector + direction)
                eigenvalues.append(largest)
                growth.append(float(np.linalg.norm(difference)))
            gradient_before, side_before = gradient, side
            difference = difference - rate * stretched
            run.step()
            if progress:
                progress(i)
    yy, ys, crossed = np.add.reduceat(changes, steps[:-1], axis=1).tolist()
    met = [a / b if b > 0 else None for a, b in zip(yy, ys, strict=True)]
    kinks = [n if settings.activation in KINKED else 0 for n in crossed / np.diff(steps)]
    return Curvature(2 / rate, steps.tolist(), eigenvalues, growth, [None, *kinks], [None, *met])


def random_direction(size: int, seed: int) -> Array:
    """Draw a direction: a vector of length 1."""
    direction = np.random.default_rng(seed).standard_normal(size)
    return direction / np.linalg.norm(direction)


class Landscape:
    """The cost around the weights of a run. A direction is one vector: (W1 b1) Q row by row, then W2, then b2."""

    def __init__(self, run: Ensemble) -> None:
        ones = np.ones_like(run.Y)
        self.R = jnp.array(np.linalg.qr(np.vstack([run.X, ones]), mode="r"))  #   (r, m), r = min(n_x + 1, m)
        self.Y, self.activation = jnp.array(run.Y), run.settings.activation
        n_h = run.Z1.shape[1]
        self.size = n_h * len(self.R) + n_h + 1

    def derivatives(self, run: Ensemble, direction: Array) -> tuple[Array, Array]:
        """Give the gradient, and the Hessian times a direction."""
        here = run.Z1[0], run.W2[0].T, run.b2[0]
        gradient, stretched = derivatives(direction, here, self.R, self.Y, self.activation)
        return np.array(gradient), np.array(stretched)

    def largest_eigenvalue(self, run: Ensemble, start: Array) -> tuple[float, Array]:
        """Find the Hessian's largest eigenvalue and its eigenvector, searching from `start`."""
        hessian = LinearOperator(
            (self.size, self.size), lambda v: self.derivatives(run, v.ravel())[1], dtype=np.float64
        )
        if not (hessian @ start).any():
            return 0.0, start  # a random start that the Hessian takes to 0 means that it takes everything there
        values, vectors = eigsh(hessian, k=1, which="LA", v0=start)
        return float(values[0]), vectors[:, 0]


Weights = tuple[jax.Array, ...]
"""Z1, W2, b2: what the cost depends on, W1 and b1 through Z1."""


@partial(jax.jit, static_argnames="activation")
def derivatives(direction: jax.Array, here: Weights, R: jax.Array, Y: jax.Array, activation: Activation) -> Weights:
    """Differentiate the cost once, and once more along a direction: the gradient, and the Hessian times the direction.

    The Hessian itself, which may be too large to store, is never made.
    """
    gradient = jax.grad(partial(cost, here=here, R=R, Y=Y, activation=activation))
    return jax.jvp(gradient, (jnp.zeros_like(direction),), (direction,))


def cost(move: jax.Array, here: Weights, R: jax.Array, Y: jax.Array, activation: Activation) -> jax.Array:
    """Compute the cost that a move from here leads to."""
    Z1, W2, b2 = here
    n_h, r = len(Z1), len(R)
    in_Q, in_W2, in_b2 = jnp.split(move, [n_h * r, n_h * r + n_h])
    A1 = activate(Z1 + in_Q.reshape(n_h, r) @ R, activation)  #               (n_h, m)
    Z2 = (W2 + in_W2) @ A1 + b2 + in_b2  #                                    (1, m)
    return jnp.mean(jax.nn.softplus(Z2) - Y * Z2)


def activate(Z1: jax.Array, activation: Activation) -> jax.Array:
    """Apply the hidden activation."""
    if activation == "sigmoid":
        return jax.nn.sigmoid(Z1)
    if activation == "tanh":
        return jnp.tanh(Z1)
    return jnp.where(Z1 > 0, Z1, LEAKY_SLOPE * Z1 if activation == "leaky_relu" else 0)
