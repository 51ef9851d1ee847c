"""A program that was watched at work: its own formulas and places, and what they add to an examination."""

import ast
import re
from collections.abc import Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from shared.checking.catalogue.mistake import Mistake, Trait
from shared.checking.conventions import LATE, READINGS, quantities_of
from shared.checking.edits import Edit, edits
from shared.checking.examination import ARGUMENTS, OF_EACH_EXAMPLE, Examination
from shared.checking.formulas import Reader
from shared.checking.judged_reply import FLOAT64, standard_of
from shared.checking.lines import LINES, Formula
from shared.checking.loops import at_once
from shared.checking.problems import Problem
from shared.checking.recognition import Sighting, Trace, recognised
from shared.checking.sandbox.program import Program
from shared.checking.simplifying import Place as Replacement
from shared.checking.simplifying import abbreviated, simplified, text_of
from shared.checking.source import changed, line_at, mended, where_assigned, where_called, where_passed_back
from shared.checking.symptoms import SURE
from shared.checking.watching.operations import Operation, Place
from shared.checking.watching.recorder import MOST_OPERATIONS
from shared.network import INPUTS

UNDEFINED = {
    **dict.fromkeys(("log", "log2", "log10"), ("the log of a number below 0", "the log of 0")),
    "log1p": ("the log of a number below 0", "the log of 0"),
    "sqrt": ("the root of a number below 0", ""),
    "power": ("a broken power of a number below 0", "a power that is too large"),
    **dict.fromkeys(("divide", "true_divide"), ("0 divided by 0", "a division by 0")),
    "exp": ("", "exp of a number that is too large"),
}
"""What makes nan of numbers, and what makes infinity of them."""
LONGEST = 160
"""A formula with more letters is not shown."""
LONGEST_EDIT = 80
"""An edit with more letters is told by the formulas, before and after."""


