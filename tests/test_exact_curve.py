"""The exact curve is the one that mpmath finds with 80 digits, trained in the space of weights, formula by formula."""

from dataclasses import replace
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from mpmath import mpf

import shared.judging.exact_curve
import shared.judging.exact_steps
from shared.judging.enclosure import Enclosure
from shared.judging.exact_curve import ExactCurve, exact_curve
from shared.judging.exact_steps import Descent, Problem, UnprovenError
from shared.judging.step_bounds import bounds, spectral_norm
from shared.judging.truth import Truth
from shared.judging.whole_numbers import floats, integers, matrix, places, product, whole, words
from shared.network import ACTIVATIONS, Parameters, Settings

STEPS = 30

numbers = np.vectorize(mpf, otypes=[object])


@pytest.fixture(autouse=True)
def eighty_digits():
    with mpmath.workdps(80):
        yield


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(shared.judging.exact_curve, "user_cache_dir", lambda *_, **__: str(tmp_path / "cache"))
    return tmp_path / "cache"


def network(dtype="float64", n_x=5, n_h=3, m=4, seed=0):
    random = np.random.default_rng(seed)
    shapes = ((n_h, n_x), (n_h, 1), (1, n_h), (1, 1))
    parameters = Parameters(*(random.standard_normal(shape).astype(dtype) for shape in shapes))
    return parameters, random.standard_normal((n_x, m)).astype(dtype), (np.arange(m)[None, :] % 3 == 1).astype(dtype)


def settings(activation="relu", iterations=STEPS, learning_rate=0.3):
    return Settings(activation=activation, iterations=iterations, learning_rate=learning_rate)


# The other route: weights in mpmath.

sigmoid = np.vectorize(lambda z: 1 / (1 + mpmath.exp(-z)), otypes=[object])
loss = np.vectorize(lambda z, y: mpmath.log(1 + mpmath.exp(z)) - y * z, otypes=[object])


def hidden(Z1, activation):
    if activation == "sigmoid":
        return sigmoid(Z1), sigmoid(Z1) * (1 - sigmoid(Z1))
    slope = np.where(Z1 > 0, mpf(1), {"relu": mpf(0), "leaky_relu": mpf(1) / 100}[activation])
    return slope * Z1, slope


def cost_and_gradients(weights, X, Y, activation):
    W1, b1, W2, b2 = weights
    Z1 = W1 @ X + b1
    A1, slope = hidden(Z1, activation)
    Z2 = W2 @ A1 + b2
    dZ2 = (sigmoid(Z2) - Y) / Y.size
    dZ1 = (W2.T @ dZ2) * slope
    gradients = dZ1 @ X.T, dZ1.sum(axis=1, keepdims=True), dZ2 @ A1.T, dZ2.sum(axis=1, keepdims=True)
    return np.mean(loss(Z2, Y)), gradients


def by_mpmath(parameters, X, Y, settings):
    """Give the cost before each step, and the weights before each step and after the last."""
    weights, costs = [tuple(map(numbers, parameters))], []
    for _ in range(settings.iterations):
        cost, gradients = cost_and_gradients(weights[-1], numbers(X), numbers(Y), settings.activation)
        pairs = zip(weights[-1], gradients, strict=True)
        weights.append(tuple(V - mpf(settings.learning_rate) * dV for V, dV in pairs))
        costs.append(cost)
    return costs, weights


def assert_encloses(enclosure, exact):
    exact = np.asarray(exact)
    assert exact.shape == enclosure.high.shape
    assert np.all(abs(numbers(enclosure.high) + numbers(enclosure.low) - exact) <= numbers(enclosure.radius))


