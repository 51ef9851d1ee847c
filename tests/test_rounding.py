"""The bound holds for every order of summation; the noise is sharp; both know what is exact."""

from itertools import permutations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from cases import BY_NAME, CASES, photographs, random_case
from programs import forgetting, one_by_one, run
from scipy.special import expit, ndtr

from shared.judging import rounding
from shared.judging.arithmetic import Probabilistic, WithError, WorstCase, exact
from shared.network import ACTIVATIONS, QUANTITIES, Gradients, Parameters

GRADIENTS = Gradients._fields
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


U = 2.0**-53
OWN = {"W1": 3.0, "b1": -0.5, "W2": -2.0, "b2": 0.25}
OWN |= {"X": 2.0, "Y": 1.0, "Z1": -5.0, "A1": 0.7, "Z2": 1.5, "A2": 0.8, "dZ2": -0.3, "dA1": 0.6, "dZ1": 0.4}
SOFTPLUS = np.log1p(np.exp(1.5))

ROUNDINGS = {
    # quantity, activation, Z1: the sum of roundings x size, for two examples, both like OWN
    ("Z1", "relu", -5.0): 2 * (3 * 2 + 0.5),
    ("A1", "relu", -5.0): 0,
    ("A1", "relu", 5.0): 0,
    ("A1", "leaky_relu", -5.0): 2 * 0.01 * 5,
    ("A1", "leaky_relu", 5.0): 0,
    ("A1", "sigmoid", -5.0): (24 + 2 * 5) * expit(-5),
    ("A1", "sigmoid", 5.0): (24 + 2 * 5) * expit(5),
    ("Z2", "relu", -5.0): 2 * (2 * 0.7 + 0.25),
    ("A2", "relu", -5.0): (24 + 2 * 1.5) * expit(1.5),
    ("cost", "relu", -5.0): 20 * (SOFTPLUS + 1.5) + (3 + 3) * (SOFTPLUS - 1.5),
    ("dA2", "relu", -5.0): 5 / 0.8 / 2,
    ("dZ2", "relu", -5.0): (2 * (24 + 2 * 1.5) * expit(1.5) + 4 * (0.8 + 1)) / 2,
    ("dW2", "relu", -5.0): 3 * (2 * 0.3 * 0.7),
    ("db2", "relu", -5.0): 3 * (2 * 0.3),
    ("dA1", "relu", -5.0): 2 * (2 * 0.3),
    ("dZ1", "relu", -5.0): 0,
    ("dZ1", "relu", 5.0): 0,
    ("dZ1", "leaky_relu", -5.0): 2 * 0.01 * 0.6,
    ("dZ1", "leaky_relu", 5.0): 0,
    ("dZ1", "sigmoid", -5.0): 0.6 * ((34 + 3) * expit(-5) + 2 * expit(-5) * expit(5)),
    ("dZ1", "sigmoid", 5.0): 0.6 * (34 * expit(5) + 3 * expit(-5) + 2 * expit(-5) * expit(5)),
    ("dZ1", "sigmoid", 0.5): 0.6 * (25 * expit(0.5) + 3 / 4 + 2 * expit(-0.5) * expit(0.5)),
    ("dW1", "relu", -5.0): 3 * (2 * 0.4 * 2),
    ("db1", "relu", -5.0): 3 * (2 * 0.4),
}


@pytest.mark.parametrize("line", ROUNDINGS, ids=str)
def test_a_line_alone_is_allowed_its_own_roundings_and_no_more(line):
    quantity, activation, Z1 = line
    own = {name: np.full((1, 1 if name in Parameters._fields else 2), V) for name, V in (OWN | {"Z1": Z1}).items()}
    bound = rounding.through_one_line(WorstCase(np.dtype("float64"), activation), quantity, own).error
    np.testing.assert_allclose(bound / U, ROUNDINGS[line], rtol=1e-12)


@pytest.mark.parametrize(
    ("label", "dA2", "roundings"), [(0.0, 1 / 0.2 / 2, 5 / 0.2 / 2), (1.0, -1 / 0.8 / 2, 5 / 0.8 / 2)]
)
def test_the_label_decides_from_which_side_A2_is_seen(label, dA2, roundings):  # noqa: N802
    own = {"A2": exact(np.full((1, 2), 0.8)), "Y": exact(np.full((1, 2), label))}
    known = rounding.LINES["dA2"](WorstCase(np.dtype("float64"), "relu"), own)
    np.testing.assert_allclose([known.value, known.error / U], [[[dA2] * 2], [[roundings] * 2]])


