"""How busy others keep the processors: other programs, and other virtual machines on the same computer."""

import os
import sys
import time

import psutil

NOT_BUSY = ("idle", "iowait", "guest", "guest_nice")
"""Of the times that psutil reports: those of idleness, and those that Linux already counts as user time."""


class Others:
    """Measures from the moment when it is made."""

    def __init__(self) -> None:
        self.start, self.seconds = time.monotonic(), seconds_of_others()

    def share(self) -> float | None:
        """Return the share of all processors' time that others have had so far, 0 to 1; None if it cannot be known.

        A child process counts as ours only once it has ended.
        """
        if sys.platform == "win32":  # os.times knows of no child that has ended there
            return None
        in_all = (time.monotonic() - self.start) * (psutil.cpu_count() or 1)
        return min(max((seconds_of_others() - self.seconds) / in_all, 0.0), 1.0)


def seconds_of_others() -> float:
    """Count the seconds that processors have been busy with anything but this program and its children."""
    times, ours = psutil.cpu_times(), os.times()
    not_busy = sum(getattr(times, name, 0.0) for name in NOT_BUSY)
    return sum(times) - not_busy - (ours.user + ours.system + ours.children_user + ours.children_system)
