"""The registry: which implementations there are. A framework is imported when it is asked for, not before."""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import cast

from shared.network import Implementation, InputError

REGISTRY = {
    "numpy": "implementations.numpy_manual",
    "torch": "implementations.torch_autograd",
    "jax": "implementations.jax_grad",
}

CONTRACT = ("forward", "cost", "gradients", "step", "train")


class ImplementationError(InputError):
    """An implementation that was asked for is not there, or does not follow the contract."""


def load(name: str) -> Implementation:
    """Import one implementation.

    Parameters
    ----------
    name
        A name of `REGISTRY`, or the path of a Python file that has the functions of `shared.network.Implementation`.

    Raises
    ------
    ImplementationError
        If there is no such implementation, it cannot be imported, or a function of the contract is missing.
    """
    check(name)
    if name in REGISTRY:
        return cast(Implementation, importlib.import_module(REGISTRY[name]))
    return _from_file(Path(name))


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


def _from_file(path: Path) -> Implementation:
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
    return cast(Implementation, module)