@dataclass(frozen=True)
class Own:
    """A program's own line of a quantity: its formula, how it differs from the right one, and where.

    `place` is the expression that differs, or that computes the quantity, `source` the line it stands in, `mended` that
    line as it should be, if it takes no more than another name; `name` is what the program calls the quantity, and
    `yours` the formula, and `right` the right one, with the 1/m where the program has it.
    """

    line: str
    formula: str
    edits: tuple[Edit, ...]
    place: Place | None
    name: str
    source: str = ""
    mended: str = ""
    yours: str = ""
    right: str = ""

    @property
    def is_behind(self) -> bool:
        """Whether what is missing belongs behind the place: one quantity is taken for the next one as it is."""
        return self.formula in LINES and self.formula != self.line

    @property
    def said(self) -> str:
        """The program's own formula and the right one."""
        return f"{self.line} is {self.yours}; right is {self.right}"


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
        if same := [name for name in INPUTS[line] if name in LINES and self.is_one(name, line)]:
            tree = ast.Name(same[0], ast.Load())
        text = "" if tree is None else text_of(tree)
        is_short = tree is not None and len(abbreviated(tree)) <= LONGEST
        differences = tuple(edits(tree, line)) if tree is not None else ()
        shown = next((edit for edit in differences if edit.operation is not None), None)
        place = where(shown, trace.operations) if shown else operation.place
        if place and shown and shown.is_only_another_operand:
            place = where_called(self.path, place)
        if place and shown and any(re.search(r"\bn_[xh]\b|\bm - 1\b", edit.written) for edit in differences):
            place = where_assigned(self.path, place)
        if place and operation.function == "grad":
            place = where_passed_back(self.path, place)
        source = line_at(self.path, place) if place else ""
        only = differences[0] if len(differences) == 1 else None
        cure = self.cure(only, place, trace.operations[only.operation or 0]) if place and only else ""
        yours = abbreviated(self.with_own_mean(tree, line)) if tree is not None and is_short else ""
        right = text_of(self.with_own_mean(ast.parse(LINES[line], mode="eval").body, line))
        return Own(line, text if is_short else "", differences, place, operation.name, source, cure, yours, right)

    def cure(self, edit: Edit, place: Place, operation: Operation) -> str:
        """Write the line of a place without its only mistake; empty where that takes more than a word."""
        if operation.function == "mean" and (edit.written, edit.right) == ("m", ""):
            return changed(self.path, place, r"\bmean\b", "sum")
        return mended(self.path, place, edit.written, edit.right) if edit.is_swap else ""

    def why_undefined(self, line: str) -> str:
        """Say which operation makes what is no number, infinite or nan, of numbers; empty if none was seen."""
        sighting, trace = self.sightings.get(line), self.traces[0]
        operation = trace.where_undefined(sighting) if sighting else None
        if operation is None or np.isfinite(operation.result).all():
            return ""
        is_nan = np.isnan(operation.result).any()
        said = UNDEFINED.get(operation.function, ("", ""))[0 if is_nan else 1]
        return f"{said} in line {operation.place.line}" if said and operation.place else said

    def with_own_mean(self, tree: ast.expr, line: str) -> ast.expr:
        """Write a formula with the program's own quantities: those that are m times as large as in the notation."""
        late = {name for name, each in self.sightings.items() if each.late and name in LATE}
        late |= {*LATE} - {*self.sightings} if line in late else set()  # what was not seen is where it is, too
        written_late = {name: ast.parse(f"{name} / m", mode="eval").body for name in late}
        written: ast.expr = Replacement(written_late).visit(deepcopy(tree))
        return simplified(ast.BinOp(written, ast.Mult(), ast.Name("m", ast.Load())) if line in late else written, line)

    def is_one(self, name: str, other: str) -> bool:
        """Tell whether one operation gave two quantities."""
        return name in self.sightings and self.sightings[name].key == self.sightings[other].key

    @cached_property
    def lines(self) -> dict[str, Own]:
        """Everything that was recognised."""
        return {line: written for line in LINES if (written := self.own(line))}

    @property
    def is_autograd(self) -> bool:
        """Whether the gradients are autograd's: what is wrong with them is wrong before."""
        return self.traces[0].loss is not None

    @property
    def formulas(self) -> dict[str, str]:
        """The formulas of those that have one which is short, and differs from the right one."""
        return {line: written.formula for line, written in self.lines.items() if written.formula and written.edits}

    def mistake(self, line: str) -> Mistake | None:
        """The program's own formula as a mistake, called by its edits; None if it has none."""
        written = self.lines.get(line)
        if written is None or not written.formula or not written.edits:
            return None
        kind = ", ".join(dict.fromkeys(edit.said for edit in written.edits))
        is_whole = written.edits[0].right and written.edits[0].written == written.formula
        traits = Trait.FORMULA if is_whole or len(kind) > LONGEST_EDIT else Trait.NONE
        traits |= Trait.LATE if "learning_rate" in written.formula else Trait.NONE
        plain = [trace for trace in self.traces if is_plain(trace.problem)]
        is_safe = all(trace.is_right(self.sightings[line]) for trace in plain)
        traits |= Trait.LIMIT if is_safe else Trait.NONE  # it gives way where the network is sure, and only there
        return Mistake(kind, line, Formula(written.formula), f"{written.said}.", traits=traits)


def where(edit: Edit, operations: Sequence[Operation]) -> Place | None:
    """Find the place of an edit: where something wrong is computed, or where it is used for what is elsewhere."""
    place, around = (
        operations[number].place if number is not None else None for number in (edit.operation, edit.around)
    )
    is_used = place and around and edit.is_quantity and not place.line <= around.line <= place.end_line
    return around if is_used else place


FEW = 2
"""So many problems show what a right program calls its quantities, and where they stand."""


def observe(program: Program, examination: Examination) -> Observation | None:
    """Let a program solve the small problems again, watched; None if it cannot be, or nothing shows what it does.

    Of a right program, only names and places are wanted, and few problems show them.
    """
    c, traces, wanted = examination.convention, list[Trace](), len(examination.answers) if examination.wrong else FEW
    is_loop, lengths = False, dict[int, int]()
    if not is_wrong_on_small(examination):
        return None
    for (problem, _), answer in zip(examination.replies, examination.answers, strict=True):
        if problem.is_large or len(traces) == wanted:
            break
        if is_too_long(lengths, problem):
            continue
        arguments = c.arguments(problem)
        reply = program.call("gradients", *arguments, watch=True)
        if reply.remark and reply.remark not in examination.remarks:
            examination.remarks.append(reply.remark)
        if not reply.operations and not traces:
            return None
        if not 0 < len(reply.operations) < MOST_OPERATIONS:  # it did something else, or the end was not seen
            continue
        inputs = dict(zip(ARGUMENTS, arguments, strict=True))
        misfits = {name: V for name, V in answer.values.items() if name in answer.unfit}
        seen = at_once(reply.operations, inputs, answer.own)
        lengths[problem.sizes["m"]] = len(reply.operations)
        is_loop = is_loop or len(seen) < len(reply.operations)
        if not is_loop or problem.sizes["m"] > 1:  # nothing tells a loop that is passed once from what is around it
            traces.append(Trace(problem, seen, inputs, dict(answer.own), answer.dtype, misfits))
    plain = [trace for trace in traces if is_plain(trace.problem)]
    if len(plain) < FEW:
        return None
    plain = [*plain[1:], plain[0]]  # a formula is read where inputs have many digits and can be told from each other
    return Observation(program.path, [*plain, *(trace for trace in traces if trace not in plain)], recognised(plain))


