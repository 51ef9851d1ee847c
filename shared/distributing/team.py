"""The processes of a job as a team: rank 0 leads, the others follow; rank 0 reports what failed on any."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import safetensors.numpy

from shared.distributing.engine import Alone, Engine
from shared.network import Array, InputError

LONGEST = 1024
"""Bytes of a process's message about its failure."""


class RankFailed(InputError):  # noqa: N818 -- it is the process of that rank that failed
    """A process of the job failed. The text is one line that names its rank."""


class Team:
    """All processes of a job. One process alone is a team, too."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine: Engine = engine or Alone()

    @property
    def leads(self) -> bool:
        """Whether this is the process that speaks, writes files and judges."""
        return self.engine.rank == 0

    def share(self, count: int, rank: int | None = None) -> range:
        """Say which of `count` chunks belong to a rank, by default this one: neighbours, the same number for each."""
        rank, size = self.engine.rank if rank is None else rank, self.engine.size
        return range(count * rank // size, count * (rank + 1) // size)

    def agree(self, failure: str = "") -> None:
        """Wait for all others; if anything failed anywhere, raise that, naming the first rank where it did.

        Raises
        ------
        RankFailed
            In all processes.
        """
        with lost():
            rank, size = self.engine.rank, self.engine.size
            first = size - int(self.engine.maximum(np.array([size - rank if failure else 0]))[0])
            if first == size:
                return
            text = failure.encode()[:LONGEST].ljust(LONGEST, b"\0") if rank == first else bytes(LONGEST)
            reason = self.engine.sum(np.frombuffer(text, np.int64)).tobytes().rstrip(b"\0").decode(errors="replace")
        raise RankFailed(f"rank {first} of {size}: {reason}")

    def together(self, work: Callable[[], None]) -> None:
        """Do something in all processes; go on only if it fails in none.

        Raises
        ------
        RankFailed
            In all processes, if it fails in one of several. A single process raises the error itself.
        """
        if self.engine.size == 1:
            work()
            return
        failure = ""
        try:
            work()
        except (InputError, OSError, MemoryError) as error:
            failure = str(error) or type(error).__name__
        self.agree(failure)

    def tell(self, what: Mapping[str, str], tensors: Mapping[str, Array] | None = None) -> None:
        """Lead: tell the others what to do, with which arrays."""
        if self.engine.size > 1:
            self._broadcast(safetensors.numpy.save(dict(tensors or {}), dict(what)))

    def listen(self) -> tuple[dict[str, str], dict[str, Array]]:
        """Follow: wait for what rank 0 says to do."""
        content = self._broadcast(b"")
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        return header.get("__metadata__", {}), safetensors.numpy.load(content)

    def gather(self, values: Array) -> Array:
        """Put arrays of the same shape and of 8 bytes an entry side by side, (size, ...): each rank fills its place."""
        by_rank = np.zeros((self.engine.size, *values.shape), np.int64)
        by_rank[self.engine.rank] = np.ascontiguousarray(values).view(np.int64)
        with lost():
            return self.engine.sum(by_rank).view(values.dtype)

    def _broadcast(self, content: bytes) -> bytes:
        with lost():
            length = int(self.engine.broadcast(np.array([len(content)]))[0])
            padded = np.frombuffer(content[:length].ljust(length + -length % 8, b"\0"), np.int64)
            return self.engine.broadcast(padded).tobytes()[:length]


@contextmanager
def lost() -> Iterator[None]:
    """Report a lost connection: each library has its own exception for it."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise RankFailed(f"the connection to the other processes is lost: one of them has ended ({reason})") from error


def digest(parts: Iterator[Array]) -> int:
    """Hash what was read, to compare it with what another process read; 63 bits."""
    state = hashlib.sha256()
    for part in parts:
        state.update(np.ascontiguousarray(part).tobytes())
    return int.from_bytes(state.digest()[:8], "little") >> 1
