"""The trial of `train`: single steps, from the first to the hundred-and-first, each judged from the weights before it.

`train` is asked for n - 1 and for n iterations, so that the n-th step can be seen alone. No two problems have the same
learning rate, one has more examples than a usual batch, and one is set again: the weights must be the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from shared.checking.conventions import Convention, quantity_of
from shared.checking.examination import failed, on_inputs
from shared.checking.problems import Problem, drawn, many, on_paper
from shared.checking.sandbox.program import CheckError, Program, Reply
from shared.checking.visit import FLOAT64, Place, Visit, answered, shape_of
from shared.judging.arithmetic import Arithmetic, WithError, exact
from shared.judging.judge import Judge
from shared.judging.rounding import updated
from shared.judging.verdict import Allowance, Judgement, judge
from shared.network import Array, Parameters

NAMES = (*Parameters._fields, "costs")
NOT_GIVEN = "not given by train"
FEW = 3
"""Steps that are made even if one before them was wrong."""


@dataclass
class Course:
    """A problem, a learning rate, and the steps that are judged; what `train` gave: weights after so many steps."""

    problem: Problem
    rate: float
    numbers: tuple[int, ...]
    weights: dict[int, Parameters] = field(default_factory=dict)
    costs: Array | str = field(default_factory=lambda: np.empty(0))


def courses() -> Iterator[Course]:
    """All that is tried, the longest last."""
    yield Course(on_paper(), 0.25, (1, 2, 3))
    yield Course(many(), 0.125, (1,))
    yield Course(replace(on_paper(), name="3-2-1, 5 examples, once more"), 0.25, (1,))
    yield Course(drawn(4, 6, 9, seed=5), 0.03125, (101,))


@dataclass
class Step:
    """A step: where the program was, its own gradients there, where it went, and whether it follows its gradients."""

    course: Course
    number: int
    own_gradients: dict[str, Array]
    whole: dict[str, Judgement] = field(default_factory=dict)
    alone: dict[str, bool] = field(default_factory=dict)

    @property
    def before(self) -> Parameters:
        """The weights before the step."""
        return self.course.weights[self.number - 1]

    @property
    def after(self) -> Parameters:
        """The weights after the step."""
        return self.course.weights[self.number]

    @property
    def name(self) -> str:
        """Which step it is."""
        return f"{self.course.problem.name}, step {self.number}"


@dataclass
class Trial:
    """What `train` did. `stopped` says on which problem it failed, if it did."""

    dtype: np.dtype
    steps: list[Step] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    costs: dict[str, Judgement] = field(default_factory=dict)
    given_costs: Array = field(default_factory=lambda: np.empty(0))
    unfit: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    stopped: CheckError | None = None

    @property
    def given(self) -> list[str]:
        """What was judged."""
        names = [*(Parameters._fields if self.steps else ()), *(["costs"] if self.costs else [])]
        return [name for name in NAMES if name in names or name in self.unfit]

    def judgements(self, name: str) -> dict[str, Judgement]:
        """Every judgement of a parameter after a step, or of the costs, by the name of the step."""
        return self.costs if name == "costs" else {step.name: step.whole[name] for step in self.steps}

    def place(self, name: str) -> Place:
        """Tell a right update from one that takes a wrong gradient, and from one that is wrong by itself."""
        if self.unfit.get(name, NOT_GIVEN) != NOT_GIVEN:
            return "WRONG here"
        verdicts = {judgement.verdict for judgement in self.judgements(name).values()}
        if "wrong" in verdicts and name == "costs" and self.inherit_costs:
            return "inherits"
        if "wrong" in verdicts:
            alone = name != "costs" and all(step.alone[name] for step in self.steps)
            return "inherits" if alone else "WRONG here"
        return "cannot tell" if "suspect" in verdicts or name in self.unfit else "OK"

    @property
    def inherit_costs(self) -> bool:
        """Whether the first cost is right and the weights are not, at which the others are judged."""
        first = next(iter(self.costs.values()))
        return first.verdict == "agrees" and any(self.place(name) == "WRONG here" for name in Parameters._fields)

    @property
    def is_wrong(self) -> bool:
        """Whether anything is."""
        return any(self.place(name) in ("WRONG here", "inherits") for name in self.given)


def trial(program: Program, convention: Convention, dtype: np.dtype) -> Trial:
    """Let a program that computes in this dtype train."""
    outcome, ahead = Trial(dtype), None
    for course in courses():
        course.problem = next(iter(getattr(program, "fitted", iter)([course.problem])), course.problem)
        if outcome.is_wrong and max(course.numbers) > FEW:
            break
        if not train(program, convention, course, outcome):
            break
        outcome.steps += [judged_step(program, convention, course, number, dtype) for number in course.numbers]
        ahead = judge_costs(outcome, course, ahead)
    outcome.remarks += on_inputs("train", outcome.replies)
    return outcome


def train(program: Program, convention: Convention, course: Course, outcome: Trial) -> bool:
    """Let a program train for as many steps as a course wants; tell whether it gave what it should."""
    course.weights[0] = course.problem.parameters
    for count in sorted({count for number in course.numbers for count in (number - 1, number)} - {0}):
        reply = program.call("train", *convention.arguments(course.problem), course.rate, count)
        outcome.replies.append(reply)
        if reply.values is None:
            outcome.stopped = failed(program, "train", course.problem, reply)
            return False
        values = with_names(reply.values, course.problem, convention)
        found = {quantity_of(name): V for name, V in values.items()}
        course.weights[count] = weights_of(found, course.problem, convention, outcome)
        course.costs = found.get("cost", course.costs)
    return not outcome.unfit


def with_names(values: dict[str, Array | str], problem: Problem, convention: Convention) -> dict[str, Array | str]:
    """Give names to what `train` returned without: W1 b1 W2 b2, alone or with the costs before or after them.

    Three shapes of the four have to fit, and then one may be wrong; in any other order fewer do.
    """
    usual, arrays = Parameters._fields, list(values.values())
    if list(values) != [str(k) for k in range(len(arrays))]:
        return values
    shapes = [convention.theirs(name, np.empty(shape_of(name, problem))).shape for name in usual]
    for names in (usual, (*usual, "costs"), ("costs", *usual)):
        if len(names) == len(arrays):
            weights = arrays[names.index("W1") :]
            if sum(np.shape(V) == shape for V, shape in zip(weights, shapes, strict=False)) > 2:
                return dict(zip(names, arrays, strict=True))
    return values


def weights_of(
    found: dict[str | None, Array | str], problem: Problem, convention: Convention, outcome: Trial
) -> Parameters:
    """Translate the weights that `train` gave; say which it did not give as it should."""
    weights = {}
    for name in Parameters._fields:
        V = found.get(name, NOT_GIVEN)
        text = V if isinstance(V, str) else ""
        if isinstance(V, np.ndarray):
            V, text = convention.ours(name, V.astype(FLOAT64), shape_of(name, problem))
            text = text or ("" if np.isfinite(V).all() else "it is not finite")
            weights[name] = V
        if text:
            outcome.unfit[name] = text
    return problem.parameters if outcome.unfit else Parameters(**weights)


def judged_step(program: Program, convention: Convention, course: Course, number: int, dtype: np.dtype) -> Step:
    """Judge one step against the truth, and against the program's own gradients."""
    before, after = course.weights[number - 1], course.weights[number]
    here = replace(course.problem, parameters=before)
    own: Visit = answered(program.call("gradients", *convention.arguments(here)), here, convention)
    step = Step(course, number, own.own)
    the_judge = judge_of(course.problem, dtype)
    standard = the_judge.after_step(in_dtype(before, dtype), course.rate)
    for name, V in after._asdict().items():
        truth, allowed = standard.right[name]
        bound, noise = (kept(a, step, name) for a in (the_judge.worst(before), the_judge.noise(before)))
        allowed = Allowance(allowed.bound + bound, np.hypot(allowed.noise, noise))
        step.whole[name] = judge(name, V, truth, allowed, FLOAT64)
        step.alone[name] = follows(the_judge, step, name)
    return step


