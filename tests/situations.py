"""Networks on which every mistake of the catalogue shows, and all that its lines can see there."""

from dataclasses import replace
from itertools import islice

import numpy as np
from cases import BY_NAME, Case, random_case

from shared.checking import lines, problems
from shared.network import Parameters

RATE = 0.125


def sure() -> Case:
    """Z2 goes from -50 to 50 in small steps, with both labels all along: every way to clip a probability shows."""
    Z2 = np.linspace(-50, 50, 81)
    X = np.array([np.maximum(Z2, 0) + 1, np.maximum(-Z2, 0) + 1])
    b1, W2 = np.array([[0.0], [0.0], [0.5]]), np.array([[1.0, -1.0, 0.25]])
    parameters = Parameters(np.eye(3, 2), b1, W2, np.zeros((1, 1)))
    return Case("2-3-1-sure", parameters, X, (np.arange(81) % 2 == 0).astype(float)[None])


GENERIC = BY_NAME["7-5-1-relu-float64"]
TIE = BY_NAME["5-3-1-tie-relu-float64"]
SURE = sure()
SQUARE = random_case("6-6-1-square", 6, 6, 6, seed=13)
TWO = replace(random_case("5-3-1-two-examples", 5, 3, 2, seed=14), Y=np.array([[1.0, 0.0]]))


def of_the_doctor(problem: problems.Problem) -> Case:
    return Case(problem.name, problem.parameters, problem.X, problem.Y)


MANY = of_the_doctor(next(problem for problem in problems.small() if problem.sizes["m"] > 200))
CASES = [GENERIC, TIE, SURE, *map(of_the_doctor, islice(problems.small(), 4, 10)), MANY]
LATE = 50
"""The step from which some programs train otherwise."""


def given(case: Case) -> lines.Values:
    return {**case.parameters._asdict(), "X": case.X, "Y": case.Y, "learning_rate": RATE}


def at_step(case: Case, step: int) -> lines.Values:
    """All that an update line can see at a step of training, the past with it."""
    seen = []

    def watched(q):
        seen.append(q)
        return lines.right("W1")(q)

    lines.train(given(case), step + 1, {"W1": watched})
    return seen[step]


def on_the_edges() -> lines.Values:
    """Z1, Z2 and A2 lie exactly where masks begin and where people clip them."""
    q = at_step(SURE, 0)
    tiny = np.array([1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12, 1e-15])
    own = {name: q[name].copy() for name in ("Z1", "Z2", "A2")}
    own["Z1"][:, :10] = [*tiny, 6]
    own["Z2"][:, :12] = [15, 19.5, 20, 30, 50, 100, -15, -19.5, -20, -30, -50, -100]
    own["A2"][:, :18] = [*tiny, *(1 - tiny)]
    return q | lines.run(q, own=own) | own


SITUATIONS = [at_step(case, step) for case in (*CASES, SQUARE, TWO) for step in (0, 2)] + [at_step(GENERIC, LATE)]
EDGES = on_the_edges()
