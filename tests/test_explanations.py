"""What is said of a mistake, and what numbers it has, is what it computes."""

import re

import numpy as np
import pytest
from situations import SITUATIONS

from shared.checking.catalogue.entries import CATALOGUE
from shared.checking.lines import right
from shared.checking.source import numbers_in, where_stepped
from shared.network import Parameters


def test_the_numbers_of_a_text_are_those_that_stand_in_it_and_1_less_each():
    numbers = numbers_in("rate, kept = 0.25, 1e-9  # 7\nx = f(32, -3.5, 'a', True, 1)")
    assert numbers == (0.25, 1e-9, 32, 3.5, 0.75, 1 - 1e-9)
    assert numbers_in("no text of Python") == ()


STEPS = {
    "params = {k: params[k] + lr * g[k] for k in params}": "params[k] + lr * g[k]",
    "W1 -= rate * dW1\nW2 -= rate * dW2": "W1 -= rate * dW1",
    "W1 = W1 - 0.1 * dW1": None,
    "a = a - lr * da\nc = c - lr * dc": None,
}


@pytest.mark.parametrize("text", STEPS)
def test_a_step_stands_where_a_weight_moves_by_a_learning_rate_times_something(text, tmp_path):
    (tmp_path / "loop.py").write_text(text)
    place = where_stepped("W1", tmp_path / "loop.py")
    assert (place and text.splitlines()[place.line - 1][place.column : place.end_column]) == STEPS[text]


@pytest.mark.parametrize("line", ["cost", "dZ2"])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_classes_can_be_weighed_alike_where_one_is_empty(line, label):
    (mistake,) = (m for m in CATALOGUE if m.name == f"classes weighed alike in {line}")
    q = SITUATIONS[0] | {"Y": np.full_like(SITUATIONS[0]["Y"], label)}
    np.testing.assert_allclose(mistake.wrong(q), right(line)(q) / 2, rtol=1e-12)


def matching(pattern: str) -> list:
    """Mistakes of that name, with the number in it."""
    return [(float(found[1]), m) for m in CATALOGUE if (found := re.match(pattern, m.name))]


@pytest.mark.parametrize(("tiny", "mistake"), matching(r"log of a probability (?:plus|clipped at) (\S+) in cost"))
def test_an_explanation_says_what_an_example_can_cost_at_most(tiny, mistake):
    assert mistake.explanation.endswith(f"so no example can cost more than {np.log(1 / tiny):.1f}.")


@pytest.mark.parametrize(("share", "mistake"), matching(r"labels smoothed by (\S+) in"))
def test_an_explanation_says_what_smoothed_labels_are(share, mistake):
    expected = [0 * (1 - share) + share / 2, 1 * (1 - share) + share / 2]
    said = re.findall(r"The labels are (\S+) and (\S+), not 0 and 1\.", mistake.explanation)
    assert [[float(label) for label in pair] for pair in said] == [pytest.approx(expected)]


@pytest.mark.parametrize("line", Parameters._fields)
@pytest.mark.parametrize(
    ("what", "seen", "step"),
    [
        ("learning rate not used", {"rate_seen": 0.25}, 0.25),
        ("learning rate not used", {"rate_seen": 0.0}, np.nan),  # such a step tells nothing
        ("step of another length", {"length_seen": 0.75}, 0.75),
    ],
)
def test_where_the_length_of_a_step_was_seen_the_mistake_has_that_length(line, what, seen, step):
    (mistake,) = (m for m in CATALOGUE if m.name == f"{what} in the update of {line}")
    for q in SITUATIONS:
        np.testing.assert_array_equal(mistake.wrong(q | seen), q[line] - step * q[f"d{line}"])


@pytest.mark.parametrize("what", ["detour through float32 in Z1", "finite differences in float32 in dW2"])
def test_a_mistake_in_float32_adds_up_the_inputs_in_the_order_that_is_asked_for(what):
    (mistake,) = (m for m in CATALOGUE if m.name == what)
    q = SITUATIONS[0]
    order = np.arange(len(q["X"]))[::-1]
    other = q | {"X": q["X"][order], "W1": q["W1"][:, order]}
    np.testing.assert_array_equal(mistake.wrong(q | {"order": order}), mistake.wrong(other))
    assert not np.array_equal(mistake.wrong(other), mistake.wrong(q))
