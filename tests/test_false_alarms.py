"""No correct program is accused: a thousand random networks, each judged on every implementation."""

from itertools import cycle, product

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import implementations
from benchmarks.false_alarms import network_of
from shared.comparing.answers import answers, answers_to_step
from shared.judging.judge import Judge
from shared.network import ACTIVATIONS

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

FORMS = product(("float64", "float32"), ACTIVATIONS)
KINDS = [(sizes, *form) for sizes, form in zip(SIZES, cycle(FORMS))]
NETWORKS_OF_A_KIND = 84
"""12 kinds of 84 networks are a thousand, and a few."""


def accused(programs, sizes, dtype, activation, rng):
    """Draw a network and judge every quantity and a step of all programs on it; give those that do not agree."""
    parameters, X, Y, settings = network_of(sizes, dtype, activation, rng)
    judge, rate = Judge(X, Y, activation), settings.learning_rate
    at, after = judge.at(parameters), judge.after_step(parameters, rate)
    for name, program in programs.items():
        judged = at.judge_all(answers(program, parameters, X, Y, activation).values)
        judged |= after.judge_all(answers_to_step(program, parameters, X, Y, rate, activation).values)
        yield from ((name, judgement) for judgement in judged.values() if judgement.verdict != "agrees")


@pytest.mark.parametrize(("sizes", "dtype", "activation"), KINDS)
def test_of_a_thousand_correct_networks_none_is_accused(sizes, dtype, activation):
    # 1,000 networks x 16 quantities x 5 programs are 80,000 verdicts. FALSE_ALARM_RATE lets one in a million be
    # suspect, 0.08 of these: so none. And no correct program can ever be wrong: the bound is proven.
    programs = {name: implementations.load(name) for name in implementations.REGISTRY}
    rng = np.random.default_rng([2026, *sizes])
    with threadpool_limits(1):  # so small products take PyTorch longer with two threads than with one
        for _ in range(NETWORKS_OF_A_KIND):
            assert list(accused(programs, sizes, dtype, activation, rng)) == []
