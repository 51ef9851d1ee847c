"""Worker processes, which compute while this process does something else."""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from multiprocessing import active_children, get_context, parent_process, resource_tracker
from typing import Any

from threadpoolctl import threadpool_limits

Submit = Callable[..., Callable[[], Any]]
"""submit(function, *arguments) begins a call, and returns a function that waits for the result or raises its error."""

WORKERS = 1
"""More would disturb the trainings, which are timed, on a machine with two processors, and gain nothing."""


def at_once(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """Submit a call in this process: it runs when its result is asked for."""
    return lambda: function(*arguments)


@contextmanager
def started(*modules: str) -> Iterator[Submit]:
    """Start workers that import modules while this process goes on, take calls in turn, and end with the `with` block.

    Ctrl-C is left to this process.
    """
    others = active_children()
    with safe_path(), deaf_to_interrupts():
        pool = ProcessPoolExecutor(WORKERS, get_context("spawn"), _get_ready, (modules,))

    def submit(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        with _lost():
            future = pool.submit(function, *arguments)

        def result() -> Any:
            with _lost():
                return future.result()

        return result

    try:
        with safe_path(), deaf_to_interrupts():
            for _ in range(WORKERS):
                pool.submit(os.getpid)  # starts a process, as long as none is idle
        yield submit
    finally:
        for process in set(active_children()) - set(others):
            process.terminate()
            process.join()
        pool.shutdown(cancel_futures=True)  # its thread ends here, and not beside the end of this program


def _get_ready(modules: Sequence[str]) -> None:
    """Import slow modules before the first call comes."""
    end_with_the_parent()
    for module in modules:
        import_module(module)
    threadpool_limits(1)  # as many processes as processors: more threads would wait for each other


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Let processes started here ignore Ctrl-C; this one hears it at the end of the `with` block."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # which would undo the next line if it came after it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def safe_path() -> Iterator[None]:
    """Keep Python processes started here from importing anything from the current folder by accident.

    If this process is killed, the one that tracks its resources cleans up silently.
    """
    before = dict(os.environ)
    silent = f"{before.get('PYTHONWARNINGS', '')},ignore:resource_tracker:UserWarning".lstrip(",")
    os.environ.update(PYTHONSAFEPATH="1", PYTHONWARNINGS=silent)
    try:
        yield
    finally:
        for name in ("PYTHONSAFEPATH", "PYTHONWARNINGS"):
            del os.environ[name]
        os.environ.update(before)


def end_with_the_parent(group: int | None = None) -> None:
    """End this process when the one that started it is gone, even if that was killed and this one is busy.

    With the number of its own process group, the whole group ends.
    """
    threading.Thread(target=_wait_for_the_end_of, args=(parent_process(), group), daemon=True).start()


def _wait_for_the_end_of(parent: Any, group: int | None) -> None:
    parent.join()
    if group:
        os.killpg(group, signal.SIGKILL)
    os._exit(1)


@contextmanager
def _lost() -> Iterator[None]:
    """Explain the loss of a worker."""
    try:
        yield
    except BrokenProcessPool as error:
        raise MemoryError(
            "a worker process ended before its work was done: it was killed, perhaps by the system because memory is "
            "short; or this is a script without if __name__ == '__main__'"
        ) from error
