"""What the doctor says is true: on float32, on infinity, on penalties, and on what it did not ask."""

import re

import numpy as np
import pytest
from patients import FOUR, Patient

import compare
from shared.checking import problems
from shared.checking.catalogue.entries import CATALOGUE
from shared.checking.catalogue.mistake import Mistake
from shared.checking.checkup import check
from shared.checking.lines import Formula
from shared.checking.told import as_dict, diagnosis
from shared.checking.what_is_wrong import Diagnosis, merged
from shared.network import Parameters

pytestmark = pytest.mark.mostly_slow(3)

SMALL = list(problems.small())


@pytest.mark.parametrize(
    ("A1", "dZ1", "said"),
    [
        ("tanh", "1 - A1^2", "right for the hidden units that it has: tanh (--activation tanh examines it as such)."),
        ("slope 0.01 on the left",) * 2 + ("it has: leaky_relu (--activation leaky_relu examines it as such).",),
        ("slope 0.1 on the left",) * 2 + ("is wrong for relu, and right for the hidden units that it has: slope 0.1",),
        ("elu", "slope of an elu", "is wrong for relu, and right for the hidden units that it has: elu."),
        ("tanh", "A1 (1 - A1)", "is wrong, because: tanh in A1; A1 (1 - A1) in dZ1."),
    ],
)
def test_a_network_with_other_hidden_units_is_told_that_it_is_right_for_them(A1, dZ1, said):
    wanted = (f"{A1} in A1", f"{dZ1} in dZ1")
    planted = [mistake for mistake in CATALOGUE if mistake.name in wanted]
    assert said in as_dict(check(Patient(mistakes=tuple(planted), gives=FOUR), SMALL[:6]))["sentence"]


def test_a_cost_with_a_penalty_is_told_that_its_gradients_are_right_for_it():
    wanted = ("penalty on the weights 0.01", "weight decay 0.01")
    planted = [each for each in CATALOGUE if each.kind in wanted and each.line in ("cost", "dW2", "dW1")]
    sentence = as_dict(check(Patient(mistakes=tuple(planted), gives=("cost", *FOUR)), SMALL[:6]))["sentence"]
    assert "right for the cost that it has: with a penalty of 0.01 on the weights" in sentence


def test_a_number_in_place_of_m_is_told_whatever_m_is():
    texts = {"cost": "sum(softplus(Z2) - Y * Z2) / 209", "dZ2": "(A2 - Y) / 209"}
    mistakes = tuple(Mistake("planted", line, Formula(text)) for line, text in texts.items())
    sentence = as_dict(check(Patient(mistakes=mistakes, gives=("cost", *FOUR)), SMALL[:6]))["sentence"]
    assert "because: division by 209 instead of m in cost and dZ2." in sentence


def said_of(patient, asked=SMALL):
    """Give the checkup, and everything that is said of what was found."""
    checkup = check(patient, asked)
    return checkup, [line.strip() for k, each in enumerate(checkup.findings) for line in diagnosis(k, each)]


def planted(line, text, gives=("cost", *FOUR)):
    return Patient(mistakes=(Mistake("planted", line, Formula(text)),), gives=gives)


class Made(Patient):
    """Gives gradients that are made from its arguments, and perhaps the true cost."""

    def __init__(self, make, gives=("cost", *FOUR)):
        super().__init__(gives=gives)
        self.make = make

    def gradients(self, *arguments):
        given = dict(zip(Parameters._fields, arguments, strict=False))
        return {**super().gradients(*arguments), **{f"d{name}": self.make(V) for name, V in given.items()}}


@pytest.mark.usefixtures("single_mistakes")
@pytest.mark.mostly_slow(4)
@pytest.mark.parametrize("gives", [FOUR, ("cost", *FOUR)])
@pytest.mark.parametrize("make", [np.zeros_like, np.copy, lambda V: -2 * V, np.sign], ids=["0", "V", "-2V", "sign"])
def test_zeros_and_what_was_given_do_not_show_that_a_program_computes_in_float32(make, gives):
    checkup = check(Made(make, gives), SMALL[:4])
    assert not any("float32" in remark for remark in checkup.remarks)
    assert checkup.examination.answers[0].dtype == np.float64


class Narrow(Patient):
    """Computes in float32, and gives lists; of the cost, it may take the mean in float64."""

    exact_cost = False

    def gradients(self, *arguments):
        found = super().gradients(*(V.astype(np.float32) for V in arguments))
        found = {name: V.astype(np.float64) for name, V in found.items()}
        return {**found, "cost": np.array(found["cost"] * (1 + 1e-9))} if self.exact_cost else found


@pytest.mark.parametrize(("exact_cost", "what"), [(False, "it computes in"), (True, "its arrays are")])
def test_a_program_in_float32_is_told_so_and_no_more_than_its_cost_shows(exact_cost, what):
    patient = Narrow()
    patient.exact_cost = exact_cost
    checkup = check(patient, SMALL)
    (remark,) = (remark for remark in checkup.remarks if "float32 whatever it is given" in remark)
    assert (checkup.verdict, remark.startswith(what)) == ("certified", True)


