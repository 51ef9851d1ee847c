"""Training curves: one step from given weights against the truth, and whole curves against the band."""

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from cases import BY_NAME, FORMS, SMALL, photographs, random_case
from scipy.special import stdtr

import implementations
from implementations import numpy_manual
from shared.comparing.answers import answers_to_step
from shared.judging.curves.band import Band, Spread, band_around, correct_curves, how_many, quantile, spread
from shared.judging.curves.reference import Reference, checkpoint_steps, train_reference
from shared.judging.curves.trained import TrainedWeights, within
from shared.judging.judge import Judge
from shared.network import ACTIVATIONS, InputError, Parameters, Settings
from shared.report.messages import evidence

pytestmark = pytest.mark.mostly_slow(5)

RATE = 0.05
MIDDLE = random_case("30-5-1", 30, 5, 40, seed=8)
FULL = photographs()


def settings_of(case, iterations, learning_rate=RATE):
    return Settings(learning_rate, iterations, len(case.parameters.W1), 1, case.X.dtype.name, case.activation)


def whole_curve(implementation, case, settings):
    """The costs of a training, and that of its trained weights."""
    training = implementation.train(case.parameters, case.X, case.Y, settings)
    return np.append(training.costs, implementation.cost(training.parameters, case.X, case.Y, case.activation))


def reference_and_band(case, settings):
    return correct_curves(case.parameters, case.X, case.Y, settings)


@cache
def long_float32():
    """Train on the photographs in float32 beyond the horizon: the case, the settings, the reference and its band."""
    case = FULL.in_form("float32", "relu")
    settings = settings_of(case, 400, 0.02)
    return case, settings, *reference_and_band(case, settings)


NAMES = list(implementations.REGISTRY)
PAIRS = [(case, form, NAMES[k % len(NAMES)]) for k, (case, form) in enumerate(product(SMALL, FORMS))]
"""Each network in each form, and each implementation with each of both."""


@pytest.mark.mostly_slow(15)
@pytest.mark.parametrize(("case", "form", "name"), PAIRS, ids=str)
def test_one_step_and_the_curve_of_each_small_network_agree(case, form, name):
    case, implementation = case.in_form(*form), implementations.load(name)
    stepped = answers_to_step(implementation, case.parameters, case.X, case.Y, RATE, case.activation)
    judged = case.judge.after_step(case.parameters, RATE).judge_all(stepped.values)
    assert {name: j.verdict for name, j in judged.items()} == dict.fromkeys(case.parameters._fields, "agrees")
    settings = settings_of(case, 25)
    assert reference_and_band(case, settings)[1].leaves(whole_curve(implementation, case, settings)) is None


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_steps_from_the_checkpoints_of_a_long_training_agree_with_the_truth(implementation, dtype):
    case = FULL.in_form(dtype, "relu")
    reference = train_reference(case.parameters, case.X, case.Y, settings_of(case, 2500, 0.0075))
    judge = Judge(case.X, case.Y, case.activation)
    for step in (100, 2499):
        parameters = reference.checkpoints[step]
        stepped = answers_to_step(implementation, parameters, case.X, case.Y, 0.0075, "relu").values
        judged = judge.after_step(parameters, 0.0075).judge_all(stepped)
        assert {j.verdict for j in judged.values()} == {"agrees"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda V, old: V + 1e-9 * (V - old),  # a learning rate that is a little too large
        lambda V, old: old,  # no step
        lambda V, old: 2 * old - V,  # up instead of down
    ],
)
def test_a_wrong_update_is_wrong(spoil):
    case = MIDDLE.in_form("float64", "relu")
    stepped = implementations.load("numpy").step(case.parameters, case.X, case.Y, RATE)
    spoilt = {name: spoil(getattr(stepped, name), getattr(case.parameters, name)) for name in stepped._fields}
    assert {j.verdict for j in case.judge.after_step(case.parameters, RATE).judge_all(spoilt).values()} == {"wrong"}