def assert_right(curve, parameters, X, Y, settings):
    """The curve and the weights are enclosed, and sharply."""
    costs, weights = by_mpmath(parameters, X, Y, settings)
    assert_encloses(curve.costs, costs)
    assert np.all(curve.costs.radius <= 0.5e-15 * curve.costs.high)
    for name, exact in zip(Parameters._fields, weights[-1], strict=True):
        assert_encloses(curve.parameters[name], exact)
        assert np.all(curve.parameters[name].radius < 1e-15)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_cost_and_the_final_weights_are_enclosed_to_fifteen_digits(activation, dtype):
    case = (*network(dtype), settings(activation))
    assert_right(exact_curve(*case), *case)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_first_cost_is_the_one_that_truth_encloses(activation):
    parameters, X, Y = network()
    cost = exact_curve(parameters, X, Y, settings(activation, iterations=1)).costs
    truth = Truth(X, Y).quantities(parameters, activation)["cost"]
    centres = [mpf(float(part.high.item())) + mpf(float(part.low.item())) for part in (cost, truth)]
    assert abs(centres[0] - centres[1]) <= mpf(cost.radius.item()) + mpf(truth.radius.item())


@pytest.mark.parametrize("m", [1, 7])
def test_any_number_of_inputs_and_examples_is_served(m):
    case = (*network(n_x=600, n_h=2, m=m), settings(iterations=3, learning_rate=0.001))
    assert_right(exact_curve(*case), *case)


def test_inputs_of_very_different_sizes_are_exact():
    parameters, X, Y = network()
    X[0] *= 1e-30
    X[1] *= 1e20
    parameters.W1[:, 1] *= 1e-20
    case = (parameters, X, Y, settings(iterations=2, learning_rate=1e-42))
    assert_right(exact_curve(*case), *case)


@pytest.mark.parametrize("rate", [-0.3, 0.0, 5.0])
def test_any_rate_is_served(rate):
    case = (*network(), settings(iterations=6, learning_rate=rate))
    assert_right(exact_curve(*case), *case)


def test_precision_rises_until_everything_is_proven(monkeypatch):
    monkeypatch.setattr(shared.judging.exact_curve, "BITS", range(24, 200, 8))
    case = (*network(), settings())
    seen = []
    curve = exact_curve(*case, progress=seen.append)
    assert 48 < curve.bits < 128
    assert seen[-STEPS:] == list(range(1, STEPS + 1))
    assert_right(curve, *case)


def test_numbers_that_do_not_fit_into_one_word_are_multiplied_exactly():
    random = np.random.default_rng(1)
    left, right = (
        np.array([int.from_bytes(random.bytes(50), signed=True) for _ in range(6)], object).reshape(shape)
        for shape in ((2, 3), (3, 2))
    )
    assert len(words(left)) == 4
    assert np.array_equal(integers(product(words(left), words(right))), left @ right)


def test_floating_point_numbers_become_whole_ones_and_come_back():
    values = np.array([[0.0, -0.1, 5e-324], [1e30, 3.0, -(2.0**-1022)]])
    count = places(values)
    assert count == 1074
    assert floats(whole(values, count), count).tolist() == [[0, -0.1, 0], [1e30, 3.0, -(2.0**-600)]]
    assert [n / 2**count for n in whole(values, count).flat] == values.ravel().tolist()
    assert integers(matrix(whole(values, count))).tolist() == whole(values, count).tolist()
    assert places(np.zeros((1, 1))) == places(np.full((1, 1), 1e30)) == 0


# The proof: what is claimed about the distance of the weights holds.


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
    monkeypatch.setattr(shared.judging.exact_steps, "PROVEN", np.inf)


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
    monkeypatch.setattr(shared.judging.exact_steps, "WORD", word)
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
        W1, b1, W2, b2 = weights = tuple(map(numbers, parameters))
        A1, slope = hidden(W1 @ numbers(X) + b1, activation)
        A2 = sigmoid(W2 @ A1 + b2)
        curvature = slope * (1 - 2 * A1) if activation == "sigmoid" else 0 * A1
        inputs = np.vstack([X, np.ones_like(Y)])
        values = [V.astype(float) for V in (A1, slope, curvature, A2[0], (A2[0] - Y[0]) / Y.size)]
        growth = bounds(parameters.W2.T, *values, inputs.T @ inputs, rate).growth
        derivative = np.eye(9) - rate * hessian(weights, numbers(X), numbers(Y), activation)
        assert np.linalg.norm(derivative, 2) <= growth


