"""A visit to the doctor: everything that was found, in one record that the terminal and the JSON file show."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from shared.checking.catalogue.mistake import Trait
from shared.checking.conventions import LATE
from shared.checking.diagnosis import diagnose, explain
from shared.checking.evidence import Evidence, proof
from shared.checking.examination import Examination, Verdict, examine, examine_forward
from shared.checking.judged_reply import GRADIENTS, JudgedReply, Place
from shared.checking.layout import line_of_code, line_with_remark, remark_on_layout
from shared.checking.observation import Observation, Own, observe, unsure, with_observed
from shared.checking.problems import Problem
from shared.checking.sandbox.program import CheckError, Program, TooSlowError
from shared.checking.shown import shown
from shared.checking.symptoms import is_narrow, saturation
from shared.checking.training_check import TrainingCheck, check_training
from shared.checking.updates import diagnose_updates, without_wanted
from shared.checking.what_is_wrong import Diagnosis, merged, without_derived
from shared.judging.verdict import Judgement

COST, NO_COST = r"(?i)cost|loss", "not examined, since it does not come back beside the gradients: the cost"
STATUS = {"certified": 0, "certified, with limits": 0, "wrong": 1, "cannot tell": 3}


@dataclass(frozen=True)
class Row:
    """A quantity in the table: its place, and the problem on which its error came nearest to what is allowed.

    `own` says where it stands in the source, and what it is called there.
    """

    quantity: str
    place: Place
    remark: str
    problem: str
    judgement: Judgement | None
    own: Own | None = None


@dataclass(frozen=True)
class Finding:
    """A diagnosis of one of the program's functions, its cure in the program's own convention, and its evidence.

    `own` is what the program itself computes on the line, if it was seen.
    """

    function: str
    diagnosis: Diagnosis
    cures: tuple[str, ...]
    evidence: Evidence | None
    own: Own | None = None

    @property
    def name(self) -> str:
        """The diagnosis, or the formula where it has no name, and the function where it is forward."""
        found = self.diagnosis
        if self.own and self.own.formula and self.own.edits and not (found.mistakes or found.unfit or found.narrow):
            return self.own.said
        return f"{self.diagnosis.name} of forward" if self.function == "forward" else self.diagnosis.name


@dataclass
class Checkup:
    """Everything that was found; `asked` are the problems that were set."""

    path: Path
    examination: Examination
    forward: Examination | None = None
    training_check: TrainingCheck | None = None
    observation: Observation | None = None
    asked: Sequence[Problem] = ()
    findings: list[Finding] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The verdict on the whole file."""
        places = {row.place for row in self.rows()}
        if places & {"WRONG here", "inherits"}:
            return "wrong"
        if "cannot tell" in places or self.stops:
            return "cannot tell"
        return "certified, with limits" if "gives way" in places or self.examination.overflows else "certified"

    @property
    def stops(self) -> list[CheckError]:
        """Where its functions failed, each the first time."""
        examined = (self.examination, self.training_check, self.forward)
        return [each.stopped for each in examined if each and each.stopped]

    def status(self, strict: bool = False) -> int:
        """The exit status that says the same; `strict` takes what gives way for wrong."""
        return STATUS["wrong" if strict and self.verdict == "certified, with limits" else self.verdict]

    def rows(self) -> list[Row]:
        """The table, in the order of computation; the updates come last."""
        examinations = [self.examination, *([self.forward] if self.forward else [])]
        found = [self.with_own(row_of(each, name, self.findings), each) for each in examinations for name in each.given]
        if self.training_check:
            found += [row_of_update(self.training_check, name, self.findings) for name in self.training_check.given]
        return found

    def with_own(self, row: Row, examination: Examination) -> Row:
        """Add to a row of gradients what the program calls the quantity, and where it stands."""
        if self.observation is None or examination.function != "gradients":
            return row
        return replace(row, own=self.observation.lines.get(row.quantity))

    @property
    def remarks(self) -> list[str]:
        """What else a user should know."""
        examined = (self.examination, self.training_check, self.forward)
        return [*(remark for each in examined if each for remark in each.remarks), *map(str, self.stops)]


