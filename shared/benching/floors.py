"""The floor: the two large matrix products of a step, W1 X and dZ1 X', and nothing else, through one library.

No step that makes these products can be faster than they are: so the floor says how much of a step is not arithmetic.
The smaller operations of the step (2 n_h m products, m exponentials, 2 n_h n_x for the update) are not in it.

The products are chained, W1 <- (W1 X) X', so that none can be left out or done ahead. X is divided by its largest
singular value: then the numbers neither grow nor vanish, and nothing but products is done. W1 and X are copied anew
before each measurement, as `train` copies its arguments: where a copy lies in memory changes the time, that of
PyTorch by a tenth.
"""

import time
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from shared.network import Array

Library = Literal["numpy", "torch", "jax"]

Floor = Callable[[int], float]
"""floor(count) makes the two products `count` times, and returns the seconds that this took."""

Products = Callable[[Any, Any], Any]
"""products(W, X): both products, chained; the result takes the place of W."""


class Layout(NamedTuple):
    """How a contestant keeps W1 and X, given as (n_h, n_x) and (n_x, m), and how it then makes the products."""

    arrange: Callable[[Array, Array], tuple[Array, Array]]
    products: Products


COLUMNS = Layout(lambda W1, X: (W1, X), lambda W1, X: (W1 @ X) @ X.T)
"""Examples as columns, as in this suite."""

ROWS = Layout(lambda W1, X: (W1.T.copy(), X.T.copy()), lambda K, X: X.T @ (X @ K))
"""Examples as rows, and W1 transposed to K (n_x, n_h), as Keras, Flax and scikit-learn keep it."""

LINEAR = Layout(lambda W1, X: (W1, X.T.copy()), lambda W1, X: (X @ W1.T).T @ X)
"""Examples as rows and W1 as it is, as PyTorch's Linear keeps it."""


def floor(library: Library, layout: Layout, W1: Array, X: Array) -> Floor:
    """Prepare the products of a contestant; the first ones, and JAX's compilation, are done here.

    Parameters
    ----------
    library
        The library that makes the products.
    layout
        How the contestant keeps W1 and X.
    W1, X
        The weights of the first layer (n_h, n_x) and the examples (n_x, m), in the dtype that counts.
    """
    prepared = PREPARE[library](layout.products, *layout.arrange(W1, X / (np.linalg.norm(X, 2) or 1)))
    prepared(1)
    return prepared


def in_numpy(products: Products, W: Array, X: Array) -> Floor:
    """Make the products in NumPy."""
    return chained(products, lambda: (W.copy(), X.copy()))


def in_torch(products: Products, W: Array, X: Array) -> Floor:
    """Make the products in PyTorch, without autograd."""
    import torch

    return torch.inference_mode()(chained(products, lambda: (torch.tensor(W), torch.tensor(X))))


def chained(products: Products, copies: Callable[[], tuple[Any, Any]]) -> Floor:
    """Call the products one after the other."""

    def run(count: int) -> float:
        V, X = copies()
        start = time.perf_counter()
        for _ in range(count):
            V = products(V, X)
        return time.perf_counter() - start

    return run


def in_jax(products: Products, W: Array, X: Array) -> Floor:
    """Make the products in JAX, in one compiled loop."""
    import jax
    import jax.numpy as jnp

    loop = jax.jit(lambda count, W, X: jax.lax.fori_loop(0, count, lambda _, V: products(V, X), W))

    def run(count: int) -> float:
        with jax.enable_x64(X.dtype == np.float64):
            weights, inputs = jnp.array(W), jnp.array(X).block_until_ready()
            start = time.perf_counter()
            loop(count, weights, inputs).block_until_ready()
            return time.perf_counter() - start

    return run


PREPARE: dict[Library, Callable[[Products, Array, Array], Floor]] = {
    "numpy": in_numpy,
    "torch": in_torch,
    "jax": in_jax,
}