def test_the_spectral_norm_is_bounded_within_one_percent_where_it_matters():
    random = np.random.default_rng(1)
    vectors = random.standard_normal((30, 200)) * 0.9 ** np.arange(30)[:, None]
    matrix = vectors.T @ vectors
    true = np.linalg.norm(matrix, 2)
    assert true <= spectral_norm(matrix, kappa=1e-6) <= 1.01 * true


# Ties: Z1 is exactly 0.


def black(parameters, X, Y):
    X[:, 2] = 0
    parameters.b1[...] = 0
    return parameters, X, Y


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_black_image_may_sit_on_the_kink_at_the_first_step(activation):
    case = (*black(*network()), settings(activation))
    assert_right(exact_curve(*case), *case)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
@pytest.mark.parametrize("name", ["W2", "all"])
def test_a_unit_on_the_kink_stays_there_as_long_as_nothing_moves_it(activation, name):
    parameters, X, Y = black(*network())
    parameters.W1[1] = 0
    for part in parameters if name == "all" else (parameters.W2,):
        part[...] = 0
    case = (parameters, X, Y, settings(activation, iterations=5))
    assert_right(exact_curve(*case), *case)


def test_a_very_small_number_has_a_sign():
    parameters, X, Y = black(*network())
    parameters.W1[1] = 0
    parameters.b1[1] = 1e-60
    case = (parameters, X, Y, settings())
    assert_right(exact_curve(*case), *case)


def test_an_exact_tie_later_on_is_reported():
    parameters = Parameters(np.ones((2, 1)), np.zeros((2, 1)), np.array([[1.0, -1.0]]), np.zeros((1, 1)))
    X, Y = np.array([[1.0, 1.0, 0.0]]), np.array([[0.0, 1.0, 1.0]])  # the first two cancel in db1: b1 stays 0
    with pytest.raises(ArithmeticError, match=r"with 6984 bits, before step 1, Z1\[0, 2\] may be positive or negative"):
        exact_curve(parameters, X, Y, settings())


# The cache.


def same(first, second):
    pairs = [
        (first.costs, second.costs),
        *((first.parameters[name], second.parameters[name]) for name in Parameters._fields),
    ]
    arrays = [np.array_equal(vars(a)[part], vars(b)[part]) for a, b in pairs for part in ("high", "low", "radius")]
    return all(arrays) and (first.bits, first.seconds) == (second.bits, second.seconds)


def test_a_result_is_kept_and_not_computed_again(monkeypatch):
    case = (*network(), settings())
    first = exact_curve(*case)
    monkeypatch.setattr(shared.judging.exact_curve, "Descent", None)
    assert same(first, exact_curve(*case))


def test_nothing_is_kept_where_that_is_not_wanted(folder):
    exact_curve(*network(), settings(iterations=1), cache=False)
    assert not folder.exists()


def test_an_interrupted_run_leaves_nothing_behind(folder):
    def interrupt(done):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exact_curve(*network(), settings(), progress=interrupt)
    assert not folder.exists()


