"""The notebook runs from its first cell to its last, and matches docs/walkthrough.py."""

import os
import re
import warnings
from pathlib import Path

import pytest

with warnings.catch_warnings():  # the libraries of notebooks are behind each other's times
    warnings.simplefilter("ignore")
    jupytext = pytest.importorskip("jupytext")
    nbclient = pytest.importorskip("nbclient")
    import nbformat

ROOT = Path(__file__).parents[1]
NOTEBOOK, TEXT = ROOT / "docs/walkthrough.ipynb", ROOT / "docs/walkthrough.py"


def cells(notebook):
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def test_the_notebook_is_the_text_beside_it_without_results():
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert cells(notebook) == cells(jupytext.read(TEXT))
    assert not any(cell.get("outputs") for cell in notebook.cells)


def test_it_opens_with_the_two_install_lines_of_the_readme():
    commands = re.findall(r"^ *(python -m pip install.*)$", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    kind, first = cells(jupytext.read(TEXT))[0]
    assert kind == "markdown"
    assert re.findall(r"^    (.*)$", first, flags=re.MULTILINE) == commands


def test_what_it_links_to_is_there():
    for link in re.findall(r"\]\(([^)]+)\)", TEXT.read_text()):
        assert (TEXT.parent / link).is_file()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # the kernel is a process of its own
def test_every_cell_runs(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": NOTEBOOK.parent}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 4
    assert not [output.text for output in outputs if output.get("name") == "stderr"]
