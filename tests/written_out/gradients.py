# ruff: noqa: N816 (dZ1 is the right name in mathematics)
"""Mistakes of the backward pass, each written out in a line of NumPy."""

from written_out.network import DECAYS, LEAKS, PENALTIES, SAFETY

dZ2 = {
    "infinity times 0": "(-Y / A2 + (1 - Y) / (1 - A2)) / m * (A2 * (1 - A2))",
    "labels inverted": "(A2 - (1 - Y)) / m",
    "sigmoid's slope kept": "(A2 - Y) * A2 * (1 - A2) / m",
    "derivative of the squared error": "2 * (A2 - Y) * A2 * (1 - A2) / m",
    "sigmoid's slope missing": "(A2 - Y) / (A2 * (1 - A2)) / m",
    "sigmoid's slope at A2": "(A2 - Y) / (A2 * (1 - A2)) * sigmoid(A2) * sigmoid(-A2) / m",
    "softplus that is straight above 20": "(np.where(Z2 > 20, 1, A2) - Y) / m",
    "probability in binary_cross_entropy": "(A2 - Y) * np.minimum(1, A2 * (1 - A2) / 1e-12) / m",
    "slope A2 (1 + A2)": "(-Y / A2 + (1 - Y) / (1 - A2)) / m * A2 * (1 + A2)",
    "slope A2": "(-Y / A2 + (1 - Y) / (1 - A2)) / m * A2",
    "slope 1 - A2": "(-Y / A2 + (1 - Y) / (1 - A2)) / m * (1 - A2)",
    "sigmoid applied twice": "(sigmoid(A2) - Y) / m",
    "sigmoid applied twice, with its slope,": "(sigmoid(A2) - Y) * A2 * (1 - A2) / m",
    "Z2 in place of A2": "(Z2 - Y) / m",
    "A2 rounded to 0 or 1": "((A2 > 0.5) - Y) / m",
    "half of label 0 missing": "np.where(Y == 1, A2 - 1, 0) / m",
    "half of label 1 missing": "np.where(Y == 1, 0, A2) / m",
    "m x m errors": "(A2 - Y.T) / m",
    "every label subtracted from every output, averaged over labels,": "np.mean(A2 - Y.T, axis=0, keepdims=True) / m",
    "every label subtracted from every output, summed over labels,": "np.sum(A2 - Y.T, axis=0, keepdims=True) / m",
    "every label subtracted from every output, averaged over outputs,": "np.mean(A2.T - Y, axis=0, keepdims=True) / m",
    "every label subtracted from every output, summed over outputs,": "np.sum(A2.T - Y, axis=0, keepdims=True) / m",
    **{
        f"log of a probability clipped at {tiny}": f"np.where((A2 < {tiny}) | (A2 > 1 - {tiny}), 0, A2 - Y) / m"
        for tiny in SAFETY
    },
    **{
        f"log of a probability plus {tiny}": (
            f"np.where(Y == 1, -1 / (A2 + {tiny}), 1 / (1 - A2 + {tiny})) * A2 * (1 - A2) / m"
        )
        for tiny in SAFETY
    },
    "classes weighed alike": "(A2 - Y) / 2 / np.where(Y == 1, np.sum(Y == 1), np.sum(Y == 0))",
    "labels -1 and 1": "(A2 - np.where(Y == 1, 1, -1)) / m",
    "labels in reversed order": "(A2 - Y[:, m - 1 - np.arange(m)]) / m",
    "first example missing": "(A2 - Y) * (np.arange(m) > 0) / m",
    "last example missing": "(A2 - Y) * (np.arange(m) < m - 1) / m",
    "division by m inside the loop": "(A2 - Y) / m * (1 / m) ** np.arange(m - 1.0, -1, -1)",
    "first example only": "(A2 - Y) * (np.arange(m) == 0) / m",
    "last example only": "(A2 - Y) * (np.arange(m) == m - 1) / m",
    **{
        f"mean of the means of uneven batches of {size}": (
            f"(A2 - Y) / np.minimum({size}, m - np.arange(m) // {size} * {size}) / np.ceil(m / {size})"
        )
        for size in (*range(2, 11), 16, 32, 64, 100, 128, 256)
    },
    **{
        f"labels smoothed by {share}": f"(A2 - np.where(Y == 1, 1 - {share} / 2, {share} / 2)) / m"
        for share in (0.1, 0.2)
    },
    "labels shifted to the right": "(A2 - Y[:, np.arange(m) - 1]) / m",
    "labels shifted to the left": "(A2 - Y[:, np.arange(m) + 1 - m]) / m",
}

