"""What is claimed about the distance of the weights, and of all that whole numbers stand for, holds."""

import mpmath
import numpy as np
import pytest
from flint import arb, ctx
from in_mpmath import by_mpmath, curvature, hidden, loss, network, numbers, settings
from mpmath import mpf

import shared.judging.curves.fixed_point_descent
from shared.judging.curves.fixed_point_descent import SPARE, Descent, Problem, UnprovenError
from shared.judging.curves.step_bounds import Bounds
from shared.network import ACTIVATIONS, Parameters


@pytest.fixture(autouse=True)
def eighty_digits():
    with mpmath.workdps(80):
        yield


def distance(descent, exact):
    """The distance between the weights that whole numbers stand for, and exact ones, and what is proven about it."""
    one = mpf(2) ** descent.bits
    W1, b1, _, _ = map(numbers, descent.problem.parameters)
    X = numbers(descent.problem.inputs)
    moved = np.hstack([W1, b1]) - (numbers(descent.C) / one) @ X.T
    rest = np.hstack([numbers(descent.W2.T), numbers(descent.b2)]) / one
    exact = np.hstack([*exact[:2]]), np.hstack([*exact[2:]])
    total = np.square(moved - exact[0]).sum() + np.square(rest - exact[1]).sum()
    return mpmath.sqrt(total), mpf(descent.error) / one


def assert_stays_within(descent, weights):
    for exact in weights[:-1]:
        true, proven = distance(descent, exact)
        assert true <= proven
        descent.step()


@pytest.fixture
def any_cost_will_do(monkeypatch):
    monkeypatch.setattr(shared.judging.curves.fixed_point_descent, "PROVEN", np.inf)


@pytest.mark.usefixtures("any_cost_will_do")
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("rate", [0.3, 4.0])
def test_rounded_weights_stay_within_the_proven_distance(activation, rate):
    parameters, X, Y = network()
    _, weights = by_mpmath(parameters, X, Y, settings(activation, iterations=4, learning_rate=rate))
    assert_stays_within(Descent(Problem.of(parameters, X, Y, rate, activation), bits=45), weights)


@pytest.mark.usefixtures("any_cost_will_do")
def test_large_activations_are_allowed_for():
    parameters, X, Y = network()
    parameters.b1[...] += 1e5
    _, weights = by_mpmath(parameters, X, Y, settings(iterations=2, learning_rate=1e-14))
    assert_stays_within(Descent(Problem.of(parameters, X, Y, 1e-14, "relu"), bits=100), weights)


@pytest.mark.usefixtures("any_cost_will_do")
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("rate", [-0.3, 4.0])
def test_weights_that_start_apart_stay_within_the_proven_distance(activation, rate):
    parameters, X, Y = network()
    _, weights = by_mpmath(parameters, X, Y, settings(activation, iterations=10, learning_rate=rate))
    descent = Descent(Problem.of(parameters, X, Y, rate, activation), bits=200)
    apart = 2**100
    descent.W2, descent.b2, descent.error = descent.W2 + apart, descent.b2 - apart, 2 * apart + descent.error
    assert_stays_within(descent, weights)


@pytest.mark.usefixtures("any_cost_will_do")
def test_weights_that_are_hardly_known_are_not_relied_on():
    descent = Descent(Problem.of(*network(), 0.3, "sigmoid"), bits=24)
    with pytest.raises(UnprovenError, match="with 24 bits, before step 0, the weights are not known well enough"):
        descent.step()


