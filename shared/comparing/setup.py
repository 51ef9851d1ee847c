"""What is settled before anything runs: which implementations, which data, which weights, and on what machine."""

import os
import platform
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from threadpoolctl import threadpool_info

import implementations
from shared.comparing.record import PAGE, Record
from shared.data import dataset, default_data, streaming
from shared.data import weights as weights_file
from shared.data.dataset import Channels, Dataset, Examples, Scaling
from shared.data.files import too_large, why_not_writable
from shared.data.streaming import Streamed, Streams
from shared.network import DtypeName, InputError, Parameters, Settings

PACKAGES = {"numpy": ("numpy",), "torch": ("torch",), "jax": ("jax", "jaxlib"), "jax_gram": ("jax", "jaxlib")}
"""The packages whose versions matter for an implementation of the registry."""


def names_of(frameworks: str) -> dict[str, str]:
    """Split the list of implementations, check that each is there, once, and give each its short name."""
    sources = [source.strip() for source in frameworks.split(",") if source.strip()]
    if not sources:
        raise InputError("--frameworks names nothing; name numpy, torch, jax or the path of a .py file")
    names: dict[str, str] = {}
    for source in sources:
        implementations.check(source)
        name = Path(source).name
        if name in names:
            raise InputError(f"--frameworks names {name} twice; name each implementation once, and files differently")
        names[name] = source
    return names


def check_writable(path: Path | None) -> None:
    """Find out before the work, not after it, that a result could not be written."""
    if path is None:
        return
    if path.is_dir():
        raise InputError(f"{path}: this is a folder; name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}; make it first")
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"{path}: no permission to write there; name another file")
    if (path.is_file() or not path.exists()) and (reason := why_not_writable(path.resolve())):
        raise InputError(f"{path}: cannot be written ({reason}); name another file")


def check_weights_name(path: Path | None) -> None:
    """Find out before the work that weights cannot be saved under this name."""
    if path is not None:
        weights_file.check_name(path)


def page_in(folder: Path | None, page: str = PAGE) -> Path | None:
    """Make the folder of the page, if one is wanted; say where the page will be."""
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: this folder cannot be made ({error.strerror}); name another one") from error
    return folder / page


def command(options: Mapping[str, Any], defaults: Mapping[str, Any], subcommand: str = "") -> str:
    """Write the command line of a comparison, or of a subcommand, with these options."""
    words = ["python", "compare.py"] + [subcommand] * bool(subcommand)
    for name, value in options.items():
        if value != defaults[name]:
            option = name.replace("_", "-")
            words += [f"--no-{option}"] if value is False else [f"--{option}"] + [str(value)] * (value is not True)
    return shlex.join(words)


def check_not_overwritten(path: Path | None, *sources: Path | None) -> None:
    """Find out whether a result would be written over what it is made from."""
    for source in sources:
        if path and source and path.exists() and source.exists() and path.samefile(source):
            raise InputError(f"{path}: this is {source}, which is read; name another file to write to")


def check_learning_rate(learning_rate: float, dtype: DtypeName) -> None:
    """Find out whether the judged dtype has such a number."""
    with np.errstate(over="ignore"):
        if not np.isfinite(np.dtype(dtype).type(learning_rate)):
            raise InputError(f"--learning-rate {learning_rate:g} is beyond {dtype}; choose a smaller one")


def load_data(train: Path | None, test: Path | None, channels: Channels, scaling: Scaling) -> Dataset:
    """Load the files that were named, or else the embedded photographs."""
    if train is None and test is not None:
        raise InputError("--test needs --train: name the file to train on as well")
    if train is None:
        train, test = default_data.paths()
    return dataset.load(train, test, channels, scaling)


def in_chunks(train: Path | None, chunk: int | None, resume: Path | None) -> bool:
    """Tell whether to go in chunks: if that is asked for, or if the examples do not fit into memory or are too many."""
    return chunk is not None or resume is not None or (train is not None and not streaming.fits(train))


