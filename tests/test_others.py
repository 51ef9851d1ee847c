"""How busy others were while a benchmark ran: their time is counted, and the benchmark's own is not."""

import subprocess
import sys
import time

import psutil
import pytest

from shared.benching import others
from shared.benching.others import Others, seconds_of_others

WORK = "import time\nwhile time.process_time() < 0.5: pass"
"""Half a second of a processor's time, however long that takes."""

NOBODYS = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {WORK!r}], stderr=subprocess.DEVNULL)"
"""The same, by a process that is nobody's child when it works: it outlives the one that started it."""


def test_what_others_do_is_counted():
    before = seconds_of_others()
    with subprocess.Popen([sys.executable, "-c", NOBODYS], stdout=subprocess.PIPE) as process:
        process.stdout.read()  # until both have ended
    assert seconds_of_others() - before > 0.4


def test_what_this_program_and_its_processes_do_is_not(monkeypatch):
    times = psutil.cpu_times()
    monkeypatch.setattr(psutil, "cpu_times", lambda: times)
    before = seconds_of_others()
    subprocess.run([sys.executable, "-c", WORK], check=True)
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass
    assert before - seconds_of_others() > 0.9


@pytest.mark.parametrize("name", ["idle", "iowait", "guest", "guest_nice"])
def test_nor_is_time_without_work(monkeypatch, name):
    times = psutil.cpu_times()
    if not hasattr(times, name):
        pytest.skip(f"there are no such times on {sys.platform}")
    monkeypatch.setattr(psutil, "cpu_times", lambda: times)
    before = seconds_of_others()
    monkeypatch.setattr(psutil, "cpu_times", lambda: times._replace(**{name: getattr(times, name) + 5}))
    assert abs(seconds_of_others() - before) < 1


@pytest.mark.parametrize(("busy", "share"), [(-1.0, 0.0), (0.0, 0.0), (3.0, 0.25), (99.0, 1.0)])
def test_the_share_is_that_of_all_processors(monkeypatch, busy, share):
    clock, seconds = iter([10.0, 13.0]), iter([5.0, 5.0 + busy])
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(others.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(others, "seconds_of_others", lambda: next(seconds))
    assert Others().share() == share
