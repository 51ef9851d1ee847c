"""Which process of how many this one is, from the environment variables of the usual launchers."""

import os
import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

EngineName = Literal["mpi", "torch", "jax"]

PORT = 29511
"""Where rank 0 listens by default: not 29500, where torchrun itself may listen."""

LAUNCHERS: dict[str, tuple[EngineName, str, str, str]] = {
    "torchrun": ("torch", "RANK", "WORLD_SIZE", "LOCAL_RANK"),
    "mpiexec of Open MPI": ("mpi", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK"),
    "mpiexec": ("mpi", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID"),
    "srun": ("torch", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID"),
}
"""Launchers: the engine that goes with each, and the variables that hold rank, number of processes and local rank."""


class Place(NamedTuple):
    """Where a process stands. `engine` is that of the launcher; rank 0 listens at the address and the port."""

    rank: int
    size: int
    local_rank: int
    engine: EngineName
    address: str
    port: int
    launcher: str


def place(environment: Mapping[str, str] = os.environ) -> Place | None:
    """Find out from the environment whether a launcher has started this process as one of several; None if not."""
    for launcher, (engine, rank, size, local) in LAUNCHERS.items():
        if rank in environment and int(environment.get(size, 1)) > 1:
            host = environment.get("MASTER_ADDR") or first_host(environment.get("SLURM_STEP_NODELIST", "127.0.0.1"))
            port = int(environment.get("MASTER_PORT", PORT))
            number = int(environment[rank])
            local_rank = int(environment.get(local, number))
            return Place(number, int(environment[size]), local_rank, engine, host, port, launcher)
    return None


def first_host(nodes: str) -> str:
    """Name the first of SLURM's nodes: node[003-007,9],other -> node003."""
    prefix, numbers = re.match(r"([^\[,]*)(?:\[(\d+))?", nodes).groups()  # type: ignore[union-attr]
    return f"{prefix}{numbers or ''}"