def kept(a: Arithmetic, step: Step, name: str) -> Array:
    """What rounding may do to the weights between two steps.

    A program may keep them in another form than it gives them back in: as the sum of all steps, say, or as coefficients
    of the examples. That is one rounding of the weights before the step, and at most one more through the gradient.
    """
    V = np.abs(getattr(step.before, name))
    return a.rounded(2, V) if step.number > 1 else np.zeros_like(V)


def judge_of(problem: Problem, dtype: np.dtype) -> Judge:
    """Set up the judge of programs that compute in this dtype."""
    return Judge(problem.X.astype(dtype), problem.Y.astype(dtype), "relu")


def in_dtype(parameters: Parameters, dtype: np.dtype) -> Parameters:
    """Give the parameters in this dtype: those of a program that computes in it do not change."""
    return Parameters(*(V.astype(dtype) for V in parameters))


def follows(the_judge: Judge, step: Step, name: str) -> bool:
    """Tell whether a parameter moved as the program's own gradient says."""
    V, dV = getattr(step.before, name), step.own_gradients.get(f"d{name}")
    if dV is None:
        return False
    a = the_judge.worst(step.before)
    right = updated(a, WithError(V, kept(a, step, name)), exact(dV), step.course.rate)
    return bool(np.all(np.abs(getattr(step.after, name) - right.value) <= 2 * right.error))


def judge_costs(outcome: Trial, course: Course, ahead: bool | None) -> bool | None:
    """Judge each cost whose weights are known; tell whether it was taken after the update, one step ahead."""
    last = max(course.numbers)
    if isinstance(course.costs, str):
        outcome.unfit["costs"] = course.costs
        return ahead
    if course.costs.size not in (last, last + 1):
        known = any("costs" in remark for remark in outcome.remarks)
        outcome.remarks += [] if known else [f"the costs of {last} steps are {course.costs.size}: they are not judged"]
        return ahead
    if ahead is None:
        now, later = costs_judged(outcome.dtype, course, 0), costs_judged(outcome.dtype, course, 1)
        ahead = all(j.verdict == "agrees" for j in later.values()) and next(iter(now.values())).verdict != "agrees"
        outcome.given_costs = course.costs.ravel()
        outcome.remarks += ["each cost is taken after the update: the curve begins at the second point"] * ahead
    outcome.costs |= costs_judged(outcome.dtype, course, int(ahead))
    return ahead


def costs_judged(dtype: np.dtype, course: Course, ahead: int) -> dict[str, Judgement]:
    """Judge each cost at the weights that the program had so many steps later, where they are known."""
    costs, found = np.ravel(course.costs), {}
    for count, weights in sorted(course.weights.items()):
        if 0 <= count - ahead < costs.size:
            right = judge_of(course.problem, dtype).at(in_dtype(weights, dtype)).right["cost"]
            name = f"{course.problem.name}, step {count - ahead + 1}"
            found[name] = judge("cost", float(costs[count - ahead]), *right, FLOAT64)
    return found
