"""The doctor: every mistake of the catalogue is found at its line and named, and no correct program is accused."""

import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from patients import CONVENTIONS, Patient

import implementations
from shared.checking import lines, problems
from shared.checking.catalogue.entries import CATALOGUE, Mistake
from shared.checking.catalogue.mistake import Trait
from shared.checking.checkup import check
from shared.checking.conventions import NAMES, READINGS, Convention, quantity_of
from shared.checking.layout import line_of_code
from shared.checking.lines import Formula
from shared.checking.sandbox.program import Reply
from shared.checking.told import sentence, what_would_decide
from shared.network import QUANTITIES, Parameters

ROOT = Path(__file__).parents[1]
SMALL = list(problems.small())
PLANTED = [mistake for mistake in CATALOGUE if mistake.line != "costs"]
HARMLESS = {"keepdims missing in db2", "sum over both axes in db2", "relu applied in place in Z1"}
"""A db2 without its two dimensions: b2 - learning_rate db2 is right all the same, so the doctor lets it pass. And a Z1
that became A1 where it lay: relu's slope is the same there."""


def examined(convention, *mistakes, gives=NAMES):
    trains = any(mistake.line in Parameters._fields for mistake in mistakes)
    functions = ("gradients", "train") if trains else ("gradients",)
    return check(Patient(convention, mistakes, gives, functions), SMALL)


def named(checkup):
    return [{mistake.name for mistake in finding.diagnosis.mistakes} for finding in checkup.findings]


def harmless(mistake, convention):
    """Whether V - learning_rate dV is right in spite of the mistake: NumPy makes dV fit."""
    return mistake.name in HARMLESS or (mistake.name == "keepdims missing in db1" and convention.rows)


def each_once(mistakes):
    """Plant each mistake in one of the conventions, in turn: what the other shows is the same."""
    for k, mistake in enumerate(mistakes):
        name = list(CONVENTIONS)[k % len(CONVENTIONS)]
        yield pytest.param(mistake, CONVENTIONS[name], id=f"{mistake.name}, {name}")


@pytest.mark.mostly_slow(47)
@pytest.mark.parametrize(("mistake", "convention"), list(each_once(PLANTED)))
def test_every_mistake_is_found_at_its_line_and_named(mistake, convention):
    checkup = examined(convention, mistake)
    if harmless(mistake, convention):
        assert checkup.verdict == "certified"
        return
    assert checkup.verdict == ("certified, with limits" if Trait.LIMIT in mistake.traits else "wrong")
    assert [finding.diagnosis.line for finding in checkup.findings] == [mistake.line]
    (finding,) = checkup.findings
    is_sum_in_float32 = mistake.kind == "detour through float32" and finding.diagnosis.narrow
    assert mistake.name in named(checkup)[0] or is_sum_in_float32  # of 1,109 numbers: their order shows
    (cure,) = finding.cures
    assert cure.startswith(line_of_code(mistake.line, convention))


class Forgetful(Patient):
    """Trains rightly, and makes a mistake with the list of costs."""

    def train(self, *arguments):
        trained = super().train(*arguments)
        return {**trained, "costs": self.mistakes[0].wrong({"costs": trained["costs"]})}


@pytest.mark.parametrize("mistake", [m for m in CATALOGUE if m.line == "costs"], ids=lambda mistake: mistake.name)
def test_a_mistake_with_the_list_of_costs_is_named(mistake):
    checkup = check(Forgetful(Convention(), (mistake,), functions=("gradients", "train")), SMALL)
    assert [finding.diagnosis.name for finding in checkup.findings] == [mistake.name]


def leaves_a_trace(one, other):
    """Whether the other mistake, on a later line, changes anything beside the first one, by more than rounding does."""
    for problem in SMALL:
        q = {**problem.given(), "learning_rate": 1.0}
        alone = lines.run(q, {one.line: one.wrong}).get(other.line)
        both = lines.run(q, {one.line: one.wrong, other.line: other.wrong}).get(other.line)
        if alone is not None and both is not None and differ(alone, both):
            return True
    return False


def differ(one, other):
    """Whether two arrays differ by more than rounding does."""
    return one.shape != other.shape or not np.allclose(one, other, rtol=1e-12, atol=1e-14, equal_nan=True)


