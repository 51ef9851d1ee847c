"""What the doctor's problems are there for: what shows on one of them alone is found, and a failure hides nothing."""

from pathlib import Path

import numpy as np
import pytest
from patients import FOUR, Patient

from shared.checking import lines, problems
from shared.checking.catalogue.entries import CATALOGUE
from shared.checking.checkup import Checkup, check
from shared.checking.examination import examine
from shared.checking.sandbox.program import CheckError, Reply
from shared.checking.told import particulars, sentence, what_would_decide

SMALL = list(problems.small())


def mistakes(*names):
    return tuple(next(mistake for mistake in CATALOGUE if mistake.name == name) for name in names)


def test_no_two_problems_have_one_name_and_each_is_exact_in_float32():
    assert len({problem.name for problem in SMALL}) == len(SMALL) == problems.COUNT - 3
    for problem in SMALL:
        assert all(np.array_equal(V, V.astype(np.float32)) for V in problem.given().values())


class Only(Patient):
    """Right, but for what it does under a condition: `change` gives other arguments, and lines that are not right."""

    def __init__(self, change):
        super().__init__(gives=FOUR)
        self.change = change

    def gradients(self, *arguments):
        q = self.ours(arguments)
        other, replaced = self.change(q)
        found = lines.run({**q, **other}, {name: lines.Formula(text) for name, text in replaced.items()})
        return {name: found[name] for name in FOUR}


def zeroed(V, of, most):
    """Only so many examples, features or units count: the others are 0."""
    kept = (np.arange(V.shape[of]) < most).astype(V.dtype)
    return V * (kept if of else kept[:, None])


def without_copies(q):
    first = np.unique(np.vstack([q["X"], q["Y"]]), axis=1, return_index=True)[1]
    return {name: q[name][:, np.sort(first)] for name in ("X", "Y")}


