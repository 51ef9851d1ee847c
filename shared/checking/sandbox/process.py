"""A child process that runs a user's file in shared/checking/sandbox/worker.py: how it is asked, watched and ended."""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
from typing import IO, Any

from shared.checking.sandbox.worker import END_OF_CALL, MARK, MEMORY, end_marked

KEPT = 2000
"""Of what the user's file prints, the last so many characters are kept."""

ROOT = Path(__file__).parents[3]


class GoneError(Exception):
    """The child has ended without an answer. The text says how."""


class Child:
    """A process that has begun to load a file."""

    def __init__(self, path: Path, folder: Path, entry: str = "", memory: int = 0):
        # -P and PYTHONPATH: this suite's `shared` is found, whatever lies in the current folder.
        command = [sys.executable, "-P", "-m", "shared.checking.sandbox.worker", str(path), str(folder), entry]
        there = filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(there), MARK: str(folder), MEMORY: str(memory)}
        self._mark = str(folder)
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, start_new_session=True
        )
        self._answers: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._tail = _Tail(self._process.stderr)  # type: ignore[arg-type]
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def ask(self, **request: Any) -> None:
        """Ask for a call; the arguments lie in the folder already."""
        with suppress(OSError):  # it has ended: answer() will say how
            self._process.stdin.write(json.dumps(request).encode() + b"\n")  # type: ignore[union-attr]
            self._process.stdin.flush()  # type: ignore[union-attr]

    def answer(self, deadline: float) -> dict[str, Any]:
        """Wait for an answer until the deadline.

        Raises
        ------
        GoneError
            If there is none.
        TimeoutError
            If it comes too late.
        """
        while (left := deadline - monotonic()) > 0:
            gone = self._process.poll() is not None
            with suppress(Empty):
                answer = self._answers.get(timeout=min(left, 0.1))  # short: Windows hears Ctrl-C only in between
                if answer is None:
                    raise GoneError(self._ending())
                return answer
            if gone:  # and yet its pipe is open: a copy that it made with fork lives on
                raise GoneError(self._ending())
        raise TimeoutError

    def printed(self) -> str:
        """Return the last of what has been printed since this was last asked."""
        return self._tail.text()

    def end(self) -> None:
        """End the process and all that it has started, as quickly as possible."""
        self._process.kill()
        self._process.wait()
        end_marked(self._mark)
        with suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        self._listener.join(1)
        self._tail.thread.join(1)

    def _listen(self) -> None:
        """Collect the answers, and None when there can be no more."""
        with self._process.stdout as stream:  # type: ignore[union-attr]
            for line in stream:
                _, mark, answer = line.partition(os.fsencode(self._mark) + b" ")
                if mark:  # otherwise something else wrote it
                    self._answers.put(json.loads(answer))
        self._answers.put(None)

    def _ending(self) -> str:
        """Say how the process has ended by itself."""
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "it closed all files, those of this program too"
        if status < 0:
            names = {number.value: number.name for number in signal.Signals}
            return f"it crashed (signal {names.get(-status, -status)})"
        if status >= 0xC0000000:  # Windows
            return f"it crashed (status {status:#x})"
        return f"it ended the process with exit({status})"


class _Tail:
    """The last that comes out of a stream, however much comes."""

    def __init__(self, stream: IO[bytes]):
        self._kept, self._lock, self._complete = b"", Lock(), Event()
        self.thread = Thread(target=self._drain, args=(stream,), daemon=True)
        self.thread.start()

    def _drain(self, stream: IO[bytes]) -> None:
        with stream:
            while piece := os.read(stream.fileno(), 65536):
                with self._lock:
                    self._kept = (self._kept + piece)[-4 * KEPT - len(END_OF_CALL) :]  # a character has at most 4 bytes
                    if END_OF_CALL in self._kept:
                        self._complete.set()
        self._complete.set()

    def text(self) -> str:
        """Return what was kept up to the end of the call, or of the process."""
        self._complete.wait(1)
        with self._lock:
            said, _, self._kept = self._kept.partition(END_OF_CALL)
            if self.thread.is_alive():
                self._complete.clear()
        return said.decode("utf-8", "replace")[-KEPT:]
