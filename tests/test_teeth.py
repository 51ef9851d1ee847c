"""A relative error of 1e-9 in any single line of any implementation is wrong, and localised to that line."""

import re
from pathlib import Path

import numpy as np
import pytest
from cases import BY_NAME, random_case

import implementations
from shared.comparing.answers import answers, answers_to_step
from shared.judging.curves.band import correct_curves
from shared.network import QUANTITIES, Parameters, Settings

CASE = BY_NAME["7-5-1-relu-float64"]
RATE = 0.1
TINY = "(1 + 1e-9)"

EQUATIONS = [*range(1, 5), 12, *range(5, 12)]
"""The numbers of the equations of QUANTITIES, in their order."""

UPDATE = {
    "numpy": ("learning_rate * dV  #", f"learning_rate * dV * {TINY}  #"),
    "torch": ("lr=learning_rate)", f"lr=learning_rate * {TINY})"),
    "jax": ("learning_rate * dV for", f"learning_rate * dV * {TINY} for"),
    "numpy_gram": ("np.float64(m) / learning_rate", f"m / (learning_rate * {TINY})"),
    "jax_gram": ("learning_rate * d", f"learning_rate * {TINY} * d"),
}
"""Equation 13 is not an assignment to one name, so it is tampered with in its own way."""


def source(name):
    return Path(implementations.load(name).__file__).read_text()


def lines_of(name):
    """The lines of an implementation that are an equation: what is before its value, the value, the number."""
    return re.findall(r"^( +(?:\w+ = |return ))(.*?)  #.*?eq (\d+)", source(name), flags=re.MULTILINE)


def tampered(folder, text):
    path = folder / f"tampered_{abs(hash(text))}.py"
    path.write_text(text)
    return implementations.load(str(path))


PLANTED = [(name, int(eq), start, value) for name in implementations.REGISTRY for start, value, eq in lines_of(name)]
PLANTED = [line for line in PLANTED if line[1] in EQUATIONS]

TRAINING = [
    (name, line)
    for name in ("numpy_gram", "jax_gram")
    for line in re.findall(r"^.* [-+]?= .*  #.*eq 1[3-8]$", source(name), flags=re.MULTILINE)
]
"""The lines that only steps have, in the Gram (dual) form: the updates, G, and what is made with it."""


@pytest.mark.parametrize(("name", "equation", "start", "value"), PLANTED, ids=[f"{n}-eq{e}" for n, e, *_ in PLANTED])
def test_a_relative_error_of_1e_9_in_a_line_is_wrong_there(name, equation, start, value, tmp_path):
    text = source(name).replace(f"{start}{value}  #", f"{start}({value}) * {TINY}  #")
    values = answers(tampered(tmp_path, text), CASE.parameters, CASE.X, CASE.Y, "relu").values
    judgements = CASE.standard.judge_all(values)
    quantity = QUANTITIES[EQUATIONS.index(equation)]
    accused = [name for name in QUANTITIES if judgements[name].verdict != "agrees"]
    assert (accused[0], judgements[quantity].verdict) == (quantity, "wrong")
    assert CASE.explain(judgements, quantity, values).endswith(f"the line that computes {quantity} is the culprit")


@pytest.mark.parametrize("name", UPDATE)
def test_a_relative_error_of_1e_9_in_the_step_is_wrong_after_it(name, tmp_path):
    before, after = UPDATE[name]
    assert before in source(name)
    implementation = tampered(tmp_path, source(name).replace(before, after))
    values = answers_to_step(implementation, CASE.parameters, CASE.X, CASE.Y, RATE, "relu").values
    judgements = CASE.judge.after_step(CASE.parameters, RATE).judge_all(values)
    assert {V: judgements[V].verdict for V in Parameters._fields} == dict.fromkeys(Parameters._fields, "wrong")


def test_every_quantity_has_a_line_in_the_hand_written_program():
    assert {equation for name, equation, *_ in PLANTED if name == "numpy"} == set(EQUATIONS)


def test_every_line_in_the_space_of_examples_is_tampered_with():
    for name in ("numpy_gram", "jax_gram"):
        numbers = [int(re.search(r"eq (\d+)$", line)[1]) for n, line in TRAINING if n == name]
        assert sorted(numbers) == [13, 13, 14, 15, 16, 17, 18]


@pytest.mark.mostly_slow(8)
@pytest.mark.parametrize(
    ("name", "line"), TRAINING, ids=[f"{n}-{line.split('  #')[0].strip()}" for n, line in TRAINING]
)
def test_a_relative_error_of_1e_9_in_a_line_in_the_space_of_examples_leaves_the_band(name, line, tmp_path):
    case = random_case("40-5-1", 40, 5, 30, seed=8).in_form("float64", "relu")
    settings = Settings(0.05, 250, 5)
    _, band = correct_curves(case.parameters, case.X, case.Y, settings)

    def leaves(implementation):
        training = implementation.train(case.parameters, case.X, case.Y, settings)
        last = implementation.cost(training.parameters, case.X, case.Y)
        return band.leaves(np.append(training.costs, last))

    code, comment = line.split("  #")
    start, value = re.fullmatch(r"(.*? [-+]?= )(.*)", code).groups()
    assert leaves(implementations.load(name)) is None
    spoilt = source(name).replace(line, f"{start}{tampered_term(value)}  #{comment}")
    assert spoilt != source(name)
    assert leaves(tampered(tmp_path, spoilt)) is not None


def tampered_term(value):
    """Spoil what a line adds or subtracts; a line without such a term is spoilt as a whole."""
    kept, sign, term = re.fullmatch(r"(?:(\S+) ([-+]) )?(.*)", value).groups()
    return f"{kept} {sign} ({term}) * {TINY}" if kept else f"({term}) * {TINY}"