FROM_LOGS = ("mean(-Y * log(A2) - (1 - Y) * log(1 - A2))", "-mean(log(where(Y == 1, A2, 1 - A2)))")
FROM_EXP = "mean(log(1 + exp(Z2)) - Y * Z2)"


@pytest.mark.parametrize(
    ("wrong", "name"), [(FROM_EXP, "log(1 + exp(Z2)) that overflows"), *((V, "log of A2") for V in FROM_LOGS)]
)
def test_a_cost_that_is_infinite_or_nan_is_told_what_makes_it_so(wrong, name):
    checkup, _ = said_of(planted("cost", wrong))
    assert [finding.name for finding in checkup.findings] == [f"{name} in cost"]


def test_mistakes_that_nobody_can_tell_apart_are_each_explained():
    passing_on = planted("dA1", "W2.T @ dZ2 * m", gives=FOUR)
    checkup, said = said_of(passing_on)
    names = checkup.findings[0].name.split(" or ")
    assert [name.removeprefix("mean over examples missing in ") for name in names] == ["dW1 and db1", "dA1", "dZ1"]
    for name in names:
        assert any(line.startswith(f"{name}: ") for line in said)


@pytest.mark.parametrize("command", ["check", "predict", "lessons", "bench"])
def test_the_help_of_a_command_says_its_exit_status_once(command, capsys):
    compare.main([command, "--help"])
    assert len(re.findall("Exit status", capsys.readouterr().out)) == 1


@pytest.mark.parametrize("decay", [0.001, 0.003])
def test_weight_decay_is_explained_without_speaking_of_the_users_cost(decay):
    _, said = said_of(planted("dW1", f"dZ1 @ X.T + {decay} * W1"))
    assert any("a penalty, and the cost of this network has no penalty." in line for line in said)


def test_a_wrong_cost_is_told_once_though_a_training_returns_it_again():
    mistake = next(m for m in CATALOGUE if m.line == "cost" and m.kind == "mean over examples missing")
    both = [Diagnosis("cost", ("cost", "dZ2"), (mistake,)), Diagnosis("costs", ("costs",), (mistake,))]
    assert merged(both) == [Diagnosis("cost", ("cost", "dZ2", "costs"), (mistake,))]


def test_weights_in_place_of_the_gradient_are_said_to_be_the_weights_themselves():
    _, said = said_of(planted("dW2", "W2"))
    assert "This is W2 itself, not dW2." in said
    assert not any("- 0 dW2" in line for line in said)


@pytest.mark.usefixtures("single_mistakes")
def test_a_factor_is_said_of_the_problems_on_which_it_was_seen():
    without_cats = next(problem for problem in SMALL if not problem.Y.any())
    odd = planted("dZ2", "(A2 - Y) / m * (m if Y.any() else 3.14159)", gives=FOUR)
    _, said = said_of(odd, [*SMALL[:3], without_cats])
    assert "- dW2 is m times the true one on 3 of the 4 problems on which it is wrong" in said


def test_one_cost_that_nothing_explains_shows_no_factor():
    _, said = said_of(planted("cost", "mean(softplus(Z2) - Y * Z2) + sin(b2)[0, 0]"))
    assert not any("times the true one" in line for line in said)


@pytest.mark.usefixtures("single_mistakes")
def test_where_several_lines_may_be_wrong_none_is_said_to_be_right():
    checkup, said = said_of(planted("dZ2", "sin((A2 - Y) / m)", gives=FOUR), SMALL[:4])
    assert [finding.name for finding in checkup.findings] == ["unknown mistake in dZ2 or before it, or several"]
    assert not any(line.startswith("right is") for line in said)


class Slower(Patient):
    """Takes shorter steps from the second on."""

    def train(self, *arguments):
        *arrays, rate, count = arguments
        costs = []
        for step in range(count):
            found = super().train(*arrays, rate / (1 + 0.01 * step), 1)
            costs.append(found["costs"][0])
            arrays = [*(found[name] for name in Parameters._fields), *arrays[4:]]
        return {**dict(zip(Parameters._fields, arrays, strict=False)), "costs": np.array(costs)}


def test_where_steps_were_left_out_it_does_not_say_only():
    _, said = said_of(Slower(functions=("gradients", "train")))
    assert any(line.startswith("- it is wrong on: 3-2-1, 5 examples, step 2") for line in said)


class Failing(Patient):
    """Doubles an entry of dW1 on the second problem and fails on the fourth."""

    def gradients(self, *arguments):
        if arguments[4].shape == SMALL[3].X.shape:
            raise ValueError("too much")
        found = super().gradients(*arguments)
        if np.array_equal(arguments[4], SMALL[1].X):
            found["dW1"][0, 0] += 1
        return found


def test_where_problems_were_not_asked_it_does_not_say_only():
    _, said = said_of(Failing(gives=FOUR))
    assert f"- it is wrong on: {SMALL[1].name}" in said
