"""A screen: results on standard output, progress, warnings and errors on standard error."""

import os
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from io import TextIOWrapper
from threading import Timer
from typing import TextIO

from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from shared.data.files import one_line
from shared.network import Progress as Report

REFRESH = 0.1
"""Seconds between two looks at the progress: a program that reports every step is not slowed by it."""

SOON = 0.1
"""Seconds after which a Ctrl-C that a callback swallowed is raised again."""

WIDE = 200
"""Columns of an output that is not a terminal: nothing is wrapped in a file."""


class Screen:
    """Shows what a command says while it runs and when it is done."""

    def __init__(self) -> None:
        self.out, self.err = console(stderr=False), console(stderr=True)

    def warn(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """Show a warning as one line on standard error (this replaces `warnings.showwarning`)."""
        self.line(f"warning: {message}", "yellow")

    def error(self, message: object) -> None:
        """Show an error as one line on standard error."""
        self.line(f"error: {message}", "red")

    def line(self, message: str, style: str) -> None:
        """Show one line on standard error, whatever the text holds."""
        text = one_line(" ".join(message.split()))
        self.err.print(text, style=style, markup=False, highlight=False, soft_wrap=True)

    def say_as_is(self, text: str) -> None:
        """Show text that is not ours, such as a user's traceback, on standard error."""
        if text:
            self.err.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def stage(self, what: str, total: int, unit: str = "", still: bool = False) -> Iterator[Report]:
        """Show progress on standard error, if it is a terminal: how far and how fast, in units."""
        columns: list[ProgressColumn] = [
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TimeRemainingColumn(),
        ]
        if unit:
            columns.append(Speed(unit))
        hidden = not self.err.is_terminal
        with Progress(*columns, console=self.err, transient=True, disable=hidden, auto_refresh=not still) as progress:
            task, shown = progress.add_task(what, total=total or None), 0.0

            def report(done: int) -> None:
                nonlocal shown
                if time.monotonic() - shown > REFRESH:
                    progress.update(task, completed=done, refresh=still)
                    shown = time.monotonic()

            yield report

    def still_stage(self, what: str, total: int, unit: str = "") -> AbstractContextManager[Report]:
        """Show progress that does not move between two reports, so as not to disturb what is timed."""
        return self.stage(what, total, unit, still=True)

    def table(self, table: Table) -> None:
        """Print a complete table: on a terminal that is too narrow for it, lines are wrapped, not cut."""
        needed = Measurement.get(self.out, self.out.options.update(width=WIDE), table).maximum
        self.out.width, narrow = max(needed, self.out.width), self.out.width
        self.out.print(table, crop=False)
        self.out.width = narrow

    def say(self, text: str) -> None:
        """Print text as it is, unwrapped."""
        self.out.print(text, highlight=False, soft_wrap=True)


class Speed(ProgressColumn):
    """A column that shows how many units are done in a second."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        super().__init__()

    def render(self, task: Task) -> Text:
        """Write the speed, as soon as it is known."""
        return Text(f"{task.speed:,.0f} {self.unit}/s" if task.speed else "")


def console(*, stderr: bool) -> Console:
    """Open a console; one that is not a terminal is wide. What its encoding cannot write is escaped."""
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    opened = Output(stderr=stderr)
    return opened if opened.is_terminal else Output(stderr=stderr, width=WIDE)


class Output(Console):
    """A console that goes on silently when its reader, such as `head`, has gone: files may still be written."""

    left_alone = False

    def on_broken_pipe(self) -> None:
        """Print nothing more, and note it for the exit status."""
        self.quiet = Output.left_alone = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def show_warnings(screen: Screen) -> None:
    """Send every warning to the screen, as one line."""
    warnings.showwarning = screen.warn


class Ended(KeyboardInterrupt):
    """A signal ended this program; its number is the argument."""


def hear_interrupts() -> None:
    """Treat TERM and HUP like Ctrl-C, and raise Ctrl-C again if a callback swallowed it.

    In a callback, such as one of the garbage collector, Python only reports exceptions.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:  # nohup ignores HUP
            signal.signal(number, _end)
    report = sys.unraisablehook

    def again(unraisable: "sys.UnraisableHookArgs") -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            Timer(SOON, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            report(unraisable)

    sys.unraisablehook = again


def _end(number: int, frame: object) -> None:
    raise Ended(number)
