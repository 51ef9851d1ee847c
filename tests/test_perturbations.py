"""What rounding does to a training: it changes weights, and it may decide on which side of 0 an entry of Z1 is."""

import numpy as np
import pytest
from cases import photographs, random_case
from scipy.special import ndtr

import implementations
from shared.data import weights
from shared.judging.curves.band import band_around, correct_curves, spread
from shared.judging.curves.ensemble import Ensemble
from shared.judging.curves.perturbations import Branches, Perturbations
from shared.judging.curves.reference import train_reference
from shared.network import Parameters, Settings

COUNT = 12
SETTINGS = Settings(0.05, 30, 5, 1, "float32", "relu")
MIDDLE = random_case("30-5-1", 30, 5, 40, seed=8).in_form("float32", "relu")


def test_a_jolt_moves_every_weight_up_or_down_by_one_unit_in_its_last_place():
    case = random_case("1-3-1", 1, 3, 2, seed=14).in_form("float32", "relu")
    case.X[...] = [[1.0, 0.0]]  # so Z1 is W1 + b1 for the first example, and b1 for the second
    start, final = case.parameters, Parameters(*(8 * V for V in case.parameters))
    runs = Ensemble(start, case.X, case.Y, SETTINGS, COUNT)
    Z1, W2, b2 = runs.Z1.copy(), runs.W2.copy(), runs.b2.copy()
    Perturbations(start, final, case.X, seed=1).perturb(runs)
    on_b1 = (runs.Z1 - Z1)[:, :, 1:]
    moved = {
        "W1": ((runs.Z1 - Z1)[:, :, :1] - on_b1, final.W1),
        "b1": (on_b1, final.b1),
        "W2": (runs.W2 - W2, start.W2.T),
        "b2": (runs.b2 - b2, start.b2),
    }
    for change, stored in moved.values():
        np.testing.assert_allclose(np.abs(change), np.broadcast_to(np.spacing(np.abs(stored)), change.shape), rtol=1e-6)
        assert -0.7 < np.sign(change).mean() < 0.7


def test_a_jolt_goes_up_as_often_as_down():
    case = random_case("4-3-1", 4, 3, 2, seed=14).in_form("float32", "relu")
    up_and_down = Perturbations(case.parameters, case.parameters, case.X, seed=1).on_Z1.reshape(3, 2, 128, 2)
    np.testing.assert_array_equal(up_and_down[:, 0], -up_and_down[:, 1])


