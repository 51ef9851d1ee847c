"""What is settled before a benchmark: the contestants, initial weights, threads and machine."""

import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import implementations
from shared.benching import peers
from shared.benching.benchmark import Plan
from shared.benching.contest import Start
from shared.benching.options import Timed
from shared.benching.process import allowed
from shared.benching.record import OWN, PAGE, Bench
from shared.comparing import outputs, setup
from shared.comparing.options import Data, Descent, Results, command_line
from shared.data.dataset import Dataset
from shared.network import DtypeName, InputError

DTYPES: dict[str, tuple[DtypeName, ...]] = {
    "both": ("float32", "float64"),
    "float32": ("float32",),
    "float64": ("float64",),
}


def prepared(
    data: Data, timed: Timed, descent: Descent, results: Results
) -> tuple[Plan, dict[DtypeName, Start], Bench]:
    """Settle everything before the work.

    Raises
    ------
    InputError
        If the benchmark could not run, or its results could not be written.
    """
    chosen = plan(timed, descent.iterations)
    written = (results.json, outputs.page_in(results.report, PAGE))
    outputs.check(written, [data.train, descent.weights, *map(Path, chosen.implementations.values())])
    loaded = setup.load(data)
    begun = starts(loaded, timed.dtype, descent)
    source = {"weights": descent.source, "channels": data.channels, "scaling": data.scaling}
    record = new_record(chosen, begun, source, loaded)
    record.command = command_line(data, timed, descent, results, subcommand="bench")
    return chosen, begun, record


def plan(timed: Timed, iterations: int) -> Plan:
    """Decide which contestants take part: by default every implementation of the registry, and every peer.

    Raises
    ------
    InputError
        If a contestant is unknown or named twice, or the numbers do not go together.
    """
    ours = setup.names_of(",".join(implementations.REGISTRY) if timed.frameworks is None else timed.frameworks)
    others = peers.chosen(",".join(peers.PEERS) if timed.peers is None else timed.peers)
    for name in ours:
        if name in others:
            raise InputError(f"--frameworks names {name}, which is a peer; give the file another name")
    if iterations < 2 * timed.rounds:
        raise InputError(
            f"--iterations {iterations} are too few for {timed.rounds} rounds; a round takes 2 steps at least"
        )
    processors = len(allowed())
    if timed.threads > processors:
        raise InputError(
            f"--threads {timed.threads}: this process may use {processors} processors; choose as many at most"
        )
    return Plan(ours, others, timed.rounds, timed.threads, timed.sweep)


def starts(data: Dataset, dtype: str, descent: Descent) -> dict[DtypeName, Start]:
    """Round the data and the initial weights to each dtype.

    Raises
    ------
    InputError
        If the weights cannot be used.
    """
    rounded = {}
    for name in DTYPES[dtype]:
        setup.check_learning_rate(descent.learning_rate, name)
        X, Y = data.train.X.astype(name), data.train.Y.astype(name)
        parameters = setup.initial_weights(descent, len(X), name)
        rounded[name] = Start(parameters, X, Y, setup.settings(descent, parameters, name))
    return rounded


def new_record(plan: Plan, starts: Mapping[DtypeName, Start], source: Mapping[str, Any], data: Dataset) -> Bench:
    """Start the record: what runs on what."""
    dtypes = list(starts)
    settings = asdict(starts[dtypes[0]].settings) | {
        **source,
        "dtype": dtypes,
        "rounds": plan.rounds,
        "threads": plan.threads,
        "sweep": dtypes[0] if plan.sweep else None,
    }
    contestants = dict.fromkeys(plan.implementations, OWN) | {name: peer.what for name, peer in plan.peers.items()}
    left_out: dict[str, str] = {}
    for name in dtypes:
        left_out |= plan.left_out(name)
    return Bench(settings, versions(plan), machine(), {"train": setup.described(data.train)}, contestants, left_out)


def versions(plan: Plan) -> dict[str, str]:
    """List the versions of the installed packages that matter."""
    packages = ["numpy", *(package for name in plan.implementations for package in setup.PACKAGES.get(name, ()))]
    packages += [package for peer in plan.peers.values() for package in peer.packages]
    installed = {package: peers.installed(package) for package in packages}
    return {"Python": platform.python_version()} | {name: version for name, version in installed.items() if version}


def machine() -> dict[str, Any]:
    """Describe this machine, and whether processes can be bound to processors."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "processors": len(allowed()),
        "bound": hasattr(os, "sched_setaffinity"),
    }


def processor() -> str:
    """Name the processor."""
    book = Path("/proc/cpuinfo")
    lines = book.read_text().splitlines() if book.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or "an unknown processor"
