"""No correct program is accused: random networks of every kind that has tripped up a judge, in every style."""

from itertools import cycle, product

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import implementations
from benchmarks.false_alarms import accused, network_of
from benchmarks.networks import KINDS, draw
from benchmarks.styles import STYLES
from shared.comparing.answers import answers, answers_to_step
from shared.judging.judge import Judge
from shared.network import ACTIVATIONS, Parameters

QUICK_STYLES = {name: style for name, style in STYLES.items() if "jax" not in name}
FORMS = list(product(("float64", "float32"), ACTIVATIONS))


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize(("kind", "form"), list(zip(KINDS, cycle(FORMS), strict=False)), ids=str)
def test_of_every_kind_of_network_none_is_accused_in_any_style(kind, form):
    with threadpool_limits(1):  # so small products take PyTorch longer with two threads than with one
        for seed in range(3):
            rng = np.random.default_rng([seed, len(kind)])
            assert list(accused(QUICK_STYLES, draw(kind, form[0], rng), form[1])) == []


SIZES = [
    (1, 1, 1),
    (4, 3, 1),
    (2, 5, 9),
    (7, 8, 3),
    (12, 1, 40),
    (25, 4, 16),
    (350, 2, 20),
    (16, 4, 79),
    (50, 2, 75),
    (90, 8, 30),
    (200, 3, 60),
    (9, 2, 33),
]
"""n_x, n_h and m of the networks. They are few, because JAX compiles its functions anew for each."""

NETWORKS = list(zip(SIZES, cycle(FORMS), strict=False))

NETWORKS_OF_A_KIND = 28
"""12 kinds of 28 networks are hundreds; `benchmarks/false_alarms.py` takes as many as one likes."""


def accused_implementations(sizes, dtype, activation, rng):
    """Draw a network and judge every quantity and a step of all implementations; return those that do not agree."""
    parameters, X, Y, settings = network_of(sizes, dtype, activation, rng)
    judge, rate = Judge(X, Y, activation), settings.learning_rate
    at, after = judge.at(parameters), judge.after_step(parameters, rate)
    for name in implementations.REGISTRY:
        program = implementations.load(name)
        judged = at.judge_all(answers(program, parameters, X, Y, activation).values)
        judged |= after.judge_all(answers_to_step(program, parameters, X, Y, rate, activation).values)
        yield from ((name, judgement) for judgement in judged.values() if judgement.verdict != "agrees")


def test_the_tanh_of_a_library_that_errs_alike_for_all_examples_is_not_accused():
    rng = np.random.default_rng(4)
    X, Y = rng.uniform(0.5, 1, (3, 2000)), (rng.random((1, 2000)) < 0.9) * 1.0
    W1, W2 = rng.uniform(10, 20, (4, 3)) / 2.25, rng.normal(0, 0.3, (1, 4))
    network = Parameters(W1, np.zeros((4, 1)), W2, np.zeros((1, 1))), X, Y
    assert list(accused({"jax softplus": STYLES["jax softplus"]}, network, "tanh")) == []


def test_sums_in_lanes_are_not_accused_where_labels_alternate():
    rng = np.random.default_rng(0)
    X, Y = rng.normal(0, 1, (12, 2000)), (np.arange(2000)[None] % 2) * 1.0
    W1, W2 = rng.normal(0, 0.3, (4, 12)), np.full((1, 4), 1e-3)
    network = Parameters(W1, np.zeros((4, 1)), W2, np.zeros((1, 1))), X, Y
    style = "torch addmm, with logits"
    assert list(accused({style: STYLES[style]}, network, "sigmoid")) == []


@pytest.mark.parametrize(("sizes", "form"), NETWORKS[3:4], ids=str)
def test_of_the_implementations_none_is_accused(sizes, form):
    with threadpool_limits(1):
        assert list(accused_implementations(sizes, *form, np.random.default_rng([2026, *sizes]))) == []


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "form"), NETWORKS, ids=str)
def test_of_hundreds_of_correct_networks_none_is_accused(sizes, form):
    # 336 networks x 16 quantities x 5 programs are 27,000 verdicts. FALSE_ALARM_RATE lets one in a million be
    # suspect, 0.03 of these: so none. And no correct program can ever be wrong: the bound is proven.
    rng = np.random.default_rng([2026, *sizes])
    with threadpool_limits(1):
        for _ in range(NETWORKS_OF_A_KIND):
            assert list(accused_implementations(sizes, *form, rng)) == []
