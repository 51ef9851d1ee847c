"""Comparisons that go through the examples in chunks: small ones are judged in whole, large ones on a sample."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from flint import ctx
from threadpoolctl import threadpool_limits

import implementations
from shared.comparing.checkpoint import CONTENT, Checkpoint
from shared.comparing.chunked import TOTALS, Chunk, Chunked
from shared.comparing.comparison import Comparison, Stage, standards
from shared.comparing.record import Apart, Material, Record
from shared.comparing.workers import Ask, at_once
from shared.data.dataset import Dataset, Examples
from shared.data.streaming import JUDGED_IN_WHOLE, Streamed, Streams
from shared.judging import rounding
from shared.judging.arithmetic import Worst
from shared.judging.enclosure import Enclosure, to_balls
from shared.judging.verdict import Allowance, Judgement, judge
from shared.network import Array, Parameters, Progress, Settings

BITS = 256
"""Precision of the few operations that put the exact sums together."""


class InChunks(Comparison):
    """A comparison that is judged in whole, of implementations that look at the examples in chunks, from the file.

    Parameters
    ----------
    record, parameters, settings, stage, ask
        As in `Comparison`.
    streams
        The examples.
    chunk
        How many examples a chunk has.
    checkpoint
        Where trainings are kept after every step, and go on from.
    """

    def __init__(
        self,
        record: Record,
        parameters: Parameters,
        streams: Streams,
        settings: Settings,
        stage: Stage,
        ask: Ask = at_once,
        chunk: int = 1,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        self.streams, self.chunk, self.size, self.checkpoint = streams, chunk, chunk, checkpoint
        super().__init__(record, parameters, self.judged(), settings, stage, ask)
        self.given = streams.train.X

    def judged(self) -> Dataset:
        """What is judged: everything."""
        return self.streams.in_memory()

    def load(self, name: str, source: str) -> Chunked:
        """Import an implementation, and let it look at chunks."""
        keeper = self.checkpoint.of(name) if self.checkpoint else None
        return Chunked(implementations.load(source, *self.record.device), self.size, keeper)

    @contextmanager
    def training(self, name: str, implementation: Any) -> Iterator[Progress]:
        """Show how many examples are done, and leave a processor to the thread that reads."""
        total = self.settings.iterations * self.streams.train.X.shape[1]
        with self.stage(f"{name}: training", total, "examples") as seen, threadpool_limits(processors_to_compute()):
            implementation.seen = seen
            yield lambda step: None


class Large(InChunks):
    """A comparison on more examples than can be judged in whole.

    Every quantity and a step are judged on a sample, the first chunk and the last; then the sums over all chunks, from
    the program's own values for each chunk. The training curves are not judged, but held against each other.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.given = self.X

    def judged(self) -> Dataset:
        """What is judged: the first chunk and the last, at most a thousand examples of each."""
        train, scale = self.streams.train, self.streams.scale
        m = train.X.shape[1]
        size = min(self.size, JUDGED_IN_WHOLE // 2)
        ends = slice(0, size), slice(m - min(m % self.size or self.size, size), m)
        X = np.hstack([train.X[:, examples] for examples in ends]).astype(np.float64)
        Y = np.hstack([train.Y[:, examples] for examples in ends])
        return Dataset(Examples(X, Y, train.path, train.sha256, train.image_shape), None, scale)

    def run(self, sources: Mapping[str, str], exact: bool = False, curvature: bool = False) -> Record:
        """Run and judge implementations; the exact curve and the curvature are for fewer examples.

        Raises
        ------
        InputError
            If the training diverges.
        ImplementationFailed
            If an implementation raises an exception.
        """
        start = {0: self.parameters}
        true_values = self.ask(standards, self.X, self.Y, self.settings, start, self.chunk)
        programs, given = {}, {}
        for name, source in sources.items():
            with self.stage(f"{name}: forward, gradients, a step", 0):
                programs[name] = self.load(name, source)
                given[name] = self.question(programs[name], start)
        with self.stage("the true values", 0):
            at_start, after_steps = true_values()
        self.record.sample = self.X.shape[1]
        self.record.material = Material(self.parameters, {}, None, {})
        for name, program in programs.items():
            self.record.frameworks[name] = self.judge(given[name], at_start, after_steps)
            self.record.frameworks[name].sums = self.judge_sums(name, program)
        for name, program in programs.items():
            self.train_in_chunks(name, program, self.record.material)
        self.record.apart = apart({name: f.costs for name, f in self.record.frameworks.items()})
        return self.record

    def judge_sums(self, name: str, program: Chunked) -> dict[str, Judgement]:
        """Judge the sums over the chunks against the exact sums of what the program gives for each."""
        train, activation = self.streams.train, self.settings.activation
        m, exact_sums = train.X.shape[1], Sums(train.X.shape[1])
        with self.stage(f"{name}: the sums over the chunks", m):
            totals = program.totals(self.parameters, train.X, train.Y, activation, exact_sums.add)
        worst = rounding.worst(self.X, activation, len(self.parameters.W1))
        return {quantity: exact_sums.judge(quantity, totals[quantity], worst) for quantity in TOTALS}

    def train_in_chunks(self, name: str, program: Chunked, material: Material) -> None:
        """Let a program train on all examples, and count what its network gets right."""
        framework, train = self.record.frameworks[name], self.streams.train
        with self.training(name, program) as progress:
            trained = program.train(self.parameters, train.X, train.Y, self.settings, progress)
        framework.costs, framework.seconds_per_step = trained.costs.tolist(), trained.seconds_per_step
        framework.seconds_to_compile = trained.seconds_to_compile
        material.trained[name] = trained.parameters
        framework.train_accuracy = self.share_of_right_answers(program, trained.parameters, train)
        if self.streams.test:
            framework.test_accuracy = self.share_of_right_answers(program, trained.parameters, self.streams.test)

    def share_of_right_answers(self, program: Chunked, parameters: Parameters, examples: Streamed) -> float:
        """Count the share of examples whose label a trained network finds: 1 where A2 is above a half."""
        right = 0
        for chunk in program.chunks(examples.X, examples.Y):
            A2 = program.activations(parameters, chunk, self.settings.activation).A2
            right += int(np.sum((A2 > 0.5) == (chunk.Y > 0.5)))
        return right / examples.X.shape[1]


class Sums:
    """The exact sums of what a program gives for each of the chunks, each weighted with its share of m examples.

    For each size of chunk, a sum is two float64 arrays, the sum and what its roundings lost (Ogita, Rump and Oishi,
    Accurate sum and dot product, 2005): together they are off by at most (C u)^2 times the sum of the magnitudes.
    """

    def __init__(self, m: int) -> None:
        self.m, self.chunks = m, 0
        self.sums: dict[tuple[str, int], tuple[Array, Array]] = {}
        self.sizes: dict[str, Array] = {}

    def add(self, chunk: Chunk, given: Mapping[str, Any]) -> None:
        """Add what a chunk gave."""
        self.chunks += 1
        size = chunk.X.shape[1]
        for quantity in TOTALS:
            V = np.atleast_2d(np.asarray(given[quantity], np.float64))
            high, low = self.sums.get((quantity, size), (np.zeros_like(V), np.zeros_like(V)))
            total = high + V
            added = total - high
            self.sums[quantity, size] = total, low + ((high - (total - added)) + (V - added))
            self.sizes[quantity] = self.sizes.get(quantity, 0.0) + np.abs(V) * (size / self.m)

    def judge(self, quantity: str, total: Any, worst: Worst) -> Judgement:
        """Judge a sum by the bound of its roundings: C - 1 additions and two of scaling, for C chunks."""
        shape = () if quantity == "cost" else self.sizes[quantity].shape
        parts = [(size, *pair) for (name, size), pair in self.sums.items() if name == quantity]
        with ctx.workprec(BITS):
            terms = [(to_balls(high) + to_balls(low)) * size / self.m for size, high, low in parts]
            found = Enclosure.of(sum(terms[1:], terms[0]), shape)
        sizes = self.sizes[quantity].reshape(shape)
        lost = 2 * (self.chunks * 2.0**-52) ** 2 * sizes
        truth = Enclosure(found.high, found.low, found.radius + lost)
        bound = worst.add(worst.rounded(self.chunks + 1, sizes))
        return judge(quantity, total, truth, Allowance(bound, bound), worst.dtype)


def comparison_of(
    record: Record,
    parameters: Parameters,
    data: Dataset | Streams,
    settings: Settings,
    stage: Stage,
    ask: Ask,
    resume: Path | None,
    sources: Mapping[str, str],
) -> Comparison:
    """Choose how to compare: in one piece what is in memory, in chunks what is in files."""
    if isinstance(data, Dataset):
        return Comparison(record, parameters, data, settings, stage, ask)
    of = identity(record.settings, data.train.sha256, sources)
    checkpoint = Checkpoint(resume, of, parameters) if resume else None
    if checkpoint:
        checkpoint.check_not_beyond(settings.iterations, sources)
    kind = Large if data.large else InChunks
    return kind(record, parameters, data, settings, stage, ask, record.settings["chunk"], checkpoint)


def apart(costs: Mapping[str, list[float]]) -> Apart | None:
    """Find where two training curves are farthest apart; None if there is one only."""
    distances = {pair: np.abs(np.subtract(costs[pair[0]], costs[pair[1]])) for pair in combinations(costs, 2)}
    if not distances:
        return None
    pair = max(distances, key=lambda names: float(distances[names].max()))
    return Apart(*pair, float(distances[pair].max()), int(distances[pair].argmax()))


def processors_to_compute() -> int:
    """Leave one processor to the thread that reads: more threads than processors would wait for each other."""
    return max(1, (psutil.cpu_count() or 1) - 1)


def identity(settings: Mapping[str, Any], sha256: str, sources: Mapping[str, str]) -> dict[str, str]:
    """Say what a training is of, for the checkpoint."""
    keys = (
        "learning_rate",
        "dtype",
        "activation",
        "channels",
        "scaling",
        "chunk",
        "device",
        "matmul_precision",
    )
    files = {f"{CONTENT}{name}": source_digest(source) for name, source in sources.items() if source.endswith(".py")}
    return {"training data": sha256, **{key: str(settings[key]) for key in keys}, **files}


def source_digest(source: str) -> str:
    """Tell a user's file apart from what it was before."""
    return hashlib.sha256(Path(source).read_bytes()).hexdigest()[:16]
