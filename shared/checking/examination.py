"""The examination: every problem is set, every answer judged, and each wrong line told from those that inherit."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, field, replace
from itertools import combinations
from typing import Literal

import numpy as np

from shared.checking.conventions import NAMES, READINGS, Convention, is_nameless, layouts, quantities_of, spreads
from shared.checking.differences import Differences
from shared.checking.differences import recognised as recognised_differences
from shared.checking.judged_reply import (
    FLOAT64,
    GRADIENTS,
    MISSING,
    TWICE,
    UNCLEAR,
    JudgedReply,
    Place,
    answered,
    as_gradients,
    fits_float32,
    infinite_by_right,
    judged,
)
from shared.checking.lines import run
from shared.checking.naming import with_names_read
from shared.checking.problems import Problem
from shared.checking.sandbox.program import CheckError, Program, Reply, TooSlowError, details
from shared.checking.source import numbers_in

Verdict = Literal["certified", "certified, with limits", "cannot tell", "wrong"]
OF_EACH_EXAMPLE = tuple(name for name in NAMES if name not in (*GRADIENTS, "cost"))
"""What each example has of its own."""
OVERWRITTEN = ("Z1", "A1")
"""What the derivative of a relu may overwrite, when nobody needs it any more."""
ARGUMENTS = ("W1", "b1", "W2", "b2", "X", "Y")
"""What every function is given, as far as it takes it."""


@dataclass
class Examination:
    """What one function of a program gave, on all problems, and the way in which it is written.

    `stopped` says on which problem the function failed, if it did: those after it were not set. `observed` are what it
    was seen to compute and did not give back, `overflows` the problems where it gave way; `numbers` stand in its text.
    """

    convention: Convention
    function: str = "gradients"
    replies: list[tuple[Problem, Reply]] = field(default_factory=list)
    answers: list[JudgedReply] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    stopped: CheckError | None = None
    observed: tuple[str, ...] = ()
    overflows: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()

    def set(
        self, program: Program, problems: Iterable[Problem], done: Callable[[int], None] = lambda count: None
    ) -> None:
        """Set problems to a function of a program, until it fails, and judge what it gives."""
        for problem in problems:
            if problem.is_large and self.differences:
                self.remarks.append(f"not asked, since differences take two costs for each weight: {problem.name}")
                break
            arguments = self.convention.arguments(problem)
            reply = program.call(self.function, *arguments[: 5 if self.function == "forward" else 6])
            if reply.timed_out and problem.is_large:
                self.remarks.append(f"not judged: {problem.name}, which did not end in time (--timeout)")
                break
            if "OverflowError" in reply.failure and self.replies:  # Python's own numbers; NumPy's would be infinite
                self.overflows += (problem.name,)
                continue
            if reply.values is None:
                self.stopped = failed(program, self.function, problem, reply)
                break
            if not self.answers:
                self.convention = with_names_read(self.convention, self.function, reply, problem)
            self.add(problem, reply)
            done(len(self.answers))
        self.note_what_is_missing()

    def add(self, problem: Problem, reply: Reply) -> JudgedReply:
        """Judge what a program gave on a problem."""
        self.replies.append((problem, reply))
        answer = answered(reply, problem, self.convention)
        if self.answers and self.answers[0].dtype == FLOAT64:  # then float32 is no habit of the program
            answer.dtype = problem.dtype
        self.answers.append(judged(answer))
        return answer

    def note_what_is_missing(self) -> None:
        """Say of each answer which gradients, and which of the quantities given elsewhere, are not there."""
        given = [name for name in self.given if name not in self.observed]
        wanted = [*(GRADIENTS if self.function == "gradients" else ()), *given]
        for answer in self.answers:
            for name in dict.fromkeys(wanted):
                if name not in answer.given and not (name == "dA2" and infinite_by_right(answer)):
                    answer.unfit[name] = MISSING

    def read_with(self, convention: Convention) -> "Examination":
        """Judge the same replies as those of a program that is written in another way."""
        other = replace(self, convention=convention, replies=[], answers=[])
        for problem, reply in self.replies:
            other.add(problem, reply)
        other.note_what_is_missing()
        return other

    @property
    def differences(self) -> Differences | None:
        """The differences of costs that the gradients are, if they are any."""
        given = [gradients for answer in self.answers if (gradients := as_gradients(answer))]
        return recognised_differences(given)

    @property
    def given(self) -> list[str]:
        """The quantities that the program gave on any problem."""
        return [name for name in NAMES if any(name in answer.given for answer in self.answers)]

    @property
    def is_turned(self) -> bool:
        """Whether, in between, examples lie the other way than in the arguments: as rows if they came as columns."""
        problem, reply = self.replies[0]
        quantities, values = quantities_of(reply.values or ()), (reply.values or {}).items()
        between = [V for name, V in values if quantities[name] in OF_EACH_EXAMPLE and isinstance(V, np.ndarray)]
        axis, m = (1 if self.convention.rows else 0), problem.sizes["m"]
        shapes = [V.shape for V in between if V.ndim == 2]
        return bool(shapes) and all(shape[axis] == m for shape in shapes)

    def places(self, name: str) -> dict[str, Place]:
        """Where a quantity stands on each problem, by the problem's name."""
        return {answer.problem.name: answer.place(name) for answer in self.answers if name in answer.given}

    def place(self, name: str) -> Place:
        """The worst of them."""
        order: list[Place] = ["OK", "gives way", "cannot tell", "inherits", "WRONG here"]
        return max(self.places(name).values(), key=order.index)

    def wavers(self, name: str) -> bool:
        """Tell whether a quantity was another one when the same was asked again."""
        pairs = combinations([answer for answer in self.answers if name in answer.own], 2)
        return any(
            a.problem.dtype == b.problem.dtype
            and a.problem.is_like(b.problem)
            and not np.array_equal(a.own[name], b.own[name])
            for a, b in pairs
        )

    @property
    def wrong(self) -> list[str]:
        """The quantities whose own lines are wrong."""
        return [name for name in self.given if self.place(name) == "WRONG here"]


