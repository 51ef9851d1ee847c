"""The registry: which implementations there are. A framework is imported when it is asked for, not before."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import cast

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
    """An implementation that was asked for is not there, or does not follow the contract."""


def load(name: str, device: Device = "cpu", matmul_precision: MatmulPrecision = "default") -> Implementation:
    """Import one implementation.

    Parameters
    ----------
    name
        A name of `REGISTRY`, or the path of a Python file that has the functions of `shared.network.Implementation`.
    device, matmul_precision
        Where it shall compute, and how. A module that can choose has a function `use`, which is called if something
        else than the default is wanted; one that has none stays on the CPU.

    Raises
    ------
    ImplementationError
        If there is no such implementation, it cannot be imported, or a function of the contract is missing.
    InputError
        If it finds no such device.
    """
    check(name)
    module = importlib.import_module(REGISTRY[name]) if name in REGISTRY else _from_file(Path(name))
    if (device, matmul_precision) != ("cpu", "default") and hasattr(module, "use"):
        module.use(device, matmul_precision)
    return cast(Implementation, module)


def check(name: str) -> None:
    """Check, without importing anything, that there is an implementation of this name, or a file at this path.

    Raises
    ------
    ImplementationError
        If there is not.
    """
    if name not in REGISTRY and not name.endswith(".py"):
        raise ImplementationError(
            f"there is no implementation {name!r}; there are {', '.join(REGISTRY)}, or a .py file"
        )
    if name not in REGISTRY and not Path(name).is_file():
        raise ImplementationError(f"{name}: there is no such file; give the path of a .py file")


def _from_file(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImplementationError(f"{path}: Python cannot import this file")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(path.stem, module)  # dataclasses and pickle look their module up there
    sys.path.append(str(path.parent))  # for what the file imports from beside it
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise ImplementationError(f"{path}: importing it raised {what}") from error
    missing = [function for function in CONTRACT if not callable(getattr(module, function, None))]
    if missing:
        raise ImplementationError(
            f"{path}: the contract wants the functions {', '.join(CONTRACT)}; missing: {', '.join(missing)}"
        )
    return module
