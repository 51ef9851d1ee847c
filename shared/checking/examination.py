"""The examination: every problem is set, every answer judged, and each wrong line told from those that inherit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from shared.checking.conventions import NAMES, READINGS, Convention, layouts, quantity_of
from shared.checking.problems import Problem
from shared.checking.program import CheckError, Program, Reply
from shared.checking.visit import GRADIENTS, MISSING, Place, Visit, answered, infinite_by_right, judged

Verdict = Literal["certified", "cannot tell", "wrong"]


@dataclass
class Examination:
    """All visits, the way the program is written, and the names that say nothing to the doctor."""

    convention: Convention
    replies: list[tuple[Problem, Reply]] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, problem: Problem, reply: Reply) -> Visit:
        """Judge what a program gave on a problem."""
        self.replies.append((problem, reply))
        self.visits.append(judged(answered(reply, problem, self.convention)))
        return self.visits[-1]

    def note_what_is_missing(self) -> None:
        """Say of each visit which gradients, and which of the quantities given elsewhere, are not there."""
        for visit in self.visits:
            for name in dict.fromkeys([*GRADIENTS, *self.given]):
                if name not in visit.given and not (name == "dA2" and infinite_by_right(visit)):
                    visit.unfit[name] = MISSING

    def read_with(self, convention: Convention) -> "Examination":
        """Judge the same replies as those of a program that is written in another way."""
        other = Examination(convention, remarks=self.remarks)
        for problem, reply in self.replies:
            other.add(problem, reply)
        other.note_what_is_missing()
        return other

    @property
    def given(self) -> list[str]:
        """The quantities that the program gave on any problem."""
        return [name for name in NAMES if any(name in visit.given for visit in self.visits)]

    def places(self, name: str) -> dict[str, Place]:
        """Where a quantity stands on each problem, by the problem's name."""
        return {visit.problem.name: visit.place(name) for visit in self.visits if name in visit.given}

    def place(self, name: str) -> Place:
        """The worst of them."""
        order: list[Place] = ["OK", "cannot tell", "inherits", "WRONG here"]
        return max(self.places(name).values(), key=order.index)

    @property
    def wrong(self) -> list[str]:
        """The quantities whose own lines are wrong."""
        return [name for name in self.given if self.place(name) == "WRONG here"]


def examine(
    program: Program, problems: Iterable[Problem], done: Callable[[int], None] = lambda count: None
) -> Examination:
    """Set every problem to a program, and judge what it gives.

    Raises
    ------
    CheckError
        If the program fails on a problem, or gives nothing that the doctor knows.
    """
    problems = iter(problems)
    first = next(problems)
    convention, reply = recognised(program, first)
    examination = Examination(convention)
    visit = examination.add(first, reply)
    if not visit.given:
        what = ", ".join(reply.values or {}) or "nothing"
        raise CheckError(f"{program.path.name}: gradients gave {what}; give dW1, db1, dW2, db2 by name")
    examination.remarks += remarks(reply, visit)
    examination.remarks += not_the_same_twice(program, first, convention, reply)
    for count, problem in enumerate(problems, start=2):
        examination.add(problem, asked(program, problem, convention))
        done(count)
    examination.note_what_is_missing()
    return examination


def not_the_same_twice(program: Program, problem: Problem, convention: Convention, reply: Reply) -> list[str]:
    """Ask the same again, and say which quantities come out otherwise."""
    again, first = asked(program, problem, convention).values or {}, reply.values or {}
    names = [name for name in first if name in again and differ(first[name], again[name])]
    return [f"two calls with the same arguments gave different values of {', '.join(names)}"] if names else []


