"""docs/derivation.md is about the code as it is: its equations, shapes, quoted lines and numbers."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest
from cases import BY_NAME
from markdown_it import MarkdownIt

import implementations
from shared.network import QUANTITIES, Gradients, Parameters

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/derivation.md").read_text()
SOURCES = {
    "NumPy": ROOT / "implementations/numpy_manual.py",
    "PyTorch": ROOT / "implementations/torch_autograd.py",
    "JAX": ROOT / "implementations/jax_grad.py",
}
CASE = BY_NAME["2-2-1-worked-relu-float64"]

SECTIONS = {
    int(number): (quantity, shape, body)
    for number, quantity, shape, body in re.findall(
        r"^## Equation (\d+): ([^,\n]+), (\([^)\n]*\)|scalar|V's shape)\n(.*?)(?=^#|\Z)",
        TEXT,
        flags=re.MULTILINE | re.DOTALL,
    )
}
"""Each equation's quantity, shape and text."""

QUOTES = [
    (number, language, quote)
    for number, (_, _, body) in SECTIONS.items()
    for language, row in re.findall(r"^\| (NumPy|PyTorch|JAX) (\|.*)$", body, flags=re.MULTILINE)
    for quote in re.findall(r"`(.*?)`", row)
]
"""Every piece of code that stands in the table of an equation."""

MATHEMATICS = re.findall(r"\$\$(.+?)\$\$", TEXT, flags=re.DOTALL)
INLINE = re.findall(r"\$([^$]+)\$", re.sub(r"\$\$.+?\$\$", "", TEXT, flags=re.DOTALL))


def equations_in(path):
    """The equations that the comments of a file name: number -> (quantity, shape)."""
    lines = re.findall(r"^\s*(.+?)  # +(\(.*?\)|scalar|V's shape) +eq (\d+)", path.read_text(), flags=re.MULTILINE)
    return {int(number): (code.split(" = ")[0], shape) for code, shape, number in lines}


def statements_and_expressions(path):
    nodes = ast.walk(ast.parse(path.read_text()))
    return {ast.unparse(node) for node in nodes if isinstance(node, ast.stmt | ast.expr)}


def matrix(mathematics):
    """What a pmatrix holds: its digits, as text."""
    return [[entry.strip() for entry in row.split("&")] for row in mathematics.split(r"\cr")]


def matrices(body):
    """The matrices that a text gives, by name."""
    found = re.findall(r"(\w+) = \\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", body, flags=re.DOTALL)
    return {name: matrix(entries) for name, entries in found}


def assert_digits(digits, values):
    """The text gives these numbers: six decimals, or fewer where that is exact."""
    assert np.shape(digits) == np.shape(np.atleast_2d(values))
    for text, value in zip(np.ravel(digits), np.ravel(values), strict=True):
        rounded = len(text.partition(".")[2]) == 6
        assert abs(float(text) - value) <= (5.01e-7 if rounded else 1e-12), (text, value)


# The equations.


def test_the_document_has_every_equation_of_the_code_and_no_other():
    assert sorted(SECTIONS) == sorted(equations_in(SOURCES["NumPy"])) == list(range(1, 14))


def test_what_looks_like_an_equation_is_one():
    assert len(re.findall(r"^#+ *equation", TEXT, flags=re.MULTILINE | re.IGNORECASE)) == len(SECTIONS)
    assert all(1 <= int(number) <= 13 for number in re.findall(r"equations? (\d+)", TEXT))


def test_the_sections_are_in_the_order_of_computation():
    assert [quantity for quantity, _, _ in SECTIONS.values()] == [*QUANTITIES, "V after a step"]


@pytest.mark.parametrize("language", SOURCES)
def test_each_shape_in_the_document_is_the_comment_in_the_code(language):
    for number, (quantity, shape) in equations_in(SOURCES[language]).items():
        assert shape == SECTIONS[number][1]
        assert number > 11 or quantity == SECTIONS[number][0]


def test_the_line_of_numpy_repeats_the_shape():
    for number, (_, shape, body) in SECTIONS.items():
        (note,) = re.findall(r"^\| NumPy \| `.*?` \| (\(.*?\)|scalar|V's shape)", body, flags=re.MULTILINE)
        assert note == shape, number


def test_the_table_of_the_readme_has_the_same_equations():
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|", (ROOT / "README.md").read_text(), flags=re.MULTILINE)
    assert {int(number): (quantity, shape) for number, quantity, shape in rows} == {
        number: (quantity, shape) for number, (quantity, shape, _) in SECTIONS.items()
    }


def test_the_implementations_name_the_document():
    assert all("docs/derivation.md" in path.read_text() for path in SOURCES.values())


def test_each_equation_says_where_it_stops_holding():
    assert all("*Where it stops holding:*" in body for _, _, body in SECTIONS.values())


# The lines of code.


@pytest.mark.parametrize("number", SECTIONS)
def test_each_equation_stands_beside_a_line_in_three_languages(number):
    assert list(dict.fromkeys(language for n, language, _ in QUOTES if n == number)) == list(SOURCES)


@pytest.mark.parametrize(("number", "language", "quote"), QUOTES)
def test_what_is_quoted_is_the_code(number, language, quote):
    assert quote in SOURCES[language].read_text()
    (node,) = ast.parse(quote if "return" not in quote else f"def f():\n {quote}").body
    whole = node.body[0] if isinstance(node, ast.FunctionDef) else node
    pieces = {ast.unparse(whole), ast.unparse(whole.value) if isinstance(whole, ast.Expr) else ""}
    assert pieces & statements_and_expressions(SOURCES[language])


