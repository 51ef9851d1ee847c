"""Every quantity of every implementation agrees with its true value, on every case."""

import pytest
from cases import BY_NAME

from shared.network import QUANTITIES, Activations, Gradients


def assert_agrees(implementation, quantity, case_name):
    __tracebackhide__ = True
    case = BY_NAME[case_name]
    judged = case.standard.judge(quantity, case.answers(implementation)[quantity])
    if judged.verdict != "agrees":
        pytest.fail(f"{quantity} is {judged.verdict}: {judged}")


@pytest.mark.mostly_slow(21)
@pytest.mark.parametrize("case_name", BY_NAME)
@pytest.mark.parametrize("quantity", Activations._fields)
def test_forward_agrees_with_the_truth(implementation, quantity, case_name):
    assert_agrees(implementation, quantity, case_name)


@pytest.mark.mostly_slow(21)
@pytest.mark.parametrize("case_name", BY_NAME)
def test_cost_agrees_with_the_truth(implementation, case_name):
    assert_agrees(implementation, "cost", case_name)


@pytest.mark.mostly_slow(7)
@pytest.mark.parametrize("case_name", BY_NAME)
@pytest.mark.parametrize("quantity", Gradients._fields)
def test_gradient_agrees_with_the_truth(implementation, quantity, case_name):
    assert_agrees(implementation, quantity, case_name)


@pytest.mark.mostly_slow(7)
@pytest.mark.parametrize("case_name", BY_NAME)
def test_every_line_agrees_given_its_own_inputs(implementation, case_name):
    case = BY_NAME[case_name]
    values = case.answers(implementation)
    alone = {quantity: case.judge.alone(quantity, case.parameters, values) for quantity in QUANTITIES}
    assert {quantity: judged.verdict for quantity, judged in alone.items()} == dict.fromkeys(QUANTITIES, "agrees")
