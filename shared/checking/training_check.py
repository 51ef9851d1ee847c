"""The check of `train`: single steps, from the first to the 2,500th, each judged from the weights before it.

`train` is asked for n - 1 and for n iterations, so that the n-th step can be seen alone. No two problems have the same
learning rate, one has more examples than a usual batch, and one is set again: the weights must be the same. The longest
training comes last; its costs are compared with the band of right ones, and where they leave it, that step is judged.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from time import monotonic

import numpy as np

from shared.checking.conventions import Convention, quantity_of
from shared.checking.courses import Course, courses
from shared.checking.examination import failed, on_inputs
from shared.checking.judged_reply import FLOAT64, GRADIENTS, JudgedReply, Place, answered, shape_of
from shared.checking.kept import band as band_of
from shared.checking.lines import hidden_units
from shared.checking.problems import Problem
from shared.checking.recognition import SAME, same
from shared.checking.sandbox.program import CheckError, Program, Reply
from shared.checking.source import numbers_in
from shared.judging.arithmetic import Arithmetic, WithError, exact
from shared.judging.curves.band import Band
from shared.judging.judge import Judge
from shared.judging.rounding import updated
from shared.judging.verdict import Allowance, Judgement, judge
from shared.network import Array, DtypeName, Parameters, Settings

NAMES = (*Parameters._fields, "costs")
NOT_GIVEN = "not given by train"
NOT_FINITE = "it is not finite"
FEW = 3
"""Steps that are made even if one before them was wrong."""
LONG = 1000
"""A training with more steps is compared with the band of right ones."""


@dataclass
class Step:
    """A step: where the program was, its own gradients there, where it went, and whether it follows its gradients."""

    course: Course
    number: int
    own_gradients: dict[str, Array]
    global_error: dict[str, Judgement] = field(default_factory=dict)
    local_error: dict[str, bool] = field(default_factory=dict)

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
        return f"{self.course.problem.name}, step {self.course.first + self.number}"


@dataclass
class TrainingCheck:
    """What `train` did; `stopped` says why it ended, `left_out` of what nothing is said, `numbers` are its text's.

    With `wrong_gradients`, weights that are not finite say nothing of the updates.
    """

    dtype: np.dtype
    steps: list[Step] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    costs: dict[str, Judgement] = field(default_factory=dict)
    given_costs: Array = field(default_factory=lambda: np.empty(0))
    unfit: dict[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    stopped: CheckError | None = None
    numbers: tuple[float, ...] = ()
    wrong_gradients: bool = False

    @property
    def given(self) -> list[str]:
        """What was judged."""
        names = [*(Parameters._fields if self.steps else ()), *(["costs"] if self.costs else [])]
        return [name for name in NAMES if (name in names or name in self.unfit) and name not in self.left_out]

    def judgements(self, name: str) -> dict[str, Judgement]:
        """Every judgement of a parameter after a step, or of the costs, by the name of the step."""
        return self.costs if name == "costs" else {step.name: step.global_error[name] for step in self.steps}

    def place(self, name: str) -> Place:
        """Tell a right update from one that takes a wrong gradient, and from one that is wrong by itself."""
        if self.unfit.get(name, NOT_GIVEN) != NOT_GIVEN:
            return "inherits" if self.unfit[name] == NOT_FINITE and self.wrong_gradients else "WRONG here"
        verdicts = {judgement.verdict for judgement in self.judgements(name).values()}
        if "wrong" in verdicts and name == "costs" and self.inherit_costs:
            return "inherits"
        if "wrong" in verdicts:
            alone = name != "costs" and all(step.local_error[name] for step in self.steps)
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


def check_training(program: Program, convention: Convention, dtype: np.dtype) -> TrainingCheck:
    """Let a program that computes in this dtype train, in all ways that it has, until one is wrong."""
    dtype = np.dtype(program.training.dtype) if any(program.training.rates) else dtype
    outcome = TrainingCheck(dtype, numbers=numbers_in(program.text))
    for each in courses(program):
        outcome = check_courses(
            program, convention, each, TrainingCheck(dtype, numbers=outcome.numbers, remarks=outcome.remarks)
        )
        if outcome.is_wrong:
            break
    return outcome


def check_courses(
    program: Program, convention: Convention, courses: Iterable[Course], outcome: TrainingCheck
) -> TrainingCheck:
    """Judge steps, from the first to the last, until one is wrong that is not among the first few."""
    ahead, before, dtype = None, None, outcome.dtype
    for course in courses:
        if outcome.is_wrong and course.steps > FEW:
            break
        if before and before.seconds * course.steps > program.timeout * before.steps:
            took = f"{before.steps} took {before.seconds:.1f} s (--timeout)"
            outcome.remarks.append(f"not judged: {course.steps} steps of train, since {took}")
            break
        if not train(program, convention, course, course.numbers, outcome):
            break
        outcome.steps += [judged_step(program, convention, course, number, dtype) for number in course.numbers]
        ahead, before = judge_costs(outcome, course, ahead), course
        if course.steps > LONG and not outcome.is_wrong:
            judge_curve(program, convention, course, outcome, int(ahead or 0))
    outcome.remarks += on_inputs("train", outcome.replies)
    return outcome


def judge_curve(program: Program, convention: Convention, course: Course, outcome: TrainingCheck, ahead: int) -> None:
    """Compare the costs with the band of right trainings; where they leave it, judge the step that led there."""
    costs, p = np.ravel(course.costs), course.problem
    dtype: DtypeName = "float32" if outcome.dtype == np.float32 else "float64"
    settings = Settings(course.rate, course.steps, p.sizes["n_h"], 0, dtype, hidden_units())
    X, Y = (V.astype(outcome.dtype) for V in (p.X, p.Y))
    band = band_of(in_dtype(p.parameters, outcome.dtype), X, Y, settings)
    here = slice(ahead, ahead + costs.size)
    step = Band(band.costs[here], band.half_width[here]).leaves(costs)
    if not step:  # the first cost was judged with the first step
        return
    number = step + ahead
    if train(program, convention, course, (number,), outcome):
        outcome.steps.append(judged_step(program, convention, course, number, outcome.dtype))
        off, most = abs(costs[step] - band.costs[number]), band.half_width[number]
        text = f"step {number} leads out of the band of right trainings"
        outcome.costs[f"{p.name}, step {number}"] = Judgement("cost", "suspect", off, most, most, 0.0, text)


def train(
    program: Program, convention: Convention, course: Course, numbers: Collection[int], outcome: TrainingCheck
) -> bool:
    """Let a program train for as many steps as it takes to see these; tell whether it gave what it should."""
    course.weights[0] = course.problem.parameters
    for count in sorted({count for number in numbers for count in (number - 1, number)} - {0}):
        start = monotonic()
        reply = program.call("train", *convention.arguments(course.problem), course.rate, count)
        course.seconds = monotonic() - start
        outcome.replies.append(reply)
        if reply.timed_out and course.steps > LONG:
            outcome.remarks.append(f"not judged: {count} steps of train did not end in time (--timeout)")
            return False
        if reply.values is None:
            outcome.stopped = failed(program, "train", course.problem, reply)
            return False
        values = with_names(reply.values, course.problem, convention)
        found = {quantity_of(name): V for name, V in values.items()}
        course.weights[count] = weights_of(found, course.problem, convention, outcome)
        course.gradients[count] = gradients_of(found, course.problem, convention)
        course.costs = found.get("cost", course.costs) if count == course.steps else course.costs
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
    found: dict[str | None, Array | str], problem: Problem, convention: Convention, outcome: TrainingCheck
) -> Parameters:
    """Translate the weights that `train` gave; say which it did not give as it should."""
    weights = {}
    for name in Parameters._fields:
        V = found.get(name, NOT_GIVEN)
        text = V if isinstance(V, str) else ""
        if isinstance(V, np.ndarray):
            V, text = convention.ours(name, V.astype(FLOAT64), shape_of(name, problem))
            text = text or ("" if np.isfinite(V).all() else NOT_FINITE)
            weights[name] = V
        if text:
            outcome.unfit[name] = text
    return problem.parameters if outcome.unfit else Parameters(**weights)


def gradients_of(found: dict[str | None, Array | str], problem: Problem, convention: Convention) -> dict[str, Array]:
    """Translate the gradients that the last step took, where they are known."""
    given = {name: V for name in GRADIENTS if isinstance(V := found.get(name), np.ndarray)}
    ways = {name: convention.ours(name, V.astype(FLOAT64), shape_of(name, problem)) for name, V in given.items()}
    return {name: V for name, (V, misfit) in ways.items() if not misfit}


def judged_step(program: Program, convention: Convention, course: Course, number: int, dtype: np.dtype) -> Step:
    """Judge one step against the truth, and against the program's own gradients, rounded as the step took them."""
    before, after = course.weights[number - 1], course.weights[number]
    here = replace(course.problem, parameters=before)
    own: JudgedReply = answered(program.call("gradients", *convention.arguments(here)), here, convention)
    taken = course.gradients.get(number, {}).items()
    again = {name: V for name, V in taken if name in own.own and same(V, own.own[name], SAME[dtype])}
    step = Step(course, number, {**own.own, **again})
    the_judge = judge_of(course.problem, dtype)
    standard = the_judge.after_step(in_dtype(before, dtype), course.rate)
    for name, V in after._asdict().items():
        truth, allowed = standard.right[name]
        bound, noise = (kept(a, step, name) for a in (the_judge.worst(before), the_judge.noise(before)))
        allowed = Allowance(allowed.bound + bound, np.hypot(allowed.noise, noise))
        step.global_error[name] = judge(name, V, truth, allowed, FLOAT64)
        step.local_error[name] = follows(the_judge, step, name) or f"d{name}" in own.unfit  # nobody could follow that
    return step


def kept(a: Arithmetic, step: Step, name: str) -> Array:
    """What rounding may do to the weights between two steps.

    A program may keep them in another form than it gives them back in: as the sum of all steps, say, or as coefficients
    of the examples. That is one rounding of that sum and one of the first weights, which together may be larger than
    the weights, and at most one more of each through the gradient.
    """
    V, first = getattr(step.before, name), getattr(step.course.weights[0], name)
    return a.rounded(2, np.abs(first) + np.abs(V - first)) if step.number > 1 else np.zeros_like(V)


def judge_of(problem: Problem, dtype: np.dtype) -> Judge:
    """Set up the judge of programs that compute in this dtype."""
    return Judge(problem.X.astype(dtype), problem.Y.astype(dtype), hidden_units())


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


def judge_costs(outcome: TrainingCheck, course: Course, ahead: bool | None) -> bool | None:
    """Judge each cost whose weights are known; tell whether it was taken after the update, one step ahead."""
    last = course.steps
    if isinstance(course.costs, str):
        outcome.unfit["costs"] = course.costs
        return ahead
    if course.costs.size not in (last, last + 1) and course.costs.shape != (1,):  # every 100th, say: that is the first
        known = not course.costs.size or any("costs" in remark for remark in outcome.remarks)
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
