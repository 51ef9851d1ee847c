"""Files that a command writes: whether they can be written is checked before the work, not after it."""

import os
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

from shared.comparing.record import PAGE, Record
from shared.data import weights as weights_file
from shared.data.files import why_not_writable
from shared.network import InputError


def check(paths: Iterable[Path | None], sources: Iterable[Path | None]) -> None:
    """Check that these can be written, and that none overwrites another or what the results are made from."""
    written, inputs = [path for path in paths if path], list(sources)
    for path in written:
        check_writable(path)
        check_not_overwritten(path, *inputs)
    for one, other in combinations(written, 2):
        if one.resolve() == other.resolve() and (one.is_file() or not one.exists()):
            raise InputError(f"{other}: two results would be written there; give each a file of its own")


def check_writable(path: Path | None) -> None:
    """Check that a result can be written."""
    if path is None:
        return
    if path.is_dir():
        raise InputError(f"{path}: this is a folder; name a file in it")
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}; make it first")
    if path.is_block_device():
        raise InputError(f"{path}: this is a device; name a file")
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"{path}: no permission to write there; name another file")
    if (path.is_file() or not path.exists()) and (reason := why_not_writable(path.resolve())):
        raise InputError(f"{path}: cannot be written ({reason}); name another file")


def check_not_overwritten(path: Path | None, *sources: Path | None) -> None:
    """Check that a result does not overwrite what it is made from."""
    for source in sources:
        if path and source and path.exists() and source.exists() and path.samefile(source):
            raise InputError(f"{path}: this is {source}, which is read; name another file to write to")


def page_in(folder: Path | None, page: str = PAGE) -> Path | None:
    """Make the folder of the page, if there is to be one; return the path of the page."""
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: this folder cannot be made ({error.strerror}); name another one") from error
    return folder / page


def check_weights_name(path: Path | None) -> None:
    """Check that weights can be saved under this name."""
    if path is not None:
        weights_file.check_name(path)


def check_resume_name(path: Path | None) -> None:
    """Check that a training can be kept under this name."""
    if path is not None and path.suffix != ".safetensors":
        raise InputError(f"{path}: trainings are kept as .safetensors; give --resume a name that ends in that")


def save_trained(path: Path, record: Record) -> None:
    """Save the weights that the first implementation of a comparison has trained, and note what they belong to."""
    name = next(iter(record.frameworks))
    trained = record.artifacts and record.artifacts.trained.get(name)
    if not trained:
        raise InputError(f"{path}: not written, for what {name} returns from training are not weights")
    settings = {key: str(record.settings[key]) for key in ("iterations", "activation", "channels", "scaling")}
    weights_file.save(path, trained, {**settings, "framework": name, "train_sha256": record.data["train"]["sha256"]})