@pytest.mark.mostly_slow(8)
@pytest.mark.parametrize("form", FORMS)
def test_the_curve_of_every_implementation_stays_in_the_band(implementation, form):
    case = MIDDLE.in_form(*form)
    settings = settings_of(case, 200)
    _, band = reference_and_band(case, settings)
    assert band.leaves(whole_curve(implementation, case, settings)) is None


@pytest.mark.mostly_slow(10)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_curve_on_the_photographs_stays_in_the_band(implementation, dtype):
    case = FULL.in_form(dtype, "relu")
    settings = settings_of(case, 150, 0.0075)
    _, band = reference_and_band(case, settings)
    assert band.leaves(whole_curve(implementation, case, settings)) is None


def test_a_learning_rate_that_is_wrong_by_1e_9_leaves_the_band():
    case = MIDDLE.in_form("float64", "relu")
    _, band = reference_and_band(case, settings_of(case, 200))
    off = whole_curve(implementations.load("numpy"), case, settings_of(case, 200, RATE * (1 + 1e-9)))
    assert band.leaves(off) is not None


def test_in_float32_the_photographs_have_a_horizon_and_the_curve_agrees_up_to_it():
    case, settings, _, band = long_float32()
    assert band.horizon is not None
    assert band.leaves(whole_curve(implementations.load("numpy"), case, settings)) is None


def judged_weights(case, settings, spoil=lambda parameters: parameters, program=numpy_manual):
    """What does not agree of trained weights that were spoilt."""
    reference, judge = train_reference(case.parameters, case.X, case.Y, settings), case.judge
    after = [judge.after_step(P, settings.learning_rate) for P in reference.checkpoints.values()]
    noise = np.maximum.reduce([np.hstack([standard.noise("W1"), standard.noise("b1")]) for standard in after])
    weights = TrainedWeights(reference, case.X, noise, spread(reference, case.X, case.Y, settings).trained)
    trained = program.train(case.parameters, case.X, case.Y, settings).parameters
    return [name for name, j in weights.judge(spoil(trained)).items() if j.verdict != "agrees"]


@pytest.mark.mostly_slow(8)
@pytest.mark.parametrize("form", FORMS)
def test_the_trained_weights_of_every_implementation_agree(implementation, form):
    case = MIDDLE.in_form(*form)
    assert judged_weights(case, settings_of(case, 40), program=implementation) == []


def outside(P):
    """Move W1 by something orthogonal to all examples, as long as a ten thousandth of it."""
    span = np.linalg.qr(WIDE.X.astype(float))[0]
    off = np.random.default_rng(2).standard_normal(P.W1.shape)
    off -= (off @ span) @ span.T
    return P._replace(W1=(P.W1 + 1e-4 * off * np.linalg.norm(P.W1) / np.linalg.norm(off)).astype(P.W1.dtype))


WIDE = random_case("60-5-1", 60, 5, 20, seed=8)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (outside, ["W1"]),
        (lambda P: Parameters(P.W1[::-1], P.b1[::-1], P.W2[:, ::-1], P.b2), ["W1", "Z1", "W2"]),
        (lambda P: P._replace(b2=P.b2 * P.b2.dtype.type(1 + 1e-3)), ["b2"]),
        (lambda P: P._replace(b1=P.b1 * P.b1.dtype.type(1 + 1e-2)), ["W1", "Z1"]),
    ],
)
def test_trained_weights_that_no_training_ends_with_are_noticed(spoil, named, dtype):
    case = WIDE.in_form(dtype, "relu")
    assert judged_weights(case, settings_of(case, 40)) == []
    assert judged_weights(case, settings_of(case, 40), spoil) == named


def test_weights_that_no_training_ends_with_are_described_by_their_worst_unit():
    judged = within("W1", np.array([1.0, 2.0]), np.array([1e-3, 1.0]), " outside the examples' span")
    wanted = "  off by 1.0e+00 outside the examples' span (unit 0); correct programs stay within 1.0e-03"
    assert (judged.verdict, evidence(judged)) == ("suspect", [wanted])


