"""How much longer do commands take beside busy programs? `python benchmarks/under_load.py [TURNS]`.

Each command runs alone, beside one busy process for each two processors, and beside one for each, in turns, TURNS (3)
times. The output shows the medians, and how many times as long as alone. A busy process counts without end.
"""

import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "the default comparison": (),
    "check, a NumPy file": ("check", "tests/correct/attributes.py"),
    "a lesson": ("lessons", "symmetry"),
}


@contextmanager
def busy(count):
    """Keep `count` processes busy."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def seconds(command):
    """Run the program; say how long it took."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "compare.py", *command], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    return time.perf_counter() - start


def main():
    """Print a row for each command."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    processors = len(os.sched_getaffinity(0))
    loads = (0, max(1, processors // 2), processors)
    print(f"{processors} processors; seconds, median of {turns}; beside so many busy processes\n")
    print(f"{'':26}{'alone':>8}" + "".join(f"{f'{load} busy':>18}" for load in loads[1:]))
    for name, command in COMMANDS.items():
        seconds(command)  # what is kept in the cache, and in the system's
        taken = {load: [] for load in loads}
        for _ in range(turns):
            for load in loads:
                with busy(load):
                    taken[load].append(seconds(command))
        alone, *others = (statistics.median(taken[load]) for load in loads)
        print(f"{name:26}{alone:8.1f}" + "".join(f"{f'{other:.1f} ({other / alone:.2f}x)':>18}" for other in others))


if __name__ == "__main__":
    main()
