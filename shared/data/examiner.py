"""The first look into an HDF5 file, in a process that may crash, hang or ask for all memory: then an error says so.

HDF5 is read by a library in C that trusts its files. So a helper process, started with the first file, forks for each
file. The fork has limits of memory and time; it looks at everything that a file says of its arrays, reads the small
ones, and reports.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from shared.data.files import one_line, stamp
from shared.data.hdf5 import DatasetError, Entry, entries

MEMORY = 300 * 2**20
"""Bytes that a look may take on top of those of the helper."""

SECONDS, SECONDS_FOR_A_GIGABYTE = 1.0, 1.0
"""Processor time that a look may take: for any file, and in addition for its size."""

PATIENCE = 60
"""It may take this many times as long by the clock: the machine may be busy, the disk far away."""

GREEDY = "takes the HDF5 library too much memory"

ROOT = Path(__file__).parents[2]

_known: dict[object, dict[str, Entry]] = {}
_helpers: list["subprocess.Popen[bytes]"] = []


def examined(path: Path) -> dict[str, Entry]:
    """Look at every array of an HDF5 file, once: like `hdf5.entries`, but in another process.

    Raises
    ------
    DatasetError
        If the file cannot be opened, or looking at it takes too much memory or time, or crashes the library.
    """
    now = stamp(path)
    if now not in _known:
        answer = _asked(path) if hasattr(os, "fork") else _look(path)
        if "crash" in answer:
            raise DatasetError(f"{one_line(path)}: reading it {answer['crash']}; the file is damaged, get it again")
        if "error" in answer:
            raise DatasetError(answer["error"])
        _known[now] = {name: Entry(tuple(shape), *rest) for name, shape, *rest in answer["entries"]}
    return _known[now]


def trust(path: Path) -> None:
    """Look at a file that this program has written itself, in this process."""
    _known[stamp(path)] = entries(path)


def _asked(path: Path) -> dict[str, Any]:
    """Let the helper look."""
    try:
        if not _helpers or _helpers[0].poll() is not None:
            _helpers[:] = [_started()]
        helper, name = _helpers[0], os.fsencode(path.absolute()).replace(b"\n", b"\0")  # no path has a null character
        helper.stdin.write(name + b"\n")  # type: ignore[union-attr]
        helper.stdin.flush()  # type: ignore[union-attr]
        return json.loads(helper.stdout.readline())  # type: ignore[union-attr]
    except BaseException:  # Ctrl-C too: its answer would be taken for that about the next file
        _end()
        raise


def _started() -> "subprocess.Popen[bytes]":
    """Start the helper: it imports nothing from the current folder, ignores Ctrl-C, and ends with its input."""
    folders = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-P", "-m", "shared.data.examiner"]
    pipe, null = subprocess.PIPE, subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603
        command, stdin=pipe, stdout=pipe, stderr=null, env=environment, start_new_session=True
    )


@atexit.register
def _end() -> None:
    """End the helper."""
    while _helpers:
        helper = _helpers.pop()
        helper.kill()
        with suppress(OSError):
            helper.communicate()


def _serve() -> None:
    """Run as the helper: answer about one file after another."""
    for line in sys.stdin.buffer:
        path = Path(os.fsdecode(line.removesuffix(b"\n").replace(b"\0", b"\n")))
        read, write = os.pipe()
        if not (child := os.fork()):
            os.close(read)
            _limit(path)
            with os.fdopen(write, "w") as answer:
                json.dump(_look(path), answer)
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as answer:
            reply = answer.read()
        _, status = os.waitpid(child, 0)
        print(reply if status == 0 else json.dumps({"crash": _how(status)}), flush=True)


def _look(path: Path) -> dict[str, Any]:
    """Report what the file holds, or why it cannot be read."""
    try:
        return {"entries": [(name, *entry) for name, entry in entries(path).items()]}
    except DatasetError as error:
        return {"error": str(error)}
    except MemoryError:
        return {"crash": GREEDY}


def _limit(path: Path) -> None:
    """Limit the memory and the time of this process."""
    import resource

    with suppress(OSError):
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    seconds = SECONDS + SECONDS_FOR_A_GIGABYTE * path.stat().st_size / 2**30
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds)


def _how(status: int) -> str:
    """Say how a look ended that gave no answer."""
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if number in (signal.SIGPROF, signal.SIGALRM):
        return "takes the HDF5 library too long"
    return GREEDY if number == signal.SIGKILL else "crashes the HDF5 library"


if __name__ == "__main__":
    _serve()