def test_a_damaged_file_is_replaced(folder):
    case = (*network(), settings(iterations=2))
    first = exact_curve(*case)
    (path,) = folder.iterdir()
    sound = path.read_bytes()
    where = sound.index(first.costs.high.tobytes())
    flipped = sound[:where] + bytes([sound[where] ^ 1]) + sound[where + 1 :]
    for damaged in (b"", b"nonsense", sound[: len(sound) // 2], flipped):
        path.write_bytes(damaged)
        again = exact_curve(*case)
        assert same(again, replace(first, seconds=again.seconds))
        assert same(again, exact_curve(*case))


def test_a_file_of_other_shapes_is_replaced(folder):
    exact_curve(*network(), settings(iterations=2))
    (other,) = folder.iterdir()
    content = other.read_bytes()
    other.unlink()
    exact_curve(*network(), settings(iterations=3))
    (path,) = folder.iterdir()
    path.write_bytes(content)
    assert exact_curve(*network(), settings(iterations=3)).costs.high.shape == (3,)


def test_whatever_changes_the_result_changes_the_file(folder):
    parameters, X, Y = network()
    base = settings(iterations=1)
    nudged = [parameters._replace(**{name: np.nextafter(V, 9)}) for name, V in parameters._asdict().items()]
    cases = [(parameters, X, Y, base), *((some, X, Y, base) for some in nudged)]
    cases += [(parameters, np.nextafter(X, 9), Y, base), (parameters, X, 1 - Y, base)]
    changes = {"iterations": 2, "activation": "sigmoid", "learning_rate": float(np.nextafter(base.learning_rate, 1))}
    cases += [(parameters, X, Y, replace(base, **{name: value})) for name, value in changes.items()]
    for case in cases:
        exact_curve(*case)
    assert len(list(folder.iterdir())) == len(cases) == 10


def test_a_folder_that_cannot_be_written_to_is_no_obstacle(folder):
    folder.write_text("a file where the folder should be")
    assert exact_curve(*network(), settings(iterations=1)).costs.high.shape == (1,)


# What a curve is judged by.


def known(costs):
    costs = np.array(costs)
    return ExactCurve(Enclosure(costs, 0 * costs, 1e-20 * costs), {}, bits=1, seconds=0.0)


def test_digits_are_kept_up_to_the_first_cost_that_lacks_them():
    curve = known([4.0, 2.0, 1.0, 0.5, 0.25])
    true = curve.costs.high
    off = true * (1 + np.array([0.0, 4e-7, 6e-7, 0.04, 1e-9]))
    assert [curve.digits_kept(off, digits) for digits in (7, 6, 3, 1)] == [1, 2, 3, 5]
    assert curve.digits_kept(true * (1 - np.array([0, 0, 0, 0.06, 0])), 1) == 3
    assert curve.digits_kept(true, 6) == 5
    assert curve.digits_kept(np.full(5, np.nan), 1) == 0


def test_distance_is_an_upper_bound_at_every_step():
    case = (*network(), settings())
    curve = exact_curve(*case)
    costs = np.random.default_rng(1).random(STEPS)
    exact, _ = by_mpmath(*case)
    gap = abs(numbers(costs) - np.array(exact))
    assert np.all(gap <= numbers(curve.distance(costs)))
    assert np.all(numbers(curve.distance(costs)) <= gap * (1 + mpf(2) ** -48))
    assert np.isnan(curve.distance(np.full(STEPS, np.nan))).all()


def test_the_curve_itself_keeps_fifteen_digits():
    curve = exact_curve(*network(), settings())
    assert curve.digits_kept(curve.costs.high, 15) == STEPS
    assert all(after < before for before, after in pairwise(curve.costs.high))


# Bad input.


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X", np.full((5, 4), np.nan)),
        ("X", np.ones((5, 4), int)),
        ("Y", np.ones((4, 1))),
        ("Y", np.full((1, 4), 0.5)),
        ("W1", np.ones((3, 4))),
        ("b2", np.ones((1, 2))),
        ("settings", settings(learning_rate=np.inf)),
        ("settings", settings(iterations=0)),
    ],
)
def test_bad_input_is_refused(name, value):
    parameters, X, Y = network()
    arguments = {"parameters": parameters, "X": X, "Y": Y, "settings": settings()}
    if name in Parameters._fields:
        name, value = "parameters", parameters._replace(**{name: value})
    with pytest.raises(ValueError, match="must be"):
        exact_curve(**arguments | {name: value})