@pytest.mark.parametrize("word", [24, 127])
def test_the_hidden_units_are_off_by_no_more_than_is_said(word, monkeypatch):
    monkeypatch.setattr(shared.judging.curves.fixed_point_descent, "LIMB", word)
    parameters, X, Y = network()
    problem = Problem.of(parameters, X, Y, 0.3, "relu")
    descent = Descent(problem, bits=48)
    descent.C = np.array([[2**60, 5, 2**48, 77], [-(2**55), 0, 1, -1], [3, -5, 2**50, 0]], dtype=object)
    Z1, off = descent._forward()
    assert (off > 1) == (word == 24)
    one, inputs = mpf(2) ** 48, numbers(problem.inputs)
    true = (
        np.hstack([numbers(parameters.W1), numbers(parameters.b1)]) @ inputs
        - numbers(descent.C) / one @ inputs.T @ inputs
    )
    assert np.all(abs(numbers(Z1) - one * true) <= off)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_hidden_unit_its_slope_and_its_curvature_are_off_by_six_units_at_most(activation):
    descent = Descent(Problem.of(*network(), 0.3, activation), bits=90)
    one = 2**90
    Z1 = np.array([[3 * one + 1, 7, -5 * one - 7], [one // 3, -(one // 7), -1], [60 * one, -60 * one, 0]], object)
    with ctx.workprec(90 + SPARE):
        found = descent._hidden(Z1, Z1 > 0)
    A1, slope = hidden(numbers(Z1) / one, activation)
    for values, true in zip(found, (A1, slope, curvature(A1, slope, activation)), strict=True):
        assert np.all(abs(numbers(values) - one * true) <= (0 if activation == "relu" else 6))


def lone(W1, W2, X, label, activation="relu", bits=60, b2=0.0):
    """One unit, one input, one example: what is claimed about sums of many is sharp here."""
    parameters = Parameters(*(np.array([[float(value)]]) for value in (W1, 0, W2, b2)))
    X, Y = np.array([[float(X)]]), np.array([[float(label)]])
    return Descent(Problem.of(parameters, X, Y, 0.3, activation), bits)


def test_the_distance_at_the_start_is_that_of_weights_that_were_rounded_down():
    descent = lone(1, 1 - 2.0**-53, 1, 0, bits=24, b2=1 - 2.0**-53)
    true, proven = distance(descent, numbers(descent.problem.parameters).reshape(4, 1, 1))
    assert 1.4 < true * 2**24 <= proven * 2**24


def test_a_sign_is_known_if_no_weights_within_the_distance_turn_it():
    descent = Descent(Problem.of(*network(n_h=1), 0.3, "relu"), bits=200)
    descent.resting_C[...] = False
    descent.error = 10**9
    margin = (descent.error * descent.lengths + 7).ravel()
    lengths = np.array([mpmath.norm(x) for x in numbers(descent.problem.inputs).T])
    assert np.all(margin >= descent.error * lengths + 7)
    assert np.all(margin <= descent.error * (1.01 * lengths + 1) + 8)
    assert descent._positive(np.array([margin + 1]), 7).all()
    assert not descent._positive(np.array([-margin]), 7).any()
    for undecided in (margin, 1 - margin):
        with pytest.raises(UnprovenError, match=r"Z1\[0, 0\] may be positive or negative"):
            descent._positive(np.array([undecided]), 7)


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("z", [0, 1, -1, 2**80, -(2**80), 100 * 2**80, -100 * 2**80])
def test_the_cost_of_outputs_that_are_known_exactly_is_known_as_well(z, label):
    descent = lone(1, 1, 1, label, bits=80)
    with ctx.workprec(80 + SPARE):
        ball = descent._cost(np.array([z], object), [descent._exponential(z)], 0)
    with mpmath.workdps(200), ctx.workprec(600):
        true = loss(mpf(z) / 2**80, label).item()
        assert ball.rad() < 2.0**-100
        assert ball.overlaps(arb(mpmath.nstr(true, 100)))


def test_at_the_start_the_weights_are_those_that_were_given():
    parameters, X, Y = network()
    descent = Descent(Problem.of(parameters, X, Y, 0.3, "relu"), bits=100)
    descent.error = 0
    for name, enclosure in descent.parameters().items():
        assert np.array_equal(enclosure.high, getattr(parameters, name))
        assert not enclosure.low.any()
        assert not enclosure.radius.any()


def test_what_must_hold_is_asked_of_distances_in_the_weights_own_size(monkeypatch):
    asked = []
    monkeypatch.setattr(Bounds, "hold", lambda self, *distances: asked.append(distances) or True)
    descent = Descent(Problem.of(*network(m=4), 0.3, "relu"), bits=126)
    descent.error = 3 * 2**60
    descent.step()
    assert asked == [(3 * 2.0**-66, 2.0**-126, 4)]


def test_where_balls_are_too_large_nothing_is_said_of_the_sigmoid(monkeypatch):
    monkeypatch.setattr(shared.judging.curves.fixed_point_descent, "SPARE", -20)
    with pytest.raises(UnprovenError, match="with 60 bits, before step 0, exp is not known to all bits"):
        lone(1, 1, 1, 0).step()


def test_a_cost_that_is_not_known_to_fifteen_digits_is_not_given():
    descent = Descent(Problem.of(*network(), 0.3, "relu"), bits=60)
    descent.error = 1000
    reason = r"the cost is known only as \[\d\.\d{14} \+/- \d\.\d+e-1\d\]"
    with pytest.raises(UnprovenError, match=f"with 60 bits, before step 0, {reason}"):
        descent.step()


@pytest.mark.parametrize("m", [1, 2])
def test_the_hidden_units_are_off_by_almost_as_much_as_is_said(m, monkeypatch):
    """The products of the examples are cut off so that they have no more limbs than C."""
    monkeypatch.setattr(shared.judging.curves.fixed_point_descent, "LIMB", 24)
    problem = Problem.of(*network(n_x=1, n_h=2, m=m, seed=3), 0.3, "relu")
    descent, random, spare = Descent(problem, bits=48), np.random.default_rng(0), []
    G, Z1 = numbers(problem.gram) / 2**problem.gram_bits, numbers(problem.Z1) / 2**problem.Z1_bits
    for _ in range(1000):
        descent.C = random.integers([[2**49], [2**39]], size=(2, m)).astype(object)
        found, off = descent._forward()
        spare.append(off - np.max(abs(found - (2**48 * Z1 - descent.C @ G))))
    assert 0 <= min(spare) < 1
