"""The diagnosis of `train`: which mistakes explain the updates and the costs, and what can be said where none does."""

from collections.abc import Iterable, Iterator

import numpy as np

from shared.checking.catalogue.entries import CATALOGUE, Mistake
from shared.checking.catalogue.mistake import Trait
from shared.checking.conventions import Convention
from shared.checking.courses import in_batches
from shared.checking.fitted import guesses_of_update
from shared.checking.lines import Values, right, run
from shared.checking.sandbox.program import Program
from shared.checking.training_check import Step, TrainingCheck, judged_step
from shared.checking.what_is_wrong import Diagnosis
from shared.network import Parameters

FEW_EXAMPLES = 10
ROUNDINGS = 64
"""How many of its dtype's roundings a prediction may be off."""


def diagnose_updates(outcome: TrainingCheck) -> Iterator[Diagnosis]:
    """Explain every parameter whose update is wrong by itself, and the costs."""
    for name in outcome.given:
        if outcome.place(name) != "WRONG here" and (name, outcome.place(name)) != ("costs", "inherits"):
            continue
        if name in outcome.unfit:
            yield Diagnosis(name, (name,), unfit=outcome.unfit[name])
            continue
        found = explaining_costs(outcome) if name == "costs" else explaining(outcome, name)
        mistakes = tuple(m for m in found if not m.general or all(other.general for other in found))
        clues = () if name == "costs" or any(not m.general for m in mistakes) else clues_of(outcome, name)
        if mistakes or outcome.place(name) == "WRONG here":
            yield Diagnosis(name, (name,), mistakes, tuple(clues))


def without_wanted(outcome: TrainingCheck, program: Program, convention: Convention) -> Iterator[Diagnosis]:
    """Diagnose the steps of a training that was not written for this suite: another optimizer is no mistake of it.

    Where PyTorch's own optimizer makes the steps, they need not be understood, nor numbers that come back beside them.
    Where batches of examples may explain what is wrong, each batch is judged by itself, if it can be seen.
    """
    kinds, optimizer, diagnoses = dict[str, None](), program.training.optimizer, list(diagnose_updates(outcome))
    if any(may_be_batches(outcome, each) for each in diagnoses):
        wrong = next(step.course for step in outcome.steps if any(is_off(step, name) for name in step.global_error))
        if batches := in_batches(program, convention, wrong):
            outcome.steps = [judged_step(program, convention, each, 1, outcome.dtype) for each in batches]
            outcome.costs, kinds["batches of examples"] = {}, None
            diagnoses = list(diagnose_updates(outcome))
    for diagnosis in diagnoses:
        wanted = [m.kind for m in diagnosis.mistakes if Trait.OPTIMIZER in m.traits]
        is_open = all(m.general for m in diagnosis.mistakes) and not diagnosis.unfit
        if may_be_batches(outcome, diagnosis):
            wanted = ["batches of examples"]
        if wanted or (is_open and (optimizer or diagnosis.line == "costs")):
            outcome.left_out |= {*diagnosis.quantities}
            kinds |= dict.fromkeys(wanted[:1])
        else:
            yield diagnosis
    if kinds:
        outcome.remarks.append(f"no plain gradient descent, and judged as what it is: {' or '.join(kinds)}")
    elif outcome.left_out - {"costs"}:
        outcome.remarks.append(f"the optimizer is {optimizer}: its steps are not examined")
    if "costs" in outcome.left_out:
        outcome.remarks.append("not examined, since nothing shows what they are: the numbers that the training returns")


def may_be_batches(outcome: TrainingCheck, diagnosis: Diagnosis) -> bool:
    """Tell whether a parameter is off for no known reason, and right where there are fewer examples than in a batch."""
    if diagnosis.unfit or diagnosis.line == "costs" or any(not m.general for m in diagnosis.mistakes):
        return False
    few = [step for step in outcome.steps if step.course.problem.sizes["m"] < FEW_EXAMPLES]
    return bool(few) and not any(is_off(step, diagnosis.line) for step in few)


def is_off(step: Step, name: str) -> bool:
    """Tell whether a parameter is wrong after a step, and did not follow the program's own gradient either."""
    return step.global_error[name].verdict == "wrong" and not step.local_error[name]


