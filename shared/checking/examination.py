"""The examination: every problem is set, every answer judged, and each wrong line told from those that inherit."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from shared.checking.conventions import LATE, NAMES, Convention, layouts, quantity_of
from shared.checking.problems import Problem
from shared.checking.program import CheckError, Program, Reply
from shared.judging.judge import Judge, Standard
from shared.judging.lines import run
from shared.judging.truth import Enclosure
from shared.judging.verdict import INPUTS, Allowance, Judgement, judge
from shared.network import Array, Parameters

Verdict = Literal["certified", "cannot tell", "wrong"]
Place = Literal["OK", "cannot tell", "inherits", "WRONG here"]

FLOAT64 = np.dtype(np.float64)
LARGE = 10_000
"""Weights from which on a line is judged alone only where it is off."""


@dataclass
class Visit:
    """What a program gave on one problem, in this suite's shapes, and what is to be said of it.

    `late` says that the program leaves 1/m to dW and db. `values` are as they came; `own` are those that can be judged,
    in float64; `unfit` says why the others cannot.
    `whole` judges against the truth, `alone` against the truth of the line, given the program's own values before it.
    """

    problem: Problem
    dtype: np.dtype
    late: bool
    values: dict[str, Array] = field(default_factory=dict)
    own: dict[str, Array] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)
    whole: dict[str, Judgement] = field(default_factory=dict)
    alone: dict[str, Judgement] = field(default_factory=dict)
    lines: dict[str, tuple[Enclosure, Allowance]] = field(default_factory=dict)

    @property
    def given(self) -> list[str]:
        """The quantities that the program gave, in the order of computation."""
        return [name for name in NAMES if name in self.values or name in self.unfit]

    def place(self, name: str) -> Place:
        """Tell a line that is right from one that inherits and from one that is wrong by itself."""
        off = [earlier for earlier in before(name, set(self.given)) if earlier in self.unfit]
        if name in self.unfit:
            return "inherits" if off else "WRONG here"
        verdicts = self.whole[name].verdict, self.alone.get(name, self.whole[name]).verdict
        if verdicts[1] == "wrong":
            return "inherits" if off else "WRONG here"
        if verdicts[0] == "wrong":
            return "inherits"
        return "OK" if verdicts == ("agrees", "agrees") else "cannot tell"


def before(name: str, given: set[str]) -> set[str]:
    """Name the given quantities that a line is made from, as far back as it takes to find one."""
    names = set[str]()
    for earlier in INPUTS[name]:
        names |= {earlier} if earlier in given else before(earlier, given) if earlier in INPUTS else set()
    return names


def gap(name: str, given: set[str]) -> set[str]:
    """Name the lines that lie between a quantity and the given ones that it is made from, its own included."""
    missing = [earlier for earlier in INPUTS[name] if earlier in INPUTS and earlier not in given]
    return {name}.union(*(gap(earlier, given) for earlier in missing))


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

    def read_with(self, convention: Convention) -> "Examination":
        """Judge the same replies as those of a program that is written in another way."""
        other = Examination(convention, remarks=self.remarks)
        for problem, reply in self.replies:
            other.add(problem, reply)
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
    for count, problem in enumerate(problems, start=2):
        examination.add(problem, asked(program, problem, convention))
        done(count)
    return examination


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
    late, early = (judged(answered(reply, problem, replace(layout, late=late))) for late in (True, False))
    fewer = sum(late.place(n) == "WRONG here" for n in late.given) < sum(
        early.place(n) == "WRONG here" for n in early.given
    )
    return (replace(layout, late=fewer), with_forward(program, problem, layout, reply))


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
    known = {quantity_of(name) for name in reply.values}
    more = {name: V for name, V in forward.values.items() if quantity_of(name) not in known}
    return replace(reply, values={**reply.values, **more})


def answered(reply: Reply, problem: Problem, convention: Convention) -> Visit:
    """Translate what a program gave: its names and its shapes into this suite's."""
    entries: dict[str, Any] = {}
    for name, V in (reply.values or {}).items():
        if (quantity := quantity_of(name)) in NAMES:
            entries.setdefault(str(quantity), V)
    floats = {V.dtype for V in entries.values() if isinstance(V, np.ndarray) and V.dtype.kind == "f" and V.ndim}
    visit = Visit(problem, np.dtype(np.float32) if floats == {np.dtype(np.float32)} else problem.dtype, convention.late)
    for name, V in entries.items():
        if isinstance(V, str):
            visit.unfit[name] = V
            continue
        visit.values[name], problem_text = convention.ours(name, V.astype(FLOAT64), shape_of(name, problem))
        flaws = np.argwhere(~np.isfinite(V))
        if not problem_text and len(flaws):
            problem_text = f"it holds {V[tuple(flaws[0])]} at {flaws[0].tolist()}" if V.ndim else f"it holds {V}"
        if problem_text:
            visit.unfit[name] = problem_text
        else:
            visit.own[name] = visit.values[name]
    if infinite_by_right(visit):
        for found in (visit.values, visit.own, visit.unfit):
            found.pop("dA2", None)
    return visit


