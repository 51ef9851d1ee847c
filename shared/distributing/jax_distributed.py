"""jax.distributed: the processes of one JAX computation, each with one device of its own."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from shared.distributing.place import Place
from shared.distributing.process import be_silent
from shared.network import Array

HEARTBEAT = 20
"""Seconds after which a silent process is taken for lost."""


class JaxDistributed:
    """A mesh of one device for each process; rank 0 listens at the address of the place."""

    name = "jax"

    def __init__(self, place: Place) -> None:
        address = f"{place.address}:{place.port}"
        jax.distributed.initialize(address, place.size, place.rank, heartbeat_timeout_seconds=HEARTBEAT)
        self.rank, self.size = place.rank, place.size
        first = [jax.local_devices(process_index=rank)[0] for rank in range(place.size)]
        mesh = Mesh(np.array(first), "process")
        self.apart, everywhere = NamedSharding(mesh, PartitionSpec("process")), NamedSharding(mesh, PartitionSpec())  # type: ignore[no-untyped-call]
        self._sum = jax.jit(lambda values: jnp.sum(values, axis=0), out_shardings=everywhere)
        self._maximum = jax.jit(lambda values: jnp.max(values, axis=0), out_shardings=everywhere)
        with silence():  # JAX prints that it has connected
            self.sum(np.zeros(1, np.int64))

    def sum(self, values: Array) -> Array:
        """Add up int64 arrays of the same shape."""
        return self._reduced(values, self._sum)

    def maximum(self, values: Array) -> Array:
        """Take the largest of int64 arrays of the same shape, entry by entry."""
        return self._reduced(values, self._maximum)

    def broadcast(self, values: Array) -> Array:
        """Return the int64 array of rank 0: the sum, as the others add zeros."""
        return self.sum(values if self.rank == 0 else np.zeros_like(values))

    def _reduced(self, values: Array, reduce: Callable[[jax.Array], jax.Array]) -> Array:
        with jax.enable_x64(True):  # here only: other programs in this process keep their JAX
            shape = (self.size, *values.shape)
            together = jax.make_array_from_process_local_data(  # type: ignore[no-untyped-call]
                self.apart, values[None], shape
            )
            return np.array(reduce(together).addressable_data(0))


@contextmanager
def silence() -> Iterator[None]:
    """Keep what a library prints from the terminal."""
    kept = [os.dup(stream) for stream in (1, 2)]
    be_silent()
    try:
        yield
    finally:
        for stream, before in zip((1, 2), kept, strict=True):
            os.dup2(before, stream)
            os.close(before)