@pytest.mark.parametrize("learning_rate", [10.0, 1e300])
def test_a_training_that_diverges_is_refused_in_one_line(learning_rate):
    case = FULL.in_form("float64", "relu")
    with pytest.raises(InputError, match=r"^training diverges: .* choose a smaller --learning-rate"):
        train_reference(case.parameters, case.X, case.Y, settings_of(case, 200, learning_rate))


def test_a_cost_that_is_not_a_number_is_outside_the_band():
    band = Band(costs=np.ones(5), half_width=np.full(5, 1e-3))
    assert band.leaves(np.array([1, 1, 1, np.nan, 1])) == 3


def test_the_horizon_is_where_the_band_exceeds_a_hundredth_of_the_cost():
    band = Band(costs=np.full(5, 0.5), half_width=np.array([0.0, 0.001, 0.005, 0.006, 0.1]))
    assert band.horizon == 3


def test_past_the_horizon_a_curve_is_judged_on():
    band = Band(costs=np.full(5, 0.5), half_width=np.array([0.0, 0.001, 0.004, 0.006, 0.1]))
    assert band.horizon == 3
    assert band.leaves(np.array([0.5, 0.5, 0.5, 0.505, 0.59])) is None
    assert band.leaves(np.array([0.5, 0.5, 0.5, 0.505, 0.61])) == 4


def test_the_share_of_the_band_is_that_where_a_curve_uses_most():
    band = Band(costs=np.full(3, 0.5), half_width=np.array([0.1, 0.2, 0.4]))
    assert band.share(np.array([0.5, 0.6, 0.6])) == pytest.approx(0.5)


def test_costs_made_up_after_the_horizon_leave_the_band():
    _, _, reference, band = long_float32()
    costs = reference.costs.copy()
    costs[band.horizon + 50 :] = np.random.default_rng(0).random(len(costs) - band.horizon - 50)
    assert band.leaves(costs) is not None


@pytest.mark.parametrize("rate", [0.2, 0.7, 1.57, 5.0])
def test_steps_of_about_a_last_place_keep_a_correct_program_in_the_band(rate):
    """All examples are large and alike, so all weights of a unit move by the same few units, every time."""
    case = random_case("300-3-1", 300, 3, 20, seed=6)
    case.X[...] = 40 + 1e-3 * case.X
    case.parameters.W1[...] = np.abs(case.parameters.W1) % 0.02 + 0.035  #          weights of one binade
    case.parameters.b1[...] = -np.mean(case.parameters.W1 @ case.X, axis=1, keepdims=True)
    case = case.in_form("float32", "sigmoid")
    step = np.median(np.abs(numpy_manual.gradients(case.parameters, case.X, case.Y, "sigmoid").dW1))
    settings = settings_of(case, 300, float(rate * np.spacing(np.float32(0.05)) / step))
    _, band = reference_and_band(case, settings)
    assert band.leaves(whole_curve(implementations.load("numpy"), case, settings)) is None


def test_the_band_never_narrows():
    case = MIDDLE.in_form("float32", "relu")
    _, band = reference_and_band(case, settings_of(case, 100))
    assert np.all(np.diff(band.half_width) >= 0)


@pytest.mark.parametrize(
    ("iterations", "steps"),
    [
        (1, [0]),
        (2, [0, 1]),
        (10, [0, 1, 9]),
        (11, [0, 1, 10]),
        (105, [0, 1, 10, 100, 104]),
        (2500, [0, 1, 10, 100, 1000, 2499]),
    ],
)
def test_checkpoints_are_the_powers_of_ten_and_the_last_step(iterations, steps):
    assert checkpoint_steps(iterations) == steps


def test_the_checkpoints_hold_the_weights_before_their_step():
    case = MIDDLE.in_form("float64", "relu")
    reference = train_reference(case.parameters, case.X, case.Y, settings_of(case, 20))
    for step, parameters in reference.checkpoints.items():
        assert case.judge.at(parameters).judge("cost", float(reference.costs[step])).verdict == "agrees"


