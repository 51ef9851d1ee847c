"""Every quantity of every implementation agrees with its true value, and with that of its own line, on every case."""

import pytest
from cases import BY_NAME

from shared.network import QUANTITIES


@pytest.mark.mostly_slow(33)  # 33 has no factor in common with the eight forms: each network and each form stays
@pytest.mark.parametrize("case_name", BY_NAME)
def test_every_quantity_agrees_with_the_truth_and_with_what_its_own_inputs_give(implementation, case_name):
    case = BY_NAME[case_name]
    values = case.answers(implementation)
    judged = case.standard.judge_all({quantity: values[quantity] for quantity in QUANTITIES})
    assert {quantity: j.verdict for quantity, j in judged.items()} == dict.fromkeys(QUANTITIES, "agrees")
    local = {quantity: case.judge.local(quantity, case.parameters, values) for quantity in QUANTITIES}
    assert {quantity: j.verdict for quantity, j in local.items()} == dict.fromkeys(QUANTITIES, "agrees")
