"""The trainings that are judged: those that are asked for, or the steps that a script makes by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from shared.checking.problems import Problem, drawn, of_many_examples, on_paper
from shared.checking.sandbox.program import Program
from shared.network import Array, Parameters


@dataclass
class Course:
    """A problem, a learning rate, and the steps that are judged; what `train` gave: weights after so many steps.

    `seconds` is how long the last call took, `first` how many steps a script had made before.
    """

    problem: Problem
    rate: float
    numbers: tuple[int, ...]
    weights: dict[int, Parameters] = field(default_factory=dict)
    costs: Array | str = field(default_factory=lambda: np.empty(0))
    seconds: float = 0.0
    first: int = 0

    @property
    def steps(self) -> int:
        """How many steps the longest training has."""
        return max(self.numbers)


def courses(program: Program) -> Iterator[Course]:
    """All that is tried, the longest last; of a script, the steps that it makes by itself."""
    if any(program.training.rates):
        yield from own_courses(list(program.own_steps()), program.training.rates)
        return
    for course in usual_courses():
        course.problem = next(iter(getattr(program, "fitted", iter)([course.problem])), course.problem)
        yield course


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
