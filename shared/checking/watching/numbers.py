"""Numbers and lists that a program puts into its local variables, line by line: what happens outside of all arrays."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from shared.checking.watching.recorder import Recorder

MOST_LINES = 20_000
"""After so many lines nobody looks any more: every line takes time."""
LONGEST = 1000
"""Numbers in a list; a longer one is not looked at."""


@dataclass
class _Frame:
    """What a function's variables were when its last line began, which line that is, and where each got its value."""

    variables: dict[str, Any]
    line: int
    lines: dict[str, int] = field(default_factory=dict)


class _Lines:
    """What Python tells of each line that is run."""

    def __init__(self, recorder: Recorder):
        self._recorder, self._left = recorder, MOST_LINES
        self._frames: dict[int, _Frame] = {}

    def enter(self, frame: FrameType, event: str, _: Any) -> Any:
        """Follow a function of the user's; no other."""
        if event != "call" or self._left <= 0 or not self._recorder.sources.is_own(frame.f_code.co_filename):
            return None
        self._frames[id(frame)] = _Frame(dict(frame.f_locals), frame.f_lineno)
        return self._line

    def _line(self, frame: FrameType, event: str, _: Any) -> Any:
        """Look at what the last line has changed, and at the end at all lists: they may have grown."""
        self._left -= 1
        last, variables = self._frames[id(frame)], dict(frame.f_locals)
        for name, value in variables.items():
            is_new = value is not last.variables.get(name)
            if is_new:
                last.lines[name] = last.line
            if is_new and isinstance(value, float):
                self._recorder.assigned(name, value, frame, last.line)
            elif type(value) is list and (is_new or event == "return") and (array := numbers_of(value)) is not None:
                self._recorder.assigned(name, array, frame, last.lines.get(name, last.line))
        last.variables, last.line = variables, frame.f_lineno
        return self._line if self._left > 0 else None


def numbers_of(values: list[Any]) -> np.ndarray | None:
    """Make an array of a list of numbers, or of lists of as many numbers each; None of every other."""
    rows: list[Any] = values if values and type(values[0]) is list else [values]
    if len(rows) * len(rows[0]) > LONGEST or any(type(row) is not list or len(row) != len(rows[0]) for row in rows):
        return None
    if not rows[0] or not all(isinstance(number, float | int) for row in rows for number in row):
        return None
    return np.array(values, dtype=np.float64)


@contextmanager
def followed(recorder: Recorder) -> Iterator[None]:
    """While it lasts, the lines of the user's functions are followed."""
    lines = _Lines(recorder)
    sys.settrace(lines.enter)
    try:
        yield
    finally:
        sys.settrace(None)
