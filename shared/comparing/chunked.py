"""An implementation that goes through the examples in chunks, by the `forward`, `cost` and `gradients` of another.

The cost is a mean over the examples, so that the whole's derivatives are those of the chunks, each weighted with its
share of the examples:

    dV = sum over the chunks of (examples in the chunk / m) dV of the chunk          V = W1, b1, W2, b2; the cost alike
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from shared.comparing.answers import ImplementationFailed, call
from shared.data.streaming import Columns, ahead
from shared.network import (
    Activation,
    Activations,
    Array,
    Gradients,
    Implementation,
    InputError,
    Parameters,
    Progress,
    Settings,
    Training,
    misshapen,
    named,
    shapes,
)

TOTALS = ("cost", "dW2", "db2", "dW1", "db1")
"""What is summed over the chunks, in the order of computation."""


class Chunk(NamedTuple):
    """Some of the examples, and which part of all of them they are."""

    X: Array
    Y: Array
    share: float


@dataclass
class State:
    """A training so far: a step's cost and its updated weights come together."""

    parameters: Parameters
    costs: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Keeper(Protocol):
    """Keeps the state of a training beyond the end of the program."""

    def kept(self) -> State | None:
        """Give the state that was kept."""
        ...

    def keep(self, state: State) -> None:
        """Keep a state."""
        ...


class Chunked:
    """Follows the contract. X may be an array, or `Columns` that stay in a file.

    Parameters
    ----------
    implementation
        The implementation that is given the chunks. It may read them, and not write into them.
    chunk
        How many examples a chunk has; the last has what is left.
    keeper
        Where the state of the training is kept after every step, and where it starts from.
    examples_done
        Is told, during training, how many examples have been looked at.
    """

    def __init__(
        self,
        implementation: Implementation,
        chunk: int,
        keeper: Keeper | None = None,
        examples_done: Progress | None = None,
    ) -> None:
        self.implementation, self.chunk, self.keeper, self.examples_done = implementation, chunk, keeper, examples_done

    def chunks(self, X: Array | Columns, Y: Array) -> Iterator[Chunk]:
        """Give the examples chunk by chunk; the next ones are read and converted in the meantime."""
        m = X.shape[1]
        return ahead(partial(cut, X, Y, slice(a, min(a + self.chunk, m))) for a in range(0, m, self.chunk))

    def forward(self, parameters: Parameters, X: Array | Columns, activation: Activation = "relu") -> Activations:
        """Put side by side what the layers hold for each chunk."""
        labels = np.zeros((1, X.shape[1]), X.dtype)
        parts = [self.activations(parameters, chunk, activation) for chunk in self.chunks(X, labels)]
        return Activations(*(np.hstack(V) for V in zip(*parts, strict=True)))

    def activations(self, parameters: Parameters, chunk: Chunk, activation: Activation) -> Activations:
        """What the layers hold for one chunk."""
        layers = call(self.implementation.forward, parameters, chunk.X, activation)
        return Activations(**fit("forward", named(Activations, layers), parameters, chunk.X))

    def cost(self, parameters: Parameters, X: Array | Columns, Y: Array, activation: Activation = "relu") -> float:
        """Sum the chunks' costs, each times its share."""
        return sum(chunk.share * self.cost_of(parameters, chunk, activation) for chunk in self.chunks(X, Y))

    def cost_of(self, parameters: Parameters, chunk: Chunk, activation: Activation) -> float:
        """The cost of one chunk."""
        cost = call(self.implementation.cost, parameters, chunk.X, chunk.Y, activation)
        return float(fit("cost", {"cost": cost}, parameters, chunk.X)["cost"])

    def gradients_of(self, parameters: Parameters, chunk: Chunk, activation: Activation) -> Gradients:
        """All derivatives of one chunk's cost."""
        derivatives = call(self.implementation.gradients, parameters, chunk.X, chunk.Y, activation)
        return Gradients(**fit("gradients", named(Gradients, derivatives), parameters, chunk.X))

    def gradients(
        self, parameters: Parameters, X: Array | Columns, Y: Array, activation: Activation = "relu"
    ) -> Gradients:
        """Sum the chunks' derivatives with respect to weights; put the others side by side; all times the shares."""
        parts = []
        for chunk in self.chunks(X, Y):
            d = self.gradients_of(parameters, chunk, activation)
            parts.append(Gradients(*(chunk.share * V for V in d)))
        of_weights = ("dW2", "db2", "dW1", "db1")
        together = zip(Gradients._fields, zip(*parts, strict=True), strict=True)
        return Gradients(*(sum(V[1:], V[0]) if name in of_weights else np.hstack(V) for name, V in together))

    def totals(
        self,
        parameters: Parameters,
        X: Array | Columns,
        Y: Array,
        activation: Activation,
        watch: Callable[[Chunk, dict[str, Any]], None] | None = None,
    ) -> dict[str, Any]:
        """Go through the examples once, for the cost and the derivatives with respect to the weights, by name.

        `watch` is told of each chunk and of what it gave.
        """
        total: dict[str, Any] = {}
        for chunk in self.chunks(X, Y):
            d = self.gradients_of(parameters, chunk, activation)
            of_chunk = {"cost": self.cost_of(parameters, chunk, activation)}
            of_chunk |= {name: getattr(d, name) for name in TOTALS[1:]}
            parts = {name: chunk.share * V for name, V in of_chunk.items()}
            total = {name: total[name] + V for name, V in parts.items()} if total else parts
            if watch:
                watch(chunk, of_chunk)
        return total

    def step(
        self,
        parameters: Parameters,
        X: Array | Columns,
        Y: Array,
        learning_rate: float,
        activation: Activation = "relu",
    ) -> Parameters:
        """Take one step of gradient descent."""
        return descended(parameters, self.totals(parameters, X, Y, activation), learning_rate)

    def train(
        self,
        parameters: Parameters,
        X: Array | Columns,
        Y: Array,
        settings: Settings,
        progress: Progress | None = None,
    ) -> Training:
        """Train by full-batch gradient descent, from where the keeper left it.

        Raises
        ------
        InputError
            If the training diverges.
        """
        m = X.shape[1]
        state = (self.keeper and self.keeper.kept()) or State(Parameters(*(V.copy() for V in parameters)))
        for i in range(len(state.costs), settings.iterations):
            start, done = time.perf_counter(), i * m

            def watch(chunk: Chunk, _: object) -> None:
                nonlocal done
                done += chunk.X.shape[1]
                if self.examples_done:
                    self.examples_done(done)

            total = self.totals(state.parameters, X, Y, settings.activation, watch)
            state.parameters = descended(state.parameters, total, settings.learning_rate)
            state.costs.append(total["cost"])
            check_finite(total["cost"], state.parameters, i)
            state.seconds += time.perf_counter() - start
            if self.keeper:
                self.keeper.keep(state)
            if progress:
                progress(i + 1)
        costs = np.array(state.costs, X.dtype)
        return Training(state.parameters, costs, state.seconds / settings.iterations, seconds_to_compile=0.0)


