"""Correct programs in many styles of arithmetic: what people write, and what libraries do with it.

A style is a function (parameters, X, Y, activation) -> every quantity by name. All of them compute the network by
formulas that the head of shared/judging/rounding.py lists; they differ in the order of their sums, in where the bias
is added, and in the form of the sigmoid, of dZ2 and of the cost.
"""

import math
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 -- F is what PyTorch's users call it

from shared.network import LEAKY_SLOPE


def in_order(order, start=None):
    """Sum products one by one: start from the bias, or from 0 with the bias last."""

    def affine(W, b, A):
        first_b = start == "bias"
        total = np.repeat(b, A.shape[1], axis=1) if first_b else np.zeros((len(W), A.shape[1]), A.dtype)
        for k in order(range(A.shape[0])):
            total = total + W[:, k : k + 1] * A[k]
        return total if first_b else total + b

    return affine


def shuffled(indices):
    """A fixed random order."""
    return np.random.default_rng(5).permutation(len(indices))


def blas(W, b, A):
    """One call of the library."""
    return W @ A + b


def einsum(W, b, A):
    """NumPy's own loops."""
    return np.einsum("ij,jk->ik", W, A, optimize=False) + b


def pairwise(W, b, A):
    """NumPy's sums along a contiguous axis go by halves."""
    return np.stack([np.sum(np.ascontiguousarray(W * column), axis=1) for column in A.T], axis=1) + b


def compensated(W, b, A):
    """Kahan's sum."""
    total = lost = np.zeros((len(W), A.shape[1]), A.dtype)
    for k in range(A.shape[0]):
        term = W[:, k : k + 1] * A[k] - lost
        new = total + term
        total, lost = new, (new - total) - term
    return total + b


def in_lanes(W, b, A, lanes=8):
    """Eight partial sums side by side, added up at the end, as vector units do."""
    parts = [np.zeros((len(W), A.shape[1]), A.dtype) for _ in range(lanes)]
    for k in range(A.shape[0]):
        parts[k % lanes] = parts[k % lanes] + W[:, k : k + 1] * A[k]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total + b


