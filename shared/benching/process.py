"""A contestant's process, seen from outside: how it is started, called and ended."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from shared.benching.contestant import Contestant, Task
from shared.comparing.workers import deaf_to_interrupts, end_with_the_parent, safe_path
from shared.data.files import one_line
from shared.distributing.process import be_silent
from shared.network import InputError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class ContestantFailed(Exception):  # noqa: N818 -- it is the contestant that failed
    """A contestant raised an exception, or its process has ended. The text is one line."""


class Process:
    """A contestant in a process of its own, so that its memory, its threads and its library's settings are its own."""

    def __init__(self, task: Task) -> None:
        spawn = get_context("spawn")
        self._connection, connection = spawn.Pipe()
        self._process = spawn.Process(target=serve, args=(connection, task), daemon=True)
        self._process.start()
        connection.close()

    def ask(self, method: str, *arguments: Any) -> Any:
        """Call a method of the contestant and wait for what it returns.

        Raises
        ------
        ContestantFailed
            If it raises, or its process has ended.
        """
        with suppress(OSError):  # it has ended, perhaps after sending the reason
            self._connection.send((method, arguments))
        try:
            result, problem = self._connection.recv()
        except (EOFError, OSError) as error:
            self._process.join(1)
            raise ContestantFailed(f"its process has ended (status {self._process.exitcode})") from error
        if problem:
            raise ContestantFailed(problem)
        return result

    def end(self) -> None:
        """End the process and everything that it has started."""
        if hasattr(os, "killpg") and self._process.pid:
            with suppress(OSError):  # the group does not exist, or no longer
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()
        self._connection.close()


@contextmanager
def started(
    tasks: Mapping[str, Task], threads: int, variables: Mapping[str, Mapping[str, str]]
) -> Iterator[dict[str, Process]]:
    """Start the contestants, all with as many threads; they end with the `with` block. Ctrl-C is left to this process.

    Parameters
    ----------
    tasks
        Who trains, by name.
    threads
        How many threads each library may use, and on how many processors.
    variables
        Other environment variables of a contestant.
    """
    with ExitStack() as until_the_end:
        processes = {}
        for name, task in tasks.items():
            with safe_path(), deaf_to_interrupts(), surroundings(threads, variables.get(name, {})):
                processes[name] = Process(task)
            until_the_end.callback(processes[name].end)
        yield processes


@contextmanager
def surroundings(threads: int, variables: Mapping[str, str]) -> Iterator[None]:
    """Set what processes started here inherit: processors, and the numbers of threads, before any import."""
    before, processors = dict(os.environ), allowed()
    os.environ.update(dict.fromkeys(THREADS, str(threads)) | dict(variables))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, processors[:threads])
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, processors)


def allowed() -> Sequence[int]:
    """List the processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return range(os.cpu_count() or 1)


def serve(connection: Connection, task: Task) -> None:
    """Run as a contestant: answer one call after another."""
    end_with_the_parent(own_group())
    be_silent()
    try:
        contestant = Contestant(task)
        while True:
            method, arguments = connection.recv()
            connection.send((getattr(contestant, method)(*arguments), None))
    except EOFError:  # the other process is gone
        return
    except BaseException as error:  # a file may even exit
        text = one_line(error)
        connection.send((None, text if isinstance(error, InputError) else f"{type(error).__name__}: {text}"))


def own_group() -> int | None:
    """Give this process and all that it starts a process group, so that they end together; not on Windows."""
    if not hasattr(os, "setpgrp"):
        return None
    os.setpgrp()
    return os.getpid()
