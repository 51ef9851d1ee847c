"""While a user's program runs, its operations are recorded: what was done, with what, where it stands in the source."""

import os
import time
from textwrap import dedent

import numpy as np
import pytest
import scipy.special

from shared.checking.problems import on_paper
from shared.checking.sandbox.program import Program, Reply
from shared.checking.watching.beside import NOT_DONE, NOT_SAME, Watched, record
from shared.checking.watching.jax_primitives import in_numpy
from shared.checking.watching.numpy_arrays import plain
from shared.checking.watching.operations import Constant, Input, Result, Several
from shared.checking.watching.places import Sources
from shared.checking.watching.recorder import MOST_OPERATIONS

ARGUMENTS = list(on_paper().given().values())
GIVEN = on_paper().given()
HEAD = "import numpy as np\ndef gradients(W1, b1, W2, b2, X, Y):\n"


@pytest.fixture(autouse=True)
def settings_of_numpy_are_put_back():
    """A program that runs here may change them, and other tests run in this process."""
    with np.errstate():
        yield


@pytest.fixture
def seen(tmp_path):
    """Run a function with this body here, watched, and return what it gave and what it did."""

    def reply(body, head=HEAD):
        path = tmp_path / "mine.py"
        path.write_text(head + "".join(f"    {line}\n" for line in dedent(body).strip().splitlines()))
        names = {}
        exec(compile(path.read_text(), path, "exec"), names)  # noqa: S102
        given = [V.copy() for V in ARGUMENTS]
        call = lambda note: names["gradients"](*map(note, GIVEN, given))  # noqa: E731
        values, operations = record(call, Sources(path, "mine.py"))
        return Reply(values, operations=tuple(operations))

    return reply


@pytest.fixture
def watched(tmp_path):
    """Write a function with this body, call it watched, and return the reply."""

    def reply(body, head=HEAD):
        lines = dedent(body).strip().splitlines()
        (tmp_path / "mine.py").write_text(head + "".join(f"    {line}\n" for line in lines))
        with Program(tmp_path / "mine.py", 20) as program:
            return program.call("gradients", *ARGUMENTS, watch=True)

    return reply


def shown(operand):
    """Write an operand in a word."""
    match operand:
        case Result(number):
            return f"#{number}"
        case Input(name):
            return name
        case Several(parts):
            return f"[{' '.join(map(shown, parts))}]"
        case Constant(value):
            return str(value)


def steps(reply):
    """Write each operation in a line: "matmul W1 X"."""
    assert not reply.remark, reply.remark
    return [" ".join([each.function, *map(shown, each.operands)]) for each in reply.operations]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("W1 @ X + b1", ["matmul W1 X", "add #0 b1"]),
        ("np.dot(W1, X)", ["dot W1 X"]),
        ("W1.dot(X)", ["dot W1 X"]),
        ("X.T", ["transpose X"]),
        ("1 / (1 + np.exp(-X))", ["negative X", "exp #0", "add 1 #1", "divide 1 #2"]),
        ("np.maximum(0, X)", ["maximum 0 X"]),
        ("np.where(X > 0, X, 0)", ["greater X 0", "where #0 X 0"]),
        ("X.sum(axis=1, keepdims=True)", ["sum X"]),
        ("np.sum(X, 1)", ["sum X 1"]),
        ("np.einsum('ij,jk->ik', W1, X)", ["einsum ij,jk->ik W1 X"]),
        ("np.outer(W1[0], X[:, 0])", ["getitem W1", "getitem X", "outer #0 #1"]),
        ("np.concatenate([b1, W1], axis=1)", ["concatenate [b1 W1]"]),
        ("np.c_[b1, W1]", ["concatenate [b1 W1]"]),
        ("X.reshape(5, 3)", ["reshape X 5 3"]),
        ("X.reshape(-1, 3).copy()", ["reshape X -1 3", "copy #0"]),
        ("np.array(X, copy=True)", ["array X"]),
        ("np.asarray(X) * 2.0", ["multiply X 2.0"]),
        ("np.zeros_like(X) + X", ["zeros_like X", "add #0 X"]),
        ("np.clip(X, -1, 1)", ["clip X -1 1"]),
        ("np.linalg.norm(X) * W1", ["norm X", "multiply #0 W1"]),
        ("X[X > 0]", ["greater X 0", "getitem X #0"]),
        ("np.mean(X * Y)", ["multiply X Y", "mean #0"]),
    ],
)
def test_an_expression_is_seen_with_its_operands(seen, expression, expected):
    assert steps(seen(f"return {{'V': {expression}}}")) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("dZ = np.array(X)\ndZ[:, W1[0] @ X <= 0] = 0", "setitem #0 #3 0"),
        ("dZ = X.copy()\ndZ *= 3.0", "multiply #0 3.0"),
        ("dZ = np.zeros((3, 5))\ndZ[:, 0] = X[:, 1]", "setitem #0 #1"),
        ("dZ = X + 0.5\nnp.multiply(dZ, 2, out=dZ)", "multiply #0 2"),
        ("dZ = X + 0.5\nnp.add.at(dZ, 0, 1.0)", "add.at #0 0 1.0"),
        ("dZ = X + 0.5\ndZ.fill(7)", "fill #0 7"),
    ],
)
def test_a_change_in_place_is_an_operation_whose_result_is_what_follows(seen, body, expected):
    reply = seen(f"{body}\nafter = dZ * 1.25\nreturn {{'V': after, 'dZ': dZ}}")
    found = steps(reply)
    assert expected in found
    changed = found.index(expected)
    assert found[-1] == f"multiply #{changed} 1.25"
    np.testing.assert_array_equal(reply.operations[changed].result, reply.values["dZ"])


