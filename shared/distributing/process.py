"""What a process that is one of several does to itself: how many threads its libraries use, and that it is silent.

The same number of threads gives the same bits: sums are cut for threads.
"""

import os
import sys

from threadpoolctl import threadpool_limits

ONE_THREAD_OF_XLA = "--xla_cpu_multi_thread_eigen=false"


def limit_threads(threads: int) -> None:
    """Tell the libraries that have been imported how many threads to use: their variables may not reach all of them."""
    threadpool_limits(threads)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(threads)


def one_thread_for_xla() -> None:
    """Let JAX compute on one thread, if it has not been imported yet: XLA reads its flags once."""
    flags = os.environ.get("XLA_FLAGS", "")
    if "jax" not in sys.modules and ONE_THREAD_OF_XLA not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} {ONE_THREAD_OF_XLA}".strip()


def be_silent() -> None:
    """Let nothing that this process prints reach the terminal: another one speaks."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)