def pairs(count):
    """Mistakes in two different lines, drawn so that every pair of lines comes up, and both show.

    Not those of a norm of all four gradients: planted line by line, it would not know of the other mistake.
    """
    rng = np.random.default_rng(7)
    alone = [m for m in CATALOGUE if m.name not in HARMLESS and "norm" not in m.name]
    by_line = {line: [m for m in alone if m.line == line] for line in NAMES}

    def drawn(*lines):
        pair = tuple(by_line[line][rng.integers(len(by_line[line]))] for line in lines)
        return pair if leaves_a_trace(*pair) else drawn(*lines)

    return [drawn(a, b) for a, b in combinations(QUANTITIES, 2) for _ in range(count)]


@pytest.mark.mostly_slow(41)
@pytest.mark.parametrize("pair", pairs(1), ids=lambda pair: f"{pair[0].name} and {pair[1].name}")
def test_two_mistakes_in_two_lines_are_both_named(pair):
    found = [finding.diagnosis for finding in examined(Convention(), *pair).findings]
    lines_of = [(line, diagnosis) for diagnosis in found for line in (diagnosis.line, *diagnosis.also)]
    in_order = sorted(pair, key=lambda mistake: Trait.LIMIT in mistake.traits)  # mistakes of the derivation come first
    assert [line for line, _ in lines_of] == [mistake.line for mistake in in_order]
    for mistake, (_, diagnosis) in zip(in_order, lines_of, strict=True):
        assert mistake.kind in {explaining.kind for explaining in diagnosis.mistakes}


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize("convention", [Convention(), *CONVENTIONS.values()])
def test_a_right_program_is_certified(convention):
    checkup = check(Patient(convention, functions=("gradients", "train")), SMALL)
    assert (checkup.verdict, checkup.findings) == ("certified", [])
    assert checkup.examination.convention == convention


def test_four_gradients_are_enough_to_name_a_mistake_before_them():
    mistake = next(m for m in CATALOGUE if m.name == "mask missing in dZ1")
    checkup = examined(Convention(), mistake, gives=("dW1", "db1", "dW2", "db2"))
    assert mistake.name in named(checkup)[0]
    assert [row.place for row in checkup.rows()] == ["OK", "OK", "inherits", "inherits"]


def test_two_mistakes_are_named_from_four_gradients():
    pair = [next(m for m in CATALOGUE if m.name == n) for n in ("factor 2 in dZ2", "mask missing in dZ1")]
    checkup = examined(Convention(), *pair, gives=("dW1", "db1", "dW2", "db2"))
    assert [mistake.name for mistake in pair] == [finding.diagnosis.name for finding in checkup.findings]


@pytest.mark.parametrize("late", READINGS[2:], ids=["1/m in dA1", "1/m in dZ1"])
def test_the_mean_may_be_taken_anywhere(late):
    checkup = check(Patient(Convention(late=late)), SMALL)
    assert (checkup.verdict, checkup.examination.convention.late) == ("certified", late)


def test_what_nothing_explains_is_said_to_be_unknown_and_described():
    odd = Mistake("odd mean", "dW1", Formula("dZ1 @ X.T / (7 + Y.sum())"))
    finding = examined(Convention(), odd).findings[0].diagnosis
    assert finding.name == "unknown mistake in dW1"
    assert finding.clues[0] == "dW1 is 0.1 times the true one on 5 of the 13 problems on which it is wrong"


def test_a_small_error_in_one_line_is_wrong_there():
    tiny = Mistake("tiny", "dA1", Formula("W2.T @ dZ2 * (1 + 1e-9)"))
    checkup = examined(Convention(), tiny)
    assert [row.quantity for row in checkup.rows() if row.place == "WRONG here"] == ["dA1"]


class Other(Patient):
    """Has a forward that adds b1 with the wrong sign; its gradients do not use it."""

    def call(self, function, *arguments, watch=False):
        if function != "forward":
            return super().call(function, *arguments)
        q = self.ours([*arguments, np.zeros((1, arguments[4].shape[1]))])
        found = lines.run(q, {"Z1": Formula("W1 @ X - b1")})
        return Reply({name: found[name] for name in ("Z1", "A1", "Z2", "A2")})


@pytest.mark.parametrize("gives", [("dW1", "db1", "dW2", "db2"), NAMES], ids=["four gradients", "everything"])
def test_a_wrong_forward_is_told_and_right_gradients_are_not_accused(gives):
    checkup = check(Other(gives=gives, functions=("gradients", "forward")), SMALL)
    assert [finding.name for finding in checkup.findings] == ["bias subtracted in Z1 of forward"]
    assert {row.place for row in checkup.rows() if "forward" not in row.quantity} == {"OK"}


