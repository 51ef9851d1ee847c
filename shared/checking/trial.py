"""The trial of `train`: one, two and three steps, each judged from the weights that the program had before it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from shared.checking.conventions import Convention, quantity_of
from shared.checking.diagnosis import Diagnosis
from shared.checking.examination import failed
from shared.checking.problems import Problem
from shared.checking.program import Program
from shared.checking.visit import FLOAT64, Place, Visit, answered, shape_of
from shared.judging.arithmetic import exact
from shared.judging.judge import Judge
from shared.judging.lines import UPDATES, Values, run
from shared.judging.mistakes import CATALOGUE, Mistake
from shared.judging.rounding import updated
from shared.judging.verdict import Judgement, judge
from shared.network import Array, Parameters

RATE = 0.25
STEPS = 3
NAMES = (*Parameters._fields, "costs")


@dataclass
class Step:
    """A step: where the program was, its own gradients there, where it went, and whether it follows its gradients."""

    before: Parameters
    own_gradients: dict[str, Array]
    after: Parameters
    whole: dict[str, Judgement] = field(default_factory=dict)
    alone: dict[str, bool] = field(default_factory=dict)


@dataclass
class Trial:
    """What `train` did on one problem."""

    problem: Problem
    steps: list[Step] = field(default_factory=list)
    given_costs: Array = field(default_factory=lambda: np.empty(0))
    costs: list[Judgement] = field(default_factory=list)
    unfit: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def given(self) -> list[str]:
        """What was judged."""
        names = [*(Parameters._fields if self.steps else ()), *(["costs"] if self.costs else [])]
        return [name for name in NAMES if name in names or name in self.unfit]

    def judgements(self, name: str) -> list[Judgement]:
        """Every judgement of a parameter after a step, or of the costs."""
        return self.costs if name == "costs" else [step.whole[name] for step in self.steps]

    def place(self, name: str) -> Place:
        """Tell a right update from one that takes a wrong gradient, and from one that is wrong by itself."""
        if name in self.unfit:
            return "WRONG here"
        verdicts = {judgement.verdict for judgement in self.judgements(name)}
        if "wrong" in verdicts:
            alone = name != "costs" and all(step.alone[name] for step in self.steps)
            return "inherits" if alone else "WRONG here"
        return "cannot tell" if "suspect" in verdicts else "OK"


def trial(program: Program, problem: Problem, convention: Convention, dtype: np.dtype) -> Trial:
    """Let a program that computes in this dtype train for one, two and three steps.

    Raises
    ------
    CheckError
        If the program fails.
    """
    outcome, before, costs = Trial(problem), problem.parameters, np.empty(0)
    for count in range(1, STEPS + 1):
        reply = program.call("train", *convention.arguments(problem), RATE, count)
        if reply.values is None:
            raise failed(program, "train", problem, reply)
        found = {quantity_of(name): V for name, V in reply.values.items()}
        after = weights_of(found, problem, convention, outcome)
        if outcome.unfit:
            return outcome
        outcome.steps.append(judged_step(program, problem, convention, before, after, dtype))
        before, costs = after, found.get("cost", costs)
    judge_costs(outcome, costs, dtype)
    return outcome


def weights_of(
    found: dict[str | None, Array | str], problem: Problem, convention: Convention, outcome: Trial
) -> Parameters:
    """Translate the weights that `train` gave; say which it did not give as it should."""
    weights = {}
    for name in Parameters._fields:
        V = found.get(name, "it is missing: train gives the costs and W1, b1, W2, b2 by name")
        text = V if isinstance(V, str) else ""
        if isinstance(V, np.ndarray):
            V, text = convention.ours(name, V.astype(FLOAT64), shape_of(name, problem))
            text = text or ("" if np.isfinite(V).all() else "it is not finite")
            weights[name] = V
        if text:
            outcome.unfit[name] = text
    return problem.parameters if outcome.unfit else Parameters(**weights)


def judged_step(
    program: Program, problem: Problem, convention: Convention, before: Parameters, after: Parameters, dtype: np.dtype
) -> Step:
    """Judge one step against the truth, and against the program's own gradients."""
    here = Problem(problem.name, before, problem.X, problem.Y)
    reply = program.call("gradients", *convention.arguments(here))
    own: Visit = answered(reply, here, convention)
    step = Step(before, own.own, after)
    the_judge = judge_of(problem, dtype)
    standard = the_judge.after_step(in_dtype(before, dtype), RATE)
    for name, V in after._asdict().items():
        step.whole[name] = judge(name, V, *standard.right[name], FLOAT64)
        step.alone[name] = follows(the_judge, step, name)
    return step


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
    right = updated(the_judge.worst(step.before), exact(V), exact(dV), RATE)
    return bool(np.all(np.abs(getattr(step.after, name) - right.value) <= 2 * right.error))


