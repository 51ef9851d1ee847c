"""The Gram (dual) form: docs/gram.md is about the code as it is, and says so where the method does not pay."""

import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from cases import random_case
from test_derivation import SECTIONS as DERIVED
from test_derivation import equations_in, statements_and_expressions

import implementations
from shared.network import DoesNotPayWarning, Settings

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/gram.md").read_text()
SOURCES = {"NumPy": ROOT / "implementations/numpy_gram.py", "JAX": ROOT / "implementations/jax_gram.py"}
SECTIONS = {
    int(number): (quantity, shape, body)
    for number, quantity, shape, body in re.findall(
        r"^## Equation (\d+): ([^,\n]+), (\([^)\n]*\))\n(.*?)(?=^#|\Z)", TEXT, flags=re.MULTILINE | re.DOTALL
    )
}
QUOTES = [
    (number, language, quote, note)
    for number, (_, _, body) in SECTIONS.items()
    for language, quote, note in re.findall(r"^\| (NumPy|JAX) \| `(.*?)` \| (.*?) ?\|$", body, flags=re.MULTILINE)
]
NAMES = ("numpy_gram", "jax_gram")
MORE_EXAMPLES = random_case("7-5-1", 7, 5, 11, seed=4)
AS_MANY = random_case("11-5-1", 11, 5, 11, seed=4)


def train(name, case):
    settings = Settings(0.05, 3, 5)
    return implementations.load(name).train(case.parameters, case.X, case.Y, settings)


# The document.


def test_the_code_has_the_equations_of_both_documents():
    assert list(SECTIONS) == [14, 15, 16, 17, 18]
    assert sorted(equations_in(SOURCES["NumPy"])) == list(range(1, 19))


@pytest.mark.parametrize("language", SOURCES)
def test_each_quantity_and_shape_is_that_of_its_document(language):
    documents = {**DERIVED, **SECTIONS}
    for number, (code, shape) in equations_in(SOURCES[language]).items():
        assert shape == documents[number][1], number
        if number < 12 or number > 13:
            assert code.removesuffix(" += step_Z1") == documents[number][0], number


@pytest.mark.parametrize("number", SECTIONS)
def test_each_equation_stands_beside_a_line_in_both_languages(number):
    assert [language for n, language, _, _ in QUOTES if n == number] == list(SOURCES)


@pytest.mark.parametrize(("number", "language", "quote", "note"), QUOTES)
def test_what_is_quoted_is_the_line_with_that_number(number, language, quote, note):
    assert quote in statements_and_expressions(SOURCES[language])
    (line,) = [line for line in SOURCES[language].read_text().splitlines() if line.endswith(f"eq {number}")]
    assert line.strip().startswith(f"{quote}  #")
    assert note == (SECTIONS[number][1] if language == "NumPy" else "")


def test_the_lines_that_stay_are_those_of_numpy_manual():
    def lines(path):
        text = re.sub(r"([\w.]+) @ ([\w.]+)", r"\1.dot(\2)", path.read_text().replace("parameters.", ""))
        found = re.findall(r"^ +(.+?)  # .*eq (\d+)", text, flags=re.MULTILINE)
        return {int(number): code for code, number in found}

    manual, gram = lines(ROOT / "implementations/numpy_manual.py"), lines(SOURCES["NumPy"])
    assert {number: gram[number] for number in range(1, 12)} == {number: manual[number] for number in range(1, 12)}


def test_the_counts_are_what_the_command_prints():
    (code,) = re.findall(r'`python -c "(.*?)"`', TEXT)
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    counts, ratios = [f"{int(n):,}" for n in printed[:2]], [float(n) for n in printed[2:]]
    assert all(f"| {count} |" in TEXT for count in counts)
    few, steps, with_W1 = (f"{ratio:.0f}" for ratio in ratios)
    assert f"has {few} times fewer" in TEXT
    assert f"as many as {steps} steps" in TEXT
    assert f"it is {with_W1} times fewer" in TEXT


def test_the_stretches_are_as_long_as_the_document_says():
    assert [implementations.load(name).STRETCH for name in NAMES] == [50, 100]
    assert "After every 50 steps numpy_gram" in TEXT
    assert "jax_gram forms W1 and b1 after every 100 steps" in TEXT


# The warning.


@pytest.mark.parametrize("name", NAMES)
def test_more_examples_than_inputs_are_one_warning_of_one_line(name):
    with pytest.warns(DoesNotPayWarning) as given:
        train(name, MORE_EXAMPLES)
    (text,) = [str(warning.message) for warning in given]
    instead = name.removesuffix("_gram")
    assert text == (f"{name} gains little or nothing: 11 examples with 7 inputs make G larger than X; use {instead}")


@pytest.mark.parametrize("name", NAMES)
def test_as_many_examples_as_inputs_are_no_warning(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(name, AS_MANY)


def test_a_user_of_the_library_sees_the_warning_once():
    code = (
        "import numpy as np, implementations\n"
        "from shared.data import weights\n"
        "from shared.network import Settings\n"
        "numpy_gram, X = implementations.load('numpy_gram'), np.ones((3, 4))\n"
        "for _ in range(2):\n"
        "    numpy_gram.train(weights.draw(3, 2, 1, 'float64'), X, X[:1], Settings(iterations=1))\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stderr
    assert shown.count("numpy_gram gains little or nothing: 4 examples with 3 inputs") == 1