def check(program: Program, problems: Iterable[Problem], done: Callable[[int], None] = lambda count: None) -> Checkup:
    """Examine a program, let it train if it can, and explain what is wrong.

    Raises
    ------
    CheckError
        If the program fails, and nothing that it gave before is wrong.
    """
    problems = list(problems)
    examination = examine(program, problems, done)
    observation = observe(program, examination)
    asked = [answer.problem for answer in examination.answers]
    examination, diagnoses = best_read(examination, observation)
    if observation and observation.is_autograd:
        diagnoses = without_derived(diagnoses)
    checkup = Checkup(program.path, examination, observation=observation, asked=asked)
    if "train" in program.functions:
        checkup.training_check = check_training(program, examination.convention, examination.answers[0].dtype)
        checkup.training_check.wrong_gradients = not {*GRADIENTS}.isdisjoint(examination.wrong)
        own = any(program.training.rates) or getattr(program, "bound", None)
        diagnoses += (
            without_wanted(checkup.training_check, program, examination.convention)
            if own
            else diagnose_updates(checkup.training_check)
        )
    if getattr(program, "bound", None) and re.search(COST, program.text):
        known = {"cost", "costs"} & {row.quantity for row in checkup.rows()}
        examination.remarks += [] if known else [NO_COST]
    checkup.findings += [
        finding(diagnosis, examination, program.path, checkup.training_check, observation)
        for diagnosis in merged(diagnoses)
    ]
    if "forward" in program.functions:
        checkup.forward = forward = examine_forward(program, problems, examination.convention)
        checkup.findings += [finding(diagnosis, forward, program.path) for diagnosis in merged(diagnose(forward))]
    checkup.findings.sort(key=lambda each: each.diagnosis.is_limit)
    failures = [stop for stop in checkup.stops if not isinstance(stop, TooSlowError)]
    if failures and checkup.verdict != "wrong":
        raise failures[0]
    return checkup


def finding(
    diagnosis: Diagnosis,
    examination: Examination,
    path: Path,
    outcome: TrainingCheck | None = None,
    observation: Observation | None = None,
) -> Finding:
    """Prove a diagnosis, and write down its cures."""
    diagnosis = replace(diagnosis, dtype=examination.answers[0].dtype)
    evidence, known = proof(diagnosis, examination, outcome)
    if not diagnosis.mistakes:
        new = (clue for clue in known if clue != f"{diagnosis.line}: {diagnosis.unfit}")
        diagnosis = replace(diagnosis, clues=(*diagnosis.clues, *new))
        shows = [name for name in (diagnosis.line, *diagnosis.quantities) if name in examination.given]
        wrong = [answer for answer in examination.answers if shows and shows[0] in answer.wrong]
        narrow = bool(wrong) and not diagnosis.unfit and is_narrow(wrong, shows[0])
        large = [saturation(examination, name) for name in shows]
        saturated = min(size for size in large if size) if large and all(large) else None
        diagnosis = replace(diagnosis, narrow=narrow, saturated=saturated)
    if diagnosis.unfit and observation and (why := observation.why_undefined(diagnosis.line)):
        diagnosis = replace(diagnosis, unfit=f"{diagnosis.unfit}, {why}")
    by_hand = lines_to_mend(diagnosis) if not (observation and observation.is_autograd) else []
    cures = tuple(cure(line, diagnosis, examination) for line in by_hand if not diagnosis.is_before)
    own = shown(diagnosis, path, observation)
    tells = own and (own.edits or not own.formula or diagnosis.mistakes or diagnosis.unfit or diagnosis.narrow)
    return Finding(examination.function, diagnosis, cures, evidence, own if tells else None)


Reading = tuple[Examination, list[Diagnosis]]
"""An examination, and what it says is wrong."""


def best_read(examination: Examination, observation: Observation | None) -> Reading:
    """Diagnose from what the program was seen to compute; where that leaves something open, from what it gave alone.

    What leaves fewer lines unexplained or unclear counts, and then what finds fewer mistakes.
    """
    readings = seen_readings(examination, observation) if observation and examination.wrong else []
    told = {*observation.formulas} if observation else set()
    if not readings or not all(len(d.mistakes) == 1 or d.unfit or d.line in told for d in readings[0][1]):
        alone = in_both_ways(examination, lambda reading: diagnose(reading, pairs=not readings))
        readings = [*alone, *readings]
    return min(readings, key=unclear)


def seen_readings(examination: Examination, observation: Observation) -> list[Reading]:
    """Diagnose from what the program was seen to compute, and from its own formulas; nothing if that shows nothing."""

    def diagnosed(reading: Examination) -> list[Diagnosis]:
        own = [mistake for name in reading.wrong if (mistake := observation.mistake(name))]
        return diagnose(reading, own)

    richer = with_observed(examination, observation)
    unexplained = [each.line for each in diagnosed(richer) if not each.mistakes] if richer.wrong else []
    if left_out := unsure(richer, observation, unexplained):
        richer = with_observed(examination, observation, left_out)
    if not richer.wrong:
        return []
    seen = {answer.problem.name for answer in richer.answers}
    unseen = [each for each in examination.answers if each.problem.name not in seen and not each.problem.is_large]
    readings = (
        [(richer, without_derived(diagnosed(richer)))] if observation.is_autograd else in_both_ways(richer, diagnosed)
    )
    return [reading for reading in readings if all(explain(reading[1], each) for each in unseen)]


