"""What looks wrong is another network: all that differs are its hidden units, or a penalty on its weights."""

from shared.checking.checkup import Checkup
from shared.checking.examination import Examination
from shared.checking.lines import HIDDEN, hidden_units, with_hidden_units
from shared.checking.symptoms import saturation
from shared.checking.vocabulary import HIDDEN as UNITS

NAMED = {"slope 0.01 on the left", *(hidden.article.partition(" ")[2] for hidden in UNITS.values())}
"""What hidden units are called."""
PENALTY, DECAY = "penalty on the weights ", "weight decay "


def other_network(checkup: Checkup) -> str:
    """Say for what a program is wrong and for what it is right; empty if more is wrong than that."""
    found = [finding.diagnosis for finding in checkup.findings if not finding.diagnosis.is_limit]
    kinds = {line: {m.kind for m in each.mistakes} for each in found for line in (each.line, *each.also)}
    if checkup.stops:
        return ""
    if checkup.observation and checkup.observation.is_autograd and set(kinds) == {"A1"}:  # the slope follows
        kinds["dZ1"] = {slope for kind in kinds["A1"] if kind in NAMED for slope in slopes_of(kind)}
    if kinds and {*kinds} <= {"A1", "dZ1"} and (units := right_with(checkup.examination) or other_units(kinds)):
        said = f" (--activation {units} examines it as such)" if units in HIDDEN else ""
        return f"{hidden_units()}, and right for the hidden units that it has: {units}{said}"
    if set(kinds) == {"cost", "dW2", "dW1"} and (size := penalty(kinds)):
        return f"a cost without a penalty, and right for the cost that it has: with a penalty of {size} on the weights"
    return ""


def right_with(examination: Examination) -> str:
    """Name the other hidden units of this suite with which all that a program gave is right; or nothing."""
    for activation in (each for each in HIDDEN if each != hidden_units()):
        with with_hidden_units(activation):
            again = Examination(examination.convention, observed=examination.observed)
            small = ((problem, reply) for problem, reply in examination.replies if not problem.is_large)
            if all(saturation(again, name) for each in small for name in again.add(*each).wrong):
                return activation
    return ""


def other_units(kinds: dict[str, set[str]]) -> str:
    """Name the activation of another kind that A1 has and, with its own slope, dZ1."""
    slopes = kinds.get("dZ1", set())
    return next((kind for kind in sorted(kinds.get("A1", ())) if slopes_of(kind) & slopes), "")


def slopes_of(kind: str) -> set[str]:
    """Name what dZ1 is called where it has the slope of an activation; a leak has one name in both."""
    if kind.startswith("slope"):
        return {kind, f"{kind} and 1 at 0"}
    return {f"slope of a {kind}", f"slope of an {kind}"}


def penalty(kinds: dict[str, set[str]]) -> str:
    """Give the size of the penalty that the cost has and, as a decay, both gradients of weights."""
    sizes = (kind.removeprefix(PENALTY).partition(",")[0] for kind in kinds["cost"] if kind.startswith(PENALTY))
    return next((size for size in sizes if f"{DECAY}{size}" in kinds["dW2"] & kinds["dW1"]), "")
