"""What is settled before anything runs: which implementations, which data, which weights, and on what machine."""

import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from threadpoolctl import threadpool_info

import implementations
from shared.comparing.options import Data, Descent, Examples, Pieces
from shared.comparing.record import Record
from shared.data import dataset, default_data, streaming
from shared.data import weights as weights_file
from shared.data.dataset import Dataset
from shared.data.dataset import Examples as Loaded
from shared.data.files import one_line, too_large
from shared.data.streaming import Streamed, Streams
from shared.network import Activation, DtypeName, InputError, Parameters, Settings

PACKAGES = {"numpy": ("numpy",), "torch": ("torch",), "jax": ("jax", "jaxlib"), "jax_gram": ("jax", "jaxlib")}
"""The packages whose versions matter for an implementation of the registry."""


def names_of(frameworks: str) -> dict[str, str]:
    """Split the list of implementations, check that each exists and is named once, and find its short name."""
    sources = [source.strip() for source in frameworks.split(",") if source.strip()]
    if not sources:
        raise InputError("--frameworks names nothing; name numpy, torch, jax or the path of a .py file")
    names: dict[str, str] = {}
    for source in sources:
        implementations.check(source)
        name = one_line(Path(source).name)
        if name in names:
            raise InputError(f"--frameworks names {name} twice; name each implementation once, and files differently")
        names[name] = source
    return names


def check_learning_rate(learning_rate: float, dtype: DtypeName) -> None:
    """Check that the judged dtype has such a number."""
    with np.errstate(over="ignore"):
        if not np.isfinite(np.dtype(dtype).type(learning_rate)):
            raise InputError(f"--learning-rate {learning_rate:g} is beyond {dtype}; choose a smaller one")


def load(examples: Data) -> Dataset:
    """Load the files that were named, or else the embedded photographs."""
    return dataset.load(*files(examples), examples.channels, examples.scaling, examples.names)


def files(examples: Data) -> tuple[Path, Path | None]:
    """Say where the examples are: in the files that were named, or else in those of the embedded photographs."""
    test = examples.test if isinstance(examples, Examples) else None
    if examples.train is None and test is not None:
        raise InputError("--test needs --train: name the file to train on as well")
    if examples.train is None:
        return default_data.paths()
    if test is None and isinstance(examples, Examples) and dataset.holds_test_set(examples.train, examples.names):
        test = examples.train
    return examples.train, test


@contextmanager
def opened(examples: Examples, dtype: DtypeName, pieces: Pieces, processes: int) -> Iterator[Dataset | Streams]:
    """Load the examples into memory, or open their files to go through them in chunks.

    Chunks are used if they are asked for, or if the examples do not fit into memory, are too many, or are shared.
    """
    asked_for = processes > 1 or any(V is not None for V in (pieces.chunk, pieces.resume, pieces.processes))
    if not asked_for and (examples.train is None or streaming.fits(examples.train, examples.names)):
        yield load(examples)
        return
    with streaming.opened(*files(examples), examples.channels, examples.scaling, dtype, examples.names) as streams:
        yield streams


def chunk_of(data: Dataset | Streams, chunk: int | None, dtype: DtypeName) -> int | None:
    """Say how many examples a chunk has; None if everything goes in one piece."""
    if isinstance(data, Dataset):
        return None
    n_x, m = data.train.X.shape
    return min(chunk or streaming.default_chunk(n_x, dtype), m)


def check_size(data: Dataset | Streams, wanted: Mapping[str, object]) -> None:
    """Check that no option is set that is for fewer examples only."""
    for option, value in wanted.items():
        if value and isinstance(data, Streams) and data.large:
            raise InputError(
                f"--{option.replace('_', '-')} is for at most {streaming.JUDGED_IN_WHOLE:,} examples, and "
                f"{data.train.path} has {data.train.X.shape[1]:,}; leave the option out"
            )


def initial_weights(descent: Descent, n_x: int, dtype: DtypeName, copy: Path | None = None) -> Parameters:
    """Load the initial weights, or draw them; save a copy if asked to."""
    if descent.weights is None:
        n_h = descent.hidden or Settings.hidden
        if shortage := too_large(n_h * n_x * np.dtype(dtype).itemsize):
            raise InputError(f"--hidden {n_h}: W1 {shortage}; choose fewer hidden units")
        parameters = weights_file.draw(n_x, n_h, descent.seed, dtype)
    else:
        parameters = weights_file.load(descent.weights, n_x, dtype)
        n_h = parameters.W1.shape[0]
        if descent.hidden not in (None, n_h):
            raise InputError(
                f"{descent.weights}: W1 is for {n_h} hidden units, --hidden says {descent.hidden}; leave --hidden out"
            )
    if copy is not None:
        weights_file.save(copy, parameters, {"iterations": "0"})
    return parameters


def settings(descent: Descent, parameters: Parameters, dtype: DtypeName, activation: Activation = "relu") -> Settings:
    """Put the settings of the contract together."""
    n_h = len(parameters.W1)
    return Settings(descent.learning_rate, descent.iterations, n_h, descent.seed, dtype, activation)


def new_record(settings: dict[str, Any], data: Dataset | Streams) -> Record:
    """Start the record: what runs on what."""
    packages = ["numpy", *(package for name in settings["frameworks"] for package in PACKAGES.get(name, ()))]
    versions = {"Python": platform.python_version()} | {name: version(name) for name in dict.fromkeys(packages)}
    versions |= {"python-flint": version("python-flint")}
    files = {"train": described(data.train), "test": data.test and described(data.test)}
    return Record(settings, versions, machine(), files)


def described(examples: Loaded | Streamed) -> Mapping[str, Any]:
    """Describe these examples: file, digest, size."""
    n_x, m = examples.X.shape
    return {"path": one_line(examples.path), "sha256": examples.sha256, "examples": m, "features": n_x}


def machine() -> dict[str, Any]:
    """Describe this machine, and how many threads each library uses."""
    threads = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": psutil.cpu_count(),
        "threads": threads,
    }
