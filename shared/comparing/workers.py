"""Work in other processes, beside what this one does in the meantime."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection
from typing import Any

from threadpoolctl import threadpool_limits

Ask = Callable[..., Callable[[], Any]]
"""ask(function, *arguments) begins a call; what it gives back waits for the result, or raises what the call raised."""

HELPERS = 2


def at_once(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
    """Begin a call in this process: nothing happens until the result is wanted."""
    return lambda: function(*arguments)


@contextmanager
def helpers() -> Iterator[Ask]:
    """Start processes that get ready while this one goes on, take calls in turn, and end with the `with` block.

    Ctrl-C is left to this process.
    """
    spawn = get_context("spawn")
    pipes = [spawn.Pipe() for _ in range(HELPERS)]
    processes = [spawn.Process(target=_serve, args=(there,), daemon=True) for _, there in pipes]
    with deaf_to_interrupts():
        for process in processes:
            process.start()
    for _, there in pipes:
        there.close()
    free = cycle(here for here, _ in pipes)

    def ask(function: Callable[..., Any], *arguments: Any) -> Callable[[], Any]:
        here = next(free)
        with _lost():
            here.send((function, arguments))
        return lambda: _received(here)

    try:
        yield ask
    finally:
        for process in processes:
            process.terminate()
            process.join()


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Let processes that are started here never hear Ctrl-C; this one hears it at the end of the `with` block."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    resource_tracker.ensure_running()  # which would undo the next line if it came after it
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_with_the_parent(group: int | None = None) -> None:
    """Let this process end when the one that started it is gone, even if that was killed and this one is at work.

    If it has a process group of its own, its number may be given: all of the group ends then.
    """
    threading.Thread(target=_wait_for_the_end_of, args=(parent_process(), group), daemon=True).start()


def _wait_for_the_end_of(parent: Any, group: int | None) -> None:
    parent.join()
    if group:
        os.killpg(group, signal.SIGKILL)
    os._exit(1)


def _serve(there: Connection) -> None:
    """Answer one call after the other."""
    end_with_the_parent()
    import shared.comparing.comparison  # noqa: F401 -- what takes time to import is there when the first call comes

    threadpool_limits(1)  # as many processes as processors: more threads would wait for each other
    while True:
        function, arguments = there.recv()
        try:
            there.send((function(*arguments), None))
        except Exception as error:
            there.send((None, error))


def _received(here: Connection) -> Any:
    with _lost():
        result, error = here.recv()
    if error is not None:
        raise error
    return result


@contextmanager
def _lost() -> Iterator[None]:
    """Say what it means that a helper is gone."""
    try:
        yield
    except (EOFError, OSError) as error:
        raise MemoryError(
            "a helper process has ended: for lack of memory, or for a script without if __name__ == '__main__'"
        ) from error
