"""Teeth: every mistake of the catalogue, planted in a program, is called wrong at its line and nowhere before."""

import re
from functools import partial
from itertools import combinations, pairwise

import numpy as np
import pytest
import torch
from cases import Case, photographs
from situations import CASES, EDGES, GENERIC, LATE, MANY, RATE, SITUATIONS, at_step, given

from shared.checking import lines
from shared.checking.catalogue.entries import CATALOGUE
from shared.checking.catalogue.mistake import Mistake, Trait
from shared.checking.conventions import Convention
from shared.checking.layout import line_of_code
from shared.checking.lines import RIGHT, right
from shared.checking.vocabulary import HIDDEN, narrowed
from shared.network import QUANTITIES, Parameters


def ids(mistakes) -> list[str]:
    return [mistake.name for mistake in mistakes]


IN_A_QUANTITY = [mistake for mistake in CATALOGUE if mistake.line in QUANTITIES]
IN_AN_UPDATE = [mistake for mistake in CATALOGUE if mistake.line in Parameters._fields]
IN_NARROW_PRODUCTS = [mistake for mistake in CATALOGUE if re.match("TF32|bfloat16", mistake.name)]


def accused(judgements) -> list[str]:
    return [name for name, judgement in judgements.items() if judgement.verdict != "agrees"]


@pytest.mark.mostly_slow(9)
@pytest.mark.parametrize("mistake", IN_A_QUANTITY, ids=ids(IN_A_QUANTITY))
def test_a_mistake_is_wrong_at_its_line_and_nothing_before_it_is_accused(mistake):
    verdicts = set()
    for case in CASES:
        judgements = case.standard.judge_all(lines.run(given(case), {mistake.line: mistake.wrong}))
        verdicts.add(judgements[mistake.line].verdict)
        assert accused(judgements)[:1] in ([], [mistake.line])
        assert judgements[mistake.line].problem != "it is missing"
    assert "wrong" in verdicts


@pytest.mark.mostly_slow(9)
@pytest.mark.parametrize("mistake", IN_AN_UPDATE, ids=ids(IN_AN_UPDATE))
def test_a_mistake_of_an_update_makes_its_parameter_alone_wrong_within_three_steps(mistake):
    replaced, case = {mistake.line: mistake.wrong}, MANY if "batch of" in mistake.name else GENERIC
    first = LATE - 1 if "early stopping" in mistake.name else 0
    places = [lines.train(given(case), steps, replaced)[1] for steps in range(first, first + 4)]
    judged = [case.judge.after_step(a, RATE).judge_all(b._asdict()) for a, b in pairwise(places)]
    assert {name for judgements in judged for name in accused(judgements)} == {mistake.line}
    assert "wrong" in {judgements[mistake.line].verdict for judgements in judged}


@pytest.mark.mostly_slow(9)
@pytest.mark.parametrize("mistake", IN_NARROW_PRODUCTS, ids=ids(IN_NARROW_PRODUCTS))
def test_a_narrow_product_does_not_agree_in_float32_either(mistake):
    case = photographs().in_form("float32", "relu")
    judgements = case.standard.judge_all(lines.run(given(case), {mistake.line: mistake.wrong}))
    assert accused(judgements)[0] == mistake.line


@pytest.mark.parametrize("bits", [7, 10])
def test_a_narrow_operand_is_the_nearest_number_with_so_many_bits_behind_the_first(bits):
    spacing = 2.0**-bits  # between 1 and 2, and 8 times as much from 8 on
    V = np.array([[1.0, 1 + spacing, 1 + 0.4 * spacing, 1 + 0.6 * spacing, -8 * (1 + 0.6 * spacing), 0.0]], np.float32)
    assert narrowed(V, bits).tolist() == [[1, 1 + spacing, 1, 1 + spacing, -8 * (1 + spacing), 0]]


@pytest.mark.parametrize("line", ["dW2", "db2", "db1"])
def test_a_finite_difference_is_near_the_gradient_all_the_same(line):
    (mistake,) = (m for m in CATALOGUE if m.name == f"finite differences in float32 in {line}")
    q = given(GENERIC) | lines.run(given(GENERIC))
    np.testing.assert_allclose(mistake.wrong(q), q[line], rtol=0.02)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", [*CASES, photographs()], ids=lambda case: case.name)
def test_the_right_lines_agree_everywhere(case, dtype):
    case = case.in_form(dtype, "relu")
    values = lines.run(given(case))
    assert list(values) == list(lines.LINES)
    assert accused(case.standard.judge_all(values)) == []


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_right_training_agrees_step_by_step(dtype):
    case, steps = GENERIC.in_form(dtype, "relu"), 3
    costs, after = lines.train(given(case), steps)
    _, before = lines.train(given(case), steps - 1)
    assert accused(case.judge.after_step(before, RATE).judge_all(after._asdict())) == []
    assert case.judge.at(before).judge("cost", costs[-1:].reshape(())).verdict == "agrees"
    assert costs.shape == (steps,)


def test_an_update_line_finds_the_gradients_of_all_earlier_steps():
    q = at_step(GENERIC, 3)
    assert (q["step"], len(q["past"])) == (3, 3)
    for step, gradients in enumerate(q["past"]):
        for name in ("dW1", "db1", "dW2", "db2"):
            np.testing.assert_array_equal(gradients[name], at_step(GENERIC, step)[name])