def test_the_line_of_numpy_bears_the_number_of_its_equation():
    lines = SOURCES["NumPy"].read_text().splitlines()
    for number in SECTIONS:
        first = next(quote for n, language, quote in QUOTES if (n, language) == (number, "NumPy"))
        assert [line for line in lines if first in line and re.search(rf"eq {number}\b", line)], number


def test_the_results_of_autograd_are_counted_right():
    for quantity, _, body in SECTIONS.values():
        if quantity in Gradients._fields:
            call, which = re.search(r"PyTorch \| `.*?\[(.*?)\]\)` \| result (\d)", body).groups()
            assert f"d{call.split(', ')[int(which) - 1]}" == quantity


# The numbers.


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_numbers_by_hand_are_what_every_implementation_gives(implementation, quantity):
    (body,) = [body for name, _, body in SECTIONS.values() if name == quantity]
    assert_digits(matrices(body)["C" if quantity == "cost" else quantity], CASE.answers(implementation)[quantity])


def test_the_example_is_the_worked_network():
    given = matrices(TEXT.split("# Forward")[0])
    for name, values in {**CASE.parameters._asdict(), "X": CASE.X, "Y": CASE.Y}.items():
        assert_digits(given[name], values)


def test_the_step_by_hand_is_the_step(implementation):
    stepped = implementation.step(CASE.parameters, CASE.X, CASE.Y, 1.0)
    assert_digits(matrices(SECTIONS[13][2])["W1"], stepped.W1)


def test_the_difference_quotient_by_hand():
    numpy, check = implementations.load("numpy"), TEXT.split("# Is it true?")[1]
    costs = []
    for weight, Z2, cost in re.findall(r"^\| (0\.\d+) \| (.+?) \| (.+?) \|", check, flags=re.MULTILINE):
        W1 = CASE.parameters.W1.copy()
        W1[0, 0] = float(weight)
        moved = Parameters(W1, *CASE.parameters[1:])
        np.testing.assert_allclose(numpy.forward(moved, CASE.X).Z2, [[float(z) for z in Z2.split(", ")]], atol=1e-12)
        costs.append(numpy.cost(moved, CASE.X, CASE.Y))
        assert f"{costs[-1]:.8f}" == cost
    quotient = (costs[1] - costs[0]) / 0.02
    assert f"is {quotient:.7f}. Equation 10" in check
    dW1 = numpy.gradients(CASE.parameters, CASE.X, CASE.Y).dW1[0, 0]
    assert f"$dW1_{{11}} = {dW1:.6f}$, or with one more digit {dW1:.7f}" in check


def test_what_is_said_of_large_outputs():
    numpy = implementations.load("numpy")
    for dtype, z in (("float32", 17), ("float64", 37)):
        assert f"$z = {z}$ on in {dtype}" in SECTIONS[4][2].replace("\n", " ")
        assert numpy.sigmoid(np.array([[z]], dtype)) == 1 > numpy.sigmoid(np.array([[z - 1]], dtype))
    loss = numpy.cross_entropy(np.array([[20.0]]), np.array([[0.0]]))
    assert f"the loss is {loss:.9f}." in SECTIONS[12][2].replace("\n", " ")
    assert f"gives {-np.log(np.finfo('float32').eps):.2f} instead" in SECTIONS[12][2].replace("\n", " ")


def test_what_is_said_of_the_kink():
    import jax
    import jax.numpy as jnp
    import torch

    def slope_in_torch(function):
        zero = torch.tensor(0.0, requires_grad=True)
        return float(torch.autograd.grad(function(zero), zero)[0])

    assert [float(jax.grad(f)(0.0)) for f in (jax.nn.relu, lambda z: jnp.maximum(z, 0))] == [0, 0.5]
    assert slope_in_torch(torch.relu) == 0
    assert slope_in_torch(lambda z: torch.maximum(z, torch.tensor(0.0))) == 0.5
    assert slope_in_torch(lambda z: torch.clamp(z, min=0)) == 1


# The mathematics, as GitHub reads it.


def test_mathematics_on_lines_of_their_own_is_a_paragraph():
    assert len(MATHEMATICS) > 30
    for paragraph in TEXT.split("\n\n"):
        if "$$" in paragraph:
            assert paragraph.strip().startswith("$$")
            assert paragraph.strip().endswith("$$")
            assert paragraph.count("$$") == 2


def test_mathematics_in_a_line_begins_and_ends_as_github_wants_it():
    for line in re.sub(r"\$\$.+?\$\$", "", TEXT, flags=re.DOTALL).splitlines():
        assert line.count("$") % 2 == 0, line
        for before, inside, after in re.findall(r"(^|.)\$(.+?)\$(.|$)", line):
            assert before in ("", " ", "("), line
            assert inside == inside.strip(), line
            assert after in ("", " ", ".", ",", ":", ";", "?", ")"), line


def test_markdown_changes_nothing_in_the_mathematics():
    def text(token):
        return "\n" if token.type == "softbreak" else token.content

    paragraphs = [token for token in MarkdownIt().parse(TEXT) if token.type == "inline"]
    read = "\n\n".join("".join(map(text, paragraph.children)) for paragraph in paragraphs)
    for mathematics in [*MATHEMATICS, *INLINE]:
        assert f"${mathematics}$" in read


def test_every_brace_is_closed_and_every_command_known():
    known = {"alpha", "begin", "big", "cdot", "cr", "delta", "end", "frac", "ldots", "left", "log", "mathrm", "max"}
    known |= {"partial", "qquad", "quad", "right", "sum", "thinspace"}
    for mathematics in [*MATHEMATICS, *INLINE]:
        assert mathematics.count("{") == mathematics.count("}")
        assert mathematics.count(r"\left") == mathematics.count(r"\right")
        assert set(re.findall(r"\\([a-zA-Z]+|.)", mathematics)) <= known
