"""The bounds of a step are those of the proof in fixed_point_descent.py."""

import math

import mpmath
import numpy as np
import pytest
from in_mpmath import cost_and_gradients, curvature, hidden, network, numbers, sigmoid
from mpmath import mpf

from shared.judging.curves.step_bounds import Bounds, bounds, quadratic, rounding, spectral_norm
from shared.network import ACTIVATIONS


@pytest.fixture(autouse=True)
def eighty_digits():
    with mpmath.workdps(80):
        yield


def step_of(parameters, X, Y, activation):
    """What the bounds of a step are made from: W2, A1, slope, curvature, A2, dZ2."""
    W1, b1, W2, b2 = map(numbers, parameters)
    A1, slope = hidden(W1 @ numbers(X) + b1, activation)
    A2 = sigmoid(W2 @ A1 + b2)
    return [
        V.astype(float) for V in (W2.T, A1, slope, curvature(A1, slope, activation), A2[0], (A2[0] - Y[0]) / Y.size)
    ]


def with_ones(X):
    return np.vstack([X, np.ones_like(X[:1])])


def hessian(weights, X, Y, activation):
    """Differentiate the gradient, by differences so small that 80 digits give 30 of the Hessian."""
    sizes = np.cumsum([V.size for V in weights])[:-1]

    def gradient(flat):
        parts = [p.reshape(V.shape) for p, V in zip(np.split(flat, sizes), weights, strict=True)]
        return np.concatenate([dV.ravel() for dV in cost_and_gradients(parts, X, Y, activation)[1]])

    flat, h = np.concatenate([V.ravel() for V in weights]), mpf(10) ** -40
    steps = np.array([[h if i == k else mpf(0) for k in range(flat.size)] for i in range(flat.size)])
    return np.array([(gradient(flat + step) - gradient(flat)) / h for step in steps]).astype(float)


@pytest.mark.parametrize("rate", [-1.0, 0.1, 1.0, 40.0])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_growth_is_at_least_the_norm_of_the_steps_derivative(activation, rate):
    for seed in range(5):
        parameters, X, Y = network(n_x=2, n_h=2, m=3, seed=seed)
        growth = bounds(*step_of(parameters, X, Y, activation), with_ones(X).T @ with_ones(X), rate, 1.0).growth
        derivative = np.eye(9) - rate * hessian(tuple(map(numbers, parameters)), numbers(X), numbers(Y), activation)
        assert np.linalg.norm(derivative, 2) <= growth


def by_the_proof(step, X, rate):
    """Work out kappa, w, the largest |g_i|, q and growth as the proof defines them, from the g_i themselves."""
    W2, A1, slope, curvature, A2, dZ2 = step
    (n_h, m), inputs = A1.shape, with_ones(X)
    g = np.array([[*np.outer(W2[:, 0] * slope[:, i], inputs[:, i]).ravel(), *A1[:, i], 1.0] for i in range(m)])
    lengths = np.linalg.norm(g, axis=1)
    kappa, w, r = math.sqrt((n_h + m + 64) * 2.0**-50), 1 + np.abs(W2).sum(), np.linalg.norm(inputs, axis=0).max()
    q = 1.01 * (r * (1 + math.sqrt(n_h) + r * w) + lengths.max())
    first = (g.T * (A2 * (1 - A2) / m)) @ g
    largest = spectral_norm(abs(rate) * first, kappa) + abs(rate) * kappa * np.mean(lengths**2)
    rest = max(
        np.linalg.norm(inputs @ (dZ2 * slope[j])) + np.linalg.norm((inputs * (W2[j] * dZ2 * curvature[j])) @ inputs.T)
        for j in range(n_h)
    )
    stretch = max(1, largest - 1) if rate > 0 else 1 + largest
    return kappa, w, lengths.max(), q, (stretch + abs(rate) * (rest + kappa * q)) * (1 + kappa)


@pytest.mark.parametrize("rate", [-0.7, 1e-3, 0.4, 40.0])
@pytest.mark.parametrize("m", [1, 6])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_bound_is_the_one_of_the_proof(activation, m, rate):
    parameters, X, Y = network(n_x=3, n_h=2, m=m, seed=6)
    step = step_of(parameters, X, Y, activation)
    kappa, w, steepest, q, growth = by_the_proof(step, X, rate)
    found = bounds(*step, with_ones(X).T @ with_ones(X), rate, 1.0)
    assert (found.kappa, found.w) == pytest.approx((kappa, w), rel=1e-12)
    assert (found.steepest, found.q) == pytest.approx((1.01 * steepest, q), rel=1e-12)
    assert found.growth == pytest.approx(growth, rel=1e-9)


def test_growth_that_depends_on_the_largest_eigenvalue_allows_for_its_rounding():
    """One example: all matrices are numbers, |rate first| = 0.5, and its mean share is 0.5 / 0.25 kappa."""
    one = np.ones((1, 1))
    found = bounds(one, one, one, 0 * one, 0.5 * one[0], 0.5 * one[0], 2 * one, -0.5, 1.0)
    kappa = math.sqrt(66 * 2.0**-50)
    largest = 0.5 * (0.25 * 4 * (1 + kappa) + kappa * 4)  #                 |g|^2 = 1 * 2 + 1 + 1
    q = 1.01 * (math.sqrt(2) * (2 + 2 * math.sqrt(2)) + 2)
    assert found.growth == pytest.approx((1 + largest + 0.5 * (math.sqrt(0.5) + kappa * q)) * (1 + kappa), rel=1e-12)


