"""Libraries keep their names: a file of the user's that is called random.py or torch.py does not take their place."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType


def is_one(name: str) -> bool:
    """Tell whether a module of this name comes with Python, or is installed under its own name."""
    if name in sys.stdlib_module_names:
        return True
    try:
        return bool(distribution(name).version)
    except (PackageNotFoundError, ValueError):
        return False


PACKAGES = (
    *("numpy", "scipy", "matplotlib", "pandas", "sklearn", "PIL", "cv2", "h5py", "tqdm", "seaborn", "autograd"),
    *("torch", "torchvision", "jax", "optax", "flax", "tensorflow", "keras", "numba", "sympy"),
)
"""What a file may import from a package; whatever else is missing is a file of somebody's own."""


class First:
    """Finds a library where a file or folder beside the user's has its name; everything else is left to Python."""

    def __init__(self, folder: Path):
        self.folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Look for a library in all places but the user's folder; None if it is none, or nothing hides it."""
        hidden = (self.folder / f"{name}.py").exists() or (self.folder / name).is_dir()
        if path is not None or not hidden or not is_one(name):
            return None
        return PathFinder.find_spec(name, [place for place in sys.path if place != str(self.folder)])
