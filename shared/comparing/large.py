"""Comparisons on too many examples to judge them all."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from shared.comparing.chunked import Chunked
from shared.comparing.programs import InChunks, Stage
from shared.comparing.questions import Questions, Standards
from shared.comparing.record import Apart, Artifacts, Framework, Record
from shared.comparing.sums import TOTALS
from shared.comparing.workers import Submit
from shared.data.dataset import Examples
from shared.data.streaming import JUDGED_IN_WHOLE, Streamed, Streams
from shared.judging import rounding
from shared.judging.verdict import Judgement
from shared.network import Parameters, Settings


class LargeComparison:
    """Compare implementations that process the examples in chunks.

    Every quantity and a step are judged on a sample, the first chunk and the last; then the sums over all chunks, from
    the program's own values for each chunk. The training curves are not judged, but compared with each other.

    Parameters
    ----------
    record, parameters, settings, stage, submit
        As in `Comparison`.
    streams
        The examples.
    programs
        How implementations are loaded.
    """

    def __init__(
        self,
        record: Record,
        parameters: Parameters,
        streams: Streams,
        settings: Settings,
        programs: InChunks,
        stage: Stage,
        submit: Submit,
    ) -> None:
        self.record, self.parameters, self.streams, self.settings = record, parameters, streams, settings
        self.programs, self.stage, self.submit = programs, stage, submit
        sample = ends(streams.train, programs.chunk or 1)
        self.X, self.Y = sample.X.astype(settings.dtype), sample.Y.astype(settings.dtype)
        self.questions = Questions(parameters, self.X, self.Y, settings, programs.chunk)

    def run(self, sources: Mapping[str, str]) -> Record:
        """Run and judge implementations: their names, and the sources that the registry loads them from.

        Raises
        ------
        InputError
            If the training diverges.
        ImplementationFailed
            If an implementation raises an exception.
        """
        start = {0: self.parameters}
        standards = Standards(self.submit, self.questions, start)
        loaded, answered = {}, {}
        for name, source in sources.items():
            with self.stage(f"{name}: forward, gradients, a step", 0):
                loaded[name] = self.programs.load(name, source)
                answered[name] = self.questions.ask(loaded[name].unshared(), start)
        with self.stage("the true values", 0):
            at, after_steps = standards.wait()
        self.record.sample = self.X.shape[1]
        self.record.artifacts = Artifacts(self.parameters, {}, None, {})
        for name, program in loaded.items():
            self.record.frameworks[name] = Framework()
            self.questions.judge(self.record.frameworks[name], answered[name], at, after_steps)
            self.record.frameworks[name].sums = self.judge_sums(name, program)
        for name, program in loaded.items():
            self.train(name, program, self.record.artifacts)
        self.record.apart = apart({name: f.costs for name, f in self.record.frameworks.items()})
        return self.record

    def judge_sums(self, name: str, program: Chunked) -> dict[str, Judgement]:
        """Judge the sums over the chunks against the exact sums of the program's own results for each."""
        train, activation = self.streams.train, self.settings.activation
        with self.stage(f"{name}: the sums over the chunks", 0):
            totals, sums = program.judged_totals(self.parameters, train.X, train.Y, activation)
        worst = rounding.worst(self.X, activation, len(self.parameters.W1))
        return {quantity: sums.judge(quantity, totals[quantity], worst) for quantity in TOTALS}

    def train(self, name: str, program: Chunked, artifacts: Artifacts) -> None:
        """Let a program train on all examples, and measure its accuracy."""
        framework, train = self.record.frameworks[name], self.streams.train
        with self.programs.training(self.stage, name, program, self.settings.iterations) as progress:
            trained = program.train(self.parameters, train.X, train.Y, self.settings, progress)
        framework.costs, framework.seconds_per_step = trained.costs.tolist(), trained.seconds_per_step
        framework.seconds_to_compile = trained.seconds_to_compile
        artifacts.trained[name] = trained.parameters
        framework.train_accuracy = self.accuracy(program, trained.parameters, train, "train")
        if self.streams.test:
            framework.test_accuracy = self.accuracy(program, trained.parameters, self.streams.test, "test")

    def accuracy(self, program: Chunked, parameters: Parameters, examples: Streamed, part: str) -> float:
        """Compute the share of examples that a trained network classifies correctly."""
        X, Y, activation = examples.X, examples.Y, self.settings.activation
        return program.right_answers(parameters, X, Y, activation, part) / X.shape[1]


def ends(train: Streamed, chunk: int) -> Examples:
    """Read the sample that is judged: the first chunk and the last, at most a thousand examples of each."""
    m, size = train.X.shape[1], min(chunk, JUDGED_IN_WHOLE // 2)
    ends = slice(0, size), slice(m - min(m % chunk or chunk, size), m)
    X = np.hstack([train.X[:, examples] for examples in ends]).astype(np.float64)
    Y = np.hstack([train.Y[:, examples] for examples in ends])
    return Examples(X, Y, train.path, train.sha256, train.image_shape, train.stored.classes.names)


def apart(costs: Mapping[str, list[float]]) -> Apart | None:
    """Find where two training curves are farthest apart; None if there is one only."""
    distances = {pair: np.abs(np.subtract(costs[pair[0]], costs[pair[1]])) for pair in combinations(costs, 2)}
    if not distances:
        return None
    pair = max(distances, key=lambda names: float(distances[names].max()))
    return Apart(*pair, float(distances[pair].max()), int(distances[pair].argmax()))
