"""What a program was seen to compute is told in the notation, with its place: the very columns that differ."""

import ast

import pytest

from shared.checking import problems
from shared.checking.checkup import check
from shared.checking.edits import edits
from shared.checking.sandbox.program import Program
from shared.checking.simplifying import simplified, text_of

pytestmark = pytest.mark.mostly_slow(3)

SMALL = list(problems.small())
BACKPROP = """import numpy as np

def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = A2 - Y
    dW2, db2 = dZ2 @ A1.T / m, dZ2.sum(axis=1, keepdims=True) / m
    dA1 = W2.T @ dZ2
    dZ1 = dA1 * (Z1 > 0)
    dW1, db1 = dZ1 @ X.T / m, dZ1.sum(axis=1, keepdims=True) / m
    return dict(dW1=dW1, db1=db1, dW2=dW2, db2=db2)
"""
CHANGED = {
    "dZ1 = dA1 * (dA1 > 0)": ("dZ1 = dA1 * (Z1 > 0)", "dA1 > 0"),
    "dZ1 = dA1 * (A1 >= 0)": ("dZ1 = dA1 * (Z1 > 0)", "A1 >= 0"),
    "dA1 = dW2.T @ dZ2": ("dA1 = W2.T @ dZ2", "dW2.T"),
}


@pytest.fixture
def examined(tmp_path):
    def examine(text, asked=SMALL):
        (tmp_path / "mine.py").write_text(text)
        with Program(tmp_path / "mine.py", 60) as program:
            return check(program, asked)

    return examine


@pytest.mark.parametrize("changed", CHANGED)
def test_the_expression_that_differs_is_pointed_at_and_mended_in_the_programs_own_names(examined, changed):
    line, expression = CHANGED[changed]
    (finding,) = examined(BACKPROP.replace(line, changed)).findings
    place, source = finding.own.place, finding.own.source
    assert source.strip() == changed
    assert source[place.column : place.end_column] == expression
    assert finding.own.mended == line


def test_a_mean_of_what_is_divided_by_m_already_is_mended_to_a_sum(examined):
    early = BACKPROP.replace(" / m", "").replace("A2 - Y", "(A2 - Y) / m")
    (finding,) = examined(early.replace("dZ1.sum", "dZ1.mean")).findings
    assert finding.own.mended == "dW1, db1 = dZ1 @ X.T, dZ1.sum(axis=1, keepdims=True)"


def test_a_rule_of_custom_vjp_is_pointed_at_where_it_is_wrong_and_not_where_it_is_used(examined):
    text = """import jax
import jax.numpy as jnp

@jax.custom_vjp
def relu(z):
    return jnp.maximum(z, 0)

relu.defvjp(lambda z: (relu(z), z), lambda z, d: (d * (d > 0),))

def loss(W1, b1, W2, b2, X, Y):
    Z2 = W2 @ relu(W1 @ X + b1) + b2
    return jnp.mean(jnp.logaddexp(0, Z2) - Y * Z2)

grad_loss = jax.jit(jax.grad(loss, argnums=(0, 1, 2, 3)))
"""
    checkup = examined(text)
    (finding,) = checkup.findings
    place = finding.own.place
    assert (finding.name, place.line) == ("mask of dA1 in dZ1", 8)
    assert finding.own.source[place.column : place.end_column] == "d > 0"
    assert not any("not called" in remark for remark in checkup.remarks)


@pytest.mark.usefixtures("single_mistakes")
def test_what_has_no_name_is_told_by_its_formula(examined):
    (finding,) = examined(BACKPROP.replace("dZ1 = dA1 * (Z1 > 0)", "dZ1 = dA1 * np.cos(Z1)"), SMALL[:4]).findings
    assert finding.own.formula == "dA1 * cos(Z1)"
    assert "cos(Z1) in place of Z1 > 0" in finding.name


def test_a_formula_names_what_the_same_expression_gave_before(examined):
    text = """import numpy as np
def hidden(W1, b1, X):
    return np.maximum(0, W1 @ X + b1)
def gradients(W1, b1, W2, b2, X, Y):
    dZ2 = (1 / (1 + np.exp(-(W2 @ hidden(W1, b1, X) + b2))) - Y) / X.shape[1]
    dZ1 = W2.T @ dZ2 * (hidden(W1, b1, X) >= 0)
    return dZ1 @ X.T, dZ1.sum(1, keepdims=True), dZ2 @ hidden(W1, b1, X).T, dZ2.sum(1, keepdims=True)
"""
    assert [finding.own.formula for finding in examined(text).findings] == ["dA1 * (A1 >= 0)"]