def cut(X: Array | Columns, Y: Array, examples: slice) -> Chunk:
    """Cut a chunk out of the examples; it is read-only."""
    X_c, Y_c = np.ascontiguousarray(X[:, examples]), np.ascontiguousarray(Y[:, examples], X.dtype)
    share = X_c.shape[1] / X.shape[1]
    X_c.flags.writeable = Y_c.flags.writeable = False
    return Chunk(X_c, Y_c, share)


def descended(parameters: Parameters, d: dict[str, Any], learning_rate: float) -> Parameters:
    """Step down the slope of the cost."""
    return Parameters(*(V - learning_rate * d[f"d{name}"] for name, V in parameters._asdict().items()))


def fit(function: str, answer: dict[str, Any], parameters: Parameters, X: Array) -> dict[str, Any]:
    """Check that what a function gave for a chunk can be put together with the rest."""
    (n_h, n_x), m = parameters.W1.shape, X.shape[1]
    wanted = shapes(n_x, n_h, m)
    for name, values in answer.items():
        if problem := misshapen(name, values, wanted[name], X.dtype):
            raise ImplementationFailed(f"{function} gave a {name} for a chunk that does not fit: {problem}")
    return answer


def check_finite(cost: float, parameters: Parameters, step: int) -> None:
    """Stop a training that has diverged."""
    if not np.isfinite(cost) or not all(np.isfinite(V).all() for V in parameters):
        raise InputError(
            f"training diverges: the cost at iteration {step} is {cost:.6g}, and after it not all weights are finite; "
            "choose a smaller --learning-rate, or smaller initial weights"
        )
