"""Many processes: how much faster are two than one, and what do sums cost? `python benchmarks/many_processes.py [M]`.

Makes a file of M (20,000) random gray pictures of 64 x 64 bytes in a temporary folder. Each process may use one
processor and one thread, its reading included. Processors share the memory's bandwidth, and virtual machines share a
host. So two independent comparisons are timed side by side as well: they show how much the machine itself slows two
processes down. All three run in turns, TURNS times; the medians are shown. The forecast assumes that a message of n
bytes takes alpha + beta n seconds (both measured between two processes), that p processes sum or broadcast along a
tree, in 2 log2(p) messages one after the other, and that everything else is divided by p.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

from shared.comparing.sums import Chunk, Totals
from shared.data import streaming, weights
from shared.distributing import launch
from shared.distributing.engine import Alone

ROOT = Path(__file__).parents[1]
ENGINES = ("mpi", "torch", "jax")
STEPS, TURNS, SIZES = 20, 3, (1, 2**10, 2**14, 2**18)
JOBS = (1,), (1, 1), (2,)
"""One process alone; two comparisons of one process each, side by side; one comparison of two processes."""
PROCESSES = (1, 2, 4, 16, 64, 256, 1024)
BOUND = """import os, runpy, sys
os.sched_setaffinity(0, {{int(os.environ["PROCESSOR"])}})
sys.argv = sys.argv[1:]
sys.path.insert(0, {!r})
runpy.run_path(sys.argv[0], run_name="__main__")
"""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def make(path, m):
    """Write m pictures."""
    rng = np.random.default_rng(m)
    with h5py.File(path, "w") as file:
        pictures = file.create_dataset("train_set_x", (m, 64, 64), np.uint8)
        for start in range(0, m, 1000):
            count = min(1000, m - start)
            pictures[start : start + count] = rng.integers(256, size=(count, 64, 64), dtype=np.uint8)
        file["train_set_y"] = rng.random(m) < 0.4


def started(arguments, count, first=0):
    """Start a script as a job of `count` processes, each on a processor of its own, from the first on."""
    place = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(launch.free_port())}
    for rank in range(count):
        of_rank = {"RANK": str(rank), "LOCAL_RANK": "0", "PROCESSOR": str(first + rank)}
        command = [sys.executable, "-c", BOUND.format(str(ROOT)), *arguments]
        environment = {**os.environ, **ONE_THREAD, **place, **of_rank}
        yield subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, cwd=ROOT)  # noqa: S603


def ended(processes):
    """Wait for all."""
    if sum(process.wait() != 0 for process in processes):
        sys.exit("a process failed")


def seconds_per_step(folder, name, dtype, jobs):
    """The mean that comparisons of one framework report, run side by side: each a job of one process or more."""
    processes, results = [], []
    for count in jobs:
        results.append(Path(folder) / f"{len(results)}.json")
        options = ["--train", f"{folder}/train.h5", "--frameworks", name, "--dtype", dtype, "--iterations", str(STEPS)]
        chunk = ["--chunk", str(streaming.default_chunk(4096, dtype)), "--engine", "torch"]
        processes += started(["compare.py", *options, *chunk, "--json", str(results[-1])], count, len(processes))
    ended(processes)
    return statistics.mean(json.loads(path.read_text())["frameworks"][name]["seconds_per_step"] for path in results)


def seconds_of_sums(m, dtype):
    """What the exact sums of a step take: one addition for each chunk, and one rounding."""
    parameters, chunk = weights.draw(4096, 8, 1, dtype), streaming.default_chunk(4096, dtype)
    rng = np.random.default_rng(0)
    d = {name: rng.standard_normal(shape) * 1e-3 for name, shape in Totals(parameters).shapes.items()}
    totals, examples = Totals(parameters), Chunk(np.empty((1, chunk)), np.empty((1, chunk)))
    start = time.perf_counter()
    for _ in range(100):
        totals.add(examples, d)
    added = (time.perf_counter() - start) / 100
    start = time.perf_counter()
    totals.over(Alone(), m, np.dtype(dtype))
    return -(-m // chunk) * added, time.perf_counter() - start


def messages(folder, engine):
    """Measure alpha and beta between two processes: a straight line through the seconds of sums of several sizes."""
    result = Path(folder) / f"{engine}.json"
    arguments = [__file__, "between", engine, str(result)]
    if engine == "mpi":
        mpiexec = str(Path(sys.executable).parent / "mpiexec")
        command = [mpiexec, "-n", "2", sys.executable, *arguments]
        subprocess.run(command, check=True, env={**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)})  # noqa: S603
    else:
        ended(list(started(arguments, 2)))
    seconds = json.loads(result.read_text())
    beta, alpha = np.polyfit([8 * size for size in SIZES], seconds, 1)
    return max(seconds[0], 0.0), max(beta, 0.0), alpha


def between(engine, result):
    """In each of two processes: the median seconds of a sum, for each size."""
    team = launch.joined(engine)
    seconds = []
    for size in SIZES:
        values, taken = np.ones(size, np.int64), []
        for _ in range(30):
            start = time.perf_counter()
            team.engine.sum(values)
            taken.append(time.perf_counter() - start)
        seconds.append(float(np.median(taken[5:])))
    if team.leads:
        Path(result).write_text(json.dumps(seconds))


def forecast(m, per_example, rounding, alpha, beta):
    """Seconds a step for each number of processes."""
    bytes_of_step = 8 * 32_785 * (1 + 6)  # the weights once; the levels of the sums, and what is not finite
    for p in PROCESSES:
        rounds = 2 * math.ceil(math.log2(p)) if p > 1 else 0
        yield per_example * m / p + rounding + rounds * (4 * alpha + beta * bytes_of_step)


def main(m):
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        make(f"{folder}/train.h5", m)
        print(f"{m:,} examples of 4096 features, each process on a processor of its own, sums by torch (gloo)\n")
        print("                          seconds a step          examples a second     two over   share of")
        print("                    one  beside one     two        one         two    one  beside   the sums")
        times = {}
        for dtype in ("float64", "float32"):
            added, rounding = seconds_of_sums(m, dtype)
            for name in ("numpy", "torch", "jax"):
                turns = [[seconds_per_step(folder, name, dtype, jobs) for jobs in JOBS] for _ in range(TURNS)]
                one, beside, two = map(statistics.median, zip(*turns, strict=True))
                times[name, dtype] = one
                print(
                    f"{name:6} {dtype:9} {one:7.3f} {beside:11.3f} {two:7.3f} {m / one:10,.0f} {m / two:11,.0f}"
                    f" {one / two:6.2f} {beside / two:7.2f} {(added + rounding) / one:10.1%}",
                    flush=True,
                )
        print("\nBetween two processes of this machine: seconds of a sum")
        for engine in ENGINES:
            alpha, beta, _ = messages(folder, engine)
            print(f"{engine:6} alpha {alpha * 1e6:7.0f} us   beta {beta * 1e9:6.2f} ns a byte")
            if engine == "torch":
                network = alpha, beta
        print("\nForecast for numpy in float64, seconds a step      " + "".join(f"{p:>10,}" for p in PROCESSES))
        for count in (200_000, 10_000_000):
            row = forecast(count, times["numpy", "float64"] / m, rounding, *network)
            print(f"{count:>14,} examples                              " + "".join(f"{s:10.3f}" for s in row))


if __name__ == "__main__":
    if sys.argv[1:2] == ["between"]:
        between(*sys.argv[2:])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