NAMED = {
    "elu in A1": ("A1 = np.maximum(0, Z1)", "A1 = np.where(Z1 > 0, Z1, np.exp(Z1) - 1)"),
    "slope of a hardtanh in dZ1": ("(Z1 > 0)", "((Z1 > -1) & (Z1 < 1))"),
    "clipping to norm 0.33 in dW1": (
        "    return",
        "    norm = np.sqrt(sum((V**2).sum() for V in (dW1, db1, dW2, db2)))\n"
        "    dW1 = dW1 * min(1, 0.33 / norm)\n    return",
    ),
}


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize("name", NAMED)
def test_a_formula_is_named_by_a_mistake_that_computes_the_same_with_the_programs_own_numbers(examined, name):
    assert [finding.name for finding in examined(BACKPROP.replace(*NAMED[name])).findings] == [name]


def test_a_share_of_a_size_is_written_as_one(examined):
    (finding,) = examined(BACKPROP.replace("dZ1 @ X.T / m", "dZ1 @ X.T / m + 0.35 / m * np.cos(W1)")).findings
    assert finding.own.yours == "dZ1 @ X.T / m + 0.35 * cos(W1) / m"


def test_what_makes_a_cost_that_is_no_number_is_told_with_its_line(examined):
    wrong = "cost = np.mean(np.log(A2 - 2))\n    return dict(cost=cost, "
    observation = examined(BACKPROP.replace("return dict(", wrong), SMALL[:4]).observation
    assert observation.why_undefined("cost") == "the log of a number below 0 in line 13"


AT = {
    "a mask that changes nothing": ("dZ1 = dA1 * (Z1 > 0)", "dZ1 = dA1 * (A1 >= 0)", "A1 >= 0"),
    "another shape": ("dZ1 @ X.T / m", "dZ1 @ A1.T / m", "A1.T"),
    "a lost dimension": ("dZ1.sum(axis=1, keepdims=True) / m", "dZ1.sum(axis=1) / m", "dZ1.sum(axis=1) / m"),
    "a call of a right function": ("* (Z1 > 0)", "* slope(dA1)", "slope(dA1)"),
    "a size": ("m = X.shape[1]", "m = X.shape[0]", "X.shape[0]"),
    "what a right value is multiplied by": ("dA1 = W2.T @ dZ2", "dA1 = W2.T @ dZ2 * Z1", "W2.T @ dZ2 * Z1"),
}


@pytest.mark.parametrize("what", AT)
def test_the_place_is_the_expression_with_the_mistake(examined, what):
    right, wrong, expression = AT[what]
    text = BACKPROP.replace("def gradients", "def slope(z):\n    return (z > 0) * 1.0\n\ndef gradients").replace(
        right, wrong
    )
    own = examined(text).findings[0].own
    assert own.source[own.place.column : own.place.end_column] == expression


def test_what_is_missing_belongs_behind_the_line_before_it(examined):
    (finding,) = examined(BACKPROP.replace("dZ1 = dA1 * (Z1 > 0)", "dZ1 = dA1")).findings
    assert (finding.own.source.strip(), finding.own.is_behind) == ("dA1 = W2.T @ dZ2", True)


def test_a_cost_that_has_no_name_is_told_by_its_formula(examined):
    loss = "np.sum(Y * np.log(A2) + (1 - Y) * np.log1p(A2))"
    (finding,) = examined(BACKPROP.replace("return dict(", f"cost = -{loss} / m\n    return dict(cost=cost, ")).findings
    assert "log1p(A2) in place of log(1 - A2)" in finding.name


def test_numbers_in_loops_are_placed_by_their_names(examined):
    text = """import math

def gradients(W1, b1, W2, b2, X, Y):
    W1, b1, W2, b2, X, Y = (V.tolist() for V in (W1, b1, W2, b2, X, Y))
    n_h, n_x, m = len(W1), len(X), len(X[0])
    dW1, db1, dW2, db2 = [[0.0] * n_x for _ in range(n_h)], [[0.0] for _ in range(n_h)], [[0.0] * n_h], [[0.0]]
    for k in range(m):
        z1 = [b1[i][0] + sum(W1[i][j] * X[j][k] for j in range(n_x)) for i in range(n_h)]
        z2 = b2[0][0] + sum(W2[0][i] * max(0.0, z1[i]) for i in range(n_h))
        dz2 = (1 / (1 + math.exp(-z2)) if z2 > -700 else 0.0) - Y[0][k]
        db2[0][0] += dz2 / m
        for i in range(n_h):
            dW2[0][i] += dz2 * max(0.0, z1[i]) / m
            dz1 = dz2 * W2[0][i]
            db1[i][0] += dz1 / m
            for j in range(n_x):
                dW1[i][j] += dz1 * X[j][k] / m
    return dW1, db1, dW2, db2
"""
    assert [finding.own.source.strip() for finding in examined(text).findings] == ["dz1 = dz2 * W2[0][i]"]


