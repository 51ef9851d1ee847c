"""Mistakes that can be made on many lines, each written out in a line of NumPy."""

from shared.checking.catalogue.mistake import CURES

RIGHT = CURES | {"A2": "sigmoid(Z2)", "cost": "np.sum((softplus(Z2) - Y * Z2) / m)"}
"""The right lines. In float32, another way to write them rounds otherwise."""

NARROW = {
    "Z1": "rounded(W1, {bits}) @ rounded(X, {bits}) + b1",
    "Z2": "rounded(W2, {bits}) @ rounded(A1, {bits}) + b2",
    "dW2": "rounded(dZ2, {bits}) @ rounded(A1, {bits}).T",
    "dA1": "rounded(W2, {bits}).T @ rounded(dZ2, {bits})",
    "dW1": "rounded(dZ1, {bits}) @ rounded(X, {bits}).T",
}


def factors(line: str) -> dict[str, str]:
    """Stray factors, most of which have to do with the mean over the examples."""
    return {
        "mean over examples missing": f"{line} * m",
        "mean over examples taken twice": f"{line} / m",
        "factor 2": f"{line} * 2",
        "factor 1/2": f"{line} / 2",
        "sign wrong": f"-{line}",
        "division by n_x instead of m": f"{line} * m / n_x",
        "division by n_h instead of m": f"{line} * m / n_h",
        "division by m - 1 instead of m": f"{line} * np.divide(m, m - 1)",
    }


def narrow_products(line: str) -> dict[str, str]:
    return {f"{name} product": NARROW[line].format(bits=bits) for name, bits in (("TF32", 10), ("bfloat16", 7))}


def detours(line: str) -> dict[str, str]:
    """Where a line rounds nothing, it is the same to compute it in float32 and to keep it there."""
    kept = {} if line in ("A1", "dZ1") else {"result kept in float32": f"np.float32({RIGHT[line]})"}
    return {"detour through float32": f"in_float32({RIGHT[line]!r})", **kept}


def anywhere(line: str) -> dict[str, str]:
    found = {} if line == "costs" else detours(line)
    found |= narrow_products(line) if line in NARROW else {}
    return found | (factors(line) if line == "cost" or (line[0] == "d") else {})
