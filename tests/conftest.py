"""Shapes and types in the signatures are checked while the tests run; fixtures that several files use."""

import os
from pathlib import Path

# As many tests run at a time as there are processors: each has one thread, and finds what JAX has compiled before.
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

from jaxtyping import install_import_hook

install_import_hook(["implementations", "shared.data.dataset", "shared.data.weights"], "beartype.beartype")

import pytest  # noqa: E402

import implementations  # noqa: E402


@pytest.fixture(params=implementations.REGISTRY)
def implementation(request):
    return implementations.load(request.param)


@pytest.fixture(scope="session")
def photographs():
    folder = os.environ.get("TRIGRAD_CATVNONCAT")
    if not folder:
        pytest.skip("TRIGRAD_CATVNONCAT does not name the folder of the course's photographs")
    return Path(folder) / "train_catvnoncat.h5", Path(folder) / "test_catvnoncat.h5"
