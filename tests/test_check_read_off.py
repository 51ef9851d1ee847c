"""The doctor reads off a number that the catalogue does not have."""

import pytest
from patients import CONVENTIONS, FOUR, Patient

from shared.checking import problems
from shared.checking.catalogue.entries import Mistake
from shared.checking.checkup import check
from shared.checking.conventions import NAMES
from shared.checking.factors import FACTORS, Factor
from shared.checking.lines import Formula

SMALL = list(problems.small())
PLANTED = {
    "factor 0.37 in dZ2": "0.37 * (A2 - Y) / m",
    "factor 1/3 in dZ2": "(A2 - Y) / m / 3",
    "factor -m in dZ2": "-(A2 - Y)",
    "factor 2/n_x in dZ2": "2 * (A2 - Y) / m / n_x",
    "factor 1/m^2 in dZ2": "(A2 - Y) / m**3",
    "label 0 weighed 0.25 times in dZ2": "where(Y == 0, 0.25, 1) * (A2 - Y) / m",
    "labels smoothed by 0.15 in dZ2": "(A2 - (0.85 * Y + 0.075)) / m",
    "nothing but zeros in db1": "0 * b1",
    "weight decay 0.04 in dW1": "dZ1 @ X.T + 0.04 * W1",
    "weight decay 0.04/m in dW1": "dZ1 @ X.T + 0.04 / m * W1",
    "slope 0.07 on the left in dZ1": "where(Z1 > 0, 1, 0.07) * dA1",
    "clipping at 0.07 in dW2": "clip(dZ2 @ A1.T, -0.07, 0.07)",
    "mask of Z1 above 0.1 in dZ1": "dA1 * (Z1 > 0.1)",
    "X divided by 255 again in dW1": "dZ1 @ (X / 255).T",
}


def told(name, gives, convention):
    mistake = Mistake("planted", name.rpartition(" ")[2], Formula(PLANTED[name]))
    return [found.name for found in check(Patient(convention, (mistake,), gives), SMALL).findings]


@pytest.mark.mostly_slow(9)
@pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=CONVENTIONS)
@pytest.mark.parametrize("name", PLANTED)
def test_a_number_of_ones_own_is_read_off(name, convention):
    assert told(name, NAMES, convention) == [name]


@pytest.mark.mostly_slow(4)
@pytest.mark.parametrize("name", [name for name in PLANTED if name.endswith("dZ2")])
def test_four_gradients_are_enough_to_read_it_off(name):
    assert told(name, FOUR, next(iter(CONVENTIONS.values()))) == [name]


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        (Factor(1, m=-1), "1/m"),
        (Factor(-2, n_x=1), "-2 n_x"),
        (Factor(1, m=-2, n_h=-1), "1/(m^2 n_h)"),
        (Factor(0.5, m=1, n_x=-1), "0.5 m/n_x"),
        (Factor(1 / 7), "1/7"),
    ],
)
def test_a_factor_is_written_as_a_fraction(factor, text):
    assert str(factor) == text


def test_no_two_factors_of_sizes_are_the_same_on_all_problems():
    of_all = {tuple(factor.of(problem.sizes) for problem in SMALL) for factor in FACTORS}
    assert len(of_all) == len(FACTORS)