def test_a_change_through_a_view_is_told(seen):
    reply = seen("row = X[0]\nrow += 0.3\nreturn {'V': X * 2}")
    assert steps(reply) == ["getitem X", "add #0 0.3", "changed", "multiply #2 2"]
    np.testing.assert_array_equal(reply.operations[2].result[0], GIVEN["X"][0] + 0.3)


@pytest.mark.parametrize("taken", ["float(a.sum())", "a.sum().item()", "a.sum().tolist()"])
def test_a_number_that_was_taken_out_is_found_again_by_its_value(seen, taken):
    reply = seen(f"a = X / 3\ns = {taken}\nreturn {{'V': s * Y}}")
    assert steps(reply)[1:] == ["sum #0", "multiply #1 Y"]


def test_results_are_what_the_program_had(seen):
    reply = seen("Z1 = W1 @ X + b1\nreturn {'Z1': Z1, 'A1': np.maximum(0, Z1)}")
    np.testing.assert_array_equal(reply.operations[1].result, reply.values["Z1"])
    np.testing.assert_array_equal(reply.operations[2].result, reply.values["A1"])


def test_a_place_has_the_columns_the_function_and_the_calls_that_led_there(seen):
    head = "import numpy as np\ndef act(Z):\n    return np.maximum(0, Z)\n" + HEAD.splitlines()[1] + "\n"
    place = seen("é = 1; A1 = act(X)\nreturn {'V': A1}", head).operations[0].place
    assert (place.file.endswith("mine.py"), place.line, place.function) == (True, 3, "act")
    assert (place.column, place.end_column, place.called_from) == (11, 27, (5,))


def test_columns_are_counted_in_characters(seen):
    place = seen("é = 1; V = W1 @ X\nreturn {'V': V}").operations[0].place
    assert (place.line, place.column, place.end_column) == (3, 15, 21)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("z = W1 @ X + b1\nreturn {'dW1': z}", ["", "z"]),
        ("g = {}\ng['dW1'] = W1 * 2\nreturn g", ["g['dW1']"]),
        ("return {'dW1': W1 * 2}", ["dW1"]),
        ("a, b = W1 * 2, b1 * 2\nreturn {'dW1': a, 'db1': b}", ["a", "b"]),
        ("a = W1 * 1.5\na -= b1\nreturn {'a': a}", ["a", "a"]),
    ],
)
def test_a_result_has_the_name_that_the_program_gave_it(seen, body, names):
    assert [each.name for each in seen(body).operations] == names


def test_numbers_in_loops_are_seen_as_the_lines_leave_them(seen):
    body = """
        x = X.tolist()
        total = 0.0
        for value in x[0]:
            total += value / 3
        rows = [[v / 7 for v in row] for row in x]
        return {'V': total, 'rows': rows}
        """
    reply = seen(body)
    assigned = [(each.name, each.place.line) for each in reply.operations if each.function == "assign"]
    assert assigned[-1] == ("rows", 7)
    assert ("total", 6) in assigned
    np.testing.assert_allclose(reply.operations[-1].result, GIVEN["X"] / 7)