@contextmanager
def examples(
    train: Path | None, test: Path | None, channels: Channels, scaling: Scaling, dtype: DtypeName, in_chunks: bool
) -> Iterator[Dataset | Streams]:
    """Load the examples into memory, or open their files to go through them in chunks."""
    if not in_chunks:
        yield load_data(train, test, channels, scaling)
        return
    if train is None and test is not None:
        raise InputError("--test needs --train: name the file to train on as well")
    if train is None:
        train, test = default_data.paths()
    with streaming.opened(train, test, channels, scaling, dtype) as streams:
        yield streams


def chunk_of(data: Dataset | Streams, chunk: int | None, dtype: DtypeName) -> int | None:
    """Say how many examples a chunk has; None if everything goes in one piece."""
    if isinstance(data, Dataset):
        return None
    n_x, m = data.train.X.shape
    return min(chunk or streaming.default_chunk(n_x, dtype), m)


def check_resume(resume: Path | None, *others: Path | None) -> None:
    """Find out before the work that a training could not be kept in this file."""
    if resume is None:
        return
    check_writable(resume)
    if resume.suffix != ".safetensors":
        raise InputError(f"{resume}: trainings are kept as .safetensors; give --resume a name that ends so")
    if resume.resolve() in [path.resolve() for path in others if path]:
        raise InputError(f"{resume}: --resume keeps the training there; give the other option another file")


def check_size(data: Dataset | Streams, **wanted: object) -> None:
    """Find out before the work that what is wanted is for fewer examples."""
    for option, value in wanted.items():
        if value and isinstance(data, Streams) and data.large:
            raise InputError(
                f"--{option.replace('_', '-')} is for at most {streaming.JUDGED_IN_WHOLE:,} examples, and "
                f"{data.train.path} has {data.train.X.shape[1]:,}; leave the option out"
            )


def initial_weights(
    source: Path | None, copy: Path | None, n_x: int, hidden: int | None, seed: int, dtype: DtypeName
) -> Parameters:
    """Load the initial weights, or draw them; save a copy where one is wanted."""
    if source is None:
        n_h = hidden or Settings.hidden
        if shortage := too_large(n_h * n_x * np.dtype(dtype).itemsize):
            raise InputError(f"--hidden {n_h}: W1 {shortage}; choose fewer hidden units")
        parameters = weights_file.draw(n_x, n_h, seed, dtype)
    else:
        parameters = weights_file.load(source, n_x, dtype)
        n_h = parameters.W1.shape[0]
        if hidden is not None and hidden != n_h:
            raise InputError(f"{source}: W1 is for {n_h} hidden units, --hidden says {hidden}; leave --hidden out")
    if copy is not None:
        weights_file.save(copy, parameters, {"iterations": "0"})
    return parameters


def save_trained(path: Path, record: Record) -> None:
    """Save the weights that the first implementation of a comparison has trained, and note what they belong to."""
    name = next(iter(record.frameworks))
    trained = record.material and record.material.trained.get(name)
    if not trained:
        raise InputError(f"{path}: not written, for what {name} gives back from training are no weights")
    settings = {key: str(record.settings[key]) for key in ("iterations", "activation", "channels", "scaling")}
    weights_file.save(path, trained, {**settings, "framework": name, "train_sha256": record.data["train"]["sha256"]})


def new_record(settings: dict[str, Any], data: Dataset | Streams) -> Record:
    """Start the record: what runs on what."""
    packages = ["numpy", *(package for name in settings["frameworks"] for package in PACKAGES.get(name, ()))]
    versions = {"Python": platform.python_version()} | {name: version(name) for name in dict.fromkeys(packages)}
    versions |= {"python-flint": version("python-flint")}
    files = {"train": described(data.train), "test": data.test and described(data.test)}
    return Record(settings, versions, machine(), files)


def described(examples: Examples | Streamed) -> Mapping[str, Any]:
    """Say which examples these are."""
    n_x, m = examples.X.shape
    return {"path": str(examples.path), "sha256": examples.sha256, "examples": m, "features": n_x}


def machine() -> dict[str, Any]:
    """Say what this machine is, and how many threads each library takes."""
    threads = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": psutil.cpu_count(),
        "threads": threads,
    }
