"""The doctor on replies: what has no name is known by its shape and what it holds, and nothing is passed over."""

from itertools import permutations

import numpy as np
import pytest
from patients import FOUR, Patient

from shared.checking import lines, problems
from shared.checking.checkup import Checkup, check
from shared.checking.conventions import Convention, layouts
from shared.checking.examination import recognised
from shared.checking.naming import with_names_read
from shared.checking.sandbox.binding.options import calls
from shared.checking.sandbox.program import Program, Reply
from shared.checking.told import doubts, what_would_decide

pytestmark = pytest.mark.mostly_slow(3)

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


@pytest.fixture
def answer(tmp_path):
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


def written(checkup):
    return list(checkup.examination.convention.sentences())


# Values without names.


@pytest.mark.mostly_slow(5)
@pytest.mark.parametrize("convention", layouts(), ids=str)
def test_right_gradients_are_known_in_any_order_beside_anything_else_that_is_right(convention):
    problem = problems.on_paper()
    found = {name: convention.theirs(name, np.asarray(V)) for name, V in lines.run(problem.given()).items()}
    for order in permutations(FOUR):
        for names in (order, ("cost", *order), (*order, "Z1", "A1", "Z2", "A2")):
            reply = Reply({str(k): found[name] for k, name in enumerate(names)})
            read = with_names_read(convention, "gradients", reply, problem).read
            assert read == tuple((str(k), name) for k, name in enumerate(names))


@pytest.mark.parametrize(
    "shapes",
    [((2, 3), (2, 1), (1, 2), (1, 1)), ((2, 3), (2, 1), (2,), ())],
    ids=["whole", "without dimensions of length 1"],
)
@pytest.mark.parametrize("order", list(permutations(FOUR)), ids=" ".join)
def test_gradients_of_wrong_numbers_are_known_in_any_order_by_their_shapes(order, shapes):
    of = dict(zip(FOUR, shapes, strict=True))
    reply = Reply({str(k): np.full(of[name], 7.5) for k, name in enumerate(order)})
    read = with_names_read(Convention(), "gradients", reply, problems.on_paper()).read
    assert [name for _, name in read] == list(order)


def test_the_order_that_was_found_is_said_beside_the_usual_one_and_is_no_mistake(answer):
    checkup = answer("dW1, dW2, db1, db2")
    assert (checkup.verdict, checkup.remarks) == ("certified", [])
    assert written(checkup) == [
        "what has no name is told by shape and value: dW1, dW2, db1, db2 (the usual order is dW1, db1, dW2, db2)"
    ]
    assert written(answer("dW1, db1, dW2, db2")) == []


def test_a_mistake_in_a_tuple_of_another_order_is_found_at_its_line(answer):
    checkup = answer("dW2, db2, m * dW1, db1")
    assert [finding.name for finding in checkup.findings] == ["mean over examples missing in dW1"]
    assert {name for name, place in places(checkup).items() if place != "OK"} == {"dW1"}


def test_transposed_vectors_in_the_usual_order_are_not_taken_for_another_order(answer):
    checkup = answer("dW1, db1.T, dW2.T, db2")
    assert [finding.name for finding in checkup.findings] == ["result transposed in dW2 and db1"]


def test_an_array_of_the_wrong_shape_is_still_the_gradient_whose_place_it_has(answer, single_mistakes):
    checkup = answer("cost, dW1, dZ1 * 2, dW2, db2", asked=SMALL[:1])
    assert {row.quantity: row.remark for row in checkup.rows() if row.remark} == {
        "db1": "its shape is (2, 5), not (2, 1)"
    }


