"""What a line computes that is written out: it has the notation of the network, and the few functions defined here."""

import numpy as np
from scipy.special import expit, ndtr

from shared.checking import lines
from shared.network import Array, Parameters

KNOWN = {
    "np": np,
    "sigmoid": expit,
    "softplus": lambda z: np.logaddexp(0, z),
    "ndtr": ndtr,
    "half": lambda V: V.astype("float16").astype(float),
}
"""What a line may use that is the same in every network."""


def value(written: str, q: lines.Values, line: str) -> Array:
    """Compute a line as it is written, from the right values of everything before it."""
    names = KNOWN | sizes(q) | q | {"rounded": rounded, "average": average}
    names |= {
        "in_float32": lambda written: value(written, narrow(q), line),
        "difference": lambda name, change: difference(q, name, change),
        "trained": lambda steps: getattr(lines.train(q, steps)[1], line),
        "trained_on_batches": lambda size: getattr(on_batches(q, size), line),
    }
    if line in Parameters._fields:
        dVs = [gradients[f"d{line}"] for gradients in (*q["past"], q)]
        names |= {"V": q[line], "dV": dVs[-1], "dVs": dVs}
    with np.errstate(all="ignore"):
        return np.asarray(eval(written, names)).astype(float)  # noqa: S307


def sizes(q: lines.Values) -> dict[str, float]:
    """The network's sizes, and the norm of its four gradients, taken together."""
    norm = np.sqrt(sum(np.sum(q[f"d{V}"] ** 2) for V in Parameters._fields))
    return {"n_h": q["W1"].shape[0], "n_x": q["X"].shape[0], "m": q["X"].shape[1], "norm": norm}


def narrow(q: lines.Values) -> lines.Values:
    """Everything in float32."""
    return {name: V.astype("float32") if isinstance(V, np.ndarray) else V for name, V in q.items()}


def rounded(V: Array, bits: int) -> Array:
    """The nearest numbers with so many bits behind the first."""
    spacing = 2.0 ** (np.floor(np.log2(np.abs(V), where=V != 0, out=np.zeros_like(V))) - bits)
    return np.round(V / spacing) * spacing


def average(memory: float, values: list[Array]) -> Array:
    """A running average that began at 0: each value counts less by the factor `memory` than the one after it."""
    return (1 - memory) * sum(memory**age * V for age, V in enumerate(reversed(values)))


def difference(q: lines.Values, name: str, change: float) -> Array:
    """The cost's change when an entry goes up and down, divided by the way."""

    def cost(place: tuple[int, ...], sign: int) -> float:
        V = q[name].copy()
        V[place] += sign * change
        return lines.run({**q, name: V})["cost"]

    slopes = [(cost(place, 1) - cost(place, -1)) / (2 * change) for place in np.ndindex(q[name].shape)]
    return np.reshape(slopes, q[name].shape)


def on_batches(q: lines.Values, size: int) -> Parameters:
    """The parameters after one step on each batch of examples in turn."""
    parameters = Parameters(*(q[name] for name in Parameters._fields))
    for few in np.split(np.arange(q["X"].shape[1]), range(size, q["X"].shape[1], size)):
        seen = {**q, **parameters._asdict(), "X": q["X"][:, few], "Y": q["Y"][:, few]}
        parameters = lines.train(seen, 1)[1]
    return parameters
