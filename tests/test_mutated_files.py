"""However a data file is damaged, it loads or raises DatasetError with one line; nothing else, no crash, no hang.

HDF5 is read by a library in C, so the mutants are loaded in a child process (this file, run as a program), which prints
the number of each before it loads it: a crash or a hang then names the mutant that caused it.
"""

import faulthandler
import io
import os
import random
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import h5py
import numpy as np
import pytest

from shared.data.dataset import DatasetError, load

LAYOUTS = {
    "plain": ({}, {}),
    "compressed": ({}, {"chunks": (2, 4, 3, 3), "compression": "gzip", "shuffle": True}),
    "latest": ({"libver": "latest"}, {}),
}
MUTANTS = 800
SECONDS_FOR_ONE = 5.0


def valid_file(layout):
    """Return the bytes of a small valid file."""
    file_options, storage = LAYOUTS[layout]
    content = io.BytesIO()
    with h5py.File(content, "w", **file_options) as file:
        pixels = np.random.default_rng(0).integers(0, 256, (6, 4, 3, 3), dtype=np.uint8)
        file.create_dataset("train_set_x", data=pixels, **storage)
        file["train_set_y"] = np.array([0, 1, 0, 1, 1, 0])
        file["list_classes"] = np.array([b"non-cat", b"cat"])
    return content.getvalue()


def mutant(content, seed):
    """Return a copy with 1 to 16 bytes changed and, one time in five, with its end cut off."""
    generator = random.Random(seed)  # noqa: S311
    changed = bytearray(content)
    for _ in range(generator.choice([1, 1, 2, 4, 16])):
        changed[generator.randrange(len(changed))] = generator.choice([0, 1, 255, generator.randrange(256)])
    length = generator.randrange(len(changed)) if generator.random() < 0.2 else len(changed)
    return bytes(changed[:length])


def load_mutants(layout, first, last, plant):
    """Load mutants, and print the number of each before and the outcome after; `plant` is a fault for mutant 7."""
    faulthandler.enable()
    warnings.simplefilter("ignore")
    content = valid_file(layout)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mutant.h5"
        for seed in range(first, last):
            print(seed, end=" ", flush=True)
            faulthandler.dump_traceback_later(SECONDS_FOR_ONE if not plant else 0.5, exit=True)
            path.write_bytes(mutant(content, seed))
            if seed == 7:
                {"crash": os.abort, "hang": lambda: time.sleep(60), "": lambda: None}[plant]()
            print(outcome(path), flush=True)
    faulthandler.cancel_dump_traceback_later()


def outcome(path):
    """Return "loaded" or "refused"; any other exception ends the program."""
    try:
        load(path)
    except DatasetError as error:
        if len(str(error).splitlines()) != 1:
            raise RuntimeError("the message is not one line") from error
        return "refused"
    return "loaded"


def outcomes_in_a_child(layout, first, last, plant=""):
    """Return the outcomes of a range of mutants; fail with the number of the one that ended the child."""
    arguments = [__file__, layout, str(first), str(last), plant]
    child = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=300, check=False)
    lines = child.stdout.splitlines()
    if child.returncode:
        last_seed = lines[-1].split()[0] if lines else "none"
        pytest.fail(f"mutant {last_seed} of {layout!r} ended the program ({child.returncode}):\n{child.stderr}")
    return [line.split()[1] for line in lines]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_mutant_loads_or_is_refused(layout):
    outcomes = outcomes_in_a_child(layout, 0, MUTANTS)
    assert len(outcomes) == MUTANTS
    assert set(outcomes) == {"loaded", "refused"}


@pytest.mark.parametrize("plant", ["crash", "hang"])
def test_a_mutant_that_crashes_or_hangs_the_library_would_be_named(plant):
    with pytest.raises(pytest.fail.Exception, match="mutant 7 of 'plain' ended the program"):
        outcomes_in_a_child("plain", 5, 9, plant)


if __name__ == "__main__":
    load_mutants(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