def judge_costs(outcome: Trial, costs: Array | str, dtype: np.dtype) -> None:
    """Judge each cost at the weights that the program had then; a cost taken after the update is one step ahead."""
    if isinstance(costs, str):
        outcome.unfit["costs"] = costs
        return
    if costs.size not in (STEPS, STEPS + 1):
        outcome.remarks.append(f"the costs of {STEPS} steps are {costs.size}, so they are not judged")
        return
    problem = outcome.problem
    weights = [outcome.steps[0].before, *(step.after for step in outcome.steps)]
    judgements: dict[bool, list[Judgement]] = {}
    for ahead in (False, True):
        judgements[ahead] = [
            judge("cost", float(cost), *judge_of(problem, dtype).at(in_dtype(P, dtype)).right["cost"], FLOAT64)
            for cost, P in zip(costs.ravel(), weights[ahead:], strict=False)
        ]
    outcome.given_costs = costs.ravel()
    is_ahead = all(j.verdict == "agrees" for j in judgements[True]) and judgements[False][0].verdict != "agrees"
    if is_ahead:
        outcome.remarks.append("each cost is taken after the update: the curve begins at the second point")
    outcome.costs = judgements[is_ahead]


def diagnose_updates(outcome: Trial) -> Iterator[Diagnosis]:
    """Explain every parameter whose update is wrong by itself, and the costs."""
    for name in outcome.given:
        if outcome.place(name) != "WRONG here":
            continue
        if name in outcome.unfit:
            yield Diagnosis(name, (name,), unfit=outcome.unfit[name])
        else:
            yield Diagnosis(
                name, (name,), tuple(explaining_costs(outcome) if name == "costs" else explaining(outcome, name))
            )


def explaining(outcome: Trial, name: str) -> list[Mistake]:
    """Find the mistakes that explain every step of a parameter, each from where the program was before it."""
    return [m for m in CATALOGUE if m.line == name and all(matches(m, q) for q in before_each(outcome, name))]


def explaining_costs(outcome: Trial) -> list[Mistake]:
    """Find the mistakes, of the cost or of the list of costs, that explain all of them."""
    places = [{**outcome.problem.given(), **step.before._asdict()} for step in outcome.steps]
    places = [{**q, **run(q)} for q in places]
    right = {"costs": np.array([q["cost"] for q in places])}
    found = []
    for mistake in CATALOGUE:
        if mistake.line in ("cost", "costs"):
            predicted = (
                mistake.wrong(right) if mistake.line == "costs" else np.array([mistake.wrong(q) for q in places])
            )
            if np.allclose(outcome.given_costs[: len(places)], predicted, rtol=64 * np.finfo(float).eps, atol=0):
                found.append(mistake)
    return found


def before_each(outcome: Trial, name: str) -> list[Values]:
    """Collect what the line of an update sees at each step, and, as `after`, what the program made of it."""
    seen: list[Values] = []
    for number, step in enumerate(outcome.steps):
        q = {**outcome.problem.given(), **step.before._asdict(), "learning_rate": RATE, "step": number}
        q |= {**run(q), **step.own_gradients}
        past = [{f"d{V}": earlier[f"d{V}"] for V in Parameters._fields} for earlier in seen]
        seen.append({**q, "past": past, "after": getattr(step.after, name)})
    return seen


def matches(mistake: Mistake, q: Values) -> bool:
    """Compare what a mistake would do with what the program did, to rounding."""
    predicted, right = mistake.wrong(q), UPDATES[mistake.line](q)
    size = max(np.abs(predicted).max(), np.abs(right).max())
    return bool(np.all(np.abs(predicted - q["after"]) <= 64 * np.finfo(float).eps * size))
