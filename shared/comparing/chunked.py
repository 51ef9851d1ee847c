"""An implementation that processes the examples in chunks, by `forward`, `cost` and `gradients` of another.

The cost is a mean over the examples, so its derivatives are those of the chunks, each weighted with its share of the
examples:

    dV = sum over the chunks of (examples in the chunk) dV of the chunk / m          V = W1, b1, W2, b2; the cost alike

The sums are exact, and rounded once (shared/distributing/exact_sum.py): they have the same bits however many processes
share the chunks. Rank 0 leads a training: it tells the others the weights of each step, and every process goes through
its own chunks.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np

from shared.comparing.answers import ImplementationFailed, call
from shared.comparing.sums import Chunk, Sums, Totals
from shared.data.streaming import Columns, Streamed, ahead
from shared.distributing.engine import Alone
from shared.distributing.exact_sum import ExactSum
from shared.distributing.team import Team
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


@dataclass
class State:
    """A training so far: a step's cost and its updated weights come together."""

    parameters: Parameters
    costs: list[float] = field(default_factory=list)
    seconds: float = 0.0


Watch = Callable[[Chunk, dict[str, Any]], None]


class Keeper(Protocol):
    """Stores the state of a training, so that it outlives the program."""

    def kept(self) -> State | None:
        """Return the stored state."""
        ...

    def keep(self, state: State) -> None:
        """Store a state."""
        ...


