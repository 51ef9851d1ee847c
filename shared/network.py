"""The contract: what every implementation takes and gives back. Names, shapes and settings; no arithmetic.

The network, with the examples as columns:

    Z1 = W1 X + b1      A1 = relu(Z1)       n_x inputs  ->  n_h hidden units
    Z2 = W2 A1 + b2     A2 = sigmoid(Z2)    n_h hidden units  ->  1 output unit
    cost = mean over the m examples of the cross-entropy of A2 and Y

    dV has the shape of V: it is the derivative of cost with respect to V, for every V.

An implementation is a module with the five functions of `Implementation`,
NumPy arrays in and out, dtype in = dtype out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, get_args, runtime_checkable

import numpy as np
from jaxtyping import Float

Array = np.ndarray

Activation = Literal["relu", "leaky_relu", "sigmoid", "tanh"]
"""The activation of the hidden layer. The output unit is always a sigmoid."""

DtypeName = Literal["float64", "float32"]

Device = Literal["cpu", "cuda"]
"""Where PyTorch and JAX compute. NumPy, and the judge, stay on the CPU."""

MatmulPrecision = Literal["default", "highest"]
"""How a framework multiplies float32 matrices: in its own default way, or with every bit of the operands."""

ACTIVATIONS: tuple[Activation, ...] = get_args(Activation)

KINKED: tuple[Activation, ...] = ("relu", "leaky_relu")
"""Activations whose slope jumps, at Z1 = 0; the others are smooth."""

LEAKY_SLOPE = 0.01
"""The slope of leaky_relu where Z1 <= 0: the kink belongs to the left half, and so relu'(0) = 0."""


class DoesNotPayWarning(UserWarning):
    """An implementation gives right results here, but another one is faster. The text is one line."""


class InputError(ValueError):
    """Bad input. The text is one line: where, what was found, what was wanted, what to do."""


class Parameters(NamedTuple):
    """The weights and biases."""

    W1: Float[Array, "n_h n_x"]
    b1: Float[Array, "n_h 1"]
    W2: Float[Array, "1 n_h"]
    b2: Float[Array, "1 1"]


class Activations(NamedTuple):
    """What the forward pass computes, in this order."""

    Z1: Float[Array, "n_h m"]
    A1: Float[Array, "n_h m"]
    Z2: Float[Array, "1 m"]
    A2: Float[Array, "1 m"]


class Gradients(NamedTuple):
    """What the backward pass computes, in this order."""

    dZ2: Float[Array, "1 m"]
    dW2: Float[Array, "1 n_h"]
    db2: Float[Array, "1 1"]
    dA1: Float[Array, "n_h m"]
    dZ1: Float[Array, "n_h m"]
    dW1: Float[Array, "n_h n_x"]
    db1: Float[Array, "n_h 1"]


class Training(NamedTuple):
    """What training gives back. `costs[i]` is the cost before update i, so `costs[0]` is the untrained network's.

    `seconds_to_compile` is the time of what is done once, before the first step: compiling, and what depends on the
    data alone (G, the products of the examples, in numpy_gram and jax_gram). `seconds_per_step` holds all the rest,
    except for copying arrays into a framework and out of it.
    """

    parameters: Parameters
    costs: Float[Array, " iterations"]
    seconds_per_step: float
    seconds_to_compile: float