@pytest.mark.parametrize(
    ("returned", "wanted"),
    [
        ("{'dW1': dW1[None], 'db1': [[db1]], 'dW2': dW2, 'db2': db2}", "dW1 (1, 2, 3), not (2, 3), db1 (1, 1, 2, 1)"),
        ("dW1, db1, [dW2], [[db2]]", "db2 (1, 1, 1, 1), not (1, 1)"),
    ],
)
def test_a_level_too_many_is_read_and_said_once(answer, returned, wanted):
    checkup = answer(returned)
    assert (checkup.verdict, len(checkup.remarks)) == ("certified", 1)
    assert f"though not of the parameter's shape: {wanted}" in checkup.remarks[0]


def test_a_flat_gradient_of_weights_is_read_and_a_bias_that_lost_its_axis_is_told():
    rows = Convention(rows=True, transposed=True)
    assert rows.ours("dW2", np.arange(3.0), (1, 3))[1] == ""
    assert Convention().ours("db1", np.arange(3.0), (3, 1))[1] == "its shape is (3,), not (3, 1)"


@pytest.mark.parametrize(
    "returned", ["cost, dW1, db1, dW2, db2", "dW1, db1, dW2, db2, cost", "dW1, dW2, cost, db1, db2"]
)
def test_a_cost_in_the_same_tuple_is_judged(answer, returned):
    checkup = answer(returned)
    assert (checkup.verdict, list(places(checkup))) == ("certified", ["cost", "dW2", "db2", "dW1", "db1"])


def test_a_lone_number_is_the_cost_even_if_it_is_wrong(answer):
    checkup = answer("m * cost, dW1, db1, dW2, db2")
    assert [finding.name for finding in checkup.findings] == ["mean over examples missing in cost"]


def test_a_lone_number_beside_a_cost_that_has_a_name_is_left_out(answer):
    checkup = answer(f"{NAMED} | {{'cost': cost}}, 0.5")
    assert (checkup.verdict, places(checkup)["cost"]) == ("certified", "OK")
    assert checkup.remarks == ["not looked at, since without a name nothing shows what it is: 1"]


IN_TWO = ("(dW1, db1, dW2, db2), (Z1, A1, Z2, A2)", "(A2, Z1, Z2, A1), (dW2, db2, dW1, db1)")


@pytest.mark.parametrize("returned", [*IN_TWO, f"{NAMED}, (A2, Z2, A1.T, Z1.T)"])
def test_two_tuples_of_four_are_told_apart(answer, returned):
    checkup = answer(returned)
    assert checkup.verdict == "certified"
    assert list(places(checkup)) == ["Z1", "A1", "Z2", "A2", "dW2", "db2", "dW1", "db1"]


def test_values_without_names_may_be_m_times_larger_where_the_mean_comes_late(answer):
    checkup = answer("m * dZ2, dW2, db2, m * dZ1, dW1, db1")
    assert set(places(checkup)) >= {"dZ2", "dW2", "db2", "dZ1", "dW1", "db1"}
    assert checkup.verdict == "certified"


LISTS = ("dict(dW=[dW1, dW2], db=[db1, db2])", "dict(dW=[None, dW1, dW2], db=[None, db1, db2])")


@pytest.mark.parametrize("lists", [*LISTS, "((dW1, db1), (dW2, db2))"])
def test_lists_of_layers_may_begin_with_place_0_or_1_and_pairs_are_read_as_they_come(answer, lists):
    checkup = answer(lists)
    assert (checkup.verdict, list(places(checkup))) == ("certified", ["dW2", "db2", "dW1", "db1"])
    assert checkup.remarks == []


def test_a_cache_that_is_not_right_is_not_accused_but_said_to_be_left_out(answer):
    checkup = answer("(dW1, db1, dW2, db2), (dZ1 + 1, dA1 + 1, dZ2 + 1)")
    assert checkup.verdict == "certified"
    assert checkup.remarks == ["not looked at, since without a name nothing shows what it is: 1.0, 1.1, 1.2"]


