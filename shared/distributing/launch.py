"""Begin a job: join the processes that a launcher started, or start some on this machine."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec

import numpy as np

from shared.distributing.engine import Engine
from shared.distributing.place import EngineName, Place, place
from shared.distributing.process import be_silent, one_thread_for_xla
from shared.distributing.team import Team
from shared.network import Device, InputError

INSTALL = 'python -m pip install -e ".[distributed]" installs it'
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
WATCH = "TRIGRAD_ENDS_WITH_INPUT"
"""The variable with the rank of a process that must end when its input does."""

GRACE = 5
"""Seconds that the other processes of a job have to end by themselves after one has failed."""


def joined(name: EngineName | None = None, device: Device = "cpu") -> Team:
    """Join the processes that a launcher started; a team of one if this process is alone.

    From here on only rank 0 prints.

    Parameters
    ----------
    name
        The engine. [default: that of the launcher]
    device
        Where frameworks compute: with "cuda" the torch engine uses NCCL, and each process sees the device of its local
        rank only.

    Raises
    ------
    InputError
        If the engine does not go with the launcher, or is not installed.
    """
    here = place()
    if here is None:
        return Team()
    if here.rank > 0:
        be_silent()
    for ending in {"SIGTERM", "SIGHUP"} & set(dir(signal)):  # a launcher ends all at once: do not wait for the others
        signal.signal(getattr(signal, ending), signal.SIG_DFL)
    if os.environ.get(WATCH) == str(here.rank):
        end_with_the_input()
    one_thread_for_xla()
    if device == "cuda":
        os.environ["CUDA_VISIBLE_DEVICES"] = device_of(here.local_rank, os.environ.get("CUDA_VISIBLE_DEVICES"))
    return Team(engine_at(here, name or here.engine, device))


def device_of(local_rank: int, visible: str | None) -> str:
    """Choose the GPU of a process: SLURM shows each process its own, or all of the machine's."""
    devices = [str(local_rank)] if visible is None else visible.split(",")
    return devices[local_rank % len(devices)]


def engine_at(here: Place, chosen: EngineName, device: Device) -> Engine:
    """Choose an engine that goes with the launcher, and connect."""
    by_mpi = here.launcher.startswith("mpiexec")
    if (chosen == "mpi" or by_mpi) and find_spec("mpi4py") is None:
        raise InputError(f"{here.launcher} started this, and mpi4py is not installed; {INSTALL}")
    if chosen == "mpi" and here.launcher == "torchrun":
        raise InputError("--engine mpi needs mpiexec; torchrun started this, so leave --engine out, or use mpiexec")
    if chosen == "mpi":
        from shared.distributing.mpi import Mpi

        return Mpi()
    if by_mpi:
        here = with_free_port(here)
    if chosen == "jax":
        from shared.distributing.jax_distributed import JaxDistributed

        return JaxDistributed(here._replace(port=here.port + 1))
    from shared.distributing.torch_distributed import TorchDistributed

    return TorchDistributed(here, device)


def with_free_port(here: Place) -> Place:
    """Let the processes of MPI agree on an address and a port where nothing listens yet."""
    from shared.distributing.mpi import Mpi

    host = socket.gethostname().encode().ljust(64, b"\0")
    address_and_port = Mpi().broadcast(np.concatenate([np.frombuffer(host, np.int64), [free_port()]]))
    address = address_and_port[:-1].tobytes().rstrip(b"\0").decode()
    return here._replace(address=address, port=int(address_and_port[-1]))


def free_port() -> int:
    """Find a port where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run_processes(count: int, engine: EngineName | None, arguments: Sequence[str]) -> int:
    """Start `count` processes of this program on this machine; return the exit status of rank 0.

    When one of them fails or is killed, the others are ended.

    Raises
    ------
    InputError
        If they cannot be started, or one was killed: the line names its rank.
    """
    command = [sys.executable, *arguments]
    if engine == "mpi":
        mpiexec = shutil.which("mpiexec", path=f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ.get('PATH')}")  # noqa: PTH120
        if mpiexec is None or find_spec("mpi4py") is None:
            raise InputError(f"--engine mpi needs mpi4py and mpiexec; {INSTALL}")
        processes = [started([mpiexec, "-n", str(count), *command], {**of_threads(count), WATCH: "0"})]
        try:
            status = processes[0].wait()
        finally:
            end(processes)
        if status not in (0, 1, 2):
            raise InputError(f"mpiexec has ended with status {status}: one of the processes was killed, or failed")
        return status
    port = str(free_port())
    common = {**of_threads(count), "WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    ranks = [str(rank) for rank in range(count)]
    processes = [started(command, {**common, WATCH: rank, "RANK": rank, "LOCAL_RANK": rank}) for rank in ranks]
    try:
        return watched(processes)
    finally:
        end(processes)


def of_threads(count: int) -> dict[str, str]:
    """Divide the processors among `count` processes, unless a variable already sets the threads."""
    threads = str(max(1, (os.cpu_count() or 1) // count))
    return {name: threads for name in THREADS if name not in os.environ}


def started(command: Sequence[str], variables: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a process that ignores Ctrl-C and ends when this one does: then its input ends."""
    environment = {**os.environ, **variables}
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603


def end(processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    """End what is still running. The first has more to clean up: it is asked to end, and gets a moment."""
    first, *others = processes
    first.terminate()
    try:
        first.wait(GRACE)
    except subprocess.TimeoutExpired:
        first.kill()
    for process in others:
        process.kill()
    for process in processes:
        process.wait()


def end_with_the_input() -> None:
    """End this process when its standard input is closed at the other end."""

    def wait() -> None:
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # after cleaning up


def watched(processes: Sequence["subprocess.Popen[bytes]"]) -> int:
    """Wait until all have ended; if one was killed, give the others a moment, and name it."""
    while processes[0].poll() is None and not any(process.poll() for process in processes):
        time.sleep(0.05)
    deadline = time.monotonic() + GRACE
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    for rank, process in enumerate(processes):
        if process.returncode is not None and process.returncode < 0:
            raise InputError(f"rank {rank} of {len(processes)} was ended by signal {-process.returncode}")
    for rank, process in enumerate(processes):
        if process.returncode and processes[0].returncode is None:
            raise InputError(f"rank {rank} of {len(processes)} has ended with status {process.returncode}")
    return int(processes[0].returncode or 0)