@pytest.mark.parametrize(
    "body",
    [
        "V = X * 2 if type(X) is np.ndarray else X * 3\nreturn {'V': V}",
        "assert type(X) is np.ndarray\nreturn {'V': X * 2}",
    ],
)
def test_where_watching_would_change_something_the_unwatched_counts(watched, body):
    reply = watched(body)
    np.testing.assert_array_equal(reply.values["V"], GIVEN["X"] * 2)
    assert reply.operations == ()
    assert reply.remark == NOT_SAME


def test_a_watched_call_that_does_not_end_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("shared.checking.watching.beside.LONGEST", 0.2)
    begun = time.monotonic()
    copy = Watched(lambda note: time.sleep(60), Sources(tmp_path / "mine.py", "mine.py"), tmp_path)
    assert copy.outcome({"V": 1}) == NOT_DONE
    assert time.monotonic() - begun < 5
    with pytest.raises(ChildProcessError):
        os.waitpid(copy.pid, 0)


def test_a_program_with_a_memory_is_called_once_for_each_call(watched):
    head = "import numpy as np\ncalls = []\n" + HEAD.splitlines()[1] + "\n"
    reply = watched("calls.append(1)\nprint('here')\nreturn {'n': len(calls) + 0 * X}", head)
    assert reply.values["n"].max() == 1
    assert reply.printed == "here\n"
    assert reply.operations


def test_random_numbers_are_the_same_when_watched(watched):
    reply = watched("V = X * np.random.rand(3, 5)\nreturn {'V': V}")
    assert not reply.remark
    assert reply.operations[-1].function == "multiply"


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize(
    "body",
    [
        "import copy, pickle\nV = pickle.loads(pickle.dumps(copy.deepcopy(X)))\nreturn {'V': V * 2}",
        "V = np.vectorize(lambda v: max(v, 0))(X)\nreturn {'V': V}",
        "V = np.frombuffer(X.tobytes()).reshape(3, 5) + [[1.0] * 5] * 3\nreturn {'V': V}",
        "V, s, _ = np.linalg.svd(X)\nreturn {'V': V, 's': s}",
        "from scipy.special import expit\nreturn {'V': expit(X)}",
        "V = np.matrix(X) * np.matrix(X).T\nreturn {'V': V}",
        "V = np.array([np.max(row) for row in X])\nreturn {'V': V}",
        "np.testing.assert_allclose(X, X)\nassert isinstance(X, np.ndarray)\nreturn {'V': sum(X) + max(X[0])}",
        "V = np.stack(np.split(X, 3)).squeeze(1)\nV[...] += 1\nreturn {'V': V}",
        "V = X[np.ix_([0, 1], [1, 2])]\nreturn {'V': V}",
        "V = np.ma.array(X, mask=X < 0).filled(0)\nreturn {'V': V}",
        "V = np.apply_along_axis(lambda v: v / v.sum(), 0, X)\nreturn {'V': V}",
        "V = np.empty((3, 5))\nnp.copyto(V, X)\nV[:] = np.nan_to_num(V)\nreturn {'V': V}",
        "W1 += 1\nX.shape = (15,)\nreturn {'V': X}",
        "V = X.astype(np.float32) * 2\nreturn {'V': V}",
        "np.seterr(all='raise')\nV = np.divide(X, Y, where=Y != 0, out=np.zeros_like(X))\nreturn {'V': V}",
    ],
)
def test_what_is_unusual_is_watched_without_a_difference(seen, body):
    names = {}
    exec(HEAD + "".join(f"    {line}\n" for line in body.splitlines()), names)  # noqa: S102
    values = names["gradients"](*[V.copy() for V in ARGUMENTS])
    for name, value in seen(body).values.items():
        np.testing.assert_array_equal(plain(value), values[name], strict=True)


def test_a_failing_call_has_no_trace_and_no_remark(watched):
    reply = watched("V = W1 @ X\n1 / 0")
    assert (reply.values, reply.operations, reply.remark) == (None, (), "")


def test_a_trace_is_bounded(seen):
    reply = seen("V = X\nfor _ in range(7000):\n    V = V * 1.0\nreturn {'V': V}")
    assert len(reply.operations) == MOST_OPERATIONS


