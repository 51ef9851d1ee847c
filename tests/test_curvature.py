"""The curvature along the training: what makes correct curves part."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from implementations import numpy_manual
from shared.judging.curves.curvature import Curvature, curvature
from shared.network import Parameters, Settings
from shared.report import messages
from tests.cases import random_case, tie

ROOT = Path(__file__).parent.parent
SMALL = random_case("5-3-1", 5, 3, 9, seed=12)
"""No entry of Z1 is so near 0 that a difference of 1e-6 in a weight takes it across."""


def look(case, activation="relu", iterations=60, learning_rate=0.1):
    settings = Settings(learning_rate, iterations, hidden=len(case.parameters.W1), seed=3, activation=activation)
    return curvature(case.parameters, case.X, case.Y, settings)


def flat(values):
    return np.concatenate([np.ravel(V) for V in values])


def hessian(parameters, case, activation, h=1e-6):
    """The Hessian by central differences of the hand-written gradient, one weight after the other."""
    at, rows = flat(parameters), []
    cuts = np.cumsum([V.size for V in parameters])[:-1]

    def gradient(weights):
        moved = Parameters(*(p.reshape(V.shape) for p, V in zip(np.split(weights, cuts), parameters, strict=True)))
        d = numpy_manual.gradients(moved, case.X, case.Y, activation)
        return flat((d.dW1, d.db1, d.dW2, d.db2))

    for e in np.eye(len(at)):
        rows.append((gradient(at + h * e) - gradient(at - h * e)) / (2 * h))
    return np.array(rows)


def trajectory(case, activation, iterations, learning_rate):
    """The weights before each step, by the hand-written program, and after the last."""
    found = [case.parameters]
    for _ in range(iterations):
        found.append(numpy_manual.step(found[-1], case.X, case.Y, learning_rate, activation))
    return found


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "sigmoid"])
@pytest.mark.parametrize(
    "case", [SMALL, random_case("2-4-1-more-examples-than-weights", 2, 4, 30, seed=8)], ids=lambda case: case.name
)
def test_the_eigenvalue_is_that_of_the_hessian_of_all_weights(case, activation):
    found = look(case, activation, iterations=4)
    walked = trajectory(case, activation, 4, 0.1)
    assert found.steps == [0, 1, 2, 3, 4]
    wanted = [np.linalg.eigvalsh(hessian(parameters, case, activation))[-1] for parameters in walked]
    np.testing.assert_allclose(found.largest_eigenvalues, wanted, rtol=1e-7)


def test_the_eigenvalue_known_on_paper():
    """With W1 = 0, b1 = -1 and relu all hidden units are off: the cost depends on b2 alone, and curves by 1/4 there."""
    zeros = Parameters(np.zeros((2, 3)), -np.ones((2, 1)), np.zeros((1, 2)), np.zeros((1, 1)))
    X, Y = np.arange(12.0).reshape(3, 4), np.array([[0.0, 1.0, 0.0, 1.0]])
    found = curvature(zeros, X, Y, Settings(0.5, 1, hidden=2))
    np.testing.assert_allclose(found.largest_eigenvalues, [0.25, 0.25], rtol=1e-12)
    assert found.limit == 4.0


def test_a_cost_without_any_curvature_has_the_eigenvalue_0():
    """Every unit is off, and A2 rounds to 0 with its slope."""
    flat_place = Parameters(np.zeros((2, 3)), -np.ones((2, 1)), np.zeros((1, 2)), -np.full((1, 1), 800.0))
    found = curvature(flat_place, np.ones((3, 4)), np.zeros((1, 4)), Settings(0.5, 2, hidden=2))
    assert found.largest_eigenvalues == [0.0, 0.0, 0.0]


def test_growth_is_what_happens_to_two_trainings_that_begin_nearly_alike():
    """The hand-written program's steps, applied to the same difference one after the other."""
    found = look(SMALL, "sigmoid", iterations=40, learning_rate=1.0)
    Q, _ = np.linalg.qr(np.vstack([SMALL.X, np.ones_like(SMALL.Y)]))
    drawn = np.random.default_rng(3).standard_normal(3 * 6 + 3 + 1)
    in_W1_b1 = drawn[:18].reshape(3, 6) @ Q.T
    difference = flat((in_W1_b1[:, :5], in_W1_b1[:, 5:], drawn[18:])) / np.linalg.norm(drawn)
    for parameters in trajectory(SMALL, "sigmoid", 40, 1.0)[:-1]:
        difference = difference - hessian(parameters, SMALL, "sigmoid") @ difference
    assert found.growth[0] == pytest.approx(1)
    assert found.growth[-1] == pytest.approx(np.linalg.norm(difference), rel=1e-6)