def infinite_by_right(visit: Visit) -> bool:
    """Tell whether dA2 has no value here: A2 was rounded to 0 or 1, and 1 / A2 or 1 / (1 - A2) is infinite."""
    A2 = visit.values.get("A2", run(visit.problem.given(), own=visit.own)["A2"])
    return not np.all((A2 > 0) & (A2 < 1))


def shape_of(name: str, problem: Problem) -> tuple[int, ...]:
    """Give the shape of a quantity in this suite."""
    n_x, n_h, m = problem.sizes.values()
    of = {"W1": (n_h, n_x), "b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1), "Z1": (n_h, m), "A1": (n_h, m)}
    return () if name == "cost" else of.get(name.removeprefix("d"), (1, m))


@cache
def standard_of(problem: Problem, dtype: np.dtype) -> tuple[Judge, Parameters, Standard]:
    """Work out what is right on a problem, for programs that compute in this dtype."""
    parameters = Parameters(*(V.astype(dtype) for V in problem.parameters))
    the_judge = Judge(problem.X.astype(dtype), problem.Y.astype(dtype), "relu")
    return the_judge, parameters, the_judge.at(parameters)


def judged(visit: Visit) -> Visit:
    """Judge everything that can be judged."""
    the_judge, parameters, standard = standard_of(visit.problem, visit.dtype)
    for name, V in visit.own.items():
        right = standard.right[name] if name in standard.right else the_judge.line(name, parameters, {})
        visit.whole[name] = judge(name, V, *right, FLOAT64)
        if parameters.W1.size < LARGE or visit.whole[name].verdict != "agrees":
            visit.lines[name] = own_line(visit, name)
            visit.alone[name] = judge(name, V, *visit.lines[name], FLOAT64)
    for name in visit.unfit:
        visit.lines[name] = own_line(visit, name)
    return visit


def own_line(visit: Visit, name: str) -> tuple[Enclosure, Allowance]:
    """Work out what a line should give from the program's own values.

    Where the 1/m comes late, values were divided by m to read them: that rounds too, at most as much again.
    """
    the_judge, parameters, _ = standard_of(visit.problem, visit.dtype)
    truth, allowance = the_judge.line(name, parameters, visit.own)
    if visit.late and {name, *INPUTS[name]} & set(LATE):
        allowance = Allowance(2 * allowance.bound, 2 * allowance.noise)
    return truth, allowance


def remarks(reply: Reply, visit: Visit) -> list[str]:
    """Say what else a user should know."""
    found = []
    unknown = [name for name in reply.values or {} if quantity_of(name) not in NAMES]
    if unknown:
        found.append(f"not looked at, since the notation has no such name: {', '.join(unknown)}")
    if visit.dtype != visit.problem.dtype:
        found.append(
            "it computes in float32 whatever it is given, and is judged by what float32 can do "
            "(7 digits; in JAX, jax.config.update('jax_enable_x64', True) gives 16)"
        )
    if reply.changed:
        names = ("W1", "b1", "W2", "b2", "X", "Y")
        found.append(f"it changes its inputs in place: {', '.join(names[k] for k in reply.changed)}; make copies")
    return found


def figures(judgements: Iterable[Judgement]) -> Mapping[str, float]:
    """The largest share of the proven bound that any of these errors reached, and the error and the bound there."""
    worst = max(judgements, key=lambda j: j.worst.error / j.worst.bound if j.worst and j.worst.bound else 0.0)
    entry = worst.worst
    return {"error": entry.error, "bound": entry.bound} if entry else {}
