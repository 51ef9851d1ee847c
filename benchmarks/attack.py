"""Damaged files by the thousand: each loads or gets one line, in 2 seconds and 500 MB: `attack.py [TRIES [LAYOUT]]`.

Bytes of sound files of many layouts are changed, or their ends cut off, and the program reads the results: data at once
or in chunks, weights, kept trainings. The library that reads HDF5 is written in C, so the tries run in other processes.
These print the number of each try before it: so one that ends the process, or hangs, is known.
"""

import faulthandler
import itertools
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

from shared.benching.contestant import peak_memory
from shared.comparing.checkpoint import Checkpoint
from shared.comparing.chunked import State
from shared.data import dataset, streaming, weights
from shared.network import InputError

ROOT = Path(__file__).parents[1]
SECONDS, MEGABYTES = 2.0, 500
HANGS = 10 * SECONDS
AT_ONCE = 1000
"""The tries that one process makes."""

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 4, 3, 3), dtype=np.uint8)
LABELS = np.array([0, 1, 0, 1, 1, 0])
PARAMETERS = weights.draw(5, 3, 1, "float64")
OF = {"training data": "abc"}


def hdf5(
    path: Path, labels: object = LABELS, creation: dict | None = None, options: dict | None = None, **storage
) -> None:
    """Write a data file."""
    with h5py.File(path, "w", **(options or {})) as file:
        group = file.create_group("sets", **creation) if creation else file
        group.create_dataset("train_set_x", data=PIXELS, **storage)
        group["train_set_y"] = labels
        file["list_classes"] = np.array([b"non-cat", b"cat"])


def compact(path: Path) -> None:
    """Write a data file with its images in their header."""
    layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    layout.set_layout(h5py.h5d.COMPACT)
    with h5py.File(path, "w") as file:
        space = h5py.h5s.create_simple(PIXELS.shape)
        h5py.h5d.create(file.id, b"train_set_x", h5py.h5t.STD_U8LE, space, layout).write(space, space, PIXELS)
        file["train_set_y"] = LABELS


def kept(path: Path) -> None:
    """Write a kept training."""
    Checkpoint(path, OF, PARAMETERS).of("numpy").keep(State(PARAMETERS, [0.7, 0.6], 1.0))


CHUNKS = {"chunks": (2, 4, 3, 3)}
LAYOUTS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "plain": (".h5", hdf5),
    "gzip": (".h5", lambda path: hdf5(path, compression="gzip", shuffle=True, **CHUNKS)),
    "lzf": (".h5", lambda path: hdf5(path, compression="lzf", **CHUNKS)),
    "fletcher": (".h5", lambda path: hdf5(path, fletcher32=True, **CHUNKS)),
    "latest": (".h5", lambda path: hdf5(path, options={"libver": "latest"}, compression="gzip", **CHUNKS)),
    "user block": (".h5", lambda path: hdf5(path, options={"userblock_size": 512})),
    "tracked order": (".h5", lambda path: hdf5(path, options={"track_order": True}, chunks=True, maxshape=(None,) * 4)),
    "groups": (".h5", lambda path: hdf5(path, creation={"track_order": True})),
    "texts": (".h5", lambda path: hdf5(path, labels=["cat", "dog", "cat", "dog", "dog", "cat"])),
    "compact": (".h5", compact),
    "npz": (".npz", lambda path: np.savez(path, X_train=PIXELS, y_train=LABELS)),
    "packed npz": (".npz", lambda path: np.savez_compressed(path, X_train=PIXELS, y_train=LABELS)),
    "weights npz": (".weights.npz", lambda path: np.savez_compressed(path, **PARAMETERS._asdict())),
    "weights safetensors": (".weights.safetensors", lambda path: weights.save(path, PARAMETERS, {"a": "b"})),
    "weights pt": (".weights.pt", lambda path: weights.save(path, PARAMETERS)),
    "weights h5": (".weights.h5", lambda path: hdf5_weights(path)),
    "kept training": (".kept.safetensors", kept),
}
"""The end of a file's name, which says what reads it, and what writes a sound one."""


def hdf5_weights(path: Path) -> None:
    """Write weights as Keras does."""
    with h5py.File(path, "w") as file:
        for k, value in enumerate(PARAMETERS):
            file[f"layers/dense{'_1' * (k // 2)}/vars/{k % 2}"] = value.T


def sound(layout: str) -> bytes:
    """Return the bytes of a sound file."""
    suffix, write = LAYOUTS[layout]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"sound{suffix}"
        write(path)
        return path.read_bytes()


