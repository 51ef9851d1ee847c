"""Every quantity of every implementation agrees with its true value, on every case."""

import pytest
from cases import BY_NAME

import implementations
from shared.judging.verdict import Verdict
from shared.network import Activations, Gradients


def assert_judged(verdict: Verdict, values: dict, quantity: str, case_name: str) -> None:
    __tracebackhide__ = True
    judged = BY_NAME[case_name].standard().judge(quantity, values[quantity])
    if judged.verdict != verdict:
        pytest.fail(f"{quantity} is {judged.verdict}: {judged}")


@pytest.mark.parametrize("case_name", BY_NAME)
@pytest.mark.parametrize("name", implementations.REGISTRY)
class TestAgreesWithTheTruth:
    @pytest.mark.parametrize("quantity", Activations._fields)
    def test_forward(self, name, quantity, case_name):
        assert_judged("agrees", BY_NAME[case_name].answers(name), quantity, case_name)

    def test_cost(self, name, case_name):
        assert_judged("agrees", BY_NAME[case_name].answers(name), "cost", case_name)

    @pytest.mark.parametrize("quantity", Gradients._fields)
    def test_gradient(self, name, quantity, case_name):
        assert_judged("agrees", BY_NAME[case_name].answers(name), quantity, case_name)
