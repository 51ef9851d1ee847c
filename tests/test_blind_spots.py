"""Wrong programs that are right where a judge looks first: at the initial weights, once, on the training set."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from cases import random_case

from benchmarks import blind_spots
from implementations import numpy_manual
from shared.comparing.questions import Questions, Standards, judged_A2
from shared.comparing.record import Framework
from shared.comparing.workers import at_once
from shared.data.dataset import Dataset, Examples
from shared.data.images import Scale
from shared.judging.curves.reference import train_reference
from shared.network import Gradients, Settings

CASE = random_case("20-4-1", 20, 4, 15, seed=8)


def judged(dtype, gradients):
    """Ask a program whose gradients these are, and judge what it answers."""
    case, settings = CASE.in_form(dtype, "relu"), Settings(0.05, 30, 4, dtype=dtype)
    checkpoints = train_reference(case.parameters, case.X, case.Y, settings).checkpoints
    program = SimpleNamespace(**{**vars(numpy_manual), "gradients": gradients})
    questions = Questions(case.parameters, case.X, case.Y, settings)
    framework = Framework()
    questions.judge(framework, questions.ask(program, checkpoints), *Standards(at_once, questions, checkpoints).wait())
    return framework


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_correct_program_agrees_whenever_it_is_asked(dtype):
    assert judged(dtype, numpy_manual.gradients).disagreements() == []


def test_gradients_that_are_right_the_first_time_only_are_wrong():
    calls = []

    def gradients(*arguments):
        calls.append(1)
        d = numpy_manual.gradients(*arguments)
        return d if len(calls) == 1 else Gradients(*(0 * V for V in d))

    framework = judged("float64", gradients)
    assert {j.verdict for j in framework.quantities.values()} == {"agrees"}
    assert (0, "dW1") in framework.disagreements()


def test_gradients_that_are_right_at_the_initial_weights_only_are_wrong():
    def gradients(parameters, *arguments):
        d = numpy_manual.gradients(parameters, *arguments)
        return d if np.array_equal(parameters.W1, CASE.parameters.W1) else d._replace(dW1=d.dW1 * (1 + 1e-9))

    assert judged("float64", gradients).disagreements() == [(29, "dW1")]


@pytest.fixture(params=[("relu", 1), ("relu", -1), ("leaky_relu", 1), ("leaky_relu", -1)])
def fork(request):
    """One Z1 is 0 but for rounding, so that a whole row of dW1 may be off by dA1 x: much can hide in that."""
    activation, sign = request.param
    case = random_case("20-4-1", 20, 4, 15, seed=8).in_form("float32", activation)
    b1, product = case.parameters.b1, case.parameters.W1[0].astype(float) @ case.X[:, 3].astype(float)
    b1[0] = -product
    while np.sign(product + float(b1[0, 0])) != sign:
        b1[0] = np.nextafter(b1[0], np.float32(sign * np.inf))
    return case


@pytest.mark.parametrize("other_side", [False, True])
def test_at_a_fork_either_side_agrees_and_an_entry_that_is_lost_does_not(fork, other_side):
    start, asked = fork.parameters, (fork.parameters, fork.X, fork.Y, fork.activation)
    d, after = numpy_manual.gradients(*asked), fork.judge.after_step(start, 0.1)
    if other_side:
        left = np.float32(0.01 if fork.activation == "leaky_relu" else 0)
        d.dZ1[0, 3] = d.dA1[0, 3] * (1 + left) - d.dZ1[0, 3]
        d = d._replace(dW1=d.dZ1 @ fork.X.T, db1=d.dZ1.sum(axis=1, keepdims=True))
    stepped = {V: W - np.float32(0.1) * getattr(d, f"d{V}") for V, W in start._asdict().items()}
    values = {**d._asdict(), **numpy_manual.forward(start, fork.X, fork.activation)._asdict()}
    values["cost"] = numpy_manual.cost(*asked)
    assert {j.verdict for j in (fork.standard.judge_all(values) | after.judge_all(stepped)).values()} == {"agrees"}
    lost = np.argmin(np.abs(d.dW1[0]) / np.abs(fork.X[:, 3]))
    d.dW1[0, lost], stepped["W1"][0, lost] = 0, start.W1[0, lost]
    assert fork.standard.right["dW1"][1].noise[0, lost] > abs(fork.standard.right["dW1"][0].high[0, lost])
    assert {fork.standard.judge("dW1", d.dW1).verdict, after.judge("W1", stepped["W1"]).verdict} == {"suspect"}


@pytest.mark.parametrize(("spoil", "verdict"), [(lambda A2: A2, "agrees"), (lambda A2: 1 - A2, "wrong")])
def test_what_trained_weights_say_of_other_examples_is_judged(spoil, verdict):
    other = random_case("20-4-1", 20, 4, 9, seed=3)
    A2 = numpy_manual.forward(CASE.parameters, other.X).A2
    assert judged_A2(other.X, other.Y, "relu", CASE.parameters, spoil(A2)).verdict == verdict


SETTINGS = Settings(0.05, 30, 4)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_planted_program_is_noticed_and_the_right_one_is_not(dtype):
    def examples(m, seed):
        case = random_case("40-4-1", 40, 4, m, seed)
        return Examples(case.X, case.Y, Path(), "", (40,), ("0", "1"))

    found = blind_spots.noticed(
        Dataset(examples(15, 8), examples(9, 3), Scale(1.0, 0.0, 1.0)), replace(SETTINGS, dtype=dtype)
    )
    assert [name for name, disagreements in found.items() if not disagreements] == ["nothing"]


def test_the_smallest_error_that_is_noticed_is_the_last_power_of_ten():
    assert blind_spots.smallest(lambda error: error > 3e-7) == pytest.approx(1e-6)
    assert blind_spots.smallest(lambda error: True) == 0