def test_the_roundings_of_a_step_known_on_paper():
    """w = 3.5; the change is off by 3 (3.5 * 12 / 3 + 1) + 1 = 46; then come the entries of C, W2 and b2."""
    W2, A1 = np.array([[0.5], [2.0]]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    G = np.array([[2.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 4.0]])
    in_C = [0.5 * (46 + 3 * 16 / 3) + 1, 2.0 * (46 + 3 * 16 / 3) + 1]
    in_W2 = [46 * 6 + 3 * 12 + 1, 46 * 15 + 3 * 12 + 1]
    total = 13 * (in_C[0] ** 2 + in_C[1] ** 2) + in_W2[0] ** 2 + in_W2[1] ** 2 + (3 * 46) ** 2
    assert rounding(W2, A1, G, 3.0, 10.0) == pytest.approx(math.sqrt(total), rel=1e-14)


@pytest.mark.parametrize("rate", [-3.0, 3.0])
def test_roundings_are_counted_by_absolute_values_and_one_percent_more(rate):
    W2, A1, G = np.array([[0.5], [-2.0]]), np.array([[-1.0, 2.0, 3.0], [4.0, 5.0, -6.0]]), np.eye(3)
    some = np.full((2, 3), 0.1)
    found = bounds(W2, A1, some, some, some[0], some[0], G, rate, 10.0)
    assert found.rounding == pytest.approx(1.01 * rounding(np.abs(W2), np.abs(A1), G, 3.0, 10.0), rel=1e-14)


HOLDS = Bounds(kappa=2.0**-15, w=2.0, steepest=1.0, q=4.0, growth=1.0, rounding=1.0)
"""What holds as long as 4 times the distance is at most 2^-20."""


def test_the_bounds_hold_up_to_a_share_of_kappa_and_no_further():
    above = 1 + 2.0**-50
    assert HOLDS.hold(2.0**-22, 0.0, 3)
    assert not HOLDS.hold(2.0**-22 * above, 0.0, 3)
    assert HOLDS.hold(0.0, 2.0**-22 / 48, 3)  #                             3 examples, w = 2, 8 times as much
    assert not HOLDS.hold(0.0, 2.0**-22 / 48 * above, 3)
    steep = HOLDS._replace(q=2.0**570 / 6)  #                               all that floats lose is 2^-590
    assert steep.hold(0.0, 0.0, 3)
    assert not steep._replace(q=2.0**570 / 6 * above).hold(0.0, 0.0, 3)


@pytest.mark.parametrize("bound", ["growth", "rounding"])
@pytest.mark.parametrize("value", [np.inf, np.nan, 1e200])
def test_a_bound_that_is_no_number_or_huge_does_not_hold(bound, value):
    assert not HOLDS._replace(**{bound: value}).hold(0.0, 0.0, 3)


@pytest.mark.parametrize(
    ("error", "growth", "rounding"), [(3, 1.5, 2.0), (1000, 1.0, 2.5), (2**200, 1 + 2.0**-50, 1.0)]
)
def test_the_distance_after_a_step_is_at_least_growth_times_as_much_and_the_rounding(error, growth, rounding):
    found = HOLDS._replace(growth=growth, rounding=rounding).after_step(error)
    true = error * mpf(growth) + rounding
    assert true <= found <= true + 1.5 + error * 2.0**-40


@pytest.mark.parametrize("size", [1e160, np.inf, np.nan])
def test_weights_that_float64_cannot_square_have_no_bound_and_no_warning(size):
    one = np.ones((1, 1))
    assert not bounds(size * one, one, one, one, one[0], one[0], one, 0.1, 1.0).hold(0.0, 0.0, 1)


def test_the_cost_is_off_by_what_the_distance_and_the_hidden_units_do_to_Z2():  # noqa: N802
    assert HOLDS._replace(steepest=2.5, w=3.5).in_cost(error=100, off=7) == 100 * 3 + 4 * 9


def test_a_quadratic_form_is_not_negative_though_it_be_rounded():
    row, v = np.array([[0.7, -0.3]]), np.array([[0.3, 0.7]])  #             at right angles
    assert row @ (v.T @ v) @ row.T < 0
    assert quadratic(row, v.T @ v).tolist() == [0]


def test_the_spectral_norm_allows_for_rounding_in_every_product():
    """kappa = 1/4: the Frobenius norm of 4 may be 5, that of 16 may be 20, and the rounding in 4 * 4 is (5 / 4)^2."""
    assert spectral_norm(np.array([[4.0]]), kappa=0.25, squarings=1) == math.sqrt(20 + 1.5625)


def test_a_spectral_norm_below_2_is_not_taken_for_more_than_2_where_others_count():
    matrix = 1.5 * np.eye(3)  #                                             its Frobenius norm is 2.6
    assert spectral_norm(matrix, kappa=1e-9) <= 2


def test_the_spectral_norm_is_bounded_within_one_percent_where_it_matters():
    random = np.random.default_rng(1)
    vectors = random.standard_normal((30, 200)) * 0.9 ** np.arange(30)[:, None]
    matrix = vectors.T @ vectors
    true = np.linalg.norm(matrix, 2)
    assert true <= spectral_norm(matrix, kappa=1e-6) <= 1.01 * true