class Moody(Patient):
    """Doubles dW1 from the second time on that it is asked the same."""

    def gradients(self, *arguments):
        asked = arguments[0].tobytes() + arguments[4].tobytes()
        self.seen, before = {*getattr(self, "seen", ()), asked}, getattr(self, "seen", ())
        found = super().gradients(*arguments)
        return {**found, "dW1": (2 if asked in before else 1) * found["dW1"]}


def test_a_program_that_answers_otherwise_when_asked_again_is_wrong():
    checkup = check(Moody(), SMALL)
    (finding,) = checkup.findings
    assert finding.diagnosis.line == "dW1"
    assert "it is wrong only on: 3-2-1, 5 examples, once more" in finding.diagnosis.clues


@pytest.mark.parametrize("left_out", ["dW1", "db1", "dW2", "db2"])
def test_a_program_that_leaves_a_gradient_out_is_not_certified(left_out):
    checkup = check(Patient(gives=tuple(name for name in NAMES if name != left_out)), SMALL)
    (row,) = [row for row in checkup.rows() if row.place != "OK"]
    assert (checkup.verdict, row.quantity, row.remark) == ("cannot tell", left_out, "it is missing")
    assert sentence(checkup).endswith(f"{left_out} is missing.")
    assert list(what_would_decide(checkup)) == ["give all of dW1, db1, dW2 and db2, on every problem."]


SPELLINGS = {
    "dW1": ["dW1", "dw1", "d_W1", "W1_grad", "grad_W1", "W1.grad", "dL_dW1", "grads.dW1", "gW1"],
    "db2": ["db2", "d_b2", "b2_grad", "grads.db2"],
    "A2": ["A2", "a2", "y_hat", "AL", "probs"],
    "cost": ["cost", "loss", "J", "costs"],
    "W1": ["W1", "parameters.W1", "parameters.0"],
    None: ["W3", "cache", "dW3", "m", "dW"],
}


@pytest.mark.parametrize(("quantity", "name"), [(q, name) for q, names in SPELLINGS.items() for name in names])
def test_usual_spellings_are_understood(quantity, name):
    assert quantity_of(name) == quantity


