"""How busy others keep the processors meanwhile: other programs, and other virtual machines on the same computer."""

import os
import sys
import time

import psutil

NOT_BUSY = ("idle", "iowait", "guest", "guest_nice")
"""Of the times that psutil gives, those with nothing to do, and those that Linux has counted as user's already."""


class Others:
    """Counts from the moment when it is made."""

    def __init__(self) -> None:
        self.start, self.seconds = time.monotonic(), seconds_of_others()

    def share(self) -> float | None:
        """Give the share of all processors' time that others have had so far, 0 to 1; None if it cannot be known.

        What processes of this program did is told from it when they have ended.
        """
        if sys.platform == "win32":  # os.times does not know of processes there that have ended
            return None
        in_all = (time.monotonic() - self.start) * (psutil.cpu_count() or 1)
        return min(max((seconds_of_others() - self.seconds) / in_all, 0.0), 1.0)


def seconds_of_others() -> float:
    """Count the seconds for which processors have been busy, without those for this program and what it has started."""
    times, ours = psutil.cpu_times(), os.times()
    not_busy = sum(getattr(times, name, 0.0) for name in NOT_BUSY)
    return sum(times) - not_busy - (ours.user + ours.system + ours.children_user + ours.children_system)
