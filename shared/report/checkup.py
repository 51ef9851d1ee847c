"""A visit to the doctor, on the terminal."""

from shared.checking.checkup import Checkup
from shared.checking.told import parts
from shared.report.terminal import Terminal


def show(terminal: Terminal, checkup: Checkup) -> None:
    """Show what was found; what the program itself printed when it failed goes to standard error."""
    for part in parts(checkup):
        (terminal.say if isinstance(part, str) else terminal.table)(part)  # type: ignore[arg-type]
    for stop in checkup.stops:
        terminal.say_as_is(f"\n{stop.details}" if stop.details else "")
