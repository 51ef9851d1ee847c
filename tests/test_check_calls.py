"""The doctor tells what is added up from call to call, and only that."""

import numpy as np
import pytest
from patients import FOUR, Patient

from shared.checking import problems
from shared.checking.catalogue.entries import CATALOGUE
from shared.checking.checkup import check

SMALL = list(problems.small())


class Keeping(Patient):
    """Makes each answer of the right one and of what it gave for the problem before, where that has its shape."""

    def gradients(self, *arguments):
        found = super().gradients(*arguments)
        self.kept = found | {name: self.both(self.kept.get(name), found[name]) for name in self.names}
        return dict(self.kept)

    def both(self, before, V):
        return V + self.share * before if before is not None and before.shape == V.shape else V


def told(names, share=1, mistakes=(), gives=FOUR, kept=()):
    patient = Keeping(gives=gives, mistakes=mistakes)
    patient.names, patient.share, patient.kept = names, share, dict(kept)
    return [finding.name for finding in check(patient, SMALL).findings]


@pytest.mark.parametrize(
    ("names", "where"),
    [(FOUR, "dW2, db2, dW1 and db1"), (("db2",), "db2"), (("dW1", "db1"), "dW1 and db1"), (("cost",), "cost")],
)
def test_what_is_never_set_to_zero_is_one_finding(names, where):
    assert told(names, gives=("cost", *FOUR)) == [f"earlier calls added in {where}"]


def test_another_mistake_beside_it_is_named_too():
    mask = next(m for m in CATALOGUE if m.name == "mask missing in dZ1")
    assert told(("db2",), mistakes=(mask,)) == ["earlier calls added in db2", "mask missing in dZ1"]


def test_what_is_wrong_from_the_first_call_is_not_taken_for_it():
    assert not any("earlier calls added" in name for name in told(("db2",), kept={"db2": np.ones((1, 1))}))


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 1 + 1e-9])
def test_nothing_but_the_sum_is_taken_for_it(share):
    assert not any("earlier calls added" in name for name in told(FOUR, share))
