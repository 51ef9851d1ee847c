"""The proof of a diagnosis: one wrong entry, on the smallest problem that shows it, that can be followed on paper."""

from dataclasses import dataclass

import numpy as np

from shared.checking import on_paper
from shared.checking.clues import clues
from shared.checking.conventions import Convention
from shared.checking.diagnosis import Diagnosis
from shared.checking.examination import Examination
from shared.checking.trial import RATE, Trial
from shared.checking.visit import Visit
from shared.judging.lines import run


@dataclass(frozen=True)
class Evidence:
    """One entry on the smallest problem that shows a mistake: the right line with its numbers, and both values."""

    problem: str
    entry: str
    right_line: str
    true_value: float
    got: float


def proof(diagnosis: Diagnosis, examination: Examination, outcome: Trial | None) -> tuple[Evidence | None, list[str]]:
    """Write out one wrong entry on the smallest problem that shows it, and collect what is known of the rest."""
    name = diagnosis.line if diagnosis.line in examination.given else diagnosis.quantities[0]
    for visit in examination.visits:
        if name not in visit.given or visit.place(name) != "WRONG here":
            continue
        known = [] if diagnosis.mistakes else [*clues(visit, name), *where_it_shows(examination, name)]
        return evidence_of(visit, name, examination.convention), known
    if outcome and diagnosis.line in outcome.given:
        return update_evidence(outcome, diagnosis.line, examination.convention), []
    return None, []


def where_it_shows(examination: Examination, name: str) -> list[str]:
    """Say on which problems a line is wrong, if it is right on others."""
    places = examination.places(name)
    wrong = [problem for problem, place in places.items() if place == "WRONG here"]
    return [] if len(wrong) == len(places) else [f"it is wrong only on: {'; '.join(wrong)}"]


def evidence_of(visit: Visit, name: str, convention: Convention) -> Evidence | None:
    """Write out the entry of a quantity that is furthest off, with the program's own numbers."""
    V, truth = visit.values.get(name), visit.lines[name][0].high
    if V is None or V.shape != truth.shape:
        return None
    q = {**visit.problem.given(), **run(visit.problem.given(), own=visit.own), **visit.own}
    m, index = q["X"].shape[1], on_paper.worst_entry(V, truth)
    q |= {late: m * q[late] for late in convention.late if late in q}
    scale = m if name in convention.late else 1
    line = on_paper.written_out(name, index, q, convention.late)
    entry = f"{name}{convention.their_index(name, index) or ''}"
    return Evidence(visit.problem.name, entry, line, float(truth[index]) * scale, float(V[index]) * scale)


def update_evidence(outcome: Trial, name: str, convention: Convention) -> Evidence | None:
    """Write out one wrong entry of the first wrong step."""
    if name in outcome.unfit or name == "costs":
        return None
    for number, step in enumerate(outcome.steps, start=1):
        judgement, before = step.whole[name], getattr(step.before, name)
        if judgement.verdict == "wrong" and judgement.worst:
            index = judgement.worst.index
            dV = step.own_gradients.get(f"d{name}", np.full(before.shape, np.nan))[index]
            line = f"{on_paper.n(before[index])} - {RATE} * {on_paper.n(dV)}"
            entry = f"{name}{convention.their_index(name, index)} after step {number}"
            where = f"{outcome.problem.name}, learning rate {RATE}"
            return Evidence(where, entry, line, float(judgement.worst.true_value), judgement.worst.got)
    return None