@pytest.mark.parametrize(
    ("A2", "label", "roundings"),
    [(0.8, 0.0, 3 * (1 + 0.8)), (0.8, 1.0, 4 * (0.8 + 1)), (1e-9, 0.0, 3 * (1 + 1e-9)), (1e-9, 1.0, 4 * (1e-9 + 1))],
)
def test_dZ2_is_allowed_the_roundings_of_either_difference(A2, label, roundings):  # noqa: N802
    own = {"A2": exact(np.full((1, 2), A2)), "Y": exact(np.full((1, 2), label)), "Z2": exact(np.full((1, 2), -700.0))}
    known = rounding.LINES["dZ2"](WorstCase(np.dtype("float64"), "relu"), own)
    by_labels = label * 2 * (24 + 2 * 700)  # -sigmoid(-Z2) / m, formed anew as exp(u - softplus(u)) with u = -Z2
    np.testing.assert_allclose(known.error / U, np.full((1, 2), (roundings + by_labels) / 2), rtol=1e-9)


def from_complements(Z2, Y):
    return (1 - Y) / Y.size - (1 - 1 / (1 + np.exp(-Z2))) / Y.size


def from_torch_func(Z2, Y):
    Z2, Y = torch.tensor(Z2), torch.tensor(Y)
    return torch.func.grad(lambda Z2: torch.nn.functional.binary_cross_entropy_with_logits(Z2, Y))(Z2).numpy()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize("form", [from_complements, from_torch_func])
def test_a_dZ2_that_is_made_of_1_minus_A2_agrees_where_A2_is_small(form, label, dtype):  # noqa: N802
    case = random_case("6-3-1", 6, 3, 9, seed=12).in_form(dtype, "relu")
    case.Y[...], case.parameters.b2[...] = label, -9.0
    values = run(case)
    again = run(case, tamper={"dZ2": lambda V: form(values["Z2"], case.Y)})
    assert {q: case.standard.judge(q, again[q]).verdict for q in GRADIENTS} == dict.fromkeys(GRADIENTS, "agrees")


@np.errstate(divide="ignore")
def test_an_A2_that_may_be_0_has_no_bound_for_its_derivative():  # noqa: N802
    assert passed_on("dA2", A2=(1e-3, 1e-3), Y=(1, 0)) == np.inf


def passed_on(quantity, activation="relu", **inputs):
    """The bound of a line for two equal examples, from (value, error) of its inputs."""
    wide = {name: WithError(*np.full((2, 1, 2), [[[V]], [[error]]])) for name, (V, error) in inputs.items()}
    return float(rounding.LINES[quantity](WorstCase(np.dtype("float64"), activation), wide).error.max())


def test_the_errors_of_the_inputs_are_passed_on_by_the_slope():
    near_1, near_0 = expit(1.5 + 2e-3), expit(-1.5 + 2e-3)  # a program's Z2 may be two errors from another's
    assert passed_on("A2", Z2=(1.5, 1e-3)) == pytest.approx(1e-3 * near_0, rel=1e-9)
    assert passed_on("A2", Z2=(-1.5, 1e-3)) == pytest.approx(1e-3 * near_0, rel=1e-9)
    assert passed_on("A2", Z2=(0.1, 1e-3)) == pytest.approx(1e-3 / 4, rel=1e-9)
    assert passed_on("cost", Z2=(1.5, 1e-3), Y=(1, 0)) == pytest.approx(1e-3 * (expit(-1.5) + 5e-4), rel=1e-9)
    assert passed_on("cost", Z2=(1.5, 1e-3), Y=(0, 0)) == pytest.approx(1e-3 * (expit(1.5) + 5e-4), rel=1e-9)
    assert passed_on("cost", Z2=(1.5, 10.0), Y=(1, 0)) == pytest.approx(10, rel=1e-9)
    assert passed_on("dA2", A2=(0.8, 1e-3), Y=(1, 0)) == pytest.approx(1e-3 / (2 * 0.8 * 0.798), rel=1e-9)
    assert passed_on("dZ2", A2=(0.8, 1e-3), Y=(1, 0), Z2=(near_1, 0)) == pytest.approx(1e-3 / 2, rel=1e-9)
    assert passed_on("dZ1", "leaky_relu", dA1=(0.6, 1e-3), Z1=(-1, 0)) == pytest.approx(1e-5, rel=1e-9)
    assert passed_on("dZ1", "leaky_relu", dA1=(0.6, 1e-3), Z1=(1, 0)) == pytest.approx(1e-3, rel=1e-9)
    slope = expit(1) * expit(-1)
    assert passed_on("dZ1", "sigmoid", dA1=(0.6, 1e-3), Z1=(1, 0)) == pytest.approx(1e-3 * slope, rel=1e-9)
    assert passed_on("A1", "leaky_relu", Z1=(-1, 1e-3)) == pytest.approx(1e-5, rel=1e-9)
    assert passed_on("A1", "leaky_relu", Z1=(1, 1e-3)) == pytest.approx(1e-3, rel=1e-9)


