"""Shapes and types in the signatures are checked while the tests run; fixtures that several files use."""

import os
import sys
import warnings
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

# As many tests run at a time as there are processors: each has one thread, and finds what Python and JAX have compiled.
CACHE = Path(__file__).parents[1] / ".pytest_cache"
os.environ["PYTHONDONTWRITEBYTECODE"] = ""
os.environ["PYTHONPYCACHEPREFIX"] = str(CACHE / "bytecode")
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")

from jaxtyping import install_import_hook  # noqa: E402

sys.dont_write_bytecode, sys.pycache_prefix = False, str(CACHE / "bytecode")
install_import_hook(["implementations", "shared.data.dataset", "shared.data.weights"], "beartype.beartype")

import h5py  # noqa: E402
import numpy as np  # noqa: E402
import psutil  # noqa: E402
import pytest  # noqa: E402

import compare as compare_module  # noqa: E402
import implementations  # noqa: E402
from shared.checking import diagnosis, problems  # noqa: E402
from shared.comparing import workers  # noqa: E402


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark as slow all but every n-th case of a test that is marked mostly_slow(n)."""
    seen = Counter()
    for item in items:
        if mark := item.get_closest_marker("mostly_slow"):
            test = item.nodeid.split("[")[0]
            if seen[test] % mark.args[0]:
                item.add_marker("slow")
            seen[test] += 1


class Result(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(params=implementations.REGISTRY)
def implementation(request):
    return implementations.load(request.param)


@pytest.fixture(scope="session")
def photographs():
    folder = os.environ.get("TRIGRAD_CATVNONCAT")
    if not folder:
        pytest.skip("TRIGRAD_CATVNONCAT does not name the folder of the course's photographs")
    return Path(folder) / "train_catvnoncat.h5", Path(folder) / "test_catvnoncat.h5"


@pytest.fixture
def compare(monkeypatch, capsys, tmp_path):
    """Run the command line in this process, without workers, which is quicker."""
    monkeypatch.setattr(workers, "started", lambda *_: nullcontext(workers.at_once))
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # which the program replaces
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            status = compare_module.main([str(argument) for argument in arguments])
        return Result(status, *capsys.readouterr())

    return call


def write_pictures(folder, size=(6, 5, 3), **counts):
    """Write small pictures: some to train on into `train.h5`, some to test on into `test.h5`."""
    rng = np.random.default_rng(9)
    for part, m in counts.items():
        with h5py.File(folder / f"{part}.h5", "w") as file:
            file[f"{part}_set_x"] = rng.integers(256, size=(m, *size), dtype=np.uint8)
            file[f"{part}_set_y"] = np.arange(m) % 3 == 0


@pytest.fixture
def small(tmp_path):
    """Data that are quick to judge."""
    write_pictures(tmp_path, train=14, test=7)
    return ("--train", tmp_path / "train.h5", "--test", tmp_path / "test.h5", "--hidden", "4")


@pytest.fixture
def single_mistakes(monkeypatch):
    """Let the doctor look for no two mistakes together: with an unknown one, that takes nearly all of its time."""
    monkeypatch.setattr(diagnosis, "pair", lambda *_: [])


@pytest.fixture
def few_problems(monkeypatch):
    """Let `check` set the first four problems, and neither the photographs nor what takes long beside them."""
    few = list(problems.small())[:4]
    monkeypatch.setattr(problems, "everything", lambda *_: iter(few))


@pytest.fixture
def says(tmp_path, capsys):
    """Examine a text, changed here and there: each part of what is expected is said."""

    def examined(text, changes, expected):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "mine.py").write_text(text)
        compare_module.main(["check", str(tmp_path / "mine.py")])
        said = " ".join(capsys.readouterr().out.split())
        for part in expected.split(" | "):
            assert part in said, said
        return said

    return examined


def processes_in(folder):
    """The processes that work in that folder."""
    return [p for p in psutil.process_iter(["cwd"]) if p.info["cwd"] == str(folder)]


def left_in(folder):
    """What still runs there after a while: who is killed takes a moment to go."""
    psutil.wait_procs(processes_in(folder), timeout=10)
    return processes_in(folder)
