# ruff: noqa: N816 (dZ1 is the right name in mathematics)
"""Mistakes of the forward pass, the cost and dA2, each written out in a line of NumPy."""

SAFETY = ("1e-07", "1e-08", "1e-10", "1e-12", "1e-15")
LEAKS = ("0.01", "0.1", "0.2", "0.3")
DECAYS = ("1e-04", "5e-04", "1e-03", "1e-02", "1e-01")
PENALTIES = ("0.1/m", "0.7/m", "1/m")

Z1 = {
    "bias missing": "W1 @ X",
    "bias added twice": "W1 @ X + 2 * b1",
    "bias subtracted": "W1 @ X - b1",
    "bias taken for the first weight": "W1[:, :1] + W1[:, 1:] @ X[:-1] + b1 * X[-1]",
    "bias taken for the last weight": "b1 * X[0] + W1[:, :-1] @ X[1:] + W1[:, -1:]",
    "relu applied in place": "np.maximum(W1 @ X + b1, 0)",
    "W1 reshaped instead of transposed": "W1.reshape(n_x, n_h).T @ X + b1",
    "X reshaped instead of transposed": "W1 @ X.reshape(m, n_x).T + b1",
    "W1 in half precision": "half(W1) @ X + b1",
    "X in half precision": "W1 @ half(X) + b1",
    "X divided by 255 again": "W1 @ (X / 255) + b1",
    "X multiplied by 255": "W1 @ (255 * X) + b1",
    "X scaled to [-1, 1]": "W1 @ (2 * X - 1) + b1",
    "X centred": "W1 @ (X - X.mean(axis=1, keepdims=True)) + b1",
}

A1 = {
    "relu missing": "Z1",
    "relu inverted": "np.minimum(Z1, 0)",
    "absolute value": "np.abs(Z1)",
    "step": "Z1 > 0",
    "sigmoid": "1 / (1 + np.exp(-Z1))",
    "tanh": "np.tanh(Z1)",
    "softplus": "np.maximum(Z1, 0) + np.log1p(np.exp(-np.abs(Z1)))",
    "gelu": "Z1 * ndtr(Z1)",
    "gelu through tanh": "0.5 * Z1 * (1 + np.tanh(np.sqrt(2 / np.pi) * (Z1 + 0.044715 * Z1**3)))",
    "elu": "np.where(Z1 > 0, Z1, np.expm1(Z1))",
    "silu": "Z1 / (1 + np.exp(-Z1))",
    "relu6": "np.minimum(np.maximum(Z1, 0), 6)",
    **{f"slope {leak} on the left": f"np.where(Z1 > 0, Z1, {leak} * Z1)" for leak in LEAKS},
}

Z2 = {
    "bias missing": "W2 @ A1",
    "bias added twice": "W2 @ A1 + 2 * b2",
    "bias subtracted": "W2 @ A1 - b2",
    "Z1 in place of A1": "W2 @ Z1 + b2",
    "A1 reshaped instead of transposed": "W2 @ A1.reshape(m, n_h).T + b2",
}

A2 = {
    "sigmoid missing": "Z2",
    "sigmoid applied twice": "sigmoid(sigmoid(Z2))",
    "sigmoid of -Z2": "1 / (1 + np.exp(Z2))",
    "sigmoid of Z2 / 2": "1 / (1 + np.exp(-Z2 / 2))",
    "log of the sigmoid": "-softplus(-Z2)",
    "relu": "np.maximum(Z2, 0)",
    "exp(Z2) that overflows": "np.where(Z2 > np.log(np.finfo(float).max), np.nan, sigmoid(Z2))",
    "sigmoid through tanh": "(1 + np.tanh(Z2 / 2)) / 2",
    "tanh": "np.tanh(Z2)",
    "rounded to 0 or 1": "Z2 > 0",
    "softmax over one unit": "np.ones((1, m))",
    "softmax over the examples": "np.exp(Z2 - Z2.max()) / np.exp(Z2 - Z2.max()).sum()",
    **{
        f"sigmoid of Z2 clipped at {limit}": f"sigmoid(np.maximum(np.minimum(Z2, {limit}), -{limit}))"
        for limit in (15, 20, 30, 50, 100)
    },
    **{f"clipped at {tiny}": f"np.maximum(np.minimum(sigmoid(Z2), 1 - {tiny}), {tiny})" for tiny in SAFETY},
}

