"""Shapes and types in the signatures are checked while the tests run; fixtures that several files use."""

from jaxtyping import install_import_hook

install_import_hook(["implementations", "shared.data.dataset", "shared.data.weights"], "beartype.beartype")

import os  # noqa: E402
from pathlib import Path  # noqa: E402

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