def shapes(n_x: int, n_h: int, m: int) -> dict[str, tuple[int, ...]]:
    """The shape of every input, parameter and quantity of the notation; dV has the shape of V."""
    forward = {"X": (n_x, m), "Y": (1, m), "W1": (n_h, n_x), "b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1)}
    forward |= {"Z1": (n_h, m), "A1": (n_h, m), "Z2": (1, m), "A2": (1, m)}
    return {**forward, "cost": (), **{f"d{name}": shape for name, shape in forward.items()}}


def misshapen(quantity: str, values: object, shape: tuple[int, ...], dtype: np.dtype) -> str:
    """Say what is wrong with the type, shape or dtype of a quantity's values; an empty string if nothing is."""
    if quantity == "cost" and isinstance(values, float):
        return ""
    if values is None:
        return "it is missing"
    if not isinstance(values, np.ndarray):
        return f"it is a {type(values).__name__}, not a {'float' if quantity == 'cost' else 'NumPy array'}"
    if values.shape != shape:
        return f"its shape is {values.shape}, not {shape}"
    if values.dtype != dtype:
        return f"its dtype is {values.dtype}, not {dtype}"
    return ""


def unfit(quantity: str, values: object, shape: tuple[int, ...], dtype: np.dtype) -> str:
    """Say why values cannot be a quantity's at all, shape, dtype, NaN or infinity; an empty string if they can."""
    if problem := misshapen(quantity, values, shape, dtype):
        return problem
    for index in np.argwhere(~np.isfinite(np.asarray(values))):
        return f"it holds {np.asarray(values)[tuple(index)]} at {index.tolist()}" if shape else f"it is {values}"
    return ""


def named(kind: Any, values: Any) -> dict[str, Any]:
    """Name the entries of a tuple by the contract's fields; what is not there is None."""
    entries = dict(zip(kind._fields, values, strict=False)) if isinstance(values, tuple) else {}
    return {field: getattr(values, field, entries.get(field)) for field in kind._fields}


QUANTITIES = (*Activations._fields, "cost", *Gradients._fields)
"""Every judged quantity, in the order of computation, which is the order of reporting."""

INPUTS = {
    "Z1": ("W1", "b1", "X"),
    "A1": ("Z1",),
    "Z2": ("W2", "A1", "b2"),
    "A2": ("Z2",),
    "cost": ("Z2", "Y"),
    "dA2": ("A2", "Y"),
    "dZ2": ("A2", "Y"),
    "dW2": ("dZ2", "A1"),
    "db2": ("dZ2",),
    "dA1": ("W2", "dZ2"),
    "dZ1": ("dA1", "Z1"),
    "dW1": ("dZ1", "X"),
    "db1": ("dZ1",),
}
"""What each quantity's line is computed from. (dA2 is the doctor's only.)"""


@dataclass(frozen=True)
class Settings:
    """How to train. The learning rate is the size of a step; an iteration is one step over all examples."""

    learning_rate: float = 0.0075
    iterations: int = 2500
    hidden: int = 8
    seed: int = 1
    dtype: DtypeName = "float64"
    activation: Activation = "relu"


Progress = Callable[[int], None]
"""Called from time to time during training, with the number of steps done so far."""


@runtime_checkable
class Implementation(Protocol):
    """The functions of an implementation (docs/derivation.md has the equations).

    All arrays are float64, or all float32, of the shapes that `shapes` lists, and so is what comes back. Labels are 0
    and 1. Inputs are never modified, and no output shares memory with an input.
    """

    def forward(self, parameters: Parameters, X: Float[Array, "n_x m"], activation: Activation = "relu") -> Activations:
        """Run the forward pass: Z1, A1, Z2, A2 (equations 1 to 4)."""
        ...

    def cost(
        self,
        parameters: Parameters,
        X: Float[Array, "n_x m"],
        Y: Float[Array, "1 m"],
        activation: Activation = "relu",
    ) -> float:
        """Average the cross-entropy over the examples, as a Python float (equation 12)."""
        ...

    def gradients(
        self,
        parameters: Parameters,
        X: Float[Array, "n_x m"],
        Y: Float[Array, "1 m"],
        activation: Activation = "relu",
    ) -> Gradients:
        """Differentiate the cost: dZ2, dW2, db2, dA1, dZ1, dW1, db1 (equations 5 to 11)."""
        ...

    def step(
        self,
        parameters: Parameters,
        X: Float[Array, "n_x m"],
        Y: Float[Array, "1 m"],
        learning_rate: float,
        activation: Activation = "relu",
    ) -> Parameters:
        """Return the parameters after one update (equation 13)."""
        ...

    def train(
        self,
        parameters: Parameters,
        X: Float[Array, "n_x m"],
        Y: Float[Array, "1 m"],
        settings: Settings,
        progress: Progress | None = None,
    ) -> Training:
        """Return the trained parameters and the costs, one before each of `settings.iterations` updates."""
        ...
