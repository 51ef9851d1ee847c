"""What an engine is: processes with a rank, and three ways to bring their numbers together."""

from typing import Protocol

from shared.network import Array


class Engine(Protocol):
    """Processes that do the same at the same time. Every method is called by all of them, in the same order."""

    name: str
    rank: int  # 0 ... size - 1; the process of rank 0 speaks
    size: int

    def sum(self, values: Array) -> Array:
        """Add up int64 arrays of the same shape, entry by entry."""
        ...

    def maximum(self, values: Array) -> Array:
        """The largest of int64 arrays of the same shape, entry by entry."""
        ...

    def broadcast(self, values: Array) -> Array:
        """The int64 array of rank 0; the others give one of the same shape."""
        ...


class Alone:
    """One process: nothing has to be brought together."""

    name, rank, size = "none", 0, 1

    def sum(self, values: Array) -> Array:
        """These are all."""
        return values

    maximum = broadcast = sum
