"""Mistakes with the gradients of the parameters as they are: clipped, decayed, or not derivatives at all."""

import numpy as np

from shared.checking.catalogue.mistake import DECAYS, Mistake, at, reordered
from shared.checking.lines import LINES, Line, Values, examples, run
from shared.network import Array, Parameters

GRADIENTS = tuple(f"d{name}" for name in Parameters._fields)

LIMITS = (0.1, 0.5, 1, 5, 10)
"""What gradients are usually clipped at."""

PENALTIES = (0.1, 0.7, 1)
"""The lambda of courses, where lambda / (2 m) times the sum of squared weights is added to the cost."""


def norm(q: Values) -> float:
    """The norm of the four gradients, taken together, as the right lines give them."""
    before = {name: q[name] for name in LINES if name in q and name not in GRADIENTS}
    right = run(q, own=before)
    return float(np.sqrt(sum(np.square(right[name], dtype=float).sum() for name in GRADIENTS)))


def clipped(name: str, limit: float) -> Line:
    """The right gradient, no entry of which may be larger than a limit."""
    return lambda q: np.clip(LINES[name](q), -limit, limit)


def shortened(name: str, limit: float) -> Line:
    """The right gradient, shortened together with the others until their norm is no larger than a limit."""
    return lambda q: LINES[name](q) * min(1.0, float(np.divide(limit, norm(q))))


def limits_of(name: str) -> tuple[Mistake, ...]:
    """Gradient clipping; db2 is a mean of A2 - Y, and never as large as 1."""
    entries = (
        (f"clipping at {limit}", clipped(name, limit), f"Entries of {name} are clipped at {limit} and -{limit}.")
        for limit in LIMITS
        if name != "db2" or limit < 1
    )
    norms = (
        (
            f"clipping to norm {limit}",
            shortened(name, limit),
            f"The gradients are shortened where their norm, all four taken together, is larger than {limit}.",
        )
        for limit in LIMITS
    )
    unit = (
        "division by the norm",
        lambda q: LINES[name](q) / norm(q),
        "The gradients are divided by their norm, all four taken together: their direction is left alone.",
    )
    return at(name, *entries, *norms, unit)


def decay_of(name: str) -> tuple[Mistake, ...]:
    """Weight decay in the gradient."""
    dV, penalty = f"d{name}", "the derivative of a penalty, and the cost of this network has no penalty"
    return at(
        dV,
        *(
            (
                f"weight decay {decay:.0e}",
                lambda q, decay=decay: LINES[dV](q) + decay * q[name],
                f"{decay:.0e} {name} is added, {penalty}.",
            )
            for decay in DECAYS
        ),
        *(
            (
                f"weight decay {strength}/m",
                lambda q, strength=strength: LINES[dV](q) + strength / examples(q) * q[name],
                f"{strength}/m {name} is added, {penalty}.",
            )
            for strength in PENALTIES
        ),
    )


def squares(q: Values) -> Array:
    """Half the sum of the squared weights."""
    return np.asarray((np.square(q["W1"]).sum() + np.square(q["W2"]).sum()) / 2)


cost = at(
    "cost",
    *(
        (
            f"penalty on the weights {decay:.0e}",
            lambda q, decay=decay: LINES["cost"](q) + decay * squares(q),
            f"{decay:.0e}/2 times the sum of the squared weights is added, and this cost has no such penalty.",
        )
        for decay in DECAYS
    ),
    *(
        (
            f"penalty on the weights {penalty}/m",
            lambda q, penalty=penalty: LINES["cost"](q) + penalty / examples(q) * squares(q),
            f"{penalty}/(2 m) times the sum of the squared weights is added, and this cost has no such penalty.",
        )
        for penalty in PENALTIES
    ),
)


def finite_differences(name: str, step: float = 1e-3) -> Line:
    """How the cost, in float32, changes when one entry of a parameter goes up and down by a small step."""

    def line(q: Values) -> Array:
        narrow = {V: reordered(q)[V].astype(np.float32) for V in (*Parameters._fields, "X", "Y")}

        def slope_along(change: Array) -> Array:
            up, down = (run({**narrow, name: narrow[name] + sign * change})["cost"] for sign in (1, -1))
            return (up - down) / (2 * step)

        changes = step * np.eye(q[name].size, dtype=np.float32)
        slopes = [slope_along(change.reshape(q[name].shape)) for change in changes]
        return np.array(slopes, q["X"].dtype).reshape(q[name].shape)

    return line


def differences_of(name: str) -> tuple[Mistake, ...]:
    """A gradient from finite differences."""
    explanation = f"d{name} is a finite difference of costs in float32, and most of their digits cancel."
    return at(f"d{name}", ("finite differences in float32", finite_differences(name), explanation))


GRADIENT: tuple[Mistake, ...] = (
    *cost,
    *(mistake for name in GRADIENTS for mistake in limits_of(name)),
    *(mistake for name in Parameters._fields for mistake in decay_of(name)),
    *(mistake for name in ("W2", "b2", "b1") for mistake in differences_of(name)),  # for W1 it takes too long
)
