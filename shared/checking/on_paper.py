"""One entry of one line, written out with its numbers, so that it can be followed with pencil and paper."""

from collections.abc import Mapping, Sequence

import numpy as np

from shared.network import Array

Values = Mapping[str, Array]


MADE_FROM = {"dW2": "dZ2", "db2": "dZ2", "dA1": "dZ2", "dZ1": "dA1", "dW1": "dZ1", "db1": "dZ1"}
"""The derivative that each is made from, which may still be m times larger."""


def n(x: float) -> str:
    """Write a number as one would on paper."""
    text = f"{x + 0.0:.6g}"  # no -0
    return f"({text})" if text.startswith("-") else text


def written_out(name: str, index: tuple[int, ...], q: Values, late: Sequence[str] = ()) -> str:
    """Write out the right line of a quantity at one entry.

    Parameters
    ----------
    name
        The quantity.
    index
        Which entry.
    q
        The values that the line is made from, by name.
    late
        What is m times larger, in the values as well, since the program takes the mean later.
    """
    m = q["X"].shape[1]
    line = line_at(name, index, q)
    if name in ("dA2", "dZ2"):
        return line if name in late else f"{line} / {m}"
    return f"({line}) / {m}" if MADE_FROM.get(name) in late and name not in late else line


def line_at(name: str, index: tuple[int, ...], q: Values) -> str:
    """Write out a line as far as it has nothing to do with the mean over the examples."""
    i, k = index if len(index) == 2 else (0, 0)
    m = q["X"].shape[1]
    match name:
        case "Z1":
            return f"{products(q['W1'][i], q['X'][:, k])} + {n(q['b1'][i, 0])}"
        case "A1":
            return f"max(0, {n(q['Z1'][i, k])})"
        case "Z2":
            return f"{products(q['W2'][i], q['A1'][:, k])} + {n(q['b2'][0, 0])}"
        case "A2":
            return f"1 / (1 + exp(-{n(q['Z2'][0, k])}))"
        case "cost":
            terms = (f"log(1 + exp({n(z)})) - {n(y)} * {n(z)}" for z, y in zip(q["Z2"][0], q["Y"][0], strict=True))
            return (
                f"({' + '.join(terms)}) / {m}" if m <= 5 else f"the mean of log(1 + exp(Z2)) - Y Z2 over {m} examples"
            )
        case "dA2":
            a, y = q["A2"][0, k], q["Y"][0, k]
            return f"(-1 / {n(a)})" if y else f"1 / (1 - {n(a)})"
        case "dZ2":
            return f"({n(q['A2'][0, k])} - {n(q['Y'][0, k])})"
        case "dW2":
            return products(q["dZ2"][0], q["A1"][k])
        case "db2":
            return total(q["dZ2"][0])
        case "dA1":
            return products(q["W2"][:, i], q["dZ2"][:, k])
        case "dZ1":
            dA1, Z1 = n(q["dA1"][i, k]), q["Z1"][i, k]
            return f"{dA1} * relu'({Z1:.6g}) = {dA1} * {int(Z1 > 0)}"
        case "dW1":
            return products(q["dZ1"][i], q["X"][k])
        case "db1":
            return total(q["dZ1"][i])
    raise KeyError(name)


def products(a: Array, b: Array) -> str:
    """Write a sum of products; a long one only begins."""
    terms = [f"{n(x)} * {n(y)}" for x, y in zip(a[:6], b[:6], strict=True)]
    return " + ".join(terms) + (f" + ... ({len(a)} terms)" if len(a) > len(terms) else "")


def total(a: Array) -> str:
    """Write a sum; a long one only begins."""
    return " + ".join(n(x) for x in a[:6]) + (f" + ... ({len(a)} terms)" if len(a) > 6 else "")


def worst_entry(V: Array, truth: Array) -> tuple[int, ...]:
    """Find the entry that is furthest off; one that is not finite is."""
    distance = np.nan_to_num(np.abs(V - truth), nan=np.inf)
    return tuple(int(k) for k in np.unravel_index(np.argmax(distance), distance.shape))