def sigmoid_plain(Z):
    """1 / (1 + exp(-Z)), infinity and all."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-Z))


def sigmoid_by_sides(Z):
    """Either form where its exponential is small."""
    E = np.exp(-np.abs(Z))
    return np.where(Z >= 0, 1, E) / (1 + E)


def sigmoid_by_softplus(Z):
    """What differentiating softplus gives."""
    return np.exp(Z - np.logaddexp(0, Z).astype(Z.dtype))


def dZ2_difference(A2, Y, Z2):  # noqa: N802
    """As in equation 5."""
    return (A2 - Y) / Y.size


def dZ2_times_reciprocal(A2, Y, Z2):  # noqa: N802
    """With 1/m rounded once, for all."""
    return (A2 - Y) * A2.dtype.type(1 / Y.size)


def dZ2_apart(A2, Y, Z2):  # noqa: N802
    """Each divided by itself."""
    return A2 / Y.size - Y / Y.size


def dZ2_of_complements(A2, Y, Z2):  # noqa: N802
    """As torch.func does it."""
    return (1 - Y) / Y.size - (1 - A2) / Y.size


def dZ2_by_labels(A2, Y, Z2):  # noqa: N802
    """What differentiating -Y log_sigmoid(Z2) - (1 - Y) log_sigmoid(-Z2) gives."""
    return ((1 - Y) * sigmoid_by_softplus(Z2) - Y * sigmoid_by_softplus(-Z2)) / Y.size


def losses_of_softplus(Z2, Y):
    """As in equation 12."""
    return np.logaddexp(0, Z2).astype(Z2.dtype) - Y * Z2


def losses_of_abs(Z2, Y):
    """As PyTorch does it."""
    return np.maximum(Z2, 0) - Y * Z2 + np.log1p(np.exp(-np.abs(Z2)))


def losses_by_labels(Z2, Y):
    """One of two terms counts."""
    return Y * losses_of_abs(Z2, np.ones_like(Y)) + (1 - Y) * losses_of_abs(Z2, np.zeros_like(Y))


def loop(V):
    """Sum a matrix one by one from left to right."""
    return np.cumsum(V, axis=1)[:, -1:]


def from_the_end(V):
    """Sum a matrix one by one from right to left."""
    return np.cumsum(V[:, ::-1], axis=1)[:, -1:]


def by_numpy(V):
    """Sum a matrix by halves."""
    return np.sum(V, axis=1, keepdims=True)


def exactly(V):
    """math.fsum: one rounding of the true sum."""
    return np.array([[math.fsum(row)] for row in V.tolist()], V.dtype)


def in_numpy(affine=blas, total=by_numpy, sigmoid=sigmoid_by_sides, dZ2=dZ2_difference, losses=losses_of_softplus):
    """A program in NumPy made of these parts."""

    def program(parameters, X, Y, activation):
        W1, b1, W2, b2 = parameters
        no_bias, m = X.dtype.type(0), Y.shape[1]
        Z1 = affine(W1, b1, X)
        A1, slope = hidden(Z1, activation, sigmoid)
        Z2 = affine(W2, b2, A1)
        A2 = sigmoid(Z2)
        d = {"dZ2": dZ2(A2, Y, Z2)}
        d["dW2"] = affine(d["dZ2"], np.full((1, 1), no_bias), np.ascontiguousarray(A1.T))
        d["db2"] = total(d["dZ2"])
        d["dA1"] = affine(np.ascontiguousarray(W2.T), np.full((len(W1), 1), no_bias), d["dZ2"])
        d["dZ1"] = d["dA1"] * slope
        d["dW1"] = affine(d["dZ1"], np.full((len(W1), 1), no_bias), np.ascontiguousarray(X.T))
        d["db1"] = total(d["dZ1"])
        return {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2, "cost": float(total(losses(Z2, Y) / m)[0, 0]), **d}

    return program


def hidden(Z1, activation, sigmoid):
    """A1 and its slope."""
    if activation == "sigmoid":
        A1 = sigmoid(Z1)
        return A1, A1 * (1 - A1)
    if activation == "tanh":
        A1 = np.tanh(Z1)
        return A1, 1 - A1 * A1
    left = Z1.dtype.type(LEAKY_SLOPE if activation == "leaky_relu" else 0)
    return np.where(Z1 > 0, Z1, left * Z1), np.where(Z1 > 0, 1, left).astype(Z1.dtype)


def torch_hidden(activation):
    """The hidden activation."""
    return {
        "relu": torch.relu,
        "leaky_relu": partial(F.leaky_relu, negative_slope=LEAKY_SLOPE),
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
    }[activation]


def in_torch(affine, loss):
    """A program in PyTorch; autograd finds the derivatives."""

    def program(parameters, X, Y, activation):
        W1, b1, W2, b2 = (torch.tensor(V, requires_grad=True) for V in parameters)
        X, Y = torch.tensor(X), torch.tensor(Y)
        Z1 = affine(W1, b1, X)
        A1 = torch_hidden(activation)(Z1)
        Z2 = affine(W2, b2, A1)
        for V in (Z1, A1, Z2):
            V.retain_grad()
        cost = loss(Z2, Y)
        cost.backward()
        values = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": torch.sigmoid(Z2)}
        values |= {
            f"d{n}": V.grad
            for n, V in zip(("Z2", "W2", "b2", "A1", "Z1", "W1", "b1"), (Z2, W2, b2, A1, Z1, W1, b1), strict=True)
        }
        return {name: V.numpy(force=True) for name, V in values.items()} | {"cost": cost.item()}

    return program


TORCH_LOSSES = {
    "with logits": F.binary_cross_entropy_with_logits,
    "logsigmoid": lambda Z, Y: -(Y * F.logsigmoid(Z) + (1 - Y) * F.logsigmoid(-Z)).mean(),
    "logaddexp": lambda Z, Y: (torch.logaddexp(Z, torch.zeros_like(Z)) - Y * Z).mean(),
    "logaddexp, sum / m": lambda Z, Y: (torch.logaddexp(Z, torch.zeros_like(Z)) - Y * Z).sum() / Y.numel(),
}
TORCH_AFFINES = {
    "addmm": lambda W, b, A: torch.addmm(b, W, A),
    "linear": lambda W, b, A: F.linear(A.T, W, b.ravel()).T,
    "matmul": lambda W, b, A: W @ A + b,
}


JAX_LOSSES = {
    "log_sigmoid": lambda Z, Y: jnp.mean(-Y * jax.nn.log_sigmoid(Z) - (1 - Y) * jax.nn.log_sigmoid(-Z)),  # optax's
    "softplus": lambda Z, Y: jnp.mean(jax.nn.softplus(Z) - Y * Z),
    "logaddexp by labels": lambda Z, Y: jnp.mean(jnp.logaddexp(0, jnp.where(Y > 0.5, -Z, Z))),
}


def in_jax(loss, jit=True):
    """A program in JAX; grad finds the derivatives."""

    def activate(Z1, activation):
        return {
            "relu": jax.nn.relu,
            "leaky_relu": lambda Z: jnp.where(Z > 0, Z, LEAKY_SLOPE * Z),
            "sigmoid": jax.nn.sigmoid,
            "tanh": jnp.tanh,
        }[activation](Z1)

    def run(parameters, X, Y, activation):
        W1, b1, W2, b2 = parameters
        Z1 = W1 @ X + b1
        A1, back = jax.vjp(partial(activate, activation=activation), Z1)
        Z2 = W2 @ A1 + b2
        cost, dZ2 = jax.value_and_grad(loss)(Z2, Y)
        dA1 = W2.T @ dZ2
        (dZ1,) = back(dA1)
        whole = jax.grad(lambda P: loss(P[2] @ activate(P[0] @ X + P[1], activation) + P[3], Y))(parameters)
        given = dict(zip(("dW1", "db1", "dW2", "db2"), whole, strict=True))
        return given | {
            "Z1": Z1,
            "A1": A1,
            "Z2": Z2,
            "A2": jax.nn.sigmoid(Z2),
            "cost": cost,
            "dZ2": dZ2,
            "dA1": dA1,
            "dZ1": dZ1,
        }

    compiled = jax.jit(run, static_argnames="activation") if jit else run

    def program(parameters, X, Y, activation):
        with jax.enable_x64(X.dtype == np.float64):
            values = compiled(tuple(map(jnp.array, parameters)), jnp.array(X), jnp.array(Y), activation)
        return {name: np.array(V) for name, V in values.items()} | {"cost": float(values["cost"])}

    return program


Style = Callable[..., dict]

STYLES: dict[str, Style] = {
    "NumPy": in_numpy(),
    "loop": in_numpy(in_order(iter), loop),
    "loop from the end": in_numpy(in_order(reversed), from_the_end),
    "loop from the bias": in_numpy(in_order(iter, "bias"), loop),
    "loop from the bias, from the end": in_numpy(in_order(reversed, "bias"), from_the_end),
    "loop from the bias, shuffled": in_numpy(in_order(shuffled, "bias"), loop),
    "loop, shuffled": in_numpy(in_order(shuffled), loop, losses=losses_by_labels),
    "einsum": in_numpy(einsum, dZ2=dZ2_apart),
    "pairwise": in_numpy(pairwise),
    "compensated": in_numpy(compensated, exactly),
    "eight lanes": in_numpy(in_lanes, loop, losses=losses_of_abs),
    "1 / (1 + exp(-z))": in_numpy(sigmoid=sigmoid_plain, losses=losses_of_abs),
    "exp(z - softplus(z))": in_numpy(sigmoid=sigmoid_by_softplus, losses=losses_by_labels),
    "times 1/m": in_numpy(in_order(iter), loop, dZ2=dZ2_times_reciprocal),
    "of complements": in_numpy(dZ2=dZ2_of_complements),
    "by labels": in_numpy(in_order(reversed), dZ2=dZ2_by_labels, losses=losses_by_labels),
}
STYLES |= {
    f"torch {a}, {n}": in_torch(TORCH_AFFINES[a], TORCH_LOSSES[n])
    for a, n in zip(("addmm", "linear", "matmul", "addmm"), TORCH_LOSSES, strict=True)
}
STYLES |= {f"jax {name}": in_jax(loss) for name, loss in JAX_LOSSES.items()}
SLOW_STYLES: dict[str, Style] = {"jax without jit": in_jax(JAX_LOSSES["log_sigmoid"], jit=False)}
"""Styles tried on a part of the networks only."""
