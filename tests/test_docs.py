"""What the documents show is what the program prints."""

import re
from pathlib import Path

import pytest

from shared.checking.catalogue.entries import CATALOGUE

ROOT = Path(__file__).parents[1]
CHECK = (ROOT / "docs/check.md").read_text()
EXAMPLES = {"implementations/NAME.py"}
"""Names of files that a reader is to write."""

README = (ROOT / "README.md").read_text()


def blocks(text, language):
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.fixture
def checked(compare, tmp_path):
    """What the doctor prints about a file."""

    def call(text):
        (tmp_path / "two_layer.py").write_text(text)
        return compare("check", tmp_path / "two_layer.py").stdout

    return call


def verdict_and_diagnosis(shown):
    """The first line, and everything after the table: the table's last digits depend on the machine."""
    lines = [line.rstrip() for line in shown.splitlines()]
    return [re.sub(r"the nearest at .* of its bound", "", lines[0]), *lines[lines.index("") + 1 :][-14:]]


@pytest.mark.slow
def test_the_worked_visit_to_the_doctor_prints_what_its_page_shows(checked):
    wrong, _ = blocks(CHECK, "python")
    first, second, _ = blocks(CHECK, "text")
    mended = wrong.replace("dZ[dA <= 0]", "dZ[Z <= 0]").replace("dW1 = dZ1 @ X.T\n", "dW1 = dZ1 @ X.T / m\n")
    assert verdict_and_diagnosis(checked(wrong)) == verdict_and_diagnosis(first)
    certified = re.sub("nearest at .*", "", checked(mended).splitlines()[0])
    assert certified == re.sub("nearest at .*", "", second.splitlines()[0])


def test_the_readme_counts_the_catalogue_as_it_is():
    in_the_network = sum(mistake.line != "costs" for mistake in CATALOGUE)
    assert f"The catalogue holds {len(CATALOGUE)}" in README
    assert README.count(f"of {in_the_network} ") == 2
    assert CHECK.count(f"of {in_the_network} named") == 4


def test_the_diagnosis_in_the_readme_is_what_the_program_prints(checked):
    wrong, _ = blocks(CHECK, "python")
    shown = next(block for block in blocks(README, "text") if block.startswith("two_layer.py is wrong"))
    printed = checked(wrong.replace("dW1 = dZ1 @ X.T\n", "dW1 = dZ1 @ X.T / m\n"))
    first, _, *diagnosis = shown.splitlines()
    assert printed.startswith(first)
    assert "\n".join(diagnosis) in printed


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md"))]
)
def test_every_file_that_a_page_names_is_there(page):
    text = (ROOT / page).read_text()
    named = set(re.findall(r"\b((?:shared|implementations|tests|benchmarks|docs)/[\w./-]*\w)", text))
    missing = {name for name in named if not (ROOT / name).exists() and not (ROOT / f"{name}.py").exists()}
    links = {
        link for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) if not ((ROOT / page).parent / link).exists()
    }
    assert (missing - EXAMPLES, links) == (set(), set())


def test_the_help_of_every_option_is_one_line_which_cyclopts_does_not_break():
    for path in (ROOT / "shared").glob("*/options.py"):
        assert not re.search(r'^    """(?!.*""")', path.read_text(), re.MULTILINE), path