def test_a_large_array_is_not_kept(seen):
    reply = seen("V = np.ones((2000, 2000)) * 3.0\nreturn {'V': V.sum() * X}")
    assert sum(each.result.nbytes for each in reply.operations) < 10_000


# PyTorch and JAX.

TORCH = """import torch
from torch.nn.functional import binary_cross_entropy_with_logits, linear
def gradients(W1, b1, W2, b2, X, Y):
"""
BY_AUTOGRAD = """
weights = [torch.tensor(V, requires_grad=True) for V in (W1, b1.ravel(), W2, b2.ravel())]
hidden = linear(torch.from_numpy(X.T), *weights[:2]).clamp(min=0)
hidden[hidden > 7] = 7
loss = binary_cross_entropy_with_logits(1 - linear(hidden, *weights[2:]), torch.from_numpy(Y).t())
loss.backward()
return {"dW1": weights[0].grad, "dW2": weights[2].grad}
"""


def test_tensors_are_seen_and_what_autograd_passes_back_to_each(seen):
    found = [step for step in steps(seen(BY_AUTOGRAD, TORCH)) if not step.startswith(("copy", "ravel"))]
    assert found[:4] == ["transpose X", "linear #7 #2 #3", "clip #8", "greater #9 7"]
    assert found[4:8] == ["setitem #9 #10 7", "linear #11 #4 #5", "subtract 1 #12", "transpose #14"]
    assert found[8] == "binary_cross_entropy_with_logits #13 #15"
    assert found[9:] == [f"grad #{number}" for number in (13, 12, 5, 4, 11, 9, 8, 3, 2)]


def test_what_autograd_passes_back_stands_where_the_tensor_was_used(seen):
    found = {each.operands[0].number: each for each in seen(BY_AUTOGRAD, TORCH).operations if each.function == "grad"}
    assert {number: each.place.line for number, each in found.items()} == {
        **dict.fromkeys((13, 12, 5, 4, 11), 7),
        9: 6,
        **dict.fromkeys((8, 3, 2), 5),
    }
    assert found[9].name == "hidden.grad"


JAX = """import jax, jax.numpy as jnp
jax.config.update("jax_enable_x64", True)
@jax.jit
def loss(W1, b1, W2, b2, X, Y):
    hidden = jax.nn.relu(W1 @ X + b1)
    Z2 = W2 @ hidden + b2
    return jnp.mean(jnp.logaddexp(0, Z2) - Y * Z2)
def gradients(W1, b1, W2, b2, X, Y):
"""
BY_GRAD = "return dict(zip(('dW1', 'db1', 'dW2', 'db2'), jax.grad(loss, (0, 1, 2, 3))(W1, b1, W2, b2, X, Y)))"


def test_jax_is_seen_forwards_and_backwards_at_the_same_place(seen):
    made = [each for each in seen(BY_GRAD, JAX).operations if each.function != "copy"]
    assert [each.function for each in made[:4]] == ["matmul", "add", "maximum", "greater"]
    assert [each.name for each in made if each.name] == ["hidden", "hidden", "Z2"]
    there = [(each.place.line, each.place.column, each.place.end_column) for each in (made[0], made[-1])]
    assert there == [(5, 25, 31)] * 2  # W1 @ X
    assert [each.place.line for each in made if each.function.startswith(("matmul", "dot"))] == [5, 6, 6, 6, 5]


def test_what_numpy_lacks_of_jax_is_carried_out_by_scipy():
    V = np.array([-2.0, 0.5])
    np.testing.assert_array_equal(in_numpy("logistic", [V], {}), scipy.special.expit(V))
    np.testing.assert_array_equal(in_numpy("erf", [V], {}), scipy.special.erf(V))


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize(("body", "head"), [(BY_AUTOGRAD, TORCH), (BY_GRAD, JAX)], ids=["torch", "jax"])
def test_a_framework_is_watched_beside_a_call_that_counts(watched, body, head):
    reply = watched(body, head)
    assert (reply.remark, reply.failure) == ("", "")
    assert len(reply.operations) > 20


def test_nothing_is_recorded_unless_it_is_asked_for(tmp_path):
    (tmp_path / "mine.py").write_text(HEAD + "    return {'V': W1 @ X}\n")
    with Program(tmp_path / "mine.py", 20) as program:
        assert program.call("gradients", *ARGUMENTS).operations == ()