def run_check(*arguments):
    """Run the doctor as its users do; the other tests run it in this process."""
    command = [sys.executable, "compare.py", "check", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


@pytest.mark.mostly_slow(5)
@pytest.mark.parametrize("name", implementations.REGISTRY)
def test_the_suites_own_implementations_are_certified(name):
    module = implementations.load(name)
    done = run_check(module.__file__)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{Path(module.__file__).name} is certified: all 17 quantities" in done.stdout


WRONG = """
import numpy as np

def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = A2 - Y
    dW2 = dZ2 @ A1.T
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    return {"dZ2": dZ2, "dW2": dW2, "db2": db2, "dW1": dZ1 @ X.T / m, "db1": dZ1.sum(axis=1, keepdims=True) / m}
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("visit")
    (folder / "mine.py").write_text(WRONG)
    done = run_check(folder / "mine.py", "--json", folder / "found.json")
    return done, json.loads((folder / "found.json").read_text())


def test_a_wrong_file_gets_status_1_a_name_a_cure_in_its_own_convention_and_numbers_to_follow(answer):
    done, _ = answer
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("mine.py is wrong, because: mean over examples missing in dW2.\n")
    assert "1/m is left to dW and db, as in the course" in done.stdout
    assert "right is   dW2 = dZ2 @ A1.T / m" in done.stdout
    assert "on 3-2-1, 5 examples:" in done.stdout


def test_the_json_file_holds_the_same(answer):
    done, found = answer
    assert (found["schema"], found["verdict"], found["failures"]) == (1, "wrong", [])
    assert found["sentence"] == done.stdout.splitlines()[0]
    places = {name: q["place"] for name, q in found["quantities"].items()}
    assert {name for name, place in places.items() if place != "OK"} == {"dW2"}
    assert {*places} >= {"Z1", "A1", "Z2", "A2", "dZ2", "dW2", "db2", "dA1", "dZ1", "dW1", "db1"}
    (diagnosis,) = found["diagnoses"]
    assert diagnosis["name"] == "mean over examples missing in dW2"
    evidence = diagnosis["evidence"]
    assert evidence["got"] == pytest.approx(5 * evidence["true_value"])


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("def gradients(W1, b1, W2, b2, X, Y):\n    return 1 / 0\n", 2, "ZeroDivisionError: division by zero"),
        ("def gradients(W1, b1, W2, b2, X, Y):\n    while True: pass\n", 2, "did not finish within 2 s (--timeout)"),
        ("def gradients(W1, b1, W2, b2, X, Y):\n    exit(0)\n", 2, "it ended the process with exit(0)"),
        ("def gradients(W1, b1, W2, b2, X, Y):\n    return {'a': X}\n", 2, "gradients gave a; give dW1, db1, dW2, db2"),
        ("def gradient(W1): pass\n", 2, "def gradients(W1, b1, W2, b2, X, Y): return gradient(W1=W1)"),
    ],
)
def test_a_file_that_cannot_be_examined_gets_status_2_and_a_line(compare, tmp_path, text, status, said):
    (tmp_path / "mine.py").write_text(text)
    done = compare("check", tmp_path / "mine.py", "--timeout", "2")
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr.splitlines()[-1]
    assert "shared/" not in done.stderr


def test_the_users_own_traceback_is_shown_as_theirs(compare, tmp_path):
    text = "def helper(x):\n    return x['b']\n\ndef gradients(*a):\n    return helper({})\n"
    (tmp_path / "mine.py").write_text(text)
    lines = compare("check", tmp_path / "mine.py").stderr.splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert [line.strip() for line in lines if line.strip().startswith("File")] == [
        f'File "{tmp_path / "mine.py"}", line 5, in gradients',
        f'File "{tmp_path / "mine.py"}", line 2, in helper',
    ]


def test_what_a_failing_call_printed_is_shown_before_its_traceback(compare, tmp_path):
    (tmp_path / "mine.py").write_text("def gradients(*a):\n    print('so far')\n    return 1 / 0\n")
    lines = compare("check", tmp_path / "mine.py").stderr.splitlines()
    assert lines[:3] == ["it printed:", "so far", "Traceback (most recent call last):"]


def test_doubt_gets_status_3_and_says_what_would_decide(compare, tmp_path):
    """A sum in float32 whose errors are all in one direction: beyond the noise, within the bound."""
    (tmp_path / "mine.py").write_text(DOUBTFUL)
    done = compare("check", tmp_path / "mine.py", "--json", tmp_path / "found.json")
    assert done.returncode == 3
    assert done.stdout.startswith("mine.py: cannot tell. ")
    ways = json.loads((tmp_path / "found.json").read_text())["to_decide"]
    assert ways
    assert [line for line in done.stdout.splitlines() if line.startswith("To decide")] == [
        f"To decide: {w}" for w in ways
    ]


DOUBTFUL = """
import numpy as np

def gradients(W1, b1, W2, b2, X, Y):
    m = X.shape[1]
    Z1 = W1 @ X + b1
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
    dZ2 = (A2 - Y) / m
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    far = 8 * np.finfo(X.dtype).eps * (np.abs(dZ1) @ np.abs(X).T)
    return {"dZ1": dZ1, "dW1": dZ1 @ X.T + (far if X.shape[0] > 1000 else 0)}
"""


def test_without_a_file_it_says_what_it_needs(compare):
    done = compare("check")
    assert (done.returncode, done.stdout) == (2, "")
    needs = "check needs your file: python compare.py check my_backprop.py (--template prints one)"
    assert done.stderr == f"error: {needs}\n"


def test_the_template_runs_and_asks_to_be_filled_in(compare, tmp_path):
    (tmp_path / "mine.py").write_text(compare("check", "--template").stdout)
    done = compare("check", tmp_path / "mine.py")
    assert done.returncode == 2
    assert "nearly there: fill in Z1, A1, Z2, A2, cost, dZ2" in done.stderr


class Boundless(Patient):
    """Gives a number as its cost, or as each entry of dW1."""

    def gradients(self, *arguments):
        found = super().gradients(*arguments)
        return {**found, self.name: np.full(np.shape(found[self.name]), self.number)}


@pytest.mark.mostly_slow(6)
@pytest.mark.parametrize("number", [0.0, 5e-324, 1e308, -1e308])
@pytest.mark.parametrize("name", ["cost", "dW1", "A1"])
def test_a_number_that_is_0_or_hardly_fits_is_wrong_and_overflows_nowhere(name, number):
    patient = Boundless()
    patient.name, patient.number = name, number
    checkup = check(patient, SMALL)
    assert (checkup.verdict, checkup.findings[0].diagnosis.line) == ("wrong", name)
