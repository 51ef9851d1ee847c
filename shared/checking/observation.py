"""A program that was watched at work: its own formulas and places, and what they add to an examination."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from shared.checking.catalogue.mistake import Mistake, Trait
from shared.checking.conventions import LATE, READINGS
from shared.checking.edits import Edit, edits
from shared.checking.examination import ARGUMENTS, Examination
from shared.checking.formulas import Reader
from shared.checking.lines import LINES, Formula
from shared.checking.problems import Problem
from shared.checking.recognition import Sighting, Trace, recognised
from shared.checking.sandbox.program import Program
from shared.checking.simplifying import text_of
from shared.checking.source import line_at, mended
from shared.checking.symptoms import SURE
from shared.checking.visit import FLOAT64, standard_of
from shared.checking.watching.operations import Place

LONGEST = 160
"""A formula with more letters is not shown."""


@dataclass(frozen=True)
class Own:
    """A program's own line of a quantity: its formula, how it differs from the right one, and where.

    `place` is the expression that differs, or that computes the quantity, `source` the line it stands in, `mended` that
    line as it should be, if it takes no more than another name; `name` is what the program calls the quantity.
    """

    formula: str
    edits: tuple[Edit, ...]
    place: Place | None
    name: str
    source: str = ""
    mended: str = ""


@dataclass
class Observation:
    """What was seen on all problems, and which quantities were recognised."""

    path: Path
    traces: list[Trace]
    sightings: dict[str, Sighting]

    def own(self, line: str) -> Own | None:
        """What the program computes as a quantity; None if it was not seen."""
        sighting, (trace, second) = self.sightings.get(line), self.traces[:2]
        operation = trace.operation(sighting) if sighting else None
        if sighting is None or operation is None:
            return None
        tree = Reader(trace, second, self.sightings).formula(sighting)
        text = "" if tree is None else text_of(tree)
        is_short = tree is not None and len(text) <= LONGEST
        differences = tuple(edits(tree, line)) if tree is not None else ()
        seen = next((edit.seen for edit in differences if edit.seen is not None), None)
        place = (trace.operations[seen] if seen is not None else operation).place or operation.place
        source = line_at(self.path, place) if place else ""
        swapped = re.fullmatch(r"(\w+) in place of (\w+)", differences[0].said) if len(differences) == 1 else None
        changed = mended(self.path, place, swapped[1], swapped[2]) if place and swapped else ""
        return Own(text if is_short else "", differences, place, operation.name, source, changed)

    @cached_property
    def lines(self) -> dict[str, Own]:
        """Everything that was recognised."""
        return {line: own for line in LINES if (own := self.own(line))}

    def mistake(self, line: str) -> Mistake | None:
        """The program's own formula as a mistake, called by its edits; None if it has none."""
        own = self.lines.get(line)
        if own is None or not own.formula or not own.edits:
            return None
        text = f"{line} is {own.formula}; right is {text_of(ast.parse(LINES[line], mode='eval').body)}."
        kind = ", ".join(dict.fromkeys(edit.said for edit in own.edits))
        is_another = own.edits[0].said.startswith(f"{own.formula} in place of")
        return Mistake(kind, line, Formula(own.formula), text, traits=Trait.FORMULA if is_another else Trait.NONE)


FEW = 2
"""So many problems show what a right program calls its quantities, and where they stand."""


def observe(program: Program, examination: Examination) -> Observation | None:
    """Let a program solve the small problems again, watched; None if it cannot be, or nothing shows what it does.

    Of a right program, only names and places are wanted, and few problems show them.
    """
    c, traces, wanted = examination.convention, list[Trace](), len(examination.visits) if examination.wrong else FEW
    if not is_wrong_on_small(examination):
        return None
    for (problem, _), visit in zip(examination.replies, examination.visits, strict=True):
        if problem.is_large or len(traces) == wanted:
            break
        arguments = c.arguments(problem)
        reply = program.call("gradients", *arguments, watch=True)
        if not reply.operations:
            return None
        inputs = dict(zip(ARGUMENTS, arguments, strict=True))
        traces.append(Trace(problem, reply.operations, inputs, dict(visit.own), visit.dtype))
    plain = [trace for trace in traces if trace.problem.dtype == FLOAT64 and not is_saturated(trace.problem)]
    if len(plain) < FEW:
        return None
    plain = [*plain[1:], plain[0]]  # a formula is read where inputs have many digits and can be told from each other
    return Observation(program.path, [*plain, *(trace for trace in traces if trace not in plain)], recognised(plain))


def is_wrong_on_small(examination: Examination) -> bool:
    """Tell whether all that is wrong is so on small problems as well: only these are watched."""
    small = {name for visit in examination.visits if not visit.problem.is_large for name in visit.wrong}
    return set(examination.wrong) <= small


def is_saturated(problem: Problem) -> bool:
    """Tell whether guards and overflows may show on a problem."""
    _, _, standard = standard_of(problem, FLOAT64)
    return bool(np.abs(standard.right["Z2"][0].high).max() > SURE)


def with_observed(examination: Examination, observation: Observation) -> Examination:
    """Add to an examination the quantities that the program did not give back, and was seen to compute."""
    late = late_by(observation.sightings, examination.convention.late)
    added = {
        name: sighting
        for name, sighting in observation.sightings.items()
        if name not in examination.given and (name not in LATE or sighting.late == (name in late))
    }
    richer = Examination(
        replace(examination.convention, late=late),
        examination.function,
        remarks=examination.remarks,
        stopped=examination.stopped,
        observed=tuple(added),
    )
    by_problem = {trace.problem.name: trace for trace in observation.traces}
    for problem, reply in examination.replies:
        values, trace = dict(reply.values or {}), by_problem.get(problem.name)
        if trace is None:
            continue
        for name, sighting in added.items():
            V = trace.array(sighting)
            if V is not None and name not in values:
                values[name] = richer.convention.theirs(name, V * (problem.sizes["m"] if name in late else 1))
        richer.add(problem, replace(reply, values=values))
    richer.note_what_is_missing()
    return richer


def late_by(sightings: Mapping[str, Sighting], known: tuple[str, ...]) -> tuple[str, ...]:
    """Find where a program takes the mean, as it was seen to."""
    seen = {name: sighting.late for name, sighting in sightings.items() if name in LATE}
    fitting = (reading for reading in READINGS if all(late == (name in reading) for name, late in seen.items()))
    return next(fitting, known) if seen else known