dW2 = {
    "Z1 in place of A1": "dZ2 @ Z1.T",
    "X in place of A1": "dZ2 @ X.T",
    "result transposed": "A1 @ dZ2.T",
    "A1 reshaped instead of transposed": "dZ2 @ A1.reshape(m, n_h)",
    "first example only": "dZ2[:, [0]] @ A1[:, [0]].T",
    "last example only": "dZ2[:, [m - 1]] @ A1[:, [m - 1]].T",
    "first example missing": "dZ2 * (np.arange(m) > 0) @ A1.T",
    "last example missing": "dZ2 * (np.arange(m) < m - 1) @ A1.T",
}

db2 = {
    "sum missing": "dZ2",
    "keepdims missing": "[np.sum(dZ2)]",
    "sum over the wrong axis": "dZ2[0]",
    "sum over both axes": "np.sum(dZ2)",
    "product with A1": "dZ2 @ A1.T",
    "last example only": "dZ2[:, [m - 1]]",
    "first example missing": "np.sum(dZ2[:, 1:m], axis=1, keepdims=True)",
    "last example missing": "np.sum(dZ2[:, : m - 1], axis=1, keepdims=True)",
}

dA1 = {
    "W2 after its update": "(W2 - learning_rate * dW2).T @ dZ2",
    "gradient stopped": "np.zeros((n_h, m))",
    "W2 of the unit before": "W2[:, np.arange(n_h) - 1].T @ dZ2",
    "W2 of the unit after": "W2[:, np.arange(n_h) + 1 - n_h].T @ dZ2",
    "W2 missing": "np.ones((n_h, 1)) @ dZ2",
    "mask applied in place": "np.where(Z1 > 0, W2.T @ dZ2, 0)",
}

dZ1 = {
    "mask missing": "dA1",
    "mask inverted": "np.where(Z1 > 0, 0, dA1)",
    "mask assigned": "Z1 > 0",
    "slope 1 at 0": "np.where(Z1 >= 0, dA1, 0)",
    "slope 1/2 at 0": "np.where(Z1 == 0, dA1 / 2, np.where(Z1 > 0, dA1, 0))",
    "mask of Z1 unequal to 0": "np.where(Z1 == 0, 0, dA1)",
    "mask of dA1": "np.maximum(dA1, 0)",
    "mask of Z2": "np.where(Z2 > 0, dA1, 0)",
    "sign of Z1": "dA1 * np.sign(Z1)",
    "A1 in place of the slope": "dA1 * A1",
    "A1 (1 - A1)": "dA1 * A1 * (1 - A1)",
    "1 - A1^2": "dA1 * (1 - A1**2)",
    "slope of a sigmoid": "dA1 * sigmoid(Z1) * sigmoid(-Z1)",
    "slope of a tanh": "dA1 * (1 - np.tanh(Z1) ** 2)",
    "slope of a softplus": "dA1 / (1 + np.exp(-Z1))",
    "slope of a gelu": "dA1 * (ndtr(Z1) + Z1 * np.exp(-(Z1**2) / 2) / np.sqrt(2 * np.pi))",
    "slope of a gelu through tanh": (
        "dA1 * (lambda t: (1 + t) / 2 + Z1 * (1 - t**2) * np.sqrt(2 / np.pi) * (1 + 0.134145 * Z1**2) / 2)"
        "(np.tanh(np.sqrt(2 / np.pi) * (Z1 + 0.044715 * Z1**3)))"
    ),
    "slope of an elu": "dA1 * np.where(Z1 > 0, 1, np.exp(Z1))",
    "slope of a silu": "dA1 * (sigmoid(Z1) + Z1 * sigmoid(Z1) * sigmoid(-Z1))",
    "slope of a relu6": "np.where((0 < Z1) & (Z1 < 6), dA1, 0)",
    **{f"slope {leak} on the left": f"np.where(Z1 > 0, dA1, {leak} * dA1)" for leak in LEAKS},
    "slope 0.01 on the left and 1 at 0": "np.where(Z1 >= 0, dA1, 0.01 * dA1)",
    **{
        f"mask of Z1 above {tiny}": f"np.where(Z1 > {tiny}, dA1, 0)"
        for tiny in ("1e-03", "1e-04", "1e-05", "1e-06", "1e-07", "1e-08", "1e-10", "1e-12")
    },
}