cost = {
    "mean squared error": "np.mean((A2 - Y) ** 2)",
    "half the mean squared error": "np.mean((A2 - Y) ** 2) / 2",
    "labels inverted": "np.mean(softplus(Z2) - (1 - Y) * Z2)",
    "half of label 0 missing": "np.mean(Y * softplus(-Z2))",
    "half of label 1 missing": "np.mean((1 - Y) * softplus(Z2))",
    "half of label 0 subtracted": "np.mean(np.where(Y == 1, softplus(-Z2), -softplus(Z2)))",
    "half of label 1 subtracted": "np.mean(np.where(Y == 1, -softplus(-Z2), softplus(Z2)))",
    "log(1 + exp(Z2)) that overflows": "np.mean(np.log(1 + np.exp(Z2)) - Y * Z2)",
    "sigmoid applied twice": "np.mean(softplus(A2) - Y * A2)",
    "log10": "cost / np.log(10)",
    "log2": "cost / np.log(2)",
    "every output against every label": "np.mean(softplus(Z2) - Y.T * Z2)",
    "every output against every label, summed,": "np.sum(softplus(Z2) - Y.T * Z2) / m",
    "log of A2": "np.mean(-Y * np.log(A2) - (1 - Y) * np.log(1 - A2))",
    "softplus that is straight above 20": "np.mean(np.where(Z2 > 20, Z2, softplus(Z2)) - Y * Z2)",
    "log kept above -100": (
        "-np.mean(np.where(Y == 1, np.maximum(np.log(A2), -100), np.maximum(np.log(1 - A2), -100)))"
    ),
    **{
        f"log of a probability clipped at {tiny}": (
            f"-np.mean(np.log(np.where(Y == 1, np.clip(A2, {tiny}, 1 - {tiny}), 1 - np.clip(A2, {tiny}, 1 - {tiny}))))"
        )
        for tiny in SAFETY
    },
    **{
        f"log of a probability plus {tiny}": f"-np.mean(np.log(np.where(Y == 1, A2, 1 - A2) + {tiny}))"
        for tiny in SAFETY
    },
    **{
        f"penalty on the weights {factor}": f"cost + {factor} / 2 * (np.sum(W1**2) + np.sum(W2**2))"
        for factor in (*DECAYS, *PENALTIES)
    },
    "classes weighed alike": (
        "sum(np.sum(softplus(Z2[Y == y]) - y * Z2[Y == y]) / 2 / max(np.sum(Y == y), 1) for y in (0, 1))"
    ),
    **{
        f"labels smoothed by {share}": f"np.mean(softplus(Z2) - np.where(Y == 1, 1 - {share} / 2, {share} / 2) * Z2)"
        for share in (0.1, 0.2)
    },
    "labels shifted to the right": "np.mean(softplus(Z2) - Y[:, np.arange(m) - 1] * Z2)",
    "labels shifted to the left": "np.mean(softplus(Z2) - Y[:, np.arange(m) + 1 - m] * Z2)",
}

dA2 = {
    "half of label 0 missing": "-Y / A2 / m",
    "half of label 1 missing": "(1 - Y) / (1 - A2) / m",
    "plus in place of minus": "(-Y / A2 - (1 - Y) / (1 - A2)) / m",
    "derivative of the squared error": "2 * (A2 - Y) / m",
    "A2 - Y": "(A2 - Y) / m",
    **{
        f"log of a probability plus {tiny}": f"(-Y / (A2 + {tiny}) + (1 - Y) / (1 - A2 + {tiny})) / m"
        for tiny in SAFETY
    },
}

NETWORK = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "cost": cost, "dA2": dA2}
