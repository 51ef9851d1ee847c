"""The networks that every implementation is judged on. Dimensions differ, so that a transpose cannot hide."""

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product

import numpy as np

from shared.comparing.answers import answers
from shared.data import dataset, default_data, weights
from shared.judging.judge import Judge, Standard
from shared.network import ACTIVATIONS, Activation, Array, Implementation, Parameters


@dataclass(frozen=True, eq=False)
class Case:
    """A network, its inputs and labels, and its hidden activation."""

    name: str
    parameters: Parameters
    X: Array
    Y: Array
    activation: Activation = "relu"

    def __str__(self) -> str:
        return self.name

    def in_form(self, dtype: str, activation: Activation) -> "Case":
        """The same network in another dtype, with another activation."""
        parameters = Parameters(*(V.astype(dtype) for V in self.parameters))
        name = f"{self.name}-{activation}-{dtype}"
        return Case(name, parameters, self.X.astype(dtype), self.Y.astype(dtype), activation)

    @cached_property
    def judge(self) -> Judge:
        """The judge of this case."""
        return Judge(self.X, self.Y, self.activation)

    @cached_property
    def standard(self) -> Standard:
        """What every quantity of this case should be."""
        return self.judge.at(self.parameters)

    def explain(self, judgements: dict, quantity: str, values: dict) -> str:
        """Which line is to blame for a quantity that does not agree."""
        return self.judge.explain(judgements, quantity, self.parameters, values)

    @cache  # noqa: B019
    def answers(self, implementation: Implementation) -> dict:
        """What an implementation returns for this case."""
        return answers(implementation, self.parameters, self.X, self.Y, self.activation).values


def random_case(name: str, n_x: int, n_h: int, m: int, seed: int, scale: float = 1.0, bias: float = 0.5) -> Case:
    rng = np.random.default_rng(seed)
    parameters = Parameters(
        W1=scale * rng.standard_normal((n_h, n_x)) / np.sqrt(n_x),
        b1=bias * rng.standard_normal((n_h, 1)),
        W2=scale * rng.standard_normal((1, n_h)),
        b2=bias * rng.standard_normal((1, 1)),
    )
    return Case(name, parameters, rng.standard_normal((n_x, m)), (rng.random((1, m)) < 0.4).astype(float))


def worked() -> Case:
    """The network of tests/test_worked_example.py, small enough for paper."""
    parameters = Parameters(
        W1=np.array([[0.5, -0.25], [-1.0, 0.5]]),
        b1=np.array([[0.25], [0.5]]),
        W2=np.array([[2.0, -1.0]]),
        b2=np.array([[0.0]]),
    )
    return Case("2-2-1-worked", parameters, np.array([[1.0, 0.5], [2.0, -1.0]]), np.array([[1.0, 0.0]]))


def tie() -> Case:
    """Z1 is exactly 0 for a black image (b1 = 0), and for an image on which two weights cancel exactly."""
    case = random_case("5-3-1-tie", 5, 3, 7, seed=2, bias=0.0)
    case.X[:, 4] = 0.0
    case.X[:, 5] = [0.5, 1.0, 0.0, 0.0, 0.0]
    case.parameters.W1[:, :2] = [[1.0, -0.5], [-2.0, 1.0], [0.25, -0.125]]
    return case


def saturated() -> Case:
    """Z2 is so far from 0, on both sides and for both labels, that A2 rounds to 0 or 1 in float32."""
    case = random_case("6-4-1-saturated", 6, 4, 9, seed=3, scale=6.0)
    case.parameters.W2[...] = [[40.0, -30.0, 20.0, -50.0]]
    return case


def extinguished() -> Case:
    """Z2 is about -800 and 800: float64 has no number as small as sigmoid(-800)."""
    case = random_case("4-3-1-extinguished", 4, 3, 6, seed=7)
    case.parameters.b1[...] = 5.0
    case.parameters.W2[...] = [[-160.0, 1.0, 0.5]]
    case.X[:, 3:] *= -1
    case.parameters.b2[...] = -20.0
    return case


def repeated() -> Case:
    """Twelve images, thirty times each: their errors are equal, and do not cancel."""
    case = random_case("40-4-1-repeated", 40, 4, 12, seed=10)
    return Case(case.name, case.parameters, np.tile(case.X, 30), np.tile(case.Y, 30))


@cache
def photographs(hidden: int = 8) -> Case:
    """4096-8-1 on the embedded photographs."""
    train = dataset.load(*default_data.paths()).train
    parameters = weights.draw(train.X.shape[0], hidden, seed=1, dtype="float64")
    return Case("4096-8-1", parameters, train.X, train.Y)


SMALL = [
    worked(),
    random_case("4-3-1-one-example", 4, 3, 1, seed=1),
    tie(),
    saturated(),
    extinguished(),
    repeated(),
    random_case("7-5-1", 7, 5, 11, seed=4),
    random_case("3-1-1-one-unit", 3, 1, 5, seed=5),
    random_case("300-2-1-wide", 300, 2, 13, seed=6),
]

FORMS = list(product(("float64", "float32"), ACTIVATIONS))

CASES = [case.in_form(*form) for case in SMALL for form in FORMS]
CASES += [photographs().in_form("float64", "relu"), photographs().in_form("float32", "relu")]

BY_NAME = {case.name: case for case in CASES}
