"""How implementations process the examples: all in one piece, or chunk by chunk while the file is read."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import implementations
from shared.comparing.checkpoint import Checkpoint
from shared.comparing.chunked import Chunked
from shared.data.streaming import Columns
from shared.distributing.process import limit_threads, one_thread_for_xla
from shared.distributing.team import Team
from shared.network import Array, Device, Implementation, MatmulPrecision, Progress

Stage = Callable[..., AbstractContextManager[Progress]]
"""stage(what, total, unit="") shows that something begins, and gives a function to call with how much is done."""


class InOnePiece:
    """Implementations as they are: each gets all examples at once.

    `X` is passed to implementations; `chunk`, the number of examples at a time, is None.
    """

    chunk: int | None = None

    def __init__(self, X: Array, device: tuple[Device, MatmulPrecision]) -> None:
        self.X: Any = X
        self.device = device

    def load(self, name: str, source: str) -> Implementation:
        """Import an implementation, and limit its libraries to one thread.

        The products are small: on an idle machine a second thread gains a quarter; on a busy one, threads that wait for
        each other lose far more.
        """
        one_thread_for_xla()
        implementation = implementations.load(source, *self.device)
        limit_threads(1)
        return implementation

    def training(
        self, stage: Stage, name: str, program: Implementation, steps: int
    ) -> AbstractContextManager[Progress]:
        """Show how many steps are done."""
        return stage(f"{name}: training", steps)


class InChunks:
    """Implementations that get chunks of `chunk` examples, shared by a team; a checkpoint keeps their trainings."""

    def __init__(
        self,
        X: Columns,
        chunk: int,
        device: tuple[Device, MatmulPrecision],
        checkpoint: Checkpoint | None = None,
        team: Team | None = None,
    ) -> None:
        self.X: Any = X
        self.chunk: int | None = chunk
        self.device, self.checkpoint, self.team = device, checkpoint, team or Team()
        self._programs: dict[str, Chunked] = {}

    def load(self, name: str, source: str) -> Chunked:
        """Import an implementation that is to process chunks, in one thread: more would give other bits."""
        one_thread_for_xla()
        keeper = self.checkpoint.of(name) if self.checkpoint else None
        implementation = implementations.load(source, *self.device)
        limit_threads(1)
        self._programs[name] = Chunked(implementation, self.chunk or 1, keeper, team=self.team, name=name)
        return self._programs[name]

    @contextmanager
    def training(self, stage: Stage, name: str, program: Implementation, steps: int) -> Iterator[Progress]:
        """Show how many examples are done."""
        total = steps * self.X.shape[1]
        with stage(f"{name}: training", total, "examples") as examples_done:
            self._programs[name].examples_done = examples_done
            yield lambda step: None


Programs = InOnePiece | InChunks