def is_too_long(lengths: dict[int, int], problem: Problem) -> bool:
    """Tell whether a loop over the examples would be longer than what is watched, as two numbers of them foretell."""
    if len(lengths) < FEW:
        return False
    (few, short), (more, longer), *_ = sorted(lengths.items())
    return short + (longer - short) / (more - few) * (problem.sizes["m"] - few) >= MOST_OPERATIONS


def is_wrong_on_small(examination: Examination) -> bool:
    """Tell whether all that is wrong is so on small problems as well: only these are watched."""
    small = {name for answer in examination.answers if not answer.problem.is_large for name in answer.wrong}
    return set(examination.wrong) <= small


def is_plain(problem: Problem) -> bool:
    """Tell whether values tell what they are on a problem: not with one example, and not where guards may show."""
    _, _, standard = standard_of(problem, FLOAT64)
    is_saturated = bool(np.abs(standard.right["Z2"][0].high).max() > SURE)
    return problem.dtype == FLOAT64 and problem.sizes["m"] > 1 and not is_saturated


def with_observed(examination: Examination, observation: Observation, left_out: Collection[str] = ()) -> Examination:
    """Add to an examination the quantities that the program did not give back, and was seen to compute."""
    is_autograd, late = observation.is_autograd, late_by(observation.sightings, examination.convention.late)
    late = () if is_autograd else late  # autograd divides nothing later
    added = {
        name: sighting
        for name, sighting in observation.sightings.items()
        if is_autograd or (name not in examination.given and (name not in LATE or sighting.late == (name in late)))
    }
    added = {name: sighting for name, sighting in added.items() if name not in left_out}
    richer = replace(
        examination,
        convention=replace(examination.convention, late=late),
        replies=[],
        answers=[],
        observed=tuple(name for name in added if name not in examination.given),
    )
    by_problem = {trace.problem.name: trace for trace in observation.traces}
    for problem, reply in examination.replies:
        values, trace = dict(reply.values or {}), by_problem.get(problem.name)
        if trace is None or (is_autograd and any(trace.operation(each) is None for each in added.values())):
            continue
        for name, sighting in added.items():
            V, operation = trace.array(replace(sighting, late=False)), trace.operation(sighting)
            key = next((key for key, q in quantities_of(values, richer.convention.read).items() if q == name), name)
            if V is not None:  # what JAX compiles differs by roundings, so all that it was seen to give is taken
                lies_as_it_did = name in OF_EACH_EXAMPLE and operation and operation.result.ndim == 2
                turned = V.T if sighting.turned else V
                values[key] = turned if lies_as_it_did else richer.convention.theirs(name, V)
        richer.add(problem, replace(reply, values=values))
    richer.note_what_is_missing()
    return richer


def unsure(examination: Examination, observation: Observation, unexplained: Collection[str]) -> set[str]:
    """Name what was observed, is right where values tell what they are, and is off elsewhere: by rounding, perhaps."""
    plain = {trace.problem.name for trace in observation.traces if is_plain(trace.problem)}
    wrong = {name for answer in examination.answers if answer.problem.name in plain for name in answer.wrong}
    return {*unexplained} & {*examination.observed} - wrong


def late_by(sightings: Mapping[str, Sighting], known: tuple[str, ...]) -> tuple[str, ...]:
    """Find where a program takes the mean, as it was seen to."""
    late_of = {name: sighting.late for name, sighting in sightings.items() if name in LATE}
    fitting = (reading for reading in READINGS if all(late == (name in reading) for name, late in late_of.items()))
    return next(fitting, known) if late_of else known