def recognised(program: Program, problem: Problem) -> tuple[Convention, Reply]:
    """Find the way in which a program is written: the one that makes most of what it gives right."""
    tried: list[tuple[int, int, Convention, Reply]] = []
    for layout in layouts():
        reply = program.call("gradients", *layout.arguments(problem))
        if reply.values is None:
            tried.append((-1, -1, layout, reply))
            if "Traceback" not in reply.failure:  # it did not end, or it ended the process: so it would again
                break
            continue
        visit = judged(answered(reply, problem, layout))
        right = sum(visit.place(name) == "OK" for name in visit.given)
        tried.append((right, -len(visit.unfit), layout, reply))
        if not visit.unfit:
            break
    _, _, layout, reply = max(tried, key=lambda entry: entry[:2])
    if reply.values is None:
        raise failed(program, "gradients", problem, tried[0][3])
    readings = [replace(layout, late=late) for late in READINGS]
    visits = [judged(answered(reply, problem, reading)) for reading in readings]
    wrong = [sum(visit.place(name) == "WRONG here" for name in visit.given) for visit in visits]
    return readings[wrong.index(min(wrong))], with_forward(program, problem, layout, reply)


def failed(program: Program, function: str, problem: Problem, reply: Reply) -> CheckError:
    """Say in a line that a function failed; the user's own traceback goes with it."""
    *traceback, last = reply.failure.splitlines()
    text = f"{program.path.name}: {function} failed on the problem {problem.name}: {last.strip()}"
    return CheckError(text, "\n".join([*traceback, last]) if traceback else "")


def asked(program: Program, problem: Problem, convention: Convention) -> Reply:
    """Ask a program for everything it can give on a problem."""
    reply = program.call("gradients", *convention.arguments(problem))
    if reply.values is None:
        raise failed(program, "gradients", problem, reply)
    return with_forward(program, problem, convention, reply)


def with_forward(program: Program, problem: Problem, convention: Convention, reply: Reply) -> Reply:
    """Add what `forward` gives, where there is one, to what `gradients` gave."""
    if "forward" not in program.functions or reply.values is None:
        return reply
    forward = program.call("forward", *convention.arguments(problem)[:5])
    if forward.values is None:
        raise failed(program, "forward", problem, forward)
    together = dict(reply.values)
    by_quantity = {quantity_of(name): name for name in reply.values}
    for name, V in forward.values.items():
        twin = by_quantity.get(quantity_of(name))
        if twin is None:
            together[name] = V
        elif differ(V, reply.values[twin]):
            together[twin] = f"gradients and forward give different values of {twin}"
    return replace(reply, values=together)


def differ(a: Any, b: Any) -> bool:
    """Tell whether two values of one quantity are not the same, rounding aside."""
    if isinstance(a, str) or isinstance(b, str):
        return bool(np.any(a != b)) if isinstance(a, str) and isinstance(b, str) else True
    eps = max(np.finfo(V.dtype).eps if V.dtype.kind == "f" else 0.0 for V in (a, b))
    return a.size != b.size or not np.allclose(a.ravel(), b.ravel(), rtol=256 * eps, atol=256 * eps, equal_nan=True)


def remarks(reply: Reply, visit: Visit) -> list[str]:
    """Say what else a user should know."""
    found = []
    unknown = [name for name in reply.values or {} if quantity_of(name) not in NAMES]
    if unknown:
        found.append(f"not looked at, since the notation has no such name: {', '.join(unknown)}")
    twice = [q for q in NAMES if [quantity_of(name) for name in reply.values or {}].count(q) > 1]
    if twice:
        found.append(f"given twice under different names, so that nobody knows which is meant: {', '.join(twice)}")
    if visit.dtype != visit.problem.dtype:
        found.append(
            "it computes in float32 whatever it is given, and is judged by what float32 can do "
            "(7 digits; in JAX, jax.config.update('jax_enable_x64', True) gives 16)"
        )
    if reply.changed:
        names = ("W1", "b1", "W2", "b2", "X", "Y")
        found.append(f"it changes its inputs in place: {', '.join(names[k] for k in reply.changed)}; make copies")
    return found