def in_both_ways(examination: Examination, diagnosed: Callable[[Examination], list[Diagnosis]]) -> list[Reading]:
    """Diagnose a program as it is read; where that leaves something open, with the 1/m read the other way, too.

    Several factors are open as well, if what was observed can show that one of them is enough.
    """
    readings = [(examination, diagnosed(examination))]
    factors = [each for each in readings[0][1] if each.mistakes and Trait.FACTOR in each.mistakes[0].traits]
    is_open = any(not each.mistakes for each in readings[0][1]) or (examination.observed and len(factors) > 1)
    if is_open and set(examination.given) & set(LATE):
        other = examination.read_with(replace(examination.convention, late=() if examination.convention.late else LATE))
        readings.append((other, diagnosed(other)))
    return readings


def unclear(reading: Reading) -> tuple[int, int, int]:
    """Count the diagnoses that explain nothing, those that leave a choice, and all of them."""
    diagnoses = reading[1]
    unexplained = sum(not each.mistakes for each in diagnoses)
    return unexplained, sum(len(each.mistakes) > 1 for each in diagnoses), len(diagnoses)


def lines_to_mend(diagnosis: Diagnosis) -> list[str]:
    """Name the lines that a diagnosis is about: those that are wrong alike, and those that nobody could tell apart."""
    return list(dict.fromkeys([diagnosis.line, *diagnosis.also, *(mistake.line for mistake in diagnosis.mistakes)]))


def cure(line: str, diagnosis: Diagnosis, examination: Examination) -> str:
    """Write the right line in the program's own way, with the remark that the catalogue may have.

    Where none of dA2, dZ2, dA1 and dZ1 is given, nobody knows where the program divides by m: a remark says so.
    """
    c, turned, place = examination.convention, examination.is_turned, ""
    text, layout = line_of_code(line, c, turned), remark_on_layout(line, c) if turned else ""
    if not set(examination.given) & set(LATE):
        text, place = line_with_remark(line, c, may_lack_mean(line, diagnosis), turned)
    remarks = {mistake.remark for mistake in diagnosis.mistakes if mistake.line == line}
    said = "; ".join(filter(None, (*(remarks if len(remarks) == 1 else ()), place, layout)))
    return f"{text}  # {said}" if said else text


def may_lack_mean(line: str, diagnosis: Diagnosis) -> bool:
    """Tell whether what is wrong with a line may be that it does not divide by m."""
    source = diagnosis.line if line in diagnosis.also else line
    return any(Trait.MEAN in mistake.traits for mistake in diagnosis.mistakes if mistake.line == source)


def row_of(examination: Examination, name: str, findings: Iterable[Finding]) -> Row:
    """Sum up a quantity over all problems."""
    place = examination.place(name)
    answers = [answer for answer in examination.answers if name in answer.given and answer.place(name) == place]
    remark = ""
    here = [each.diagnosis for each in findings if each.function == examination.function]
    of_it = [each for each in here if name in each.quantities]
    by_itself = any(name in (each.line, *each.also) for each in of_it)
    through = [] if by_itself else [each.line for each in of_it]
    if place == "WRONG here" and through:
        place, remark = "inherits", f"through {', '.join(dict.fromkeys(through))}"
    if place == "cannot tell" and name in GRADIENTS and examination.convention.differences:
        remark = f"{examination.convention.differences}, right as far as such can be"
    if place in ("WRONG here", "inherits") and here and all(each.is_limit for each in of_it or here):
        place = "gives way"
    answer = answers[0] if place != "OK" else max(answers, key=lambda answer: nearness(answer, name))
    judgement = answer.global_error.get(name)
    if judgement and judgement.verdict == "agrees":
        judgement = answer.local_error.get(name, judgement) if place != "OK" else judgement
    label = f"{name} of forward" if examination.function == "forward" else name
    return Row(label, place, answer.unfit.get(name, remark), answer.problem.name, judgement)


def nearness(answer: JudgedReply, name: str) -> float:
    """Measure how much of its proven bound an error uses, at the entry that decides."""
    worst = answer.global_error[name].worst
    return worst.error / worst.bound if worst and worst.bound else 0.0


def row_of_update(outcome: TrainingCheck, name: str, findings: Iterable[Finding]) -> Row:
    """Sum up a parameter after a step, or the costs."""
    judgements = outcome.judgements(name) if name not in outcome.unfit else {}
    step, worst = max(judgements.items(), key=lambda j: (j[1].verdict != "agrees", j[1].max_error), default=("", None))
    label = name if name == "costs" else f"{name} after a step"
    place, of_it = outcome.place(name), [each.diagnosis for each in findings if name in each.diagnosis.quantities]
    explaining = of_it or [each.diagnosis for each in findings if place == "inherits"]
    if explaining and all(diagnosis.is_limit for diagnosis in explaining):
        place = "gives way"
    return Row(label, place, outcome.unfit.get(name, ""), step, worst)