@pytest.mark.parametrize(("activation", "left_slope"), [("relu", 0), ("leaky_relu", 0.01)])
@pytest.mark.parametrize(
    ("Z1", "either"), [((1e-9, 1e-3), True), ((-1e-9, 1e-3), True), ((2e-3, 1e-3), True), ((0.0, 0.0), False)]
)
def test_either_slope_is_allowed_only_where_a_program_may_find_Z1_on_either_side(activation, left_slope, Z1, either):  # noqa: N802
    wanted = 0.6 * (1 - left_slope) if either else 0
    assert passed_on("dZ1", activation, dA1=(0.6, 0), Z1=Z1) == pytest.approx(wanted, abs=1e-14)


def test_an_update_passes_on_the_gradients_error_times_the_learning_rate():
    a, V, dV = (
        WorstCase(np.dtype("float64"), "relu"),
        WithError(np.array(3.0), np.array(0.5)),
        WithError(np.array(-0.4), np.array(0.1)),
    )
    known = rounding.updated(a, V, dV, 0.05)
    np.testing.assert_allclose([known.value, known.error], [3.02, 0.5 + 0.05 * 0.1], rtol=1e-12)
    exactly = rounding.updated(a, exact(V.value), exact(dV.value), 0.05)
    np.testing.assert_allclose(exactly.error / U, (3 + 0.02) + 4 * 0.02, rtol=1e-12)
    assert rounding.updated(a, exact(V.value), exact(np.array(0.0)), 0.05).error == 3 * a.gamma(1) + a.tiny


def test_numbers_too_small_to_be_normal_may_be_taken_for_0():
    tiny = np.finfo(np.float64).tiny
    given = rounding.exact_input(WorstCase(np.dtype("float64"), "relu"), np.array([tiny / 4, -tiny / 2, tiny, 1.0]))
    np.testing.assert_array_equal(given.error, [tiny / 4, tiny / 2, 0, 0])


def test_the_bound_of_a_product_is_highams_and_what_its_factors_bring_along():
    A, B, bias = (WithError(np.array([[V]]), np.array([[error]])) for V, error in ((2.0, 0.1), (-3.0, 0.2), (1.0, 0.3)))
    a = WorstCase(np.dtype("float64"), "relu")
    product = a.product(A, B, bias)
    np.testing.assert_allclose([product.value, product.error], [[[-5]], [[0.1 * 3.4 + 2.2 * 0.2 + 0.3]]], rtol=1e-12)
    A, B = exact(np.array([[2.0, 3.0, 0.0]])), exact(np.array([[5.0], [-7.0], [11.0]]))
    assert a.product(A, B).error == a.gamma(4) * (2 * 5 + 3 * 7) + 3 * a.tiny


def test_gamma_is_infinite_where_so_many_roundings_can_do_anything():
    a = WorstCase(np.dtype("float32"), "relu")
    np.testing.assert_array_equal(a.gamma(np.array([2.0**22, 2.0**23, 2.0**24, 2.0**25])), [1 / 3, 1, np.inf, np.inf])