def test_every_unit_is_jolted_by_its_own_256_patterns():
    case = random_case("6-3-1", 6, 3, 2, seed=14).in_form("float32", "relu")
    perturbations = Perturbations(case.parameters, case.parameters, case.X, seed=1)
    runs, seen = Ensemble(case.parameters, case.X, case.Y, SETTINGS, COUNT), set()
    for _ in range(400):  #                                                 4,800 draws for each unit
        runs.Z1[...] = 0
        perturbations.perturb(runs)
        seen |= {(unit, *Z1) for member in runs.Z1 for unit, Z1 in enumerate(member.tolist())}
    assert seen == {(i // 256, *change) for i, change in enumerate(perturbations.on_Z1.tolist())}


def test_a_weight_that_shrinks_is_jolted_by_its_first_unit():
    case = random_case("1-3-1", 1, 3, 2, seed=14).in_form("float32", "relu")
    start, final = case.parameters, Parameters(*(V / 8 for V in case.parameters))
    by_start, by_both = (Perturbations(start, P, case.X, seed=1).on_Z1 for P in (start, final))
    np.testing.assert_array_equal(by_start, by_both)


def branches_of(case, perturbations=None, settings=SETTINGS):
    perturbations = perturbations or Perturbations(case.parameters, case.parameters, case.X, seed=1)
    return Branches(perturbations, case.parameters, case.parameters, case.X, settings)


def test_where_rounding_may_decide_half_of_the_runs_take_each_side_and_elsewhere_none_changes():
    branches = branches_of(MIDDLE)
    Z1 = np.repeat(
        [np.where(np.arange(200).reshape(5, 40) % 3 == 0, 0.999, -1.001) * branches.uncertainty(7)], COUNT, axis=0
    )
    positive = branches.positive(Z1, 7)
    near = Z1[0] > 0
    assert np.all(positive[:, near].sum(axis=0) == COUNT // 2)
    assert not positive[:, ~near].any()
    assert len(np.unique(positive[:, near], axis=1).T) > 2  #               not the same half for every entry


def test_a_run_that_is_far_from_0_keeps_its_side_where_others_are_near():
    branches = branches_of(MIDDLE)
    Z1 = np.zeros((COUNT, 5, 40))
    Z1[3], Z1[4] = 1, -1
    positive = branches.positive(Z1, 0)
    assert positive[3].all()
    assert not positive[4].any()


@pytest.mark.parametrize("steps", [1, 50])
def test_rounding_reaches_as_far_as_the_noise_of_Z1_and_the_jolts_so_far(steps):  # noqa: N802
    case = MIDDLE
    runs = Ensemble(case.parameters, case.X, case.Y, SETTINGS, count=400)
    perturbations, start = Perturbations(case.parameters, case.parameters, case.X, seed=1), runs.Z1.copy()
    for _ in range(steps):
        perturbations.perturb(runs)
    evaluation = case.judge.at(case.parameters).right["Z1"][1].noise
    deviation = np.hypot(evaluation, np.std(runs.Z1 - start, axis=0))
    wanted = 7.0 * deviation  #                                             once in a million in 6,200 normal numbers
    ratio = branches_of(case, perturbations).uncertainty(steps - 1) / wanted
    assert 0.7 < ratio.min() <= ratio.max() < 1.4  #                        128 patterns tell a deviation within 6%


def test_no_entry_at_any_step_of_a_million_trainings_is_expected_beyond_that_reach():
    entries = 5 * 40 * (SETTINGS.iterations + 1)
    assert 2 * ndtr(-branches_of(MIDDLE).deviations) * entries == pytest.approx(1e-6)


def test_the_variance_that_jolts_add_to_the_reach_grows_with_their_number():
    branches = branches_of(MIDDLE)
    first, third = (
        np.square(branches.uncertainty(step) / branches.deviations) - np.square(branches.evaluation) for step in (0, 2)
    )
    np.testing.assert_allclose(third, 3 * first, rtol=1e-6)


def test_the_noise_of_Z1_is_that_of_the_first_or_the_last_weights_whichever_is_larger():  # noqa: N802
    case = MIDDLE
    small, large = case.parameters, Parameters(*(8 * V for V in case.parameters))
    perturbations = Perturbations(small, small, case.X, seed=1)
    grown, shrunk = (
        Branches(perturbations, first, last, case.X, SETTINGS) for first, last in ((small, large), (large, small))
    )
    np.testing.assert_array_equal(grown.evaluation, shrunk.evaluation)
    assert np.all(grown.evaluation > 7 * branches_of(case, perturbations).evaluation)


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_program_that_takes_the_other_side_at_a_fork_stays_in_the_band(seed):
    case, settings = MIDDLE, Settings(0.05, 30, 5, seed, "float32", "relu")
    j, i = np.unravel_index(np.abs(case.standard.right["dA1"][0].high).argmax(), (5, 40))  # a fork that matters
    parameters = case.parameters._replace(b1=case.parameters.b1.copy())
    parameters.b1[j] -= case.standard.right["Z1"][0].high[j, i]
    parameters.b1[j] += 3 / 7 * branches_of(case).uncertainty(0)[j, i]  #            three standard deviations from 0
    reference = train_reference(parameters, case.X, case.Y, settings)
    band = band_around(reference, spread(reference, case.X, case.Y, settings), cost_noise=0.0)
    other = Ensemble(parameters, case.X, case.Y, settings, count=1)
    positive = other.Z1 > 0
    assert positive[0, j, i]
    positive[0, j, i] = False
    costs = np.array([*other.step(positive), *(other.step()[0] for _ in range(30))])
    assert np.abs(costs - reference.costs).max() > 1e-4
    assert band.leaves(costs) is None


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize(
    ("seed", "name", "iterations"), [(15, "jax", 200), (16, "jax_gram", 450), (88, "jax_gram", 550)]
)
def test_correct_programs_that_part_from_the_reference_at_a_fork_are_not_accused(seed, name, iterations):
    """With the weights of these seeds, twelve members driven by perturbations alone take the other side by chance."""
    case, program = photographs().in_form("float32", "relu"), implementations.load(name)
    parameters = weights.draw(len(case.X), 8, seed, "float32")
    settings = Settings(0.0075, iterations, 8, seed, "float32", "relu")
    reference, band = correct_curves(parameters, case.X, case.Y, settings)
    costs = program.train(parameters, case.X, case.Y, settings).costs
    assert band.leaves(np.append(costs, reference.costs[-1])) is None
