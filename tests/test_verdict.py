"""What the judge says of a program that is off: the right verdict, at the right quantity, and who is to blame."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from cases import BY_NAME, photographs, random_case
from programs import run
from scipy.special import ndtr

from implementations import numpy_manual
from shared.comparing.answers import answers
from shared.judging import rounding
from shared.judging.enclosure import Enclosure
from shared.judging.judge import Judge, is_of_logarithms
from shared.judging.verdict import (
    Allowance,
    Entry,
    Judgement,
    deviations,
    digits_that_tell,
    furthest,
    judge,
    localised,
    proven_digits,
)
from shared.network import QUANTITIES
from shared.report.messages import evidence

CASE = BY_NAME["7-5-1-relu-float64"]
FULL = photographs().in_form("float64", "relu")


def judged(case, values):
    return case.standard.judge_all(values)


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("case", [CASE, FULL], ids=["7-5-1", "4096-8-1"])
def test_a_relative_error_of_1e_9_in_one_line_is_wrong_there_and_nowhere_before(case, quantity):
    values = run(case, tamper={quantity: lambda V: V * (1 + 1e-9)})
    judgements = judged(case, values)
    accused = [name for name in QUANTITIES if judgements[name].verdict != "agrees"]
    assert accused[0] == quantity
    assert judgements[quantity].verdict == "wrong"


@pytest.mark.parametrize("quantity", QUANTITIES)
@pytest.mark.parametrize("case", [CASE, FULL], ids=["7-5-1", "4096-8-1"])
def test_the_line_that_is_wrong_by_itself_is_the_culprit(case, quantity):
    values = run(case, tamper={quantity: lambda V: V * (1 + 1e-9)})
    explanation = case.explain(judged(case, values), quantity, values)
    assert explanation.endswith(f"the line that computes {quantity} is the culprit")


@pytest.mark.parametrize(
    ("quantity", "heir"), [("Z1", "A1"), ("A1", "Z2"), ("dZ2", "dA1"), ("dA1", "dZ1"), ("dZ1", "dW1")]
)
def test_what_is_made_from_a_wrong_quantity_is_an_heir(quantity, heir):
    values = run(CASE, tamper={quantity: lambda V: V * 1.5})
    explanation = CASE.explain(judged(CASE, values), heir, values)
    assert explanation == f"its own line is right: it inherits the error of {quantity}"


def test_a_second_mistake_behind_a_first_is_seen():
    values = run(CASE, tamper={"dZ2": lambda V: V * 2, "dW1": lambda V: V * 3})
    explanation = CASE.explain(judged(CASE, values), "dW1", values)
    assert explanation == "dZ1 is off already, and the line that computes dW1 is wrong by itself"


@pytest.mark.parametrize(("spoilt", "tamper"), [("dW1", {}), ("dZ1", {"dW1": lambda V: V * 2})])
def test_nothing_is_said_of_a_line_where_it_or_one_before_it_holds_no_numbers(spoilt, tamper):
    values = run(CASE, tamper)
    values[spoilt] = np.full_like(values[spoilt], np.nan)
    judgements = judged(CASE, values)
    assert judgements["dW1"].verdict == "wrong"
    assert CASE.explain(judgements, "dW1", values) == ""


def test_a_tuple_without_names_is_taken_in_order_and_what_it_lacks_is_missing():
    program = SimpleNamespace(
        forward=lambda *a: tuple(numpy_manual.forward(*a))[:3],
        cost=numpy_manual.cost,
        gradients=lambda *a: tuple(numpy_manual.gradients(*a)),
    )
    found = judged(CASE, answers(program, CASE.parameters, CASE.X, CASE.Y, CASE.activation).values)
    assert {name: j.problem for name, j in found.items() if j.verdict != "agrees"} == {"A2": "it is missing"}


def test_errors_are_followed_through_the_network_once_for_the_same_parameters(monkeypatch):
    followed = []

    def follow(arithmetic, parameters, X, Y, follow=rounding.through_the_network):
        followed.append((type(arithmetic), parameters))
        return follow(arithmetic, parameters, X, Y)

    monkeypatch.setattr(rounding, "through_the_network", follow)
    judge, first = Judge(CASE.X, CASE.Y, CASE.activation), CASE.parameters
    second = first._replace(b2=first.b2 + 1)
    for parameters in (first, second):
        judge.at(parameters)
        judge.after_step(parameters, 0.1)
    assert [(kind.__name__, id(parameters)) for kind, parameters in followed] == [
        (name, id(parameters)) for parameters in (first, second) for name in ("WorstCase", "Probabilistic")
    ]


def test_the_proof_has_room_for_its_own_rounding_in_sums_over_the_hidden_units():
    assert CASE.judge.worst(CASE.parameters).growth == rounding.worst(CASE.X, "relu", n_h=5).growth


PROBLEMS = {
    "nan": (lambda V: np.where(np.arange(V.size).reshape(V.shape) == 3, np.nan, V), "it holds nan at [0, 3]"),
    "infinity": (lambda V: np.where(np.arange(V.size).reshape(V.shape) == 3, np.inf, V), "it holds inf at [0, 3]"),
    "transpose": (lambda V: V.T, "its shape is (7, 5), not (5, 7)"),
    "dtype": (lambda V: V.astype(np.float32), "its dtype is float32, not float64"),
    "list": (lambda V: V.tolist(), "it is a list, not a NumPy array"),
    "nothing": (lambda V: None, "it is missing"),
}


@pytest.mark.parametrize(("spoil", "problem"), PROBLEMS.values(), ids=PROBLEMS)
def test_what_cannot_be_compared_is_wrong_and_says_why(spoil, problem):
    judgement = CASE.standard.judge("dW1", spoil(run(CASE)["dW1"]))
    assert (judgement.verdict, judgement.problem) == ("wrong", problem)


@pytest.mark.parametrize(("cost", "problem"), [(float("nan"), "it is nan"), ("1.0", "it is a str, not a float")])
def test_a_cost_that_is_no_number_is_wrong(cost, problem):
    judgement = CASE.standard.judge("cost", cost)
    assert (judgement.verdict, judgement.problem) == ("wrong", problem)


def test_beyond_the_noise_but_within_the_bound_is_suspect():
    standard = FULL.standard
    noise = standard.right["Z1"][1].noise
    assert standard.judge("Z1", standard.right["Z1"][0].high + 20 * noise).verdict == "suspect"


def test_at_the_truth_everything_agrees():
    standard = FULL.standard
    for quantity in QUANTITIES:
        assert standard.judge(quantity, standard.right[quantity][0].high).verdict == "agrees"


def test_a_unit_that_narrow_products_switch_on_is_explained():
    case = random_case("3-2-1", 3, 2, 5, seed=12).in_form("float32", "relu")
    standard, off = case.standard, Entry((0, 1), 2e-3, "0.0000e+00", 0, error=2e-3, noise=0.0, bound=3e-3)
    judged = replace(standard.judge("dZ1", run(case)["dZ1"]), verdict="suspect", worst=off)
    assert evidence(judged)[1].startswith("  error 2.0e-03, where rounding makes no noise: possible")


@pytest.mark.parametrize("entries", [1, 32_768])
def test_an_innocent_quantity_is_accused_once_in_a_million(entries):
    assert entries * 2 * ndtr(-deviations(entries)) == pytest.approx(1e-6)


ALLOWED = Allowance(bound=np.array([[1.0, 10.0]]), noise=np.array([[0.1, 1e-3]]))


@pytest.mark.parametrize(
    ("error", "verdict", "worst"), [([2.0, 0.5], "wrong", (0, 0)), ([0.9, 0.5], "suspect", (0, 1))]
)
def test_the_worst_entry_is_furthest_beyond_the_bound_if_wrong_and_beyond_the_noise_if_suspect(error, verdict, worst):
    truth = Enclosure(*np.zeros((3, 1, 2)))
    judgement = judge("Z2", np.array([error]), truth, ALLOWED, np.dtype("float64"))
    assert (judgement.verdict, judgement.worst.index) == (verdict, worst)


@pytest.mark.parametrize(("error", "written"), [(2.0, "0.0000e+00"), (0.9, "0.0000e+00"), (0.05, "")])
def test_the_true_value_is_written_out_only_where_something_else_was_computed(error, written):
    judgement = judge("Z2", np.array([[error, 0.0]]), Enclosure(*np.zeros((3, 1, 2))), ALLOWED, np.dtype("float64"))
    assert judgement.worst.true_value == written


@pytest.mark.parametrize(("error", "worst"), [([0.0, 0.5], (0, 1)), ([0.1, 5.0], (0, 0)), ([0.0, 0.0], (0, 0))])
def test_an_exact_value_is_the_worst_only_if_it_is_missed(error, worst):
    assert furthest(np.array([error]), np.array([[0.0, 1.0]])) == worst


@pytest.mark.parametrize(
    ("value", "radius", "digits"), [(2e-3, 1e-12, 9), (-5.0, 1e-3, 3), (2.0, 0.9, 1), (3.0, 0.0, 0), (0.0, 1e-9, 0)]
)
def test_a_radius_proves_digits_down_to_its_own_place(value, radius, digits):
    assert proven_digits(Enclosure(*np.array([[[value]], [[0.0]], [[radius]]])), (0, 0)) == digits


@pytest.mark.parametrize(("error", "digits"), [(1e-9, 11), (0.5, 5), (1e-40, 30), (0.0, 5)])
def test_the_true_value_is_written_with_three_digits_more_than_the_error_leaves_right(error, digits):
    third = Enclosure(*np.array([[[1 / 3]], [[1 / 3 * 2.0**-54]], [[1e-32]]]))
    assert digits_that_tell(third, (0, 0), error) == f"3.{'3' * (digits - 1)}e-01"


def test_a_true_0_is_written_with_five_digits():
    assert digits_that_tell(Enclosure(*np.zeros((3, 1, 1))), (0, 0), 1e-3) == "0.0000e+00"


SENTENCES = [
    ("A1", "agrees", "", "its own line is right, and Z1 agrees: small errors in front of it add up here"),
    ("dZ1", "agrees", "", "its own line is right, and dA1 and Z1 agree: small errors in front of it add up here"),
    ("Z1", "wrong", "", "W1, b1 and X, which it is made from, agree: the line that computes Z1 is the culprit"),
    ("A1", "wrong", "", "Z1, which it is made from, agrees: the line that computes A1 is the culprit"),
    ("dZ1", "agrees", "Z1 dA1", "its own line is right: it inherits the error of dA1 and Z1"),
    ("dZ1", "wrong", "Z1 dA1", "dA1 and Z1 are off already, and the line that computes dZ1 is wrong by itself"),
    ("dZ1", "suspect", "Z1", "Z1 is off already, and the line that computes dZ1 is suspect by itself"),
]


@pytest.mark.parametrize(("quantity", "alone", "off", "sentence"), SENTENCES)
def test_the_sentence_names_what_is_off_and_what_agrees(quantity, alone, off, sentence):
    def said(name, verdict):
        return Judgement(name, verdict, max_error=0.0, noise=0.0, bound=0.0, spacing=0.0)

    earlier = {name: said(name, "wrong" if name in off.split() else "agrees") for name in ("Z1", "A1", "dA1")}
    assert localised(said(quantity, "wrong"), said(quantity, alone), earlier) == sentence


def test_only_the_cost_may_be_a_float():
    judgement = CASE.standard.judge("db2", 1.0)
    assert (judgement.verdict, judgement.problem) == ("wrong", "it is a float, not a NumPy array")


@pytest.mark.parametrize("label", [-1.0, 0.5, float("nan")])
def test_labels_other_than_0_and_1_are_refused(label):
    with pytest.raises(ValueError, match="the labels in Y must be 0 or 1"):
        Judge(CASE.X, np.where(np.arange(CASE.Y.size) == 2, label, CASE.Y), "relu")


def test_what_has_no_true_value_is_written_as_unknown_with_no_digits():
    nothing = Enclosure(np.full((1, 1), 1e308), np.zeros((1, 1)), np.full((1, 1), np.inf))
    assert (proven_digits(nothing, (0, 0)), digits_that_tell(nothing, (0, 0), np.inf)) == (0, "unknown")
    allowance = Allowance(np.full((1, 1), np.inf), np.full((1, 1), np.inf))
    assert judge("dA2", np.ones((1, 1)), nothing, allowance, np.dtype("float64")).worst.proven_digits == 0


@pytest.mark.parametrize("name", ["6-4-1-saturated-relu-float64", "6-4-1-saturated-relu-float32"])
def test_a_cost_that_loses_its_digits_in_logarithms_of_A2_is_told_so(name):  # noqa: N802
    case = BY_NAME[name]
    values, m = run(case), case.Y.size
    with np.errstate(divide="ignore", invalid="ignore"):
        losses = case.Y * np.log(values["A2"]) + (1 - case.Y) * np.log(1 - values["A2"])
        values["cost"] = float(-np.sum(losses) / m)
    found = judged(case, values)
    assert found["cost"].verdict == "wrong"
    assert case.explain(found, "cost", values).startswith("it is the mean of -Y log(A2) - (1 - Y) log(1 - A2)")
    values = {**run(CASE), "cost": 1.2 * run(CASE)["cost"]}
    assert "log" not in CASE.explain(judged(CASE, values), "cost", values)


def test_a_judgement_says_how_much_of_what_agrees_is_used():
    truth = Enclosure(np.zeros((1, 2)), np.zeros((1, 2)), np.zeros((1, 2)))
    allowance = Allowance(np.full((1, 2), 1.0), np.array([[1e-3, 1e-2]]))
    found = judge("b1", np.array([[1e-3, 2e-2]]), truth, allowance, np.dtype(float))
    assert found.share == pytest.approx(2 / deviations(2))


OF_TWO = {"A2": np.array([[0.25, 0.5]]), "cost": (np.log(4) + np.log(2)) / 2}
INFINITE = {"A2": np.array([[0.0, 0.5]]), "cost": np.inf}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (OF_TWO, True),
        (OF_TWO | {"cost": OF_TWO["cost"] + 0.095}, True),
        (OF_TWO | {"cost": OF_TWO["cost"] + 0.105}, False),
        (OF_TWO | {"cost": np.array(OF_TWO["cost"])}, False),
        (INFINITE, True),
        (INFINITE | {"cost": np.nan}, True),
        (INFINITE | {"cost": 1.0}, False),
    ],
)
def test_a_cost_is_of_logarithms_if_they_explain_nine_tenths_of_its_error(values, expected):
    assert is_of_logarithms(values, np.array([[1, 0]]), 1.0) is expected
