"""A right derivation is not called wrong: where it gives way is said, and a mistake beside it is named all the same."""

import numpy as np
import pytest
from patients import FOUR, Patient

from shared.checking import problems
from shared.checking.catalogue.entries import CATALOGUE
from shared.checking.catalogue.mistake import Mistake
from shared.checking.checkup import check
from shared.checking.conventions import LATE, NAMES, Convention
from shared.checking.limits import limit_of
from shared.checking.lines import Formula
from shared.checking.sandbox.program import Reply
from shared.checking.told import sentence

SMALL = list(problems.small())
SATURATED = SMALL[:6]
"""As far as the one whose outputs are 0 and 1."""
LATE_COLUMNS = Convention(late=LATE)
DIVIDED = Mistake("", "dZ2", Formula("(-Y / A2 + (1 - Y) / (1 - A2)) / m * (A2 * (1 - A2))"))
MASKED = Mistake("", "dZ1", Formula("where(Z1 > 0, dA1, 0)"))
COSTS = {
    "mean(-Y * log(A2) - (1 - Y) * log(1 - A2))": "cost is infinite or nan (log of a2)",
    "mean(-Y * log(A2 + 1e-8) - (1 - Y) * log(1 - A2 + 1e-8))": "log of a probability plus 1e-08",
    "mean(-Y * log(A2 + 1e-7) - (1 - Y) * log(1 - A2 + 1e-7))": "log of a probability plus 1e-07",
    "mean(-Y * log(clip(A2, 1e-6, 1 - 1e-6)) - (1 - Y) * log(1 - clip(A2, 1e-6, 1 - 1e-6)))": "clipped at 1e-06",
    "sum(nan_to_num(-Y * log(A2) - (1 - Y) * log(1 - A2), posinf=0)) / m": "infinite losses left out",
    "mean(-Y * maximum(log(A2), -100) - (1 - Y) * maximum(log(1 - A2), -100))": "log kept above -100",
}


def planted(name):
    return next(mistake for mistake in CATALOGUE if mistake.name == name)


def examined(*mistakes, gives=FOUR, asked=SMALL):
    return check(Patient(LATE_COLUMNS, mistakes, gives), asked)


@pytest.mark.parametrize("text", COSTS)
def test_one_of_the_usual_costs_beside_right_gradients_is_certified_with_its_limit(text):
    checkup = examined(Mistake("", "cost", Formula(text)), gives=("cost", *FOUR))
    assert (checkup.verdict, checkup.status(), checkup.status(strict=True)) == ("certified, with limits", 0, 1)
    assert COSTS[text] in sentence(checkup).lower()
    assert {row.quantity for row in checkup.rows() if row.place == "gives way"} == {"cost"}


def test_a_dA2_by_division_is_certified_up_to_where_it_is_infinite():  # noqa: N802
    checkup = examined(DIVIDED, MASKED)
    assert checkup.verdict == "certified, with limits"
    assert "the derivation is right. Beyond |Z2| = 36.7 dZ2 is infinite or NaN" in sentence(checkup)


@pytest.mark.mostly_slow(4)
@pytest.mark.parametrize(
    "name", ["mean over examples missing in dW1", "bias added twice in Z1", "product with X in db1", "factor 2 in db2"]
)
def test_a_mistake_of_the_derivation_beside_such_a_limit_is_named(name):
    checkup = examined(DIVIDED, MASKED, planted(name), asked=SATURATED)
    assert checkup.verdict == "wrong"
    assert f"because: {name}" in sentence(checkup)


def test_what_follows_from_a_limit_gives_way_with_it_and_raises_no_doubt():
    checkup = examined(planted("sigmoid through tanh in A2"), gives=NAMES)
    assert checkup.verdict == "certified, with limits"
    assert {row.quantity for row in checkup.rows() if row.place == "gives way"} == {"A2", "dA2", "dZ2"}


def test_a_wrong_derivation_is_not_excused_by_a_limit():
    assert examined(DIVIDED, planted("mask missing in dZ1"), asked=SATURATED).verdict == "wrong"


@pytest.mark.usefixtures("single_mistakes")
def test_what_nothing_explains_is_a_limit_only_if_it_is_right_at_ordinary_outputs():
    saturated = Mistake("", "dZ2", Formula("(A2 - Y) / m * where(abs(Z2) > 40, 1 - 0.3 * sin(Z2), 1)"))
    everywhere = Mistake("", "dZ2", Formula("(A2 - Y) / m * where(abs(Z2) > 0.4, 1 - 0.3 * sin(Z2), 1)"))
    assert examined(saturated, asked=SATURATED).verdict == "certified, with limits"
    assert examined(everywhere, asked=SATURATED).verdict == "wrong"


@pytest.mark.parametrize(
    ("name", "beyond"),
    [("log of A2 in cost", 36.7), ("infinity times 0 in dZ2", 36.7), ("exp(Z2) that overflows in A2", 709.7)],
)
def test_a_line_gives_way_where_it_does_in_float64(name, beyond):
    limit = limit_of(planted(name))
    assert (limit.beyond, limit.is_number) == (pytest.approx(beyond), False)


def test_a_guard_is_off_by_its_own_size():
    assert limit_of(planted("clipped at 1e-08 in A2")).error == pytest.approx(1e-8)


@pytest.mark.parametrize("kind", ["slope 1 at 0", "slope 1/2 at 0"])
def test_another_slope_of_relu_at_its_kink_is_no_mistake_of_the_derivation(kind):
    checkup = examined(planted(f"{kind} in dZ1"), asked=SATURATED)
    assert (checkup.verdict, checkup.status(strict=True)) == ("certified, with limits", 1)
    assert "where Z1 is exactly 0" in sentence(checkup)


@pytest.mark.parametrize("slope", [0, 1])
def test_another_slope_of_softplus_at_its_middle_is_a_limit_of_dZ2(slope):  # noqa: N802
    checkup = examined(planted(f"slope {slope} at Z2 = 0 in dZ2"), asked=SATURATED)
    assert checkup.verdict == "certified, with limits"
    assert "At Z2 = 0, dZ2 is off by up to 0.5" in sentence(checkup)


def test_steps_give_way_with_the_gradients_that_they_take():
    patient = Patient(LATE_COLUMNS, (planted("detour through float32 in dZ2"),), FOUR, ("gradients", "train"))
    checkup = check(patient, SATURATED)
    assert checkup.verdict == "certified, with limits"
    assert {row.place for row in checkup.rows() if row.quantity.endswith("step")} == {"gives way"}


class Overflowing(Patient):
    """It computes with Python's own numbers, which raise where NumPy's are infinite."""

    def call(self, function, *arguments, watch=False):
        """Fail where exp(-Z2) is too large a number."""
        W1, b1, W2, b2, X, _ = arguments
        Z2 = W2 @ np.maximum(0, W1 @ X + b1) + b2
        failure = "OverflowError: math range error" if Z2.min() < -709 else ""
        return Reply(None, failure=failure) if failure else super().call(function, *arguments, watch=watch)


@pytest.mark.parametrize("mistakes", [(), (planted("sign wrong in dZ2"),)])
def test_an_overflow_of_pythons_own_numbers_is_a_limit(mistakes):
    checkup = check(Overflowing(LATE_COLUMNS, mistakes, FOUR), SMALL)
    assert checkup.verdict == ("wrong" if mistakes else "certified, with limits")
    assert "OverflowError on 4-6-1, 9 examples, all of label 1" in sentence(checkup)
    assert all(mistake.name in sentence(checkup) for mistake in mistakes)
