"""The doctor on replies: what has no name is known by its shape and what it holds, and nothing is passed over."""

import pytest

from shared.checking import problems
from shared.checking.checkup import Checkup, check
from shared.checking.program import Program

SMALL = list(problems.small())[:4]

BACKPROP = """
import numpy as np

def found(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    Z2 = W2 @ A1 + b2
    A2 = 1 / (1 + np.exp(-Z2))
    cost = np.mean(np.logaddexp(0, Z2) - Y * Z2)
    dZ2 = (A2 - Y) / m
    dW2, db2 = dZ2 @ A1.T, dZ2.sum(axis=1, keepdims=True)
    dA1 = W2.T @ dZ2
    dZ1 = dA1 * (Z1 > 0)
    dW1, db1 = dZ1 @ X.T, dZ1.sum(axis=1, keepdims=True)
"""
NAMED = "dict(dW1=dW1, db1=db1, dW2=dW2, db2=db2)"
GRADIENTS = ["dW2", "db2", "dW1", "db1"]
FORWARD = ["Z1", "A1", "Z2", "A2"]


@pytest.fixture
def visit(tmp_path):
    """Let the doctor see a file whose `gradients` ends with `return` and this, with other functions beside it."""

    def examine(returned: str, others: str = "", line: str = "", asked: list = SMALL) -> Checkup:
        function = BACKPROP.replace("def found", "def gradients")
        text = f"{function}    {line}\n    return {returned}\n{others}"
        (tmp_path / "mine.py").write_text(text)
        with Program(tmp_path / "mine.py", 60) as program:
            return check(program, asked)

    return examine


def places(checkup):
    return {row.quantity: row.place for row in checkup.rows()}


# Inputs are never modified.

FORWARD_IN_PLACE = """
def forward(W1, b1, W2, b2, X):
    Z1 = W1 @ X + b1
    X *= 2
    return {"Z1": Z1}
"""
TRAIN_IN_PLACE = """
def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
    costs = []
    for _ in range(iterations):
        grads = gradients(W1, b1, W2, b2, X, Y)
        costs.append(grads.pop("cost"))
        W1 -= learning_rate * grads["dW1"]
        b1 -= learning_rate * grads["db1"]
        W2 = W2 - learning_rate * grads["dW2"]
        b2 = b2 - learning_rate * grads["db2"]
    return {"costs": costs, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
"""


@pytest.mark.parametrize(
    ("function", "others", "line", "changed"),
    [
        ("gradients", "", "X += 1", "X"),
        ("forward", FORWARD_IN_PLACE, "", "X"),
        ("train", TRAIN_IN_PLACE, "", "W1, b1"),
    ],
)
def test_a_function_that_changes_its_inputs_in_place_is_told_which(visit, function, others, line, changed):
    checkup = visit(f"{NAMED} | {{'cost': cost}}", others, line)
    assert checkup.verdict == "certified"
    assert checkup.remarks == [f"{function} changes its inputs in place: {changed}; make copies"]
