"""What the doctor's problems are there for: what shows on one of them alone is found, and a failure hides nothing."""

import numpy as np
import pytest
from patients import FOUR, Patient

from shared.checking import problems
from shared.checking.catalogue.entries import CATALOGUE
from shared.checking.checkup import check
from shared.checking.sandbox.program import CheckError, Reply
from shared.checking.told import sentence, what_would_decide

SMALL = list(problems.small())


def mistakes(*names):
    return tuple(next(mistake for mistake in CATALOGUE if mistake.name == name) for name in names)


def test_no_two_problems_have_one_name_and_each_is_exact_in_float32():
    assert len({problem.name for problem in SMALL}) == len(SMALL) == problems.COUNT - 2
    for problem in SMALL:
        assert all(np.array_equal(V, V.astype(np.float32)) for V in problem.given().values())


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
    assert "2-12-1, 263 examples: it did not finish within 1 s (--timeout)" in sentence(checkup)
    assert list(what_would_decide(checkup)) == ["allow more time: --timeout SECONDS."]


def test_a_missing_gradient_is_called_missing_and_not_rounding():
    checkup = check(Patient(gives=("dW1", "db1", "dW2")), SMALL)
    assert sentence(checkup).endswith("db2 is missing.")
    assert list(what_would_decide(checkup)) == ["give all of dW1, db1, dW2 and db2, on every problem."]


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
