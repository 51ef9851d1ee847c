"""torch.distributed, over gloo or, for GPUs, NCCL: `torchrun --nproc-per-node 4 compare.py ...`."""

from datetime import timedelta

import torch
from torch import distributed

from shared.distributing.place import Place
from shared.network import Array, Device

PATIENCE = timedelta(minutes=30)
"""A process that computes for longer than this between two sums is taken for lost."""


class TorchDistributed:
    """The process group of torch.distributed; rank 0 listens at the address of the place."""

    name = "torch"

    def __init__(self, place: Place, device: Device = "cpu") -> None:
        backend = "nccl" if device == "cuda" else "gloo"
        # torchrun has a store of its own, which env:// finds
        address = "env://" if place.launcher == "torchrun" else f"tcp://{place.address}:{place.port}"
        distributed.init_process_group(
            backend, init_method=address, rank=place.rank, world_size=place.size, timeout=PATIENCE
        )
        self.rank, self.size, self.device = place.rank, place.size, device

    def sum(self, values: Array) -> Array:
        """Add up int64 arrays of the same shape."""
        return self._reduced(values, distributed.ReduceOp.SUM)

    def maximum(self, values: Array) -> Array:
        """Take the largest of int64 arrays of the same shape, entry by entry."""
        return self._reduced(values, distributed.ReduceOp.MAX)

    def broadcast(self, values: Array) -> Array:
        """Return the int64 array of rank 0."""
        tensor = torch.tensor(values, device=self.device)
        distributed.broadcast(tensor, src=0)
        return tensor.cpu().numpy()

    def _reduced(self, values: Array, operation: distributed.ReduceOp.RedOpType) -> Array:
        tensor = torch.tensor(values, device=self.device)
        distributed.all_reduce(tensor, operation)
        return tensor.cpu().numpy()