@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
@pytest.mark.parametrize("case", [SMALL, tie()], ids=["small", "tie"])
def test_kinks_crossed_and_curvature_met_are_those_of_the_walk(case, activation):
    found = look(case, activation, iterations=75, learning_rate=0.3)
    walked = trajectory(case, activation, 75, 0.3)
    sides = [numpy_manual.forward(parameters, case.X, activation).Z1 > 0 for parameters in walked]
    crossed = np.sum(np.diff(sides, axis=0), axis=(1, 2)).reshape(25, 3).mean(axis=1)
    assert found.steps == list(range(0, 76, 3))
    assert found.kinks_crossed == [None, *(crossed if activation == "relu" else np.zeros(25))]
    assert sum(crossed) > 0
    s = np.diff([flat(parameters) for parameters in walked], axis=0)
    y = -np.diff(s, axis=0)[:72] / 0.3
    yy, ys = (np.sum(v.reshape(24, -1), axis=1) for v in (y * y, y * s[:72]))
    for met, a, b in zip(found.met[1:-1], yy, ys, strict=True):
        assert met == (pytest.approx(a / b, rel=1e-6) if b > 0 else None)


def test_weights_that_hop_across_a_kink_meet_the_limit():
    """The curvature of the pieces stays far below it."""
    found = look(random_case("30-4-1", 30, 4, 14, seed=1), iterations=3000, learning_rate=0.05)
    late = [met for met, crossed in zip(found.met, found.kinks_crossed, strict=True) if crossed and crossed > 0.5]
    assert len(late) > 5
    assert max(found.largest_eigenvalues) < found.limit / 4
    np.testing.assert_allclose(late[3:], found.limit, rtol=0.1)


def test_the_first_and_the_last_step_are_looked_at():
    found = look(SMALL, iterations=1000)
    assert (found.steps[0], found.steps[-1], len(found.steps)) == (0, 1000, 26)
    assert all(len(column) == 26 for column in (found.largest_eigenvalues, found.growth, found.kinks_crossed))


def test_the_search_leaves_another_programs_jax_in_float32():
    code = """
import numpy as np, jax
from shared.judging.curves.curvature import curvature
from shared.network import Parameters, Settings
parameters = Parameters(np.ones((2, 3)), np.ones((2, 1)), np.ones((1, 2)), np.ones((1, 1)))
found = curvature(parameters, np.ones((3, 4)), np.ones((1, 4)), Settings(iterations=2, hidden=2))
print(jax.config.jax_enable_x64, jax.numpy.ones(1).dtype)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout == "False float32\n"


FOUND = Curvature(
    limit=20.0,
    steps=[0, 50, 100],
    largest_eigenvalues=[3.0, 21.5, 17.0],
    growth=[1.0, 4.0, 250.0],
    kinks_crossed=[None, 0.0, 0.0],
    met=[None, 1.0, None],
)


def said(found):
    return messages.curvature(SimpleNamespace(settings={"hidden": 4}, data={"train": {"examples": 14}}), found)


def test_a_largest_eigenvalue_above_the_limit_is_said_to_overshoot():
    assert said(FOUND) == (
        "The largest eigenvalue is above 2 / learning rate = 20, first seen at step 50 "
        "(at most 21.5, at step 50): there a step overshoots, and a small difference grows.\n"
        "All 100 steps together multiply a small difference by 250."
    )


def test_a_largest_eigenvalue_below_the_limit_is_said_not_to_overshoot():
    assert said(replace(FOUND, largest_eigenvalues=[3.0, 19.5, 20.0])).startswith(
        "The largest eigenvalue is not above 2 / learning rate = 20 at any step that was looked at "
        "(at most 20, at step 100): steps do not overshoot.\n"
    )


def test_kinks_that_are_crossed_are_told_of():
    lines = said(replace(FOUND, kinks_crossed=[None, 1.5, 0.25])).splitlines()
    assert lines[1] == "Between kinks, all 100 steps together multiply a small difference by 250."
    assert lines[2].startswith(
        "But at a kink (Z1 = 0) the derivative jumps. Before step 50, 1.5 of Z1's 56 entries cross it in a step."
    )


def run(small, *arguments):
    code = "import sys, compare; s = compare.main(sys.argv[1:]); print('jax' in sys.modules, s)"
    command = [
        sys.executable,
        "-c",
        code,
        "--frameworks",
        "numpy",
        "--iterations",
        "12",
        *map(str, (*small, *arguments)),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=100)


def test_the_option_shows_a_table_and_writes_it_to_the_json_file(small, tmp_path):
    result = run(small, "--curvature", "--json", tmp_path / "r.json")
    assert (result.stdout.splitlines()[-1], result.stderr) == ("True 0", "")
    found = json.loads((tmp_path / "r.json").read_text())["curvature"]
    assert set(found) == {"limit", "steps", "largest_eigenvalues", "growth", "kinks_crossed", "met"}
    assert (found["steps"], found["limit"]) == (list(range(13)), 2 / 0.0075)
    rows = [line.split()[:3] for line in result.stdout.splitlines()]
    first = ["0", f"{found['largest_eigenvalues'][0]:.1f}", "1"]
    assert rows[rows.index(first) + 12][:2] == ["12", f"{found['largest_eigenvalues'][12]:.1f}"]
    assert (
        "The largest eigenvalue is not above 2 / learning rate = 266.7 at any step that was looked at" in result.stdout
    )


def test_without_the_option_nothing_of_it_is_imported_or_shown(small, tmp_path):
    result = run(small, "--json", tmp_path / "r.json")
    assert (result.stdout.splitlines()[-1], result.stderr) == ("False 0", "")
    assert json.loads((tmp_path / "r.json").read_text())["curvature"] is None
    assert "eigenvalue" not in result.stdout