class Chunked:
    """Follows the contract. X may be an array, or `Columns` that stay in a file.

    Parameters
    ----------
    implementation
        The implementation that gets the chunks. It may read them, but not write into them.
    chunk
        How many examples a chunk has; the last has what is left.
    keeper
        Where the state of the training is kept after every step, and where it starts from.
    team
        The processes that share the chunks, and the name by which they know this implementation.
    examples_done
        Called during training with the number of examples processed.
    """

    def __init__(
        self,
        implementation: Implementation,
        chunk: int,
        keeper: Keeper | None = None,
        examples_done: Progress | None = None,
        team: Team | None = None,
        name: str = "",
    ) -> None:
        self.implementation, self.chunk, self.keeper, self.examples_done = implementation, chunk, keeper, examples_done
        self.team, self.name = team or Team(), name

    def unshared(self) -> "Chunked":
        """Return the same implementation without a team: for examples that no other process shares."""
        return Chunked(self.implementation, self.chunk)

    def chunks(self, X: Array | Columns, Y: Array, share: range | None = None) -> Iterator[Chunk]:
        """Yield the examples chunk by chunk, or a share of the chunks; the next ones are read in the meantime."""
        m = X.shape[1]
        starts = range(0, m, self.chunk)
        if share is not None:
            starts = starts[share.start : share.stop]
        return ahead(partial(cut, X, Y, slice(a, min(a + self.chunk, m))) for a in starts)

    def forward(self, parameters: Parameters, X: Array | Columns, activation: Activation = "relu") -> Activations:
        """Run the forward pass on every chunk, and put the results side by side."""
        labels = np.zeros((1, X.shape[1]), X.dtype)
        parts = [self.activations(parameters, chunk, activation) for chunk in self.chunks(X, labels)]
        return Activations(*(np.hstack(V) for V in zip(*parts, strict=True)))

    def activations(self, parameters: Parameters, chunk: Chunk, activation: Activation) -> Activations:
        """Run the forward pass on one chunk."""
        layers = call(self.implementation.forward, parameters, chunk.X, activation)
        return Activations(**fit("forward", named(Activations, layers), parameters, chunk.X))

    def cost(self, parameters: Parameters, X: Array | Columns, Y: Array, activation: Activation = "relu") -> float:
        """Sum the chunks' costs, each weighted with its examples."""
        total = ExactSum(1)
        for chunk in self.chunks(X, Y):
            total.add(np.array([self.cost_of(parameters, chunk, activation)]), chunk.X.shape[1])
        return float(total.total(Alone(), X.shape[1], X.dtype)[0])

    def cost_of(self, parameters: Parameters, chunk: Chunk, activation: Activation) -> float:
        """Compute the cost of one chunk."""
        cost = call(self.implementation.cost, parameters, chunk.X, chunk.Y, activation)
        return float(fit("cost", {"cost": cost}, parameters, chunk.X)["cost"])

    def gradients_of(self, parameters: Parameters, chunk: Chunk, activation: Activation) -> Gradients:
        """Differentiate the cost of one chunk."""
        derivatives = call(self.implementation.gradients, parameters, chunk.X, chunk.Y, activation)
        return Gradients(**fit("gradients", named(Gradients, derivatives), parameters, chunk.X))

    def gradients(
        self, parameters: Parameters, X: Array | Columns, Y: Array, activation: Activation = "relu"
    ) -> Gradients:
        """Sum the chunks' derivatives with respect to weights; put the others side by side, times the share."""
        m, apart, totals = X.shape[1], ("dZ2", "dA1", "dZ1"), Totals(parameters)
        parts: dict[str, list[Array]] = {name: [] for name in apart}
        for chunk in self.chunks(X, Y):
            d = self.gradients_of(parameters, chunk, activation)
            totals.add(chunk, {"cost": 0.0, **d._asdict()})
            for name in apart:
                parts[name].append(getattr(d, name) * X.dtype.type(chunk.X.shape[1] / m))
        summed = totals.over(Alone(), m, X.dtype)
        return Gradients(
            **{name: np.hstack(parts[name]) if name in apart else summed[name] for name in Gradients._fields}
        )

    def totals(
        self, parameters: Parameters, X: Array | Columns, Y: Array, activation: Activation, watch: Watch | None = None
    ) -> dict[str, Any]:
        """Go through the examples once, for the cost and the derivatives with respect to the weights, by name.

        All processes of the team take part: rank 0 tells the others. `watch` is called with each chunk of this
        process and its results.

        Raises
        ------
        RankFailed, ImplementationFailed
            If something fails in any process.
        """
        self.tell("totals", parameters, activation)
        totals = Totals(parameters)
        watchers = (totals.add, watch) if watch else (totals.add,)
        self.team.together(lambda: self.go_through(parameters, X, Y, activation, watchers))
        return totals.over(self.team.engine, X.shape[1], X.dtype)

    def judged_totals(
        self, parameters: Parameters, X: Array | Columns, Y: Array, activation: Activation
    ) -> tuple[dict[str, Any], Sums]:
        """Compute the totals, and the same sums in a second way, for the judge."""
        self.tell("judged totals", parameters, activation)
        totals, sums = Totals(parameters), Sums(parameters, X.shape[1], self.chunk)
        self.team.together(lambda: self.go_through(parameters, X, Y, activation, (totals.add, sums.add)))
        sums.gather(self.team)
        return totals.over(self.team.engine, X.shape[1], X.dtype), sums

    def right_answers(
        self, parameters: Parameters, X: Array | Columns, Y: Array, activation: Activation, part: str = "train"
    ) -> int:
        """Count the examples that the network classifies correctly: label 1 where A2 is above a half."""
        self.tell(part, parameters, activation)
        right = 0

        def work() -> None:
            nonlocal right
            for chunk in self.chunks(X, Y, self.share(X)):
                A2 = self.activations(parameters, chunk, activation).A2
                right += int(np.sum((A2 > 0.5) == (chunk.Y > 0.5)))

        self.team.together(work)
        return int(self.team.engine.sum(np.array([right]))[0])

    def go_through(
        self, parameters: Parameters, X: Array | Columns, Y: Array, activation: Activation, watchers: Sequence[Watch]
    ) -> None:
        """Work through this process's chunks; call each watcher with every chunk, its cost and its derivatives."""
        for chunk in self.chunks(X, Y, self.share(X)):
            d = self.gradients_of(parameters, chunk, activation)
            of_chunk = {"cost": self.cost_of(parameters, chunk, activation), **d._asdict()}
            for watch in watchers:
                watch(chunk, of_chunk)

    def share(self, X: Array | Columns) -> range:
        """Return the chunks that belong to this process."""
        return self.team.share(-(-X.shape[1] // self.chunk))

    def tell(self, what: str, parameters: Parameters, activation: Activation) -> None:
        """Lead: tell the other processes what to do now."""
        if self.team.leads:
            self.team.tell({"do": what, "name": self.name, "activation": activation}, parameters._asdict())

    def follow(
        self, what: str, parameters: Parameters, examples: Mapping[str, Streamed], activation: Activation
    ) -> None:
        """Follow: do what the leader says."""
        here = parameters, examples.get(what, examples["train"]).X, examples.get(what, examples["train"]).Y, activation
        if what == "judged totals":
            self.judged_totals(*here)
        else:
            self.totals(*here) if what == "totals" else self.right_answers(*here)

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
        self, parameters: Parameters, X: Array | Columns, Y: Array, settings: Settings, progress: Progress | None = None
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
    X_c.flags.writeable = Y_c.flags.writeable = False
    return Chunk(X_c, Y_c)


def descended(parameters: Parameters, d: dict[str, Any], learning_rate: float) -> Parameters:
    """Take a step down the slope of the cost."""
    return Parameters(*(V - learning_rate * d[f"d{name}"] for name, V in parameters._asdict().items()))


def fit(function: str, answer: dict[str, Any], parameters: Parameters, X: Array) -> dict[str, Any]:
    """Check that what a function returned for a chunk fits the rest."""
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