def examine(
    program: Program, problems: Sequence[Problem], done: Callable[[int], None] = lambda count: None
) -> Examination:
    """Set every problem to a program's gradients, and judge what they are.

    Raises
    ------
    CheckError
        If the program fails on the first problem, or gives nothing that the doctor knows.
    """
    convention, reply = recognised(program, problems[0])
    examination = Examination(convention, numbers=numbers_in(program.text))
    answer = examination.add(problems[0], reply)
    if not answer.given:
        what = ", ".join(reply.values or {}) or "nothing"
        raise CheckError(f"{program.path.name}: gradients gave {what}; give dW1, db1, dW2, db2 by name")
    examination.set(program, problems[1:], done)
    examination = without_overwritten(examination)
    examination.remarks += remarks(examination)
    if differences := examination.differences:
        return examination.read_with(replace(convention, differences=differences))
    return examination


def without_overwritten(examination: Examination) -> Examination:
    """Leave out Z1 or A1 where all that is made of it is right: something overwrote it after it was used."""
    wrong = [name for name in OVERWRITTEN if name in examination.given and all(left_by_relu(name, examination))]
    entries = quantities_of(examination.replies[0][1].values or {}, examination.convention.read)
    for few in (few for count in range(1, len(wrong) + 1) for few in combinations(wrong, count)):
        left_out = tuple((entry, "overwritten") for entry, name in entries.items() if name in few)
        convention = replace(examination.convention, read=(*examination.convention.read, *left_out))
        other = examination.read_with(convention)
        if all(other.place(name) == "OK" for name in other.given if name != "cost"):
            other.remarks.append(f"{' and '.join(few)} came back with other numbers than it was used with: overwritten")
            return other
    return examination


def left_by_relu(name: str, examination: Examination) -> Iterator[bool]:
    """Tell for each problem whether relu, or its derivative, was written over a quantity."""
    for answer in examination.answers:
        Z1 = run(answer.problem.given())["Z1"]
        V = answer.own.get(name, np.empty(0))
        yield V.shape == Z1.shape and any(
            np.allclose(V, left) for left in (Z1 > 0, *[np.maximum(Z1, 0)] * (name == "Z1"))
        )


def examine_forward(program: Program, problems: Iterable[Problem], convention: Convention) -> Examination:
    """Set every problem to a program's `forward`: a function of its own, whose values nobody says gradients uses."""
    examination = Examination(replace(convention, read=()), "forward", numbers=numbers_in(program.text))
    examination.set(program, problems)
    examination.remarks += on_the_rest(examination)
    examination.remarks += on_inputs("forward", (reply for _, reply in examination.replies))
    return examination


def recognised(program: Program, problem: Problem) -> tuple[Convention, Reply]:
    """Find the way in which a program is written: of those that make most right, the nearest to how it was bound."""
    tried: list[tuple[int, int, Convention, Reply]] = []
    bound = getattr(program, "bound", None)  # in its layout it gave its gradients once
    known = (bound.rows, bound.transposed, bound.flat, bound.flat_labels, bound.one_unit) if bound else ()
    for layout in sorted(layouts(), key=lambda way: sum(a != b for a, b in zip(astuple(way), known, strict=False))):
        reply = program.call("gradients", *layout.arguments(problem))
        if reply.values is None:
            tried.append((-1, -1, layout, reply))
            if "Traceback" not in reply.failure:  # it did not end, or it ended the process: so it would again
                break
            continue
        convention = with_names_read(layout, "gradients", reply, problem)
        answer = judged(answered(reply, problem, convention))
        right = sum(answer.place(name) == "OK" for name in answer.given)
        tried.append((right, -len(answer.unfit), convention, reply))
        if not answer.unfit:
            break
    _, _, layout, reply = max(tried, key=lambda entry: entry[:2])
    if reply.values is None:
        raise failed(program, "gradients", problem, tried[0][3])
    return read(reply, problem, layout), reply


