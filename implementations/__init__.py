"""The registry: which implementations there are. A framework is imported only when it is needed."""

import importlib
import os
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import NoReturn, cast

from shared.network import Device, Implementation, InputError, MatmulPrecision

REGISTRY = {
    "numpy": "implementations.numpy_manual",
    "torch": "implementations.torch_autograd",
    "jax": "implementations.jax_grad",
    "numpy_gram": "implementations.numpy_gram",
    "jax_gram": "implementations.jax_gram",
}

CONTRACT = ("forward", "cost", "gradients", "step", "train")


class ImplementationError(InputError):
    """An implementation does not exist, or does not follow the contract."""


def load(name: str, device: Device = "cpu", matmul_precision: MatmulPrecision = "default") -> Implementation:
    """Import one implementation.

    Parameters
    ----------
    name
        A name of `REGISTRY`, or the path of a Python file that has the functions of `shared.network.Implementation`.
    device, matmul_precision
        Where to compute, and how to multiply matrices. A module that has a choice has a function `use`, which is called
        for anything but the default; a module without one stays on the CPU.

    Raises
    ------
    ImplementationError
        If there is no such implementation, it cannot be imported, or a function of the contract is missing.
    InputError
        If its framework finds no such device.
    """
    check(name)
    module = importlib.import_module(REGISTRY[name]) if name in REGISTRY else _from_file(Path(name))
    if (device, matmul_precision) != ("cpu", "default") and hasattr(module, "use"):
        module.use(device, matmul_precision)
    return cast(Implementation, module)


@contextmanager
def confined() -> Iterator[None]:
    """Keep a user's code from ending this program or changing its folder: os._exit raises SystemExit here."""
    leave, process = os._exit, os.getpid()

    def noticed(status: int) -> NoReturn:
        if os.getpid() != process:  # a process that the code has started
            leave(status)
        raise SystemExit(f"os._exit({status})")

    os._exit = noticed
    try:
        with chdir("."):
            yield
    finally:
        os._exit = leave


def check(name: str) -> None:
    """Check, without importing anything, that there is an implementation of this name, or a file at this path.

    Raises
    ------
    ImplementationError
        If there is not, or its framework is not installed.
    """
    if name not in REGISTRY and not name.endswith(".py"):
        raise ImplementationError(
            f"there is no implementation {name!r}; there are {', '.join(REGISTRY)}, or a .py file"
        )
    package = name.partition("_")[0]
    if name in REGISTRY and find_spec(package) is None:
        raise ImplementationError(f"{package} is not installed: install it, or name others than {name}")
    if name not in REGISTRY and not Path(name).is_file():
        raise ImplementationError(f"{name}: there is no such file; give the path of a .py file")


def _from_file(path: Path) -> ModuleType:
    spec = spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImplementationError(f"{path}: Python cannot import this file")
    module = module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # dataclasses and pickle look their module up there
    sys.path.append(str(path.parent))  # for what the file imports from its own folder
    try:
        with confined():
            spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise ImplementationError(f"{path}: importing it raised {what}") from error
    missing = [function for function in CONTRACT if not callable(getattr(module, function, None))]
    if missing:
        raise ImplementationError(
            f"{path}: the contract has the functions {', '.join(CONTRACT)}; missing: {', '.join(missing)}"
        )
    return module