@pytest.mark.parametrize(("weights", "left"), [("(W1, b1, W2, b2)", []), ("dict(W1=W1, b2=b2)", ["0.W1, 0.b2"])])
def test_weights_that_are_given_back_are_not_taken_for_gradients(answer, weights, left):
    checkup = answer(f"{weights}, (dW1, db1, dW2, db2)")
    remarks = [f"not looked at, since the notation has no such name: {names}" for names in left]
    assert (checkup.verdict, len(checkup.rows()), checkup.remarks) == ("certified", 4, remarks)


def test_of_two_tuples_that_may_both_be_the_gradients_one_cannot_tell_and_it_says_what_to_return(answer):
    checkup = answer("(dW1, db1, dW2, db2), (2 * dW1, db1, dW2, db2)")
    assert (checkup.verdict, checkup.findings, written(checkup)) == ("cannot tell", [], [])
    assert places(checkup) == {"dW2": "OK", "db2": "OK", "dW1": "cannot tell", "db1": "OK"}
    assert list(doubts(checkup)) == ["dW1: two values without names may be meant, and they differ"]
    assert checkup.remarks == ["given twice without names, so that nobody knows which is meant: dW1 (0.0 or 1.0)"]
    assert list(what_would_decide(checkup)) == ["return a dict of dW1, db1, dW2 and db2."]


class Module(Patient):
    """Takes weights either way, as what holds its own does, and gives them (out, in); wants labels of one dimension."""

    bound = Convention(True, True, True, True)

    def gradients(self, W1, b1, W2, b2, X, Y):
        W1, W2 = (W if W.shape[1] == n else W.T for W, n in ((W1, X.shape[1]), (W2, b1.size)))
        found = super().gradients(W1, b1.reshape(1, -1), W2, b2.reshape(1, 1), X, Y.reshape(-1, 1))
        return {name: np.squeeze(V) * Y.ndim for name, V in found.items()}


def test_of_all_layouts_the_nearest_to_the_one_that_gave_gradients_is_tried_first():
    found, _ = recognised(Module(Convention(rows=True), gives=FOUR), problems.on_paper())
    assert found == Convention(rows=True, flat=True, flat_labels=True)


def test_output_is_what_came_out_sooner_than_how_many_outputs_there_are():
    assert dict(next(calls("backward", lambda X, y, output: None, [])).sources)["output"] == ("A2", "")


# forward.

FORWARD = """
def forward(W1, b1, W2, b2, X):
    Z1 = W1 @ X {sign} b1
    A1 = np.maximum(0, Z1)
    Z2 = W2 @ A1 + b2
    A2 = 1 / (1 + np.exp(-Z2))
    return {returned}
"""


@pytest.mark.parametrize(
    "returned", ["A2, (Z1, A1, Z2)", "A2, (X, W1, b1, Z1, A1, W2, b2, Z2)", "A2, {'Z1': Z1}, A1, Z2"]
)
@pytest.mark.parametrize(("sign", "findings"), [("+", []), ("-", ["bias subtracted in Z1 of forward"])])
def test_forward_with_a_cache_without_names_is_judged(answer, returned, sign, findings):
    checkup = answer(NAMED, FORWARD.format(sign=sign, returned=returned))
    assert [finding.name for finding in checkup.findings] == findings
    assert {"Z1 of forward", "A1 of forward", "Z2 of forward", "A2 of forward"} <= set(places(checkup))


def test_forward_that_nobody_understands_is_said_not_to_be_judged_and_what_to_return(answer):
    checkup = answer(NAMED, FORWARD.format(sign="-", returned="A2, (Z1, Z2)"))
    assert checkup.remarks == [
        "not looked at of forward, since without a name nothing shows what it is: 0, 1.0, 1.1",
        "forward is not judged: nobody knows what it gave; let it return a dict of Z1, A1, Z2, A2",
    ]


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
def test_a_function_that_changes_its_inputs_in_place_is_told_which(answer, function, others, line, changed):
    checkup = answer(f"{NAMED} | {{'cost': cost}}", others, line)
    assert checkup.verdict == "certified"
    assert checkup.remarks == [f"{function} changes its inputs in place: {changed}; make copies"]
