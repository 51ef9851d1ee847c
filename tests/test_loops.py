"""Programs that go through the examples one by one are explained as if they took all at once."""

import numpy as np
import pytest

from shared.checking.checkup import check
from shared.checking.lines import run
from shared.checking.loops import at_once
from shared.checking.problems import drawn, small
from shared.checking.sandbox.program import Program
from shared.checking.watching.beside import record
from shared.checking.watching.places import Sources

NIELSEN = """import numpy as np

class Network:
    def __init__(self, sizes):
        self.biases = [np.random.randn(k, 1) for k in sizes[1:]]
        self.weights = [np.random.randn(k, n) for n, k in zip(sizes[:-1], sizes[1:])]

    def backprop(self, x, y):
        hidden_b, output_b = self.biases
        hidden_w, output_w = self.weights
        z = np.dot(hidden_w, x) + hidden_b
        a = relu(z)
        output = sigmoid(np.dot(output_w, a) + output_b)
        delta = output - y
        nabla_b, nabla_w = [None, delta], [None, np.dot(delta, a.transpose())]
        delta = np.dot(output_w.transpose(), delta) * (z > 0)
        nabla_b[0] = delta
        nabla_w[0] = np.dot(delta, x.transpose())
        return nabla_b, nabla_w

def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))

def relu(z):
    return np.maximum(z, 0.0)
"""
VECTORS = """import numpy as np

def gradients(W1, b1, W2, b2, X, y):
    m = len(X)
    assert W1.shape[1] == X.shape[1] and W2.ndim == 1
    dW1, db1, dW2, db2 = np.zeros_like(W1), np.zeros_like(b1), np.zeros_like(W2), 0.0
    for i in range(m):
        x = X[i]
        z = W1 @ x + b1
        a = np.maximum(z, 0)
        p = 1 / (1 + np.exp(-(W2 @ a + b2)))
        error = p - y[i]
        dW2 += error * a
        db2 += error
        back = error * W2 * (z > 0)
        dW1 += np.outer(back, x)
        db1 += back
    return dW1 / m, db1 / m, dW2 / m, db2 / m
"""
UNEVEN = VECTORS.replace("x = X[i]", "x = np.concatenate([X[i], [1.0]])[:-1]").replace(
    "        a = ", "        on = np.flatnonzero(z > 0)\n        kept = z[on] * 2\n        a = "
)
"""The same, with arrays of another length in each pass, and with lists of arrays."""
WRONG = {
    "Z1 in place of A1 in dW2": (NIELSEN, ("delta, a.transpose", "delta, z.transpose"), "z.transpose()"),
    "sign wrong in db1": (NIELSEN, ("nabla_b[0] = delta", "nabla_b[0] = -delta"), "-delta"),
    "dA1 is W2.T @ A2; right is W2.T @ dZ2": (
        NIELSEN,
        ("output_w.transpose(), delta)", "output_w.transpose(), output)"),
        "np.dot(output_w.transpose(), output)",
    ),
    "slope 0.1 on the left in A1": (NIELSEN, ("(z, 0.0)", "(z, 0.1 * z)"), "np.maximum(z, 0.1 * z)"),
    "Z1 in place of A1 in dW2 ": (VECTORS, ("error * a", "error * z"), "error * z"),
    "mask missing in dZ1": (VECTORS, (" * (z > 0)", ""), "error * W2"),
    "mean over examples missing in db1": (VECTORS, ("db1 / m", "db1"), "db1 += back"),
    "mask missing in dZ1 ": (UNEVEN, ("W2 * (z > 0)", "W2"), "error * W2"),
    "sigmoid's slope kept in dZ2": (VECTORS, ("p - y[i]", "(p - y[i]) * p * (1 - p)"), "(p - y[i]) * p"),
}


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize("kind", WRONG)
def test_a_mistake_in_a_loop_over_the_examples_is_named_and_underlined(tmp_path, kind):
    text, (old, new), underlined = WRONG[kind]
    assert old in text
    (tmp_path / "mine.py").write_text(text.replace(old, new))
    with Program(tmp_path / "mine.py", 60) as program:
        (finding,) = check(program, list(small())).findings
    assert finding.name == kind.strip()
    place = finding.own.place
    assert finding.own.source[place.column : place.end_column] == underlined


@pytest.mark.parametrize("text", [NIELSEN, VECTORS], ids=["columns", "vectors"])
def test_right_loops_over_the_examples_are_certified(says, text):
    says(text, [], "mine.py is certified: all 4 quantities")


def test_what_the_passes_of_a_loop_gave_is_what_all_examples_give_at_once(tmp_path):
    """Each quantity is an operation of the folded loop, with the values that the network's lines give."""
    (tmp_path / "mine.py").write_text(VECTORS)
    program: dict = {}
    exec(compile(VECTORS, str(tmp_path / "mine.py"), "exec"), program)  # noqa: S102
    problem = drawn(4, 6, 9, seed=5)
    q = problem.given()
    arrays = {"W1": q["W1"], "b1": q["b1"].ravel(), "W2": q["W2"].ravel(), "b2": q["b2"].ravel()[0]}
    arrays |= {"X": np.ascontiguousarray(q["X"].T), "Y": q["Y"].ravel()}
    _, operations = record(
        lambda note: {"dW1": program["gradients"](*[note(name, V) for name, V in arrays.items()])[0]},
        Sources(tmp_path / "mine.py", "mine.py"),
    )
    folded = at_once(operations, arrays, {})
    assert len(folded) < len(operations) / 5
    right = run(q)
    for name, factor in {"Z1": 1, "A1": 1, "Z2": 1, "A2": 1, "dZ2": 9, "dZ1": 9, "dW1": 9, "dW2": 9}.items():
        V = right[name] * factor
        assert any(o.result.size == V.size and np.allclose(o.result.reshape(V.shape), V) for o in folded), name
    assert at_once(folded, arrays, {}) is folded


def test_what_is_no_loop_over_the_examples_stays_as_it_is(tmp_path):
    text = (
        "import numpy as np\ndef gradients(X):\n    V = X\n    for _ in range(3):\n        V = V * 0.3\n    return V\n"
    )
    (tmp_path / "mine.py").write_text(text)
    program: dict = {}
    exec(compile(text, str(tmp_path / "mine.py"), "exec"), program)  # noqa: S102
    X, Y = np.linspace(0.1, 0.7, 15).reshape(3, 5), np.ones((1, 5))
    _, operations = record(
        lambda note: {"V": program["gradients"](note("X", X))}, Sources(tmp_path / "mine.py", "mine.py")
    )
    assert at_once(operations, {"X": X, "Y": Y}, {}) is operations
