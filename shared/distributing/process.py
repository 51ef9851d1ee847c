"""How one process of several sets itself up: how many threads its libraries use, and that it prints nothing.

The number of threads matters for the bits: libraries split sums among threads.
"""

import os
import sys

from threadpoolctl import threadpool_limits

ONE_THREAD_OF_XLA = "--xla_cpu_multi_thread_eigen=false"


def limit_threads(threads: int) -> None:
    """Set the threads of libraries that are already imported, which may no longer read their variables."""
    threadpool_limits(threads)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(threads)


def one_thread_for_xla() -> None:
    """Let JAX compute on one thread, if it has not been imported yet: XLA reads its flags once."""
    flags = os.environ.get("XLA_FLAGS", "")
    if "jax" not in sys.modules and ONE_THREAD_OF_XLA not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {ONE_THREAD_OF_XLA}".strip()


def be_silent() -> None:
    """Keep what this process prints from the terminal: rank 0 prints."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)
