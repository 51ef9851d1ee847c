"""MPI, by mpi4py: `mpiexec -n 4 python compare.py ...`."""

from mpi4py import MPI

from shared.network import Array


class Mpi:
    """The processes of MPI's world."""

    name = "mpi"

    def __init__(self) -> None:
        self.world = MPI.COMM_WORLD
        self.rank, self.size = self.world.Get_rank(), self.world.Get_size()

    def sum(self, values: Array) -> Array:
        """Add up int64 arrays of the same shape."""
        return self._reduced(values, MPI.SUM)

    def maximum(self, values: Array) -> Array:
        """Take the largest of int64 arrays of the same shape, entry by entry."""
        return self._reduced(values, MPI.MAX)

    def broadcast(self, values: Array) -> Array:
        """Return the int64 array of rank 0."""
        received = values.copy()
        self.world.Bcast(received, root=0)
        return received

    def _reduced(self, values: Array, operation: MPI.Op) -> Array:
        result = values.copy()
        self.world.Allreduce(MPI.IN_PLACE, result, operation)
        return result