def read(reply: Reply, problem: Problem, layout: Convention) -> Convention:
    """Find the place where a program takes the mean: the first that makes as few of its lines wrong as possible."""
    fewest, best = len(NAMES), layout
    for late in READINGS:
        reading = replace(layout, late=late)
        answer = judged(answered(reply, problem, reading))
        wrong = len(answer.wrong)
        if wrong < fewest:
            fewest, best = wrong, reading
        if not wrong:
            break
    return best


def failed(program: Program, function: str, problem: Problem, reply: Reply) -> CheckError:
    """Say in a line that a function failed; what it printed and the user's own traceback go with it."""
    *traceback, last = reply.failure.splitlines()
    text = f"{program.path.name}: {function} failed on the problem {problem.name}: {last.strip()}"
    kind = TooSlowError if reply.timed_out else CheckError
    return kind(text, details(reply.printed, reply.failure if traceback else ""))


def remarks(examination: Examination) -> list[str]:
    """Say what else a user should know."""
    found, answer = on_the_rest(examination), examination.answers[0]
    entries = examination.replies[0][1].values or {}
    given = quantities_of(entries, examination.convention.read)
    places = {q: " or ".join(name for name in given if given[name] == q) for q in answer.unfit}
    for reason, how in ((UNCLEAR, "without names"), (TWICE, "under different names")):
        if twice := [f"{q} ({places[q]})" for q, why in answer.unfit.items() if why == reason]:
            found.append(f"given twice {how}, so that nobody knows which is meant: {', '.join(twice)}")
    wanted = {q: answer.convention.theirs(q, V).shape for q, V in answer.own.items() if q in GRADIENTS}
    shapes = {q: (entries[name].shape, wanted[q]) for name, q in given.items() if q in wanted}
    if other := [f"{q} {own}, not {right}" for q, (own, right) in shapes.items() if spreads(own, right)]:
        found.append(f"read all the same, though not of the parameter's shape: {', '.join(other)}")
    if answer.dtype != answer.problem.dtype:
        is_all = all(fits_float32(V) for V in entries.values() if isinstance(V, np.ndarray) and V.dtype.kind == "f")
        what, is_judged = ("it computes in", "is") if is_all else ("its arrays are", "all is")
        found.append(
            f"{what} float32 whatever it is given, and {is_judged} judged by what float32 can do "
            "(7 digits; in JAX, jax.config.update('jax_enable_x64', True) gives 16)"
        )
    narrow, wide = ([name for name in given if precision(entries[name]) == dtype] for dtype in ("float32", "float64"))
    if narrow and wide:
        found.append(f"some of it is float32 ({', '.join(narrow)}), some float64 ({', '.join(wide)})")
    return [*found, *on_inputs("gradients", (reply for _, reply in examination.replies))]


def on_inputs(function: str, replies: Iterable[Reply]) -> list[str]:
    """Say which of its inputs a function changes in place, if it does."""
    names = sorted({k for reply in replies for k in reply.changed})
    listed = ", ".join(ARGUMENTS[k] for k in names)
    return [f"{function} changes its inputs in place: {listed}; make copies"] if names else []


def on_the_rest(examination: Examination) -> list[str]:
    """Say what of a reply is not judged, and why; what to return, if that is all of `forward`.

    Of values without names, those that are no arrays, an input, or another value once more are not worth a word.
    """
    problem, reply = examination.replies[0] if examination.replies else (None, Reply({}))
    entries = reply.values or {}
    found = quantities_of(entries, examination.convention.read)
    read = dict(examination.convention.read)
    unknown = [name for name, quantity in found.items() if quantity not in NAMES and name not in read]
    named = [name for name in unknown if not is_nameless(name)]
    nameless = [name for name in unknown if is_nameless(name) and isinstance(entries[name], np.ndarray)]
    known = [V for name, V in entries.items() if name not in unknown]
    known += examination.convention.arguments(problem) if problem else []
    new = [name for name in nameless if not any(np.array_equal(entries[name], V) for V in known)]
    of = " of forward" * (examination.function == "forward")
    said = [f"not looked at{of}, since the notation has no such name: {', '.join(named)}"] if named else []
    if new:
        said.append(f"not looked at{of}, since without a name nothing shows what it is: {', '.join(new)}")
    if unknown and not examination.given:
        said.append("forward is not judged: nobody knows what it gave; let it return a dict of Z1, A1, Z2, A2")
    return said


def precision(value: object) -> str:
    """Name the dtype of an array that has dimensions; empty for everything else."""
    return value.dtype.name if isinstance(value, np.ndarray) and value.ndim else ""