def mutant(content: bytes, seed: int) -> bytes:
    """Return a copy with 1 to 16 bytes changed and, one time in five, with its end cut off."""
    generator = random.Random(seed)  # noqa: S311
    changed = bytearray(content)
    for _ in range(generator.choice([1, 1, 2, 4, 16])):
        changed[generator.randrange(len(changed))] = generator.choice([0, 1, 255, generator.randrange(256)])
    length = generator.randrange(len(changed)) if generator.random() < 0.2 else len(changed)
    return bytes(changed[:length])


def read(path: Path, in_chunks: bool) -> None:
    """Let the program read a file."""
    if ".weights" in path.name:
        weights.load(path, 5, "float64")
    elif ".kept" in path.name:
        Checkpoint(path, OF, PARAMETERS)
    elif in_chunks:
        with streaming.opened(path, None, "gray", "standard", "float64") as streams:
            for example in range(streams.train.X.shape[1]):
                streams.train.X[:, example : example + 1]
    else:
        dataset.load(path)


def outcome(path: Path, in_chunks: bool = False) -> str:
    """Return "loaded" or "refused"; any other exception ends the program."""
    try:
        read(path, in_chunks)
    except InputError as error:
        if len(str(error).splitlines()) != 1:
            raise RuntimeError("the message is not one line") from error
        return "refused"
    return "loaded"


def tries(layout: str, first: int, last: int, plant: str) -> None:
    """Make tries: print the number of each before it, and afterwards its outcome and the seconds that it took.

    `plant` is a fault for number 7, by which a test checks that faults are found.
    """
    faulthandler.enable()
    warnings.simplefilter("ignore")
    content = sound(layout)
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, last):
            path = Path(folder) / f"{seed}{LAYOUTS[layout][0]}"
            path.write_bytes(mutant(content, seed))
            print(seed, end=" ", flush=True)
            faulthandler.dump_traceback_later(0.5 if plant and seed == 7 else HANGS, exit=True)
            start = time.monotonic()
            if seed == 7:
                {"crash": os.abort, "hang": lambda: time.sleep(60), "": lambda: None}[plant]()
            result = outcome(path, in_chunks=seed % 2 == 1)
            print(result, time.monotonic() - start, flush=True)
            path.unlink(missing_ok=True)
    faulthandler.cancel_dump_traceback_later()
    print(peak_memory() / 2**20)


def made_beside(layout: str, first: int, last: int, plant: str = "") -> tuple[Counter[str], list[str], float]:
    """Make tries in another process; return the outcomes, what went wrong, and how much memory it took."""
    outcomes, wrong, memory = Counter[str](), list[str](), 0.0
    while first < last:
        command = [sys.executable, __file__, "--make", layout, str(first), str(last), plant]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        child = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603
        lines = [line.split() for line in child.stdout.splitlines()]
        ended = [line for line in lines if len(line) == 3]
        outcomes.update(result for _, result, _ in ended)
        wrong += [f"{layout} {seed}: took {float(taken):.1f} s" for seed, _, taken in ended if float(taken) > SECONDS]
        if child.returncode == 0:
            return outcomes, wrong, max(memory, float(lines[-1][0]))
        first += len(ended) + 1
        said = child.stderr.strip().splitlines()
        wrong.append(f"{layout} {first - 1}: ended with {child.returncode}: {said[-1] if said else ''}")
    return outcomes, wrong, memory


def main(count: int, only: str | None) -> int:
    """Attack every layout with its share of the tries; print tries and failures."""
    layouts = [only] if only else list(LAYOUTS)
    failures = []
    print(f"{'layout':20}{'tries':>8}{'loaded':>8}{'refused':>8}{'failures':>9}{'MB':>6}{'s':>7}")
    for layout in layouts:
        start, share = time.monotonic(), -(-count // len(layouts))
        outcomes, wrong, memory = Counter[str](), list[str](), 0.0
        for first in range(0, share, AT_ONCE):
            counted, failed, taken = made_beside(layout, first, min(first + AT_ONCE, share))
            outcomes, wrong, memory = outcomes + counted, wrong + failed, max(memory, taken)
        wrong += [f"{layout}: {memory:.0f} MB"] * (memory > MEGABYTES)
        row = f"{share:8}{outcomes['loaded']:8}{outcomes['refused']:8}{len(wrong):9}{memory:6.0f}"
        print(f"{layout:20}{row}{time.monotonic() - start:7.0f}", flush=True)
        failures += wrong
    print("\n".join(itertools.islice(failures, 50)))
    print(f"{count:,} tries, {len(failures):,} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        tries(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
    else:
        sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 17_000, *sys.argv[2:3] or [None]))
