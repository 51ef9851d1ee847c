"""The doctor in a program of one's own: what it answers is what the command prints, and shows itself in a notebook."""

import html
import linecache
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import compare
from shared.checking import assert_certified, check
from shared.checking.sandbox.program import CheckError

BACKPROP = """import numpy as np

def relu_backward(dA, Z):
    dZ = np.array(dA)
    dZ[{mask} <= 0] = 0
    return dZ

def backprop(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    dZ2 = (1 / (1 + np.exp(-(W2 @ A1 + b2))) - Y) / m
    dZ1 = relu_backward(W2.T @ dZ2, Z1)
    return dZ1 @ X.T, dZ1.sum(axis=1, keepdims=True), dZ2 @ A1.T, dZ2.sum(axis=1, keepdims=True)
"""


pytestmark = pytest.mark.usefixtures("few_problems")


def cell(text, monkeypatch):
    """Run a text as a notebook would run its seventh cell."""
    shell = SimpleNamespace(format_code_name=lambda name: ("Cell", "In[7]") if "ipykernel_1" in name else None)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(compile=shell)))
    name, names = "/nowhere/ipykernel_1/23.py", {"__name__": "__main__", "In": ["", "%who\n1 +", text]}
    monkeypatch.setitem(linecache.cache, name, (len(text), None, text.splitlines(keepends=True), name))
    exec(compile(text, name, "exec"), names)  # noqa: S102
    return names["backprop"]


def test_a_function_in_a_cell_is_pointed_at_in_its_cell(monkeypatch):
    answer = check(cell(BACKPROP.format(mask="dA"), monkeypatch))
    assert answer.sentence == "backprop is wrong, because: mask of dA1 in dZ1."
    text = str(answer)
    assert "   In[7], line 5, in relu_backward (called in line 13)\n       5 |     dZ[dA <= 0] = 0\n" in text
    assert "         |        ^^^^^^^\n" in text
    assert "write      dZ[Z <= 0] = 0" in text


def test_a_notebook_shows_the_same_text(monkeypatch):
    answer = check(cell(BACKPROP.format(mask="dA"), monkeypatch))
    shown = html.unescape(re.sub(r"<[^>]+>", "", answer._repr_html_()))
    assert [line.rstrip() for line in shown.splitlines()] == repr(answer).splitlines()


@pytest.mark.parametrize("mask", ["dA", "Z"])
def test_a_file_gets_the_text_and_the_status_of_the_command(mask, tmp_path, capsys):
    (tmp_path / "mine.py").write_text(BACKPROP.format(mask=mask))
    answer = check(tmp_path / "mine.py")
    assert compare.main(["check", str(tmp_path / "mine.py")]) == answer.status()
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == str(answer).splitlines()
    assert answer.as_dict()["sentence"] == answer.sentence


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize(
    ("activation", "value", "slope"),
    [
        ("tanh", "np.tanh(Z1)", "1 - A1**2"),
        ("sigmoid", "1 / (1 + np.exp(-Z1))", "A1 * (1 - A1)"),
        ("leaky_relu", "np.where(Z1 > 0, Z1, 0.01 * Z1)", "np.where(Z1 > 0, 1, 0.01)"),
    ],
)
def test_a_network_is_examined_with_the_hidden_units_that_it_is_said_to_have(activation, value, slope, monkeypatch):
    source = BACKPROP.format(mask="Z").replace("np.maximum(0, Z1)", value)
    right = source.replace("relu_backward(W2.T @ dZ2, Z1)", f"W2.T @ dZ2 * ({slope})")
    answer = check(cell(right, monkeypatch), activation=activation)
    assert (answer.verdict, f"hidden units: {activation}" in str(answer)) == ("certified", True)
    wrong = check(cell(source, monkeypatch), activation=activation)
    assert wrong.sentence == "backprop is wrong, because: slope of a relu in dZ1."
    assert check(cell(BACKPROP.format(mask="Z"), monkeypatch)).verdict == "certified"  # it is relu again


def test_one_line_is_enough_in_a_test(monkeypatch):
    assert_certified(cell(BACKPROP.format(mask="Z"), monkeypatch))
    with pytest.raises(AssertionError, match=r"^backprop is wrong, because: mask of dA1 in dZ1\.\n\nexamined  on 4"):
        assert_certified(cell(BACKPROP.format(mask="dA"), monkeypatch))


class Net:
    """A network of somebody's own."""

    def __init__(self, inputs, hidden):
        self.W1, self.b1 = np.zeros((hidden, inputs)), np.zeros((hidden, 1))
        self.W2, self.b2 = np.zeros((1, hidden)), np.zeros((1, 1))

    def gradients(self, X, Y):
        Z1 = self.W1 @ X + self.b1
        d = 1 / (1 + np.exp(-(self.W2 @ np.maximum(0, Z1) + self.b2))) - Y
        e = self.W2.T @ d * (Z1 > 0)
        found = {"dW1": e @ X.T, "db1": e.sum(axis=1, keepdims=True), "dW2": d @ np.maximum(0, Z1).T}
        return {name: V / X.shape[1] for name, V in (found | {"db2": d.sum(axis=1, keepdims=True)}).items()}


def test_a_class_is_examined_and_its_methods_are_those_of_this_process():
    assert check(Net).verdict == check(Net, "gradients").verdict == "certified"


def test_an_error_in_the_function_is_told_with_its_traceback():
    def backprop(W1, b1, W2, b2, X, Y):
        return W1 / nothing  # noqa: F821

    with pytest.raises(CheckError, match="name 'nothing' is not defined"):
        check(backprop)


@pytest.mark.parametrize("what", [3, SimpleNamespace()])
def test_what_cannot_be_called_is_refused(what):
    with pytest.raises(CheckError, match="is neither a function nor a class nor the path of a file"):
        check(what)