def test_what_is_too_large_for_a_bound_has_none():
    a = WorstCase(np.dtype("float64"), "relu", growth=1.5)
    np.testing.assert_array_equal(
        a.add(np.array([np.nan, np.inf, 2.0]), np.array([1.0, 1.0, 4.0])), [np.inf, np.inf, 9]
    )


def partial_sums(terms, bias=0.0):
    return np.square(np.cumsum(terms) + bias).sum()


def mean_of_orders(terms, bias, tail):
    mean = np.mean([partial_sums(order, bias) for order in permutations(terms)])
    return mean + (len(terms) + 1) * (min(tail, 1.5 * len(terms)) - 1) * np.square(terms).sum() / 6


@pytest.mark.parametrize("deviations", [0.0, 9.0])
@pytest.mark.parametrize("seed", range(6))
def test_the_noise_of_a_sum_is_that_of_the_noisiest_order(seed, deviations):
    rng = np.random.default_rng(seed)
    A, B, bias = 1e3 * rng.standard_normal((2, 5)), 1e-3 * rng.standard_normal((5, 3)), rng.standard_normal((2, 3))
    if seed == 3:
        A, B, bias = np.abs(A), np.abs(B), 0 * bias
    if seed == 4:
        bias *= 1e9
    if seed == 5:  # alternating signs, and so nothing cancels within a lane
        A, B = np.abs(A), np.abs(B) * [[1], [-1], [1], [-1], [1]]
    noise = Probabilistic(np.dtype("float64"), "relu", deviations).product(exact(A), exact(B), exact(bias)).error
    tail = max(1, 6 * (deviations / (2 * np.pi)) ** 2)
    for i, k in np.ndindex(2, 3):
        terms, b = A[i] * B[:, k], bias[i, k]
        lanes = [[terms[lane::count] for lane in range(count)] for count in (1, 2, 4)]
        mean = max(sum(mean_of_orders(lane, 0, tail) for lane in each) for each in lanes)
        with_b = max(sum(mean_of_orders(lane, b * (lane is each[0]), tail) for lane in each) for each in lanes)
        last = max(partial_sums(terms), partial_sums(terms[::-1]), mean) + (terms.sum() + b) ** 2
        first = max(partial_sums(terms, b), partial_sums(terms[::-1], b), with_b)
        squares = max(last, first) + np.square(terms).sum()
        assert noise[i, k] == pytest.approx(U * np.sqrt(squares / 3), rel=1e-9, abs=0)


