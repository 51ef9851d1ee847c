"""Gradients by differences of costs are recognised, and judged by what differences can do."""

import numpy as np
import pytest
from patients import Patient

from shared.checking import lines, problems
from shared.checking.checkup import check
from shared.checking.told import sentence
from shared.network import Parameters

SMALL = list(problems.small())[:6]


class Differing(Patient):
    """Takes differences of its cost."""

    def __init__(self, step, central=True, replaced=None, dtype=np.float64):
        super().__init__()
        self.step, self.central, self.wrong, self.dtype = step, central, replaced or {}, dtype

    def gradients(self, *arguments):
        q = {name: V.astype(self.dtype) for name, V in self.ours(arguments).items()}
        return {"cost": self.cost(q), **{f"d{name}": self.of(q, name) for name in Parameters._fields}}

    def of(self, q, name):
        found = np.zeros_like(q[name])
        for index in np.ndindex(found.shape):
            h = np.zeros_like(found)
            h[index] = self.step
            up, down = (self.cost({**q, name: q[name] + sign * h}) for sign in (1, -1 if self.central else 0))
            found[index] = (up - down) / ((2 if self.central else 1) * self.step)
        return found

    def cost(self, q):
        return lines.run(q, self.wrong)["cost"]


CASES = [(1e-3, True), (1e-4, True), (1e-5, True), (1e-6, True), (1e-7, True), (1e-5, False), (1e-7, False)]


@pytest.mark.parametrize(("step", "central"), [*CASES, (float(np.sqrt(np.finfo(float).eps)), False)])
def test_differences_are_recognised_with_their_step_and_not_called_wrong(step, central):
    checkup = check(Differing(step, central), SMALL)
    assert (checkup.verdict, checkup.findings) == ("cannot tell", [])
    what = f"{'central' if central else 'forward'} differences of costs with the step {step:.3g}"
    assert sentence(checkup).endswith(f"dW2, db2, dW1 and db1: {what}, right as far as such can be.")


def test_differences_in_float32_are_recognised():
    checkup = check(Differing(1e-3, dtype=np.float32), SMALL)
    assert (checkup.verdict, checkup.examination.convention.differences.step) == ("cannot tell", 1e-3)


def test_differences_of_a_wrong_cost_are_wrong_and_its_mistake_is_named():
    wrong = {"cost": lines.Formula("mean(Y * softplus(-Z2))")}
    checkup = check(Differing(1e-5, replaced=wrong), SMALL)
    assert [finding.name for finding in checkup.findings] == ["half of label 0 missing in cost and dZ2"]


def test_large_problems_are_not_set_where_a_gradient_takes_thousands_of_costs(monkeypatch):
    monkeypatch.setattr(problems, "LARGE", 70)
    checkup = check(Differing(1e-5), [*SMALL, problems.drawn(9, 8, 10, seed=1)])
    assert len(checkup.examination.answers) == len(SMALL)
    assert checkup.remarks == ["not asked, since differences take two costs for each weight: 9-8-1, 10 examples"]


@pytest.mark.slow
@pytest.mark.parametrize("factor", [1 + 1e-9, 1 + 1e-13])
def test_a_small_error_is_not_taken_for_differences(factor):
    class Off(Patient):
        def gradients(self, *arguments):
            right = super().gradients(*arguments)
            return {f"d{name}": factor * right[f"d{name}"] for name in Parameters._fields}

    assert check(Off(), SMALL[:3]).verdict == "wrong"
