"""Steps and floors, side by side: `python benchmarks/ratios.py numpy,torch,jax [ROUNDS [STEPS]]`. A first version."""

import sys

import numpy as np

from shared import dataset, default_data, weights
from shared.benching.contestant import Task
from shared.benching.process import started
from shared.network import Settings


def quartiles(values):
    """Write a median and the quartiles."""
    return f"{np.median(values):7.2f} [{np.quantile(values, 0.25):.2f} {np.quantile(values, 0.75):.2f}]"


def main(names, rounds=10, steps=250):
    """Print microseconds a step, of the floor, and the ratio."""
    data = dataset.load(*default_data.paths())
    for dtype in ("float32", "float64"):
        X, Y = data.train.X.astype(dtype), data.train.Y.astype(dtype)
        parameters = weights.draw(len(X), 8, 1, dtype)
        with started({name: Task(name, False, Settings(dtype=dtype)) for name in names}, 2, {}) as processes:
            for process in processes.values():
                process.ready()
            begun = {name: process.ask("begin", parameters, X, Y) for name, process in processes.items()}
            turns = [{name: process.ask("turn", steps) for name, process in processes.items()} for _ in range(rounds)]
        for name in names:
            step = np.array([turn[name].seconds_per_step for turn in turns])
            floor = np.array([turn[name].seconds_of_floor for turn in turns])
            print(
                f"{dtype} {name:11} step {quartiles(1e6 * step)} floor {quartiles(1e6 * floor)} ratio "
                f"{quartiles(step / floor)} processors {np.median([turn[name].processors for turn in turns]):.2f} "
                f"compile {begun[name].seconds_to_compile:.2f} whole {begun[name].seconds_in_all:.2f} s "
                f"memory {begun[name].peak_memory >> 20} MiB {begun[name].threads}"
            )


if __name__ == "__main__":
    main(sys.argv[1].split(","), *map(int, sys.argv[2:]))