@pytest.mark.parametrize("lanes", [2, 4, 8])
def test_the_noise_knows_lanes_that_add_up_terms_of_one_sign_while_the_whole_sum_is_0(lanes):
    n, a = 100, Probabilistic(np.dtype("float64"), "relu")
    signs = np.tile(np.repeat([1.0, -1.0], lanes // 2), n)
    terms = signs * np.random.default_rng(lanes).uniform(0.9, 1.1, n * lanes)
    noise = a.product(exact(np.ones((1, n * lanes))), exact(terms[:, None]), exact(np.zeros((1, 1)))).error
    in_lanes = (n + 1) * (np.square(terms).sum() / 6 + np.square(terms.reshape(n, lanes).sum(axis=0)).sum() / 3)
    squares = in_lanes + terms.sum() ** 2 + np.square(terms).sum()
    assert noise.item() == pytest.approx(U * np.sqrt(squares / 3), rel=1e-9, abs=0)


def test_the_errors_of_equal_examples_and_of_equal_numbers_add_up_in_full():
    A = WithError(np.array([[1.0, 1.5, 2.0]]), np.array([[1e-3, 1e-3, 1e-4]]))
    B = WithError(np.array([[5.0], [5.0], [3.0]]), np.array([[1e-5], [1e-5], [1e-6]]))
    wanted = np.sqrt(2 * (5e-3**2 + 5e-3**2) + (3e-4) ** 2 + 2 * (1e-5**2 + 1.5e-5**2) + (2e-6) ** 2)
    for copies, values in ((np.array([2, 2, 1]), A.value), (None, np.array([[1.0, 1.0, 2.0]]))):
        a = Probabilistic(np.dtype("float64"), "relu", copies=copies)
        found = a.over_examples(WithError(values, A.error), B).error
        np.testing.assert_allclose(found, [[wanted]], rtol=1e-9 if copies is not None else 1e-3)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("m", [20, 300, 3000])
def test_the_noise_of_a_sum_of_equal_terms_is_what_such_sums_err_by(m, dtype):
    errors = []
    terms = np.random.default_rng(m).uniform(0.1, 1, (400, 1)).astype(dtype) * np.ones((1, m), dtype)
    true = terms[:, 0].astype(np.longdouble) * m
    errors = (np.cumsum(terms, axis=1)[:, -1] - true).astype(float)
    noise = Probabilistic(np.dtype(dtype), "relu").total(exact(terms.astype(float))).error[:, 0]
    assert 0.3 < np.sqrt(np.mean(np.square(errors / noise))) < 1


def test_terms_that_differ_by_more_than_the_spacing_of_their_sum_are_rounded_independently():
    rng, a = np.random.default_rng(0), Probabilistic(np.dtype("float32"), "relu")
    equal, near, apart = (1 + size * rng.standard_normal((1, 1000)) for size in (0, 1e-6, 0.3))
    noise = [float(a.total(exact(V)).error[0, 0]) for V in (equal, near, apart)]
    assert noise[0] == pytest.approx(noise[1], rel=0.3)
    assert noise[2] < noise[0] / 25  #                                      the root of 1,000 is 32


def test_what_is_lost_in_a_sum_counts_no_more_than_it_is():
    V = np.array([[1.0, *[1e-12] * 999]])
    a = Probabilistic(np.dtype("float32"), "relu")
    assert a.total(exact(V)).error < 1.1 * a.total(exact(V * np.r_[1, np.zeros(999)])).error + 999 * 1e-12


def test_a_random_order_has_tails_that_fall_by_e_to_the_pi_over_the_root_of_6_a_deviation():
    rng = np.random.default_rng(1)
    V = rng.standard_normal((1, 200)).astype(np.float32)
    V -= V.mean()
    orders = np.array([rng.permutation(V[0]) for _ in range(40_000)])
    errors = np.cumsum(orders, axis=1)[:, -1].astype(float) - V.astype(float).sum()
    mean = Probabilistic(np.dtype("float32"), "relu", deviations=1.0)
    k = 4.0  #   a normal error goes that far in 6 of 100,000 cases, this one in some 400 but for blunter roundings
    share = np.mean(np.abs(errors) > k * float(mean.total(exact(V.astype(float))).error[0, 0]))
    sharp = Probabilistic(np.dtype("float32"), "relu", deviations=k)
    assert np.mean(np.abs(errors) > k * float(sharp.total(exact(V.astype(float))).error[0, 0])) <= 2 * ndtr(-k) < share


def test_the_noise_of_several_roundings_is_that_of_uniform_random_numbers():
    a = Probabilistic(np.dtype("float32"), "relu", deviations=4.0)
    np.testing.assert_allclose(a.rounded(12, np.array([0.0, 5.0])), [0, 2 * 2.0**-24 * 5], rtol=1e-12)
    assert a.rounded(1, np.array(1e-40)) > np.finfo(np.float32).tiny
    np.testing.assert_array_equal(a.uncertainty(WithError(np.array(1.0), np.array(3.0))), 12)
    np.testing.assert_array_equal(a.add(np.array(3.0), np.array(4.0), np.array(12.0)), 13)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", ["7-5-1", "5-3-1-tie"])
def test_the_values_that_are_followed_are_those_of_a_correct_program(name, activation):
    case = BY_NAME[f"{name}-{activation}-float64"]
    followed = rounding.through_the_network(case.judge.worst(case.parameters), case.parameters, case.X, case.Y)
    for quantity in QUANTITIES:
        known, truth = followed[quantity], case.standard.right[quantity][0]
        assert np.all(truth.error(known.value) <= known.error + truth.radius)


def test_a_product_that_underflows_may_be_off_by_the_smallest_normal_number():
    A, B = exact(np.array([[1e-200, 1e-200, 0.0, 0.0]])), exact(np.array([[1e-200], [0.0], [1e-200], [1e-200]]))
    a = WorstCase(np.dtype("float64"), "relu")
    assert a.product(A, B).error == a.tiny
    assert a.rounded(1, np.array(1e-320)) >= a.tiny


@pytest.mark.parametrize("copies", [None, np.array([1, 1, 1])])
def test_different_examples_make_the_noise_of_any_product(copies):
    A, B = exact(np.array([[1.0, 2.0, 3.0]])), exact(np.array([[3.0], [1.0], [2.0]]))
    a = Probabilistic(np.dtype("float64"), "relu", copies=copies)
    assert a.over_examples(A, B).error == a.product(A, B).error


def test_a_weight_of_0_that_is_not_updated_stays_0():
    a, zero = WorstCase(np.dtype("float64"), "relu"), exact(np.zeros(1))
    assert rounding.updated(a, zero, zero, 0.05).error == 0


def test_the_cost_counts_its_roundings_at_the_largest_Z2_that_a_program_may_have():  # noqa: N802
    a, e = WorstCase(np.dtype("float32"), "relu"), 1e-6
    q = {"Z2": WithError(np.zeros((1, 2)), np.full((1, 2), e)), "Y": exact(np.zeros((1, 2)))}
    off = e * (0.5 + e / 2) + a.gamma(20) * (np.log(2) + 2 * e + 2 * e)
    wanted = off + 2 * a.gamma(3) * (np.log(2) + 2 * off)
    assert rounding.LINES["cost"](a, q).error == pytest.approx(float(wanted), rel=1e-9, abs=0)


def test_the_bound_has_room_for_its_own_rounding_in_float64():
    growth = rounding.worst(np.ones((7, 11)), "relu", 5).growth
    assert growth - 1 == pytest.approx((2 * (7 + 11 + 5) + 100) * 2.0**-52, rel=1e-9, abs=0)


def test_examples_share_the_roundings_of_the_pixels_that_they_have_in_common():
    X = np.array([[1.0, 2.0, 1.0, 1.0], [3.0, 3.0, 3.0, 4.0]])
    np.testing.assert_array_equal(rounding.copies_of(X), [(3 + 3) / 2, (1 + 3) / 2, (3 + 3) / 2, (3 + 1) / 2])


def test_black_pixels_and_those_that_are_lost_in_the_sum_are_not_shared():
    X = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [1e-20, 1e-20, 1e-20]])
    np.testing.assert_allclose(rounding.copies_of(X), [1, 1, 1], rtol=1e-6)
    np.testing.assert_array_equal(rounding.copies_of(0 * X), [0, 0, 0])


