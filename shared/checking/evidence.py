"""The proof of a diagnosis: one wrong entry, on the smallest problem that shows it, that can be followed on paper."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations, islice

import numpy as np

from shared.checking import on_paper
from shared.checking.conventions import Convention
from shared.checking.examination import OF_EACH_EXAMPLE, Examination
from shared.checking.judged_reply import JudgedReply
from shared.checking.lines import run
from shared.checking.symptoms import symptoms
from shared.checking.training_check import TrainingCheck
from shared.checking.what_is_wrong import Diagnosis


@dataclass(frozen=True)
class Evidence:
    """One entry on the smallest problem that shows a mistake: the right line with its numbers, and both values."""

    problem: str
    entry: str
    right_line: str
    true_value: float
    got: float


def proof(
    diagnosis: Diagnosis, examination: Examination, outcome: TrainingCheck | None
) -> tuple[Evidence | None, list[str]]:
    """Write out one wrong entry on the smallest problem that shows it, and collect what is known of the rest."""
    name = diagnosis.line if diagnosis.line in examination.given else diagnosis.quantities[0]
    wrong = [answer for answer in examination.answers if name in answer.wrong]
    if wrong:
        known = [] if diagnosis.mistakes else [*symptoms(wrong, name), *where_it_shows(examination, name)]
        c, turned = examination.convention, examination.is_turned and name in OF_EACH_EXAMPLE
        return evidence_of(wrong[0], name, replace(c, rows=c.rows != turned)), known
    if outcome and diagnosis.line in outcome.given:
        return update_evidence(outcome, diagnosis.line, examination.convention), []
    return None, []


def where_it_shows(examination: Examination, name: str) -> list[str]:
    """Say on which problems a line is wrong, if it is right on others, and what that has to do with earlier answers."""
    places = examination.places(name)
    wrong = [problem for problem, place in places.items() if place == "WRONG here"]
    fine = [problem for problem, place in places.items() if place == "OK"]
    only = "" if examination.stopped else "only "
    few = f"wrong {only}on: {'; '.join(wrong)}" if len(wrong) <= len(fine) else f"right on: {'; '.join(fine)}"
    return [*([f"it is {few}"] if fine else []), *islice(remembered(examination, name), 1)]


def remembered(examination: Examination, name: str) -> Iterator[str]:
    """Look for two problems that are not the same and have one answer."""
    for earlier, later in combinations(examination.answers, 2):
        a, b = (answer.values.get(name, np.zeros(0)) for answer in (earlier, later))
        says = bool((np.isfinite(a) & (a != 0)).any())
        if a.shape != b.shape or earlier.problem.dtype != later.problem.dtype or not says:
            continue
        if not earlier.problem.is_like(later.problem) and np.array_equal(a, b, equal_nan=True):
            yield f"it gave the same on {earlier.problem.name}, and on {later.problem.name}: is it kept in between?"


def evidence_of(answer: JudgedReply, name: str, convention: Convention) -> Evidence | None:
    """Write out the entry of a quantity that is furthest off, with the program's own numbers."""
    V, truth = answer.values.get(name), answer.lines[name][0].high
    if V is None or V.shape != truth.shape:
        return None
    q = {**answer.problem.given(), **run(answer.problem.given(), own=answer.own), **answer.own}
    m, index = q["X"].shape[1], on_paper.worst_entry(V, truth)
    q |= {late: m * q[late] for late in convention.late if late in q}
    scale = m if name in convention.late else 1
    line = on_paper.written_out(name, index, q, convention.late)
    entry = f"{name}{convention.their_index(name, index) or ''}"
    return Evidence(answer.problem.name, entry, line, float(truth[index]) * scale, float(V[index]) * scale)


def update_evidence(outcome: TrainingCheck, name: str, convention: Convention) -> Evidence | None:
    """Write out one wrong entry of the first wrong step."""
    if name in outcome.unfit or name == "costs":
        return None
    for step in outcome.steps:
        judgement, before, rate = step.global_error[name], getattr(step.before, name), on_paper.n(step.course.rate)
        if judgement.verdict == "wrong" and judgement.worst:
            index = judgement.worst.index
            dV = step.own_gradients.get(f"d{name}", np.full(before.shape, np.nan))[index]
            line = f"{on_paper.n(before[index])} - {rate} * {on_paper.n(dV)}"
            entry = f"{name}{convention.their_index(name, index) or ''} after step {step.number}"
            where = f"{step.course.problem.name}, learning rate {rate}"
            return Evidence(where, entry, line, float(judgement.worst.true_value), judgement.worst.got)
    return None
