"""What the lessons share: what a lesson is and what a claim is, the photographs, training, and running a lesson."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from threadpoolctl import threadpool_limits

from shared.comparing.answers import call
from shared.data import dataset, default_data, weights
from shared.data.dataset import Scaling
from shared.network import Activation, Array, DtypeName, Implementation, Parameters, Progress, Settings, Training

if TYPE_CHECKING:  # slow to import, and only pictures need it
    from matplotlib.figure import Figure

GUESS = -(72 * np.log(72 / 209) + 137 * np.log(137 / 209)) / 209
"""The cost of the best answer that is the same for every image, 72/209: 72 of the 209 photographs are cats. 0.6440."""


class Claim(NamedTuple):
    """A sentence that numbers can refute, what was measured, and whether the sentence holds."""

    says: str
    measured: str
    holds: bool | np.bool


class Lesson(Protocol):
    """What the file of a lesson has: three texts or functions to change, and a picture."""

    TITLE: str
    EXPECT: str

    def experiment(self, implementation: Implementation) -> Any:
        """Measure, with one implementation."""
        ...

    def claims(self, measured: Any) -> list[Claim]:
        """Compare what was expected with what was measured. A comparison with NaN is False, so the claim fails."""
        ...

    def picture(self, figure: "Figure", by_framework: dict[str, Any]) -> None:
        """Draw what was measured, by the name of the implementation."""
        ...


@dataclass(frozen=True)
class Outcome:
    """A lesson that was run: what was measured and claimed, by the name of the implementation."""

    name: str
    lesson: Lesson
    by_framework: dict[str, Any]
    claims: dict[str, list[Claim]]

    def rows(self) -> dict[str, dict[str, Claim]]:
        """The claims by what they say, then by implementation; an implementation need not make every claim."""
        rows: dict[str, dict[str, Claim]] = {}
        for name, claims in self.claims.items():
            for claim in claims:
                rows.setdefault(claim.says, {})[name] = claim
        return rows

    @property
    def as_expected(self) -> bool:
        """Whether there are claims, and all of them hold in every implementation."""
        claims = [claim for claims in self.claims.values() for claim in claims]
        return bool(claims) and all(claim.holds for claim in claims)


def run(name: str, lesson: Lesson, implementations: Mapping[str, Implementation], progress: Progress) -> Outcome:
    """Run a lesson with each implementation.

    Raises
    ------
    ImplementationFailed
        If an implementation raises an exception, or returns something that the claims cannot use.
    """
    by_framework = {}
    with threadpool_limits(1), np.errstate(all="ignore"):  # small products; a lesson may be about overflow
        for done, (framework, implementation) in enumerate(implementations.items()):
            progress(done)
            by_framework[framework] = call(lesson.experiment, implementation)
    claims = {framework: call(lesson.claims, measured) for framework, measured in by_framework.items()}
    return Outcome(name, lesson, by_framework, claims)


@cache
def photographs(scaling: Scaling = "standard") -> tuple[Array, Array]:
    """Take every 4th pixel of the embedded photographs, down and across: X (256, 209) and Y (1, 209).

    16 x 16 pixels are enough to learn from, and a lesson takes seconds.
    """
    examples = dataset.load(*default_data.paths(), scaling=scaling).train
    pixels = examples.X.reshape(64, 64, -1)[::4, ::4]
    return pixels.reshape(256, -1).copy(), examples.Y


def draw(scale: float = 0.01, hidden: int = 8) -> Parameters:
    """Draw the weights for the photographs, normally distributed with this standard deviation; the biases are 0."""
    W1, b1, W2, b2 = weights.draw(256, hidden, seed=1, dtype="float64")
    return Parameters(W1 * (scale / 0.01), b1, W2 * (scale / 0.01), b2)


def train(
    implementation: Implementation,
    parameters: Parameters,
    X: Array,
    Y: Array,
    rate: float,
    steps: int,
    activation: Activation = "relu",
) -> Training:
    """Train with an implementation."""
    dtype: DtypeName = "float32" if X.dtype == np.float32 else "float64"
    settings = Settings(rate, steps, len(parameters.b1), dtype=dtype, activation=activation)
    return implementation.train(parameters, X, Y, settings)


def descent(
    implementation: Implementation,
    parameters: Parameters,
    X: Array,
    Y: Array,
    rate: float,
    steps: int,
    activation: Activation = "relu",
) -> Iterator[Parameters]:
    """Train step by step: yield the weights before every step, and after the last one."""
    yield parameters
    for _ in range(steps):
        parameters = implementation.step(parameters, X, Y, rate, activation)
        yield parameters