dW1 = {
    "dA1 in place of dZ1": "dA1 @ X.T",
    "A1 in place of X": "dZ1 @ A1.T",
    "result transposed": "X @ dZ1.T",
    "X in half precision": "dZ1 @ half(X).T",
    "X reshaped instead of transposed": "dZ1 @ X.reshape(m, n_x)",
    "first example only": "dZ1[:, [0]] @ X[:, [0]].T",
    "last example only": "dZ1[:, [m - 1]] @ X[:, [m - 1]].T",
    "first example missing": "dZ1 * (np.arange(m) > 0) @ X.T",
    "last example missing": "dZ1 * (np.arange(m) < m - 1) @ X.T",
    "result reshaped instead of transposed": "(X @ dZ1.T).reshape(n_h, n_x)",
}

db1 = {
    "dA1 in place of dZ1": "dA1 @ np.ones((m, 1))",
    "sum missing": "dZ1",
    "keepdims missing": "dZ1 @ np.ones(m)",
    "sum over the wrong axis": "np.ones((1, n_h)) @ dZ1",
    "sum over the wrong axis without keepdims": "np.ones(n_h) @ dZ1",
    "sum over both axes": "np.sum(dZ1)",
    "mean over both axes": "np.sum(dZ1) / n_h",
    "sum over both axes for every unit": "np.sum(dZ1) * np.ones((n_h, 1))",
    "mean over both axes for every unit": "np.sum(dZ1) / n_h * np.ones((n_h, 1))",
    "product with X": "dZ1 @ X.T",
    "last example only": "dZ1[:, [m - 1]]",
    "first example missing": "np.sum(dZ1[:, 1:m], axis=1, keepdims=True)",
    "last example missing": "np.sum(dZ1[:, : m - 1], axis=1, keepdims=True)",
    "result transposed": "(dZ1 @ np.ones((m, 1))).T",
    "sum over both axes, with keepdims,": "[[np.sum(dZ1)]]",
}


def clipped(dV: str, limits: tuple[float, ...] = (0.1, 0.5, 1, 5, 10)) -> dict[str, str]:
    """Gradient clipping, entry by entry or by the norm of all four gradients."""
    return {
        **{f"clipping at {limit}": f"np.maximum(np.minimum({dV}, {limit}), -{limit})" for limit in limits},
        **{f"clipping to norm {limit}": f"{dV} * min(1, {limit} / norm)" for limit in (0.1, 0.5, 1, 5, 10)},
        "division by the norm": f"{dV} / norm",
    }


def decaying(V: str) -> dict[str, str]:
    """Weight decay."""
    return {f"weight decay {factor}": f"d{V} + {factor} * {V}" for factor in (*DECAYS, *PENALTIES)}


def difference(V: str) -> dict[str, str]:
    """A gradient from finite differences."""
    return {"finite differences in float32": f"in_float32(\"difference('{V}', 1e-3)\")"}


dW1 |= clipped("dW1") | decaying("W1")
db1 |= clipped("db1") | decaying("b1") | difference("b1")
dW2 |= clipped("dW2") | decaying("W2") | difference("W2")
db2 |= clipped("db2", (0.1, 0.5)) | decaying("b2") | difference("b2")

GRADIENTS = {"dZ2": dZ2, "dW2": dW2, "db2": db2, "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}