def test_pixels_closer_than_the_spacing_of_a_sum_are_the_same():
    X = np.full((1000, 1), 0.7) + np.array([[0, 1e-7, 1e-3]])
    np.testing.assert_array_equal(rounding.copies_of(X.astype(np.float32)), [2, 2, 1])


@pytest.mark.parametrize("size", [0.0, 1e-170, 1e-320])
def test_a_product_that_underflows_has_the_noise_of_the_smallest_normal_number(size):
    a, A, B = Probabilistic(np.dtype("float64"), "relu"), np.array([[size, 1.0]]), np.array([[1e-160], [0.0]])
    noise = a.product(exact(A), exact(B)).error
    assert noise == 0 if size == 0 else a.tiny <= noise <= 3 * a.tiny


def test_a_bias_that_swallows_the_products_is_rounded():
    a = Probabilistic(np.dtype("float64"), "relu", deviations=5.0)
    A1 = WithError(np.zeros((1, 1)), np.full((1, 1), 1e-308))  # exp(-1000)
    noise = a.product(exact(np.ones((1, 1))), A1, exact(np.full((1, 1), -7.0))).error
    assert 7 * U / 2 < noise < 7 * U


def test_the_log1p_of_xla_is_known_to_be_worse_in_float64_where_it_is_worse():
    a, q = WorstCase(np.dtype("float64"), "relu"), {"Z2": np.array([[-0.36]]), "Y": np.array([[0.0]])}
    cost = rounding.through_one_line(a, "cost", q)
    with jax.enable_x64(True):
        got = float(-jax.jit(jnp.log1p)(jnp.array(-expit(-0.36)))[()])
    assert 40 * U < abs(got - float(cost.value)) < cost.error
    assert rounding.through_one_line(a, "cost", q | {"Y": np.array([[1.0]])}).error < 30 * U
    assert rounding.through_one_line(WorstCase(np.dtype("float32"), "relu"), "cost", q).error < 30 * 2.0**-24
