"""What an engine is: processes with ranks, and three ways to combine their numbers."""

from typing import Protocol

from shared.network import Array


class Engine(Protocol):
    """Processes that do the same at the same time. All of them call each method, in the same order."""

    name: str
    rank: int  # 0 ... size - 1; the process of rank 0 speaks
    size: int

    def sum(self, values: Array) -> Array:
        """Add up int64 arrays of the same shape, entry by entry."""
        ...

    def maximum(self, values: Array) -> Array:
        """Take the largest of int64 arrays of the same shape, entry by entry."""
        ...

    def broadcast(self, values: Array) -> Array:
        """Return the int64 array of rank 0; the others pass one of the same shape."""
        ...


class Alone:
    """One process: there is nothing to combine."""

    name, rank, size = "none", 0, 1

    def sum(self, values: Array) -> Array:
        """Return the values: there are no others."""
        return values

    maximum = broadcast = sum