@pytest.mark.parametrize("networks", [8, pytest.param(70, marks=pytest.mark.slow)])
def test_no_correct_program_of_random_networks_leaves_the_band(networks):
    """No more than these: `benchmarks/false_alarms.py` judges the curves of any number of networks."""
    rng = np.random.default_rng(7)
    for seed in range(networks):
        n_x, n_h, m = (int(rng.integers(1, top)) for top in (200, 9, 60))
        case = random_case("random", n_x, n_h, m, seed, scale=rng.uniform(0.1, 3))
        case = case.in_form(str(rng.choice(["float64", "float32"])), str(rng.choice(ACTIVATIONS)))
        settings = settings_of(case, int(rng.integers(1, 60)), 10 ** rng.uniform(-4, 0))
        _, band = reference_and_band(case, settings)
        for name in ("numpy", "torch"):
            assert band.leaves(whole_curve(implementations.load(name), case, settings)) is None, (seed, name)


@pytest.mark.parametrize("members", [16, 48])
def test_a_correct_curve_leaves_the_band_once_in_a_million_trainings(members):
    assert 2500 * 2 * stdtr(members, -quantile(members, 2500)) == pytest.approx(1e-6)


def test_a_band_has_more_members_where_they_cost_little():
    assert [how_many(256 * n_h, m) for n_h, m in ((8, 209), (8, 150), (5, 40), (40, 1000))] == [16, 30, 48, 16]


def test_the_band_is_made_of_the_members_spread_the_noise_of_two_costs_and_twice_the_drift():
    reference = Reference(np.array([0.7, 0.6]), {}, MIDDLE.parameters)
    found = Spread(np.array([0.0, 4e-9]), np.array([0.0, 1e-8]), 16, MIDDLE.parameters[1:])
    random = quantile(16, 2) * np.sqrt([2 * 9e-18, 16e-18 + 2 * 9e-18])
    np.testing.assert_allclose(band_around(reference, found, 3e-9).half_width, random + np.array([0, 2e-8]), rtol=1e-12)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_at_an_exact_tie_the_reference_has_the_slope_of_the_left(activation):
    case = BY_NAME[f"5-3-1-tie-{activation}-float64"]
    settings = settings_of(case, 5)
    by_hand = numpy_manual.train(case.parameters, case.X, case.Y, settings).costs
    np.testing.assert_allclose(
        train_reference(case.parameters, case.X, case.Y, settings).costs[:5], by_hand, rtol=1e-13
    )


def jolted(case, settings, rng):
    """Train all weights in float64, and change each of them before every step by one unit up or down."""
    parameters, costs = case.parameters, []
    X, Y = case.X.astype(np.float64), case.Y.astype(np.float64)
    for _ in range(settings.iterations):
        units = [np.spacing(np.abs(V).astype(case.X.dtype)).astype(np.float64) for V in parameters]
        parameters = Parameters(*(V + u * rng.choice([-1, 1], V.shape) for V, u in zip(parameters, units, strict=True)))
        costs.append(numpy_manual.cost(parameters, X, Y, case.activation))
        parameters = numpy_manual.step(parameters, X, Y, settings.learning_rate, case.activation)
    return costs


@pytest.mark.mostly_slow(4)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_band_is_as_wide_as_runs_of_all_weights_are_apart(activation):
    case = MIDDLE.in_form("float32", activation)
    settings, rng = settings_of(case, 60), np.random.default_rng(5)
    reference, _ = reference_and_band(case, settings)
    start = Parameters(*(V.astype(np.float64) for V in case.parameters))
    apart = [jolted(replace(case, parameters=start), settings, rng) - reference.costs[:60] for _ in range(40)]
    wanted = np.maximum.accumulate(np.sqrt(np.mean(np.square(apart), axis=0)))
    ratio = spread(reference, case.X, case.Y, settings).costs[:60] / wanted
    assert 0.5 < ratio.min() <= ratio.max() < 2  #                          48 members tell it within 10% or so