CONDITIONS = {
    "only 512 examples count": lambda q: ({name: q[name][:, :512] for name in ("X", "Y")}, {}),
    "only 5,000 features count": lambda q: ({"X": zeroed(q["X"], 0, 5000)}, {}),
    "only 16 units count": lambda q: ({"W2": zeroed(q["W2"], 1, 16)}, {}),
    "equal examples count once": lambda q: (without_copies(q), {}),
    "nothing moves where all labels are 1": lambda q: ({}, {"dZ2": "0 * A2"} if q["Y"].all() else {}),
    "relu ends at 10,000": lambda q: ({}, {"A1": "minimum(relu(Z1), 10000)", "dZ1": "dA1 * (Z1 > 0) * (Z1 < 10000)"}),
    "weights end at 100": lambda q: ({"W1": np.clip(q["W1"], -100, 100)}, {}),
    "one unit does not learn": lambda q: ({}, {"dZ1": "0 * dA1"} if len(q["W1"]) == 1 else {}),
    "an even number of examples loses one": lambda q: (
        {name: q[name][:, : (q["X"].shape[1] - 1) // 2 * 2 + 1] for name in ("X", "Y")},
        {},
    ),
    "the mask begins at 1e-16": lambda q: ({}, {"dZ1": "dA1 * (Z1 > 1e-16)"}),
    "float32 for more than 2^20 numbers": lambda q: (
        {"X": q["X"].astype(np.float32), "W1": q["W1"].astype(np.float32)} if q["X"].size > 2**20 else {},
        {},
    ),
}
LARGE = ("only 5,000 features count", "float32 for more than 2^20 numbers")


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_goes_wrong_only_under_a_condition_is_noticed(condition):
    few = [problems.on_paper(), problems.of_many_features()] if condition in LARGE else SMALL
    examination = examine(Only(CONDITIONS[condition]), few)
    assert Checkup(Path("only.py"), examination).verdict == "wrong"


def test_a_certificate_says_what_it_covers():
    checkup = check(Patient(), [*SMALL, problems.of_many_features()])
    assert dict(particulars(checkup))["covers"] == (
        "up to 12,288 features, 40 hidden units and 1,109 examples; Z1 up to 6.0e+04 in size, Z2 up to 1.1e+03"
    )


class Caching(Patient):
    """Keeps what it gave, by the shapes of what it was given."""

    def gradients(self, *arguments):
        self.kept = getattr(self, "kept", {})
        return self.kept.setdefault((arguments[0].shape, arguments[4].shape), super().gradients(*arguments))


@pytest.mark.usefixtures("single_mistakes")
def test_a_result_that_is_kept_by_shape_is_told():
    checkup = check(Caching(gives=FOUR), SMALL)
    assert checkup.verdict == "wrong"
    assert any("is it kept in between?" in clue for finding in checkup.findings for clue in finding.diagnosis.clues)


class Failing(Patient):
    """Fails on a single example, or is too slow on many."""

    slow = False

    def call(self, function, *arguments, watch=False):
        m = arguments[4].shape[1]
        if self.slow and m > 200:
            return Reply(None, failure="it did not finish within 1 s (--timeout)", timed_out=True)
        if not self.slow and m == 1:
            return Reply(None, failure="Traceback\nZeroDivisionError: division by zero")
        return super().call(function, *arguments)


def test_a_program_that_is_right_until_it_fails_cannot_be_examined():
    with pytest.raises(CheckError, match="gradients failed on the problem 6-2-1, 1 example: ZeroDivisionError"):
        check(Failing(), SMALL)


def test_a_program_that_is_wrong_before_it_fails_is_told_both():
    checkup = check(Failing(mistakes=mistakes("mask missing in dZ1")), SMALL)
    assert (checkup.verdict, [finding.name for finding in checkup.findings]) == ("wrong", ["mask missing in dZ1"])
    assert "gradients failed on the problem 6-2-1, 1 example: ZeroDivisionError" in checkup.remarks[0]


def test_of_a_program_that_is_too_slow_one_cannot_tell():
    slow = Failing()
    slow.slow = True
    checkup = check(slow, SMALL)
    assert (checkup.verdict, checkup.status()) == ("cannot tell", 3)
    assert "2-3-1, 1109 examples: it did not finish within 1 s (--timeout)" in sentence(checkup)
    assert list(what_would_decide(checkup)) == ["allow more time: --timeout SECONDS."]


@pytest.mark.parametrize("kind", ["clipping at 0.1", "clipping to norm 1", "division by the norm"])
def test_what_is_done_to_all_four_gradients_is_one_finding(kind):
    lines = ("dW2", "db2", "dW1", "db1")
    checkup = check(Patient(mistakes=mistakes(*(f"{kind} in {line}" for line in lines))), SMALL)
    (finding,) = checkup.findings
    assert finding.name == f"{kind} in dW2, db2, dW1 and db1"
    assert [cure.partition(" ")[0] for cure in finding.cures] == list(lines)
    assert {row.quantity: row.place for row in checkup.rows() if row.quantity in lines} == dict.fromkeys(
        lines, "WRONG here"
    )


def test_clipping_is_named_from_the_four_gradients_alone():
    chosen = mistakes(*(f"clipping to norm 5 in {name}" for name in FOUR))
    (finding,) = check(Patient(mistakes=chosen, gives=FOUR), SMALL).findings
    assert finding.name == "clipping to norm 5 in dW2, db2, dW1 and db1"


class Shortening(Patient):
    """Clips its gradients, wrong as they are, to the norm 1."""

    def gradients(self, *arguments):
        found = super().gradients(*arguments)
        norm = np.sqrt(sum(np.square(found[name]).sum() for name in FOUR))
        return {**found, **{name: found[name] * min(1, 1 / norm) for name in FOUR}}


def test_clipping_is_named_beside_another_mistake_that_changes_the_norm():
    names = [f.name for f in check(Shortening(mistakes=mistakes("mask missing in dZ1")), SMALL).findings]
    assert sorted(names) == ["clipping to norm 1 in dW2, db2, dW1 and db1", "mask missing in dZ1"]
