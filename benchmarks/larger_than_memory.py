"""Data larger than memory: how much memory and time do they take? `python benchmarks/larger_than_memory.py [PART]`.

Makes files of 20,000 and 200,000 random gray pictures of 64 x 64 bytes in a temporary folder (0.9 GB). PART is `memory`
(the peak resident memory of whole runs in chunks, the helper processes included) or `speed` (a pass over the
examples for cost and gradients, against reading and converting alone, in turns); without it, both.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import psutil
from threadpoolctl import threadpool_limits

import implementations
from shared.comparing.chunked import Chunked
from shared.data import streaming, weights

ROOT = Path(__file__).parents[1]
FEW, MANY, ROUNDS = 20_000, 200_000, 7


def make(path, m):
    """Write m pictures; contiguous, as h5py writes without options."""
    rng = np.random.default_rng(m)
    with h5py.File(path, "w") as file:
        pictures = file.create_dataset("train_set_x", (m, 64, 64), np.uint8)
        for start in range(0, m, 1000):
            pictures[start : start + 1000] = rng.integers(256, size=(1000, 64, 64), dtype=np.uint8)
        file["train_set_y"] = rng.random(m) < 0.4
    return path


def peak_memory(path, names):
    """Run a comparison in chunks; return the peak memory of the program, and of it with its helpers, in MiB."""
    chunk = str(streaming.default_chunk(4096, "float64"))
    options = ["--train", path, "--chunk", chunk, "--iterations", "2", "--frameworks", names]
    program, alone, together = (
        psutil.Popen([sys.executable, "compare.py", *options], cwd=ROOT, stdout=subprocess.DEVNULL),
        0,
        0,
    )
    while program.poll() is None:
        try:
            sizes = [process.memory_info().rss for process in (program, *program.children(recursive=True))]
        except psutil.Error:  # one of them has just ended
            continue
        alone, together = max(alone, sizes[0]), max(together, sum(sizes))
        time.sleep(0.02)
    if program.returncode:
        sys.exit(f"the run on {path.name} ended with status {program.returncode}")
    return alone / 2**20, together / 2**20


def memory(few, many):
    """Print the table of memory."""
    print(f"\npeak resident memory in MiB    {FEW:,}    {MANY:,} examples    more")
    for names in ("numpy", "numpy,torch,jax"):
        for who, small, large in zip(
            ("", " and helpers"), peak_memory(few, names), peak_memory(many, names), strict=True
        ):
            print(f"{names + who:29} {small:8,.0f}   {large:8,.0f} {large / small - 1:16.1%}")


def plainly(pixels, scale):
    """Convert pictures in one plain line of NumPy."""
    return np.ascontiguousarray(((pixels.reshape(len(pixels), -1) - scale.shift) / scale.width).T)


def ways(streams, dtype):
    """Name what is timed: each goes once over all examples."""
    X, Y, size = streams.train.X, streams.train.Y, streaming.default_chunk(4096, dtype)
    pixels, m = streams.train.stored.pixels, streams.train.X.shape[1]
    parameters, cuts = weights.draw(4096, 8, 1, dtype), [slice(a, a + size) for a in range(0, m, size)]
    named = {
        "read alone": lambda: [pixels[cut] for cut in cuts] and None,
        "read, convert in plain NumPy": lambda: [plainly(pixels[c], streams.scale).astype(dtype).size for c in cuts],
        "read, convert as the program": lambda: [X[:, cut].size for cut in cuts],
    }
    for name in implementations.REGISTRY:
        program = Chunked(implementations.load(name), size)
        named[f"train {name}"] = lambda program=program: program.totals(parameters, X, Y, "relu")
    return named


def speed(few):
    """Print the table of speed."""
    for dtype in ("float64", "float32"):
        with streaming.opened(few, None, "gray", "standard", dtype) as streams:
            named, seconds = ways(streams, dtype), {}
            with threadpool_limits(1):
                for _ in range(ROUNDS + 1):
                    for what, way in named.items():
                        start = time.perf_counter()
                        way()
                        seconds.setdefault(what, []).append(time.perf_counter() - start)
        medians = {what: statistics.median(times[1:]) for what, times in seconds.items()}
        plain, as_program = (medians[f"read, convert {how}"] for how in ("in plain NumPy", "as the program"))
        print(f"\n{dtype}, chunks of {streaming.default_chunk(4096, dtype)}, medians of {ROUNDS} rounds in turns")
        print("                                examples/s   slowest..fastest     of plain   of own reading")
        for what, median in medians.items():
            spread = f"{FEW / max(seconds[what][1:]):,.0f}..{FEW / min(seconds[what][1:]):,.0f}"
            print(f"{what:30} {FEW / median:11,.0f} {spread:>18} {plain / median:12.0%} {as_program / median:16.0%}")


def main():
    """Make the files and print the tables."""
    part = sys.argv[1] if len(sys.argv) > 1 else "both"
    print(f"{psutil.cpu_count()} processors, of which 1 to compute")
    with tempfile.TemporaryDirectory() as folder:
        few = make(Path(folder) / "few.h5", FEW)
        if part in ("speed", "both"):
            speed(few)
        if part in ("memory", "both"):
            memory(few, make(Path(folder) / "many.h5", MANY))


if __name__ == "__main__":
    main()
