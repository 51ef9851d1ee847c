"""The exact curve is the one that mpmath finds with 80 digits, trained in the space of weights, formula by formula."""

import os
import time
from dataclasses import replace
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from in_mpmath import STEPS, assert_right, by_mpmath, network, numbers, settings
from mpmath import mpf

import shared.judging.curves.exact_curve
from shared.judging.curves.exact_curve import ExactCurve, exact_curve
from shared.judging.enclosure import Enclosure
from shared.judging.truth import Truth
from shared.network import ACTIVATIONS, Parameters


@pytest.fixture(autouse=True)
def eighty_digits():
    with mpmath.workdps(80):
        yield


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(
        shared.judging.curves.exact_curve, "user_cache_dir", lambda *_, **__: str(tmp_path / "new" / "cache")
    )
    return tmp_path / "new" / "cache"


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
    monkeypatch.setattr(shared.judging.curves.exact_curve, "BITS", range(24, 200, 8))
    case = (*network(), settings())
    seen = []
    curve = exact_curve(*case, progress=seen.append)
    assert 48 < curve.bits < 128
    assert seen[-STEPS:] == list(range(1, STEPS + 1))
    assert_right(curve, *case)


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


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_unit_that_is_on_but_has_no_weight_at_first_moves_across_the_kink_later(activation):
    parameters, X, Y = network()
    parameters.W2[0, 1] = 0
    parameters.W1[1] *= 0.05
    parameters.b1[1] = 0.3
    case = (parameters, X, Y, settings(activation))
    _, weights = by_mpmath(*case)
    on = [W1[1] @ numbers(X) + b1[1] > 0 for W1, b1, _, _ in weights]
    assert on[0].all()
    assert not on[-1].all()
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
    monkeypatch.setattr(shared.judging.curves.exact_curve, "Descent", None)
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


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


def test_a_pickle_in_a_file_is_not_opened(folder, tmp_path):
    case = (*network(), settings(iterations=1))
    exact_curve(*case)
    (path,) = folder.iterdir()
    np.savez(path, costs_high=np.array([Trap(tmp_path / "trapped")], object))
    assert exact_curve(*case).costs.high.dtype == np.float64
    assert not (tmp_path / "trapped").exists()


def test_the_seconds_are_those_that_it_took():
    start = time.perf_counter()
    curve = exact_curve(*network(), settings(iterations=2))
    assert 0 < curve.seconds < time.perf_counter() - start


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
    folder.parent.mkdir()
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


@pytest.mark.parametrize(("cost", "kept"), [(1.0394, 1), (1.0396, 0)])
def test_a_digit_counts_only_if_it_is_right_whatever_the_true_cost_is_within_its_radius(cost, kept):
    """The true cost is 0.99 at least, so the distance, 0.01 more than is seen, may be 0.0495."""
    curve = ExactCurve(Enclosure(np.ones(1), np.zeros(1), np.full(1, 0.01)), {}, bits=1, seconds=0.0)
    assert curve.digits_kept(np.array([cost]), 1) == kept


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
