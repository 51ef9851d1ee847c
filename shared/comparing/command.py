"""The comparison that a command line describes: its checks, its data and weights, and the kind that fits the data."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from shared.comparing import outputs, setup, workers
from shared.comparing.following import begin, leading
from shared.comparing.options import Choices, command_line
from shared.comparing.programs import Stage
from shared.comparing.record import Record
from shared.comparing.workers import Submit
from shared.data import costs as printed_costs
from shared.data.costs import Printed
from shared.data.dataset import Dataset
from shared.data.streaming import Streams
from shared.distributing.process import limit_threads
from shared.distributing.team import Team
from shared.network import Parameters, Settings

BESIDE = ("shared.comparing.questions", "shared.judging.curves.band")
"""Modules for what other processes compute meanwhile: the true values, and the band."""


class Prepared(NamedTuple):
    """A comparison that is ready to run; its record already says what runs on what."""

    record: Record
    choices: Choices
    sources: Mapping[str, str]
    data: Dataset | Streams
    parameters: Parameters
    settings: Settings
    submit: Submit
    team: Team
    costs: tuple[Path, Printed] | None = None

    def run(self, stage: Stage) -> None:
        """Compare; the record is complete afterwards."""
        from shared.comparing.checkpoint import Checkpoint, identity
        from shared.comparing.comparison import Comparison  # slow to import: the header comes first
        from shared.comparing.large import LargeComparison
        from shared.comparing.programs import InChunks, InOnePiece

        record, start, settings, data = self.record, self.parameters, self.settings, self.data
        exact, curvature = self.choices.compared.exact_curve, self.choices.compared.curvature
        if isinstance(data, Dataset):
            programs = InOnePiece(data.train.X.astype(settings.dtype), record.device)
            comparison = Comparison(record, start, data, settings, programs, stage, self.submit)
            comparison.run(self.sources, exact, curvature, self.costs)
            return
        checkpoint = None
        if self.choices.pieces.resume:
            of = identity(record.settings, data.train.sha256, self.sources)
            checkpoint = Checkpoint(self.choices.pieces.resume, of, start)
            checkpoint.check_not_beyond(settings.iterations, self.sources)
        pieces = InChunks(data.train.X, record.settings["chunk"], record.device, checkpoint, self.team)
        if data.large:
            LargeComparison(record, start, data, settings, pieces, stage, self.submit).run(self.sources)
        else:
            comparison = Comparison(record, start, data.in_memory(), settings, pieces, stage, self.submit)
            comparison.run(self.sources, exact, curvature, self.costs)


@contextmanager
def prepared(choices: Choices, team: Team) -> Iterator[Prepared]:
    """Check all that can be checked before the work, and open the data; the team begins and ends with this block.

    Raises
    ------
    InputError
        If the comparison could not run, or its results could not be written.
    """
    examples, descent, compared, pieces, saved, results = choices
    limit_threads(1)
    with leading(team):
        sources = setup.names_of(compared.frameworks)
        setup.check_learning_rate(descent.learning_rate, compared.dtype)
        page = outputs.page_in(results.report)
        written = (results.json, saved.save_weights, saved.save_trained, page, pieces.resume)
        inputs = [examples.train, examples.test, descent.weights, compared.costs, *map(Path, sources.values())]
        outputs.check(written, inputs)
        costs = None
        if compared.costs:
            costs = compared.costs, printed_costs.load(compared.costs, descent.iterations)
        outputs.check_weights_name(saved.save_trained)
        outputs.check_resume_name(pieces.resume)
        processes = team.engine.size
        with workers.started(*BESIDE) as submit, setup.opened(examples, compared.dtype, pieces, processes) as data:
            wanted = {"exact_curve": compared.exact_curve, "curvature": compared.curvature, "costs": costs}
            setup.check_size(data, {**wanted, "report": results.report})
            parameters = setup.initial_weights(descent, data.train.X.shape[0], compared.dtype, saved.save_weights)
            settings = setup.settings(descent, parameters, compared.dtype, compared.activation)
            chunk = setup.chunk_of(data, pieces.chunk, compared.dtype)
            described = {
                **asdict(settings),
                "weights": descent.source,
                "channels": examples.channels,
                "scaling": examples.scaling,
                "device": compared.device,
                "matmul_precision": compared.matmul_precision,
                "chunk": chunk,
                "processes": processes,
                "engine": team.engine.name if processes > 1 else None,
                "frameworks": list(sources),
            }
            record = setup.new_record(described, data)
            record.command = command_line(*choices)
            if processes > 1 and isinstance(data, Streams) and chunk:
                begin(team, data, chunk)
            yield Prepared(record, choices, sources, data, parameters, settings, submit, team, costs)