OPTIMIZERS = {
    "momentum 0.9": lambda V: torch.optim.SGD(V, RATE, momentum=0.9),
    "momentum 0.9 as an average": lambda V: torch.optim.SGD(V, 0.1 * RATE, momentum=0.9),
    "Nesterov momentum 0.9": lambda V: torch.optim.SGD(V, RATE, momentum=0.9, nesterov=True),
    "AdamW": lambda V: torch.optim.AdamW(V, RATE),
    "RMSprop": lambda V: torch.optim.RMSprop(V, RATE),
    "Adagrad": lambda V: torch.optim.Adagrad(V, RATE),
    "weight decay 0.01": lambda V: torch.optim.SGD(V, RATE, weight_decay=0.01),
    "Adam": lambda V: torch.optim.Adam(V, RATE),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_of_the_catalogue_steps_as_that_of_PyTorch_does(name):  # noqa: N802
    chosen = {mistake.line: mistake.wrong for mistake in CATALOGUE if mistake.name.startswith(f"{name} in the")}
    assert list(chosen) == list(Parameters._fields)
    current = [torch.tensor(V) for V in GENERIC.parameters]
    optimizer = OPTIMIZERS[name](current)
    for _ in range(4):
        now = Parameters(*(V.numpy().copy() for V in current))
        gradients = lines.run(given(Case("", now, GENERIC.X, GENERIC.Y)))
        for V, line in zip(current, Parameters._fields, strict=True):
            V.grad = torch.tensor(gradients[f"d{line}"])
        optimizer.step()
    _, trained = lines.train(given(GENERIC), 4, chosen)
    for ours, theirs in zip(trained, current, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), rtol=1e-10)


def test_mistakes_keep_the_dtype():
    q = at_step(GENERIC.in_form("float32", "relu"), 2)
    assert [mistake.name for mistake in CATALOGUE if np.asarray(mistake.wrong(q)).dtype != np.float32] == []


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_what_is_known_is_used_by_the_lines_behind_it(quantity):
    q = given(GENERIC)
    own = {quantity: 3 * lines.run(q)[quantity]}
    predicted = lines.run(q, own=own)
    as_if_planted = lines.run(q, {quantity: lambda q: own[quantity]})
    for name in QUANTITIES:
        expected = lines.run(q)[name] if name == quantity else as_if_planted[name]
        np.testing.assert_array_equal(predicted[name], expected)


def test_a_line_whose_inputs_do_not_fit_is_left_out():
    predicted = lines.run(given(GENERIC), {"dZ2": lambda q: np.ones((4, 4))})
    assert [name for name in QUANTITIES if name not in predicted] == ["dW2", "dA1", "dZ1", "dW1", "db1"]


def same(a, b, atol) -> bool:
    return np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=1e-12, atol=atol, equal_nan=True)


@pytest.mark.parametrize("line", RIGHT)
def test_no_two_mistakes_of_a_line_are_the_same_and_none_is_right(line):
    variants = {"the right line": right(line)} | {m.name: m.wrong for m in CATALOGUE if m.line == line}
    with np.errstate(all="ignore"):
        values = {name: [variant(q) for q in (*SITUATIONS, EDGES)] for name, variant in variants.items()}
    atol = 0 if line == "A2" else 1e-18  # the smallest probabilities count
    twins = [(a, b) for a, b in combinations(values, 2) if all(map(partial(same, atol=atol), values[a], values[b]))]
    assert twins == []


@pytest.mark.parametrize("line", [line for line in RIGHT if line != "costs"])
def test_the_right_line_of_code_computes_what_the_right_text_does(line):
    values = {"np": np, "m": GENERIC.X.shape[1], **at_step(GENERIC, 2)}
    expected = right(line)(at_step(GENERIC, 2))
    exec(line_of_code(line, Convention()), values)  # noqa: S102
    np.testing.assert_allclose(values[line], expected, rtol=1e-14)
    assert np.shape(values[line]) == expected.shape


@pytest.mark.parametrize("name", HIDDEN)
def test_the_slope_of_an_activation_is_that_of_its_values(name):
    z, h = np.random.default_rng(3).normal(size=200) * 3, 1e-6
    measured = (HIDDEN[name].value(z + h) - HIDDEN[name].value(z - h)) / (2 * h)
    np.testing.assert_allclose(np.asarray(HIDDEN[name].slope(z), float), measured, atol=2e-9 * 100)


def test_every_line_has_mistakes_and_no_two_have_one_name():
    assert {mistake.line for mistake in CATALOGUE} == {*RIGHT}
    assert len(set(ids(CATALOGUE))) == len(CATALOGUE)


def test_a_name_is_the_kind_of_mistake_and_the_line():
    for mistake in CATALOGUE:
        where = "in the update of" if mistake.line in Parameters._fields else "in"
        assert mistake.name == f"{mistake.kind} {where} {mistake.line}"


def test_steps_of_any_length_and_guards_of_any_size_wait_until_no_other_mistake_explains_what_was_seen():
    general = {mistake.kind.rstrip("e-0123456789") for mistake in CATALOGUE if mistake.general}
    guards = {"log of a probability clipped at ", "log of a probability plus "}
    assert general == {"step of another length", *guards}
    assert not Mistake("", "Z1", right("Z1")).general


def test_what_derives_rightly_and_gives_way_only_somewhere_is_told_from_other_mistakes():
    limits = {mistake.name for mistake in CATALOGUE if Trait.LIMIT in mistake.traits}
    assert {"log of A2 in cost", "infinity times 0 in dZ2", "sigmoid of Z2 clipped at 30 in A2"} <= limits
    assert not {"mask missing in dZ1", "sigmoid missing in A2", "factor 2 in dZ2"} & limits


def test_an_explanation_is_one_sentence():
    sentence = re.compile(r"[^.]([^.]|\.\S)*\.")
    assert [mistake.explanation for mistake in CATALOGUE if not sentence.fullmatch(mistake.explanation)] == []