def explaining(outcome: TrainingCheck, name: str) -> list[Mistake]:
    """Find the mistakes that explain every step of a parameter, each from where the program was before it."""
    seen = list(before_each(outcome, name))

    def fitting(mistakes: Iterable[Mistake]) -> list[Mistake]:
        outcomes = {m: {matches(m, q, outcome.dtype) for q in seen} for m in mistakes}
        return [m for m, found in outcomes.items() if found <= {True, None} and True in found]

    found = fitting(m for m in CATALOGUE if m.line == name)
    guesses = guesses_of_update(name, seen, outcome.numbers)
    return found if any(not m.general for m in found) else [*found, *fitting(guesses)]


def before_each(outcome: TrainingCheck, name: str) -> Iterator[Values]:
    """Collect what the line of an update sees at each step, and, as `after`, what the program made of it.

    The `past` of a step is there if all of it is known.
    """
    past: list[Values] = []
    rate_seen = length_of(outcome.steps[0], name)
    if len({step.course.rate for step in outcome.steps}) == 1 and not np.isclose(rate_seen, 1):
        rate_seen = np.nan  # one rate alone does not show that another length is always the same
    for step in outcome.steps:
        number = step.course.first + step.number
        q = {**step.course.problem.given(), **step.before._asdict(), "learning_rate": step.course.rate}
        q |= {"step": number - 1, "after": getattr(step.after, name)}
        q |= {"length_seen": (length := length_of(step, name)), "rate_seen": rate_seen}
        q["going_on"] = number == 1 or length != 0
        q |= {**run(q), **step.own_gradients}
        past = [] if number == 1 else past
        if len(past) == number - 1:
            q["past"] = list(past)
            past.append({f"d{V}": q[f"d{V}"] for V in Parameters._fields})
        yield q


def matches(mistake: Mistake, q: Values, dtype: np.dtype) -> bool | None:
    """Compare what a mistake would do with what the program did, to rounding; None where the past is not known."""
    try:
        predicted = mistake.wrong(q)
    except KeyError:
        return None
    except (TypeError, ValueError):  # no size of a batch
        return False
    size = max(np.abs(predicted).max(), np.abs(right(mistake.line)(q)).max())
    return bool(np.all(np.abs(predicted - q["after"]) <= ROUNDINGS * np.finfo(dtype).eps * size))


def explaining_costs(outcome: TrainingCheck) -> list[Mistake]:
    """Find the mistakes, of the cost or of the list of costs, that explain those of the first problem."""
    steps = [step for step in outcome.steps if step.course is outcome.steps[0].course]
    places = [{**step.course.problem.given(), **step.before._asdict()} for step in steps]
    places = [{**q, **run(q)} for q in places]
    given, rtol = outcome.given_costs[: len(places)], ROUNDINGS * float(np.finfo(outcome.dtype).eps)
    places = places[: given.size]
    right = {"costs": np.array([q["cost"] for q in places])}
    found = []
    for mistake in CATALOGUE:
        if mistake.line in ("cost", "costs"):
            ways = mistake.wrong(right) if mistake.line == "costs" else [mistake.wrong(q) for q in places]
            if np.allclose(given, np.array(ways), rtol=rtol, atol=0):
                found.append(mistake)
    return found


def length_of(step: Step, name: str) -> float:
    """Measure the learning rate with which a parameter moved along its own gradient; NaN if it did not."""
    V, after, dV = getattr(step.before, name), getattr(step.after, name), step.own_gradients.get(f"d{name}")
    if dV is None or not np.any(dV):
        return np.nan
    rate = float(np.sum((V - after) * dV) / np.sum(dV * dV))
    return rate if np.allclose(V - after, rate * dV, rtol=0, atol=1e-6 * abs(rate) * np.abs(dV).max()) else np.nan


def clues_of(outcome: TrainingCheck, name: str) -> Iterator[str]:
    """Say on which steps an update is wrong, and whether at least its direction is right."""
    alike = [step for step in outcome.steps if step.number == 1 and step.course.rate == outcome.steps[0].course.rate]
    if len({getattr(step.after, name).tobytes() for step in alike}) > 1:
        yield "asked the same again, train gives other weights: something is kept between the calls, or drawn at random"
    wrong = [step for step in outcome.steps if step.global_error[name].verdict == "wrong"]
    if len(wrong) < len(outcome.steps):
        yield f"it is wrong on: {'; '.join(step.name for step in wrong)}"
    for step in wrong[:1]:
        length = length_of(step, name)
        if np.isfinite(length):
            yield (
                f"on {step.name}, it moves along d{name} as if the learning rate were {length:.6g}, "
                f"and it is {step.course.rate:g}"
            )