IN_TORCH = """import torch
from torch.nn.functional import binary_cross_entropy_with_logits

def loss(W1, b1, W2, b2, X, Y):
    hidden = torch.relu(W1 @ X + b1)
    return binary_cross_entropy_with_logits(W2 @ hidden + b2, Y)
"""
CALL = "binary_cross_entropy_with_logits(W2 @ hidden + b2, Y)"
MENDED = {
    CALL.replace("Y)", 'Y, reduction="sum")'): CALL.replace("Y)", 'Y, reduction="mean")'),
    CALL.replace("Y)", 'Y, reduction="none").sum()'): CALL.replace("Y)", 'Y, reduction="none").mean()'),
}


@pytest.mark.mostly_slow(5)
@pytest.mark.parametrize("wrong", MENDED)
def test_what_autograd_was_given_is_mended_not_what_it_derives(examined, wrong):
    (finding,) = examined(IN_TORCH.replace(CALL, wrong)).findings
    assert (finding.own.mended, finding.cures, finding.own.place.line) == (f"return {MENDED[wrong]}", (), 6)


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("torch.relu(W1 @ X + b1)", "torch.relu(W1 @ X) + b1"),
        ("W1 @ X + b1", "W1 @ X + 2 * b1"),
        ("W2 @ hidden + b2", "2 * (W2 @ hidden) + b2"),
    ],
)
def test_what_autograd_makes_of_a_wrong_line_is_no_second_mistake(examined, right, wrong):
    (finding,) = examined(IN_TORCH.replace(right, wrong)).findings
    assert right in IN_TORCH
    assert not finding.diagnosis.line.startswith("d")


def test_gradients_that_add_up_are_set_to_zero_in_the_programs_own_way(examined):
    text = """import torch

def train(model, X, y, epochs=10, lr=0.1):
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    for _ in range(epochs):
        loss = torch.nn.BCEWithLogitsLoss()(model(X), y)
        loss.backward()
        optimizer.step()
"""
    model = "class Net(torch.nn.Module):\n    def __init__(self, n, h):\n        super().__init__()\n"
    model += "        self.fc1, self.fc2 = torch.nn.Linear(n, h), torch.nn.Linear(h, 1)\n\n"
    model += "    def forward(self, x):\n        return self.fc2(torch.relu(self.fc1(x)))\n\n\n"
    (finding,) = examined(text.replace("def train", f"{model}def train")).findings
    assert (finding.own.source.strip(), finding.own.mended) == (
        "loss.backward()",
        "optimizer.zero_grad() before loss.backward()",
    )


def test_a_right_program_is_told_where_its_quantities_stand(examined):
    rows = {row.quantity: row.own for row in examined(BACKPROP).rows()}
    assert {name: own.place.line for name, own in rows.items()} == {"dW2": 9, "db2": 9, "dW1": 12, "db1": 12}


@pytest.mark.parametrize(
    ("text", "simple"),
    [
        ("(X.T @ W1.T).T + b1", "W1 @ X + b1"),
        ("where(Z1 <= 0, 0, dA1)", "dA1 * (Z1 > 0)"),
        ("1 / (1 + exp(-Z1))", "sigmoid(Z1)"),
        ("1 / m * (dZ1 @ X.T)", "dZ1 @ X.T / m"),
        ("maximum(0, Z1)", "relu(Z1)"),
        ("-(Y - A2)", "A2 - Y"),
    ],
)
def test_a_formula_is_written_as_the_notation_has_it(text, simple):
    assert text_of(simplified(ast.parse(text, mode="eval").body)) == simple


@pytest.mark.parametrize(
    ("own", "line", "said"),
    [
        ("dA1 * (dA1 > 0)", "dZ1", ["dA1 in place of Z1"]),
        ("(A2 - Y) * Z2 / m", "dZ2", ["multiplied by Z2"]),
        ("(Y - A2) / m", "dZ2", ["sign wrong"]),
        ("W1 @ X - b1", "Z1", ["sign of b1 wrong"]),
        ("W1 @ X", "Z1", ["b1 missing"]),
        ("dZ1 @ A1.T", "dW1", ["A1 in place of X"]),
        ("dZ2 @ A1.T", "dW2", []),
        ("(Y - A2) * A2", "dZ2", ["sign wrong", "multiplied by A2", "division by m missing"]),
        ("dA2 * Z2 * (1 - A2)", "dZ2", ["Z2 in place of A2"]),
        (
            "mean(-(Y * log(sigmoid(A2)) + (1 - Y) * log(1 - sigmoid(A2))))",
            "cost",
            ["sigmoid(A2) in place of A2", "sigmoid(A2) in place of A2"],
        ),
    ],
)
def test_an_edit_is_said_in_words(own, line, said):
    found = edits(simplified(ast.parse(own, mode="eval").body), line)
    assert [edit.said for edit in found] == said
