"""Costs that a user's training printed: read in every usual form, and judged without its code."""

import json

import numpy as np
import pytest

import implementations
from shared.comparing import printed_costs
from shared.data import costs, dataset, weights
from shared.judging.curves.band import Band
from shared.network import InputError, Settings
from tests.test_streaming import IMAGES, write

COSTS = [0.75, 0.625, 0.5, 0.4375, 0.375, 0.3125]
EVERY = list(range(6))

FORMS = {
    "JSON": (json.dumps(COSTS), EVERY),
    "JSON under a name": (json.dumps({"learning_rate": 0.1, "costs": COSTS}), EVERY),
    "a history of Keras": (json.dumps({"accuracy": [0, 1], "loss": COSTS}), EVERY),
    "JSON by steps": (json.dumps({str(10 * k): cost for k, cost in enumerate(COSTS)}), [0, 10, 20, 30, 40, 50]),
    "JSON of pairs": (json.dumps([[10 * k, cost] for k, cost in enumerate(COSTS)]), [0, 10, 20, 30, 40, 50]),
    "one a line": ("\n".join(map(str, COSTS)), EVERY),
    "CSV": (
        "iteration,cost\n" + "\n".join(f"{10 * k},{cost}" for k, cost in enumerate(COSTS)),
        [0, 10, 20, 30, 40, 50],
    ),
    "CSV with more columns": ("\n".join(f"{k};{cost};0.9" for k, cost in enumerate(COSTS)), EVERY),
    "CSV with decimal steps": ("\n".join(f"{k}.0,{cost}" for k, cost in enumerate(COSTS)), EVERY),
    "as a course prints": ("\n".join(f"Cost after iteration {k}: {cost}" for k, cost in enumerate(COSTS)), EVERY),
    "as others print": ("\n".join(f"Epoch {k}/6 - loss: {cost} - lr 0.1" for k, cost in enumerate(COSTS)), EVERY),
    "as Python prints": (str(COSTS), EVERY),
    "as NumPy prints": ("[0.75   0.625  0.5\n 0.4375 0.375  0.3125]", EVERY),
}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "costs.txt"


@pytest.mark.parametrize(("text", "steps"), FORMS.values(), ids=FORMS)
def test_costs_are_read_as_people_print_them(path, text, steps):
    path.write_text(text)
    printed = costs.load(path, 6 if steps == EVERY else 60)
    assert printed.steps.tolist() == steps
    assert printed.costs.tolist() == COSTS
    assert printed.rounding == 0.5e-4


@pytest.mark.parametrize(
    ("count", "iterations", "steps"),
    [(6, 6, EVERY), (6, 60, [0, 10, 20, 30, 40, 50]), (6, 50, [0, 10, 20, 30, 40, 50]), (6, 5, EVERY)],
)
def test_every_k_th_cost_is_known_by_their_number(path, count, iterations, steps):
    path.write_text("\n".join(map(str, COSTS[:count])))
    assert costs.load(path, iterations).steps.tolist() == steps


REFUSED = {
    "": "the file is empty; download it again",
    "no number": "there are no costs in this file; write one on each line, or step and cost",
    "[]": "there are no costs in this file; write one on each line, or step and cost",
    '{"a": [1]}': "no costs; the file holds 'a'; give them under the name 'costs'",
    '{"costs": "b"}': "this is not a list of costs; give a list of numbers",
    '[0.5, "b"]': "this is not a list of costs; give a list of numbers, or of pairs of step and cost",
    "0.5\n0.4\n0.3\n0.2": (
        "4 costs are not those of every k-th of 10 steps; give --iterations as in the training, or write the step "
        "before each cost"
    ),
    "0,0.5\n0,0.4": "the steps must be whole numbers that grow from 0 to 10 at most; correct them",
    "0,0.5\n11,0.4": "the steps must be whole numbers that grow from 0 to 10 at most; correct them",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_list_of_costs_gets_a_line(path, text):
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        costs.load(path, 10)
    assert str(caught.value) == f"{path}: {REFUSED[text]}"


def test_bytes_that_are_no_text_get_a_line(path):
    path.write_bytes(b"\x93NUMPY\xff")
    with pytest.raises(InputError, match="no list of costs can be read; write one on each line, or step and cost"):
        costs.load(path, 10)


BAND = Band(np.array([*COSTS, 0.25]), np.full(7, 1e-6))


@pytest.mark.parametrize(
    ("steps", "off", "rounding", "leaves"),
    [
        (EVERY, 0.9e-6, 0.0, None),
        (EVERY, 1.1e-6, 0.0, 3),
        ([0, 3], 1.1e-6, 0.0, 3),
        ([0, 3], 1.1e-6, 0.5e-6, None),
        ([0, 3], 1.6e-6, 0.5e-6, 3),
        ([0, 3], np.nan, 0.5e-6, 3),
    ],
)
def test_costs_are_judged_by_the_band_at_their_steps_and_their_last_decimal(path, steps, off, rounding, leaves):
    values = BAND.costs[steps] + np.where(np.array(steps) == 3, off, 0.0)
    curve = printed_costs.judge(path, costs.Printed(np.array(steps), values, rounding), BAND).curve
    assert (curve.verdict, curve.leaves_band_at) == ("agrees" if leaves is None else "suspect", leaves)


def test_costs_that_are_counted_from_1_are_told_as_that(path):
    late = costs.Printed(np.arange(1, 7), np.array(COSTS), 0.0)
    assert "but as those of one step earlier they agree" in printed_costs.judge(path, late, BAND).curve.problem


def test_another_first_cost_asks_for_the_weights(path):
    other = costs.Printed(np.arange(6), np.array(COSTS) + 1, 0.0)
    problem = printed_costs.judge(path, other, BAND).curve.problem
    assert "the first: 1.75 is given, correct is 0.75; are weights, data, channels and scaling" in problem


@pytest.mark.parametrize(("spoilt", "status"), [(0, 0), (1e-9, 1)])
def test_a_training_is_judged_by_its_costs_without_its_code(compare, tmp_path, spoilt, status):
    train, start = write(tmp_path / "train.h5", IMAGES["gray bytes"]), weights.draw(30, 4, 7, "float64")
    data = dataset.load(train).train
    trained = implementations.load("torch").train(start, data.X, data.Y, Settings(0.05, 20, 4))
    (tmp_path / "costs.json").write_text(json.dumps([cost * (1 + spoilt) for cost in trained.costs[::5].tolist()]))
    weights.save(tmp_path / "w.npz", start)
    options = ("--learning-rate", 0.05, "--iterations", 20, "--frameworks", "numpy", "--exact-curve")
    result = compare("--train", train, "--weights", "w.npz", "--costs", "costs.json", *options, "--json", "r.json")
    assert (result.returncode, result.stderr) == (status, "")
    assert "costs.json: 4 costs of steps 0 to 15, known within " in result.stdout
    record = json.loads((tmp_path / "r.json").read_text())
    assert record["given_costs"]["curve"]["verdict"] == ("suspect" if status else "agrees")
    assert (max(record["given_costs"]["exact_distance"]["distances"]) > 1e-12) == bool(status)
    assert (record["first_disagreement"] or {}).get("framework") == ("costs.json" if status else None)
