"""The trainings that are judged: those that are asked for, or the steps that a script makes by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from shared.checking.conventions import Convention
from shared.checking.problems import Problem, drawn, of_a_step, of_many_examples, on_paper
from shared.checking.sandbox.binding.numpy_steps import passes
from shared.checking.sandbox.binding.paper import NAMES, in_columns
from shared.checking.sandbox.binding.steps import steps_of
from shared.checking.sandbox.program import Program
from shared.network import Array, Parameters


@dataclass
class Course:
    """A problem, a learning rate, and the steps that are judged; what `train` gave: weights after so many steps.

    `gradients` are those that each step took, if they are known, `seconds` is how long the last call took, `first` how
    many steps a script had made before.
    """

    problem: Problem
    rate: float
    numbers: tuple[int, ...]
    weights: dict[int, Parameters] = field(default_factory=dict)
    gradients: dict[int, dict[str, Array]] = field(default_factory=dict)
    costs: Array | str = field(default_factory=lambda: np.empty(0))
    seconds: float = 0.0
    first: int = 0

    @property
    def steps(self) -> int:
        """How many steps the longest training has."""
        return max(self.numbers)


def courses(program: Program) -> Iterator[Iterator[Course]]:
    """All that is tried: the steps that a script or a training makes by itself, and those that can be asked for."""
    if any(program.training.rates):
        yield iter(own_courses(list(program.own_steps()), program.training.rates))
    if program.training.is_asked or not any(program.training.rates):
        yield asked_for(program)


def asked_for(program: Program) -> Iterator[Course]:
    """All that is asked for, the longest last."""
    for course in usual_courses():
        course.problem = next(iter(getattr(program, "fitted", iter)([course.problem])), course.problem)
        yield course


def in_batches(program: Program, convention: Convention, course: Course) -> list[Course]:
    """Watch a training, and give each of its updates a course of its own, with the examples that it was made with.

    Nothing, if that shows no updates, or if they do not lead to the weights that came back.
    """
    arguments = convention.arguments(course.problem)
    reply = program.call("train", *arguments, course.rate, 1, watch=True)
    inputs = dict(zip(NAMES, arguments, strict=True))
    seen = passes(reply.operations, inputs, len(reply.operations)) if reply.operations else []
    steps, found = steps_of(seen, reply.operations, inputs, [course.rate]), list[Course]()
    for number, step in enumerate(steps):
        begin, end = (in_columns(step.given | V, step.rows, step.turned) for V in (step.given, step.after))
        here, there = (of_a_step(f"batch {number + 1} of {len(steps)}", q) for q in (begin, end))
        found.append(Course(here, course.rate, (1,), {0: here.parameters, 1: there.parameters}))
    came, last = reply.values or {}, steps[-1].after if steps else {}
    return found if all(np.array_equal(last[name], came.get(name, ())) for name in last) else []


def own_courses(problems: Sequence[Problem], rates: Sequence[float]) -> list[Course]:
    """Put steps with the same examples and the same learning rate together."""
    found = list[Course]()
    for number, (problem, rate) in enumerate(zip(problems, rates, strict=False)):
        last = found[-1] if found else None
        if last and last.rate == rate and last.first + last.steps == number and last.problem.has_examples_of(problem):
            last.numbers = (*last.numbers, last.steps + 1)
        elif rate:
            name = problem.name.rpartition(",")[0]
            found.append(Course(replace(problem, name=name), rate, (1,), first=number))
    return found


def usual_courses() -> Iterator[Course]:
    """In the longest training, the cost falls below 0.001, and rises once: in step 87."""
    yield Course(on_paper(), 0.25, (1, 2, 3))
    yield Course(of_many_examples(), 0.125, (1,))
    yield Course(replace(on_paper(), name="3-2-1, 5 examples, once more"), 0.25, (1,))
    yield Course(drawn(4, 6, 9, seed=5), 0.03125, (101,))
    yield Course(drawn(4, 6, 9, seed=5), 1.0, (87, 2500))
