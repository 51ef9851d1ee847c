"""The bound holds for every order of summation; the noise is sharp; both know what is exact."""

import numpy as np
import pytest
from cases import BY_NAME, CASES, photographs, random_case
from programs import forgetting, one_by_one, run

from shared.network import QUANTITIES

ORDERS = {
    "left to right": one_by_one(iter),
    "right to left": one_by_one(reversed),
    "as BLAS does": np.matmul,
}


@pytest.mark.parametrize("product", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("case", CASES, ids=BY_NAME)
def test_any_order_of_summation_agrees(case, product):
    values = run(case, product=product)
    judged = case.standard.judge_all({**values, "cost": float(values["cost"])})
    assert {name: j.verdict for name, j in judged.items()} == dict.fromkeys(QUANTITIES, "agrees")


@pytest.mark.parametrize("product", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("place", [0, -1])
def test_one_enormous_pixel_makes_no_correct_program_suspect(product, place):
    case = random_case("500-3-1", 500, 3, 20, seed=11)
    case.X[place] *= 1e6
    case.parameters.W1[...] *= 1e-6
    values = run(case, product=product)
    assert case.standard.judge("Z1", values["Z1"]).verdict == "agrees"


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_noise_never_exceeds_the_bound(quantity):
    for case in CASES:
        allowance = case.standard.right[quantity][1]
        assert np.all(allowance.noise <= allowance.bound)


def test_what_is_exact_has_no_allowance():
    case = BY_NAME["5-3-1-tie-relu-float64"]
    for quantity in ("Z1", "A1", "dZ1"):
        allowance = case.standard.right[quantity][1]
        assert not allowance.bound[:, 4].any()  # a black image, b1 = 0
        assert not allowance.noise[:, 4].any()


def test_where_rounding_may_change_the_sign_of_Z1_the_bound_allows_either_slope():  # noqa: N802
    case = BY_NAME["5-3-1-tie-relu-float32"]  # example 5: 1 * 0.5 - 0.5 * 1, which a program may not find to be 0
    standard = case.standard
    assert np.all(standard.right["dZ1"][1].bound[:, 5] >= np.abs(standard.right["dA1"][0].high[:, 5]))


@pytest.mark.parametrize(("bits", "name"), [(10, "TF32"), (7, "bfloat16")])
def test_products_of_narrower_operands_do_not_agree_from_Z1_on(bits, name):  # noqa: N802
    case = photographs().in_form("float32", "relu")
    values = run(case, product=forgetting(bits))
    judged = case.standard.judge_all({**values, "cost": float(values["cost"])})
    assert judged["Z1"].verdict != "agrees"
    assert judged["dW1"].verdict != "agrees"


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_float32_detour_in_a_float64_program_is_wrong(quantity):
    case = random_case("30-5-1", 30, 5, 40, seed=8).in_form("float64", "relu")
    values = run(case, tamper={quantity: lambda V: V.astype(np.float32).astype(np.float64)})
    assert case.standard.judge(quantity, values[quantity]).verdict == "wrong"
