"""The arrows of docs/house.md: import-linter checks them, and notices one that runs back."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="import-linter is not installed; the [dev] extra has it")

ROOT = Path(__file__).parents[1]

BROKEN = {
    "Every arrow runs down": ("shared/data/files.py", "from shared.report import screen"),
    "No circles inside a package": ("shared/data/files.py", "from shared.data import dataset"),
    "Implementations import shared.network and nothing else of the suite": (
        "implementations/numpy_manual.py",
        "from shared.data import weights",
    ),
    "Implementations share nothing but names": (
        "implementations/jax_grad.py",
        "from implementations.numpy_manual import forward",
    ),
    "A contestant does not import the judge: its memory is measured": (
        "shared/comparing/answers.py",
        "from shared.judging.judge import Judge",
    ),
}


@pytest.fixture
def house(tmp_path):
    """A copy of the house, in which imports can be added."""
    for folder in ("shared", "implementations"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder):
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, '.')\n{code}", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_contract_is_kept(house):
    result = lint(house)
    assert (result.returncode, result.stderr) == (0, ""), result.stdout
    assert f"{len(BROKEN)} kept, 0 broken" in result.stdout


@pytest.mark.parametrize("contract", BROKEN)
def test_an_import_that_breaks_a_contract_is_noticed(house, contract):
    file, line = BROKEN[contract]
    path = house / file
    path.write_text(f"{path.read_text()}\n\n{line}\n")
    result = lint(house)
    assert result.returncode == 1
    assert f"{contract} BROKEN" in result.stdout
