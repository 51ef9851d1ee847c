"""The result record: everything that a comparison found, which terminal, JSON file and page show."""

import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from shared.judging.verdict import Judgement
from shared.network import Activations, Device, MatmulPrecision, Parameters

if TYPE_CHECKING:  # slow to import
    from shared.data.dataset import Examples
    from shared.judging.curves.band import Band
    from shared.judging.curves.curvature import Curvature

SCHEMA = 1

PAGE = "report.html"
"""The page's name in its folder."""


@dataclass(frozen=True)
class Disagreement:
    """The first thing that does not agree, in the order of computation."""

    framework: str
    quantity: str
    iteration: int


@dataclass(frozen=True)
class Curve:
    """How a training curve compares with the band. `share` is the largest part of it that the curve uses."""

    verdict: Literal["agrees", "suspect", "wrong"]
    judged_steps: int
    leaves_band_at: int | None
    largest_distance: float
    problem: str = ""
    share: float | None = None


@dataclass(frozen=True)
class ExactDistance:
    """How far a training curve is from the exact curve at each step, and up to which step it keeps how many digits."""

    distances: list[float]
    six_digits_to: int
    three_digits_to: int
    one_digit_to: int


@dataclass
class PrintedCosts:
    """Costs from a file: costs[k] before update steps[k], known within `rounding`; and how they compare."""

    name: str
    steps: list[int]
    costs: list[float]
    rounding: float
    curve: Curve
    exact_distance: ExactDistance | None = None


@dataclass(frozen=True)
class Exact:
    """The exact curve: its costs, the digits proven of each, and what it took to compute."""

    costs: list[float]
    proven_digits: int
    bits: int
    seconds: float


@dataclass(frozen=True)
class Apart:
    """Where the training curves of two implementations are farthest apart."""

    first: str
    second: str
    distance: float
    step: int


@dataclass
class Framework:
    """What one implementation did, and the verdicts on it.

    `sums` are the verdicts on sums over chunks, where there are too many examples to judge the rest on all of them.
    They are judged by the bound alone: `noise` is the bound there. `again` are those on every quantity, asked for once
    more at the initial weights and at those of the last step; `trained` on trained weights, and their A2 on each set.
    """

    costs: list[float] = field(default_factory=list)
    train_accuracy: float | None = None
    test_accuracy: float | None = None
    seconds_per_step: float | None = None
    seconds_to_compile: float | None = None
    quantities: dict[str, Judgement] = field(default_factory=dict)
    sums: dict[str, Judgement] = field(default_factory=dict)
    steps: dict[int, dict[str, Judgement]] = field(default_factory=dict)
    again: dict[int, dict[str, Judgement]] = field(default_factory=dict)
    trained: dict[str, Judgement] = field(default_factory=dict)
    curve: Curve | None = None
    exact_distance: ExactDistance | None = None
    changed_inputs: list[str] = field(default_factory=list)
    explanations: dict[str, str] = field(default_factory=dict)

    def add_changed(self, names: Iterable[str]) -> None:
        """Note which of its inputs an implementation changed."""
        self.changed_inputs += [name for name in names if name not in self.changed_inputs]

    def disagreements(self) -> list[tuple[int, str]]:
        """List (iteration, quantity) of everything that does not agree, in the order of computation."""
        off = [(0, name) for name in self.changed_inputs]
        off += [(0, name) for name, judged in self.quantities.items() if judged.verdict != "agrees"]
        off += [(0, name) for name, judged in self.sums.items() if judged.verdict != "agrees"]
        off += [
            (step, name)
            for at_steps in (self.again, self.steps)
            for step, judgements in at_steps.items()
            for name, judged in judgements.items()
            if judged.verdict != "agrees"
        ]
        if self.curve and self.curve.verdict != "agrees":
            off.append((self.curve.leaves_band_at or 0, "cost"))
        off += [(len(self.costs), judged.quantity) for judged in self.trained.values() if judged.verdict != "agrees"]
        return off


@dataclass
class Artifacts:
    """What the page draws, and the JSON file leaves out because it is large.

    `about` holds the first line of each implementation's docstring, `trained` its trained weights, and `passes` what
    its trained network computes for the examples: passes["numpy", "test"].
    """

    initial: Parameters
    examples: dict[str, "Examples"]
    band: "Band | None"
    about: dict[str, str]
    trained: dict[str, Parameters] = field(default_factory=dict)
    passes: dict[tuple[str, str], Activations] = field(default_factory=dict)


@dataclass
class Record:
    """One comparison, from its settings to its verdict."""

    settings: dict[str, Any]
    versions: dict[str, str]
    machine: dict[str, Any]
    data: dict[str, Any]
    frameworks: dict[str, Framework] = field(default_factory=dict)
    printed_costs: PrintedCosts | None = None
    horizon: int | None = None
    exact_curve: Exact | None = None
    curvature: "Curvature | None" = None
    sample: int | None = None  # how many examples were judged, where there are too many to judge all
    apart: Apart | None = None
    command: str = ""
    artifacts: Artifacts | None = None

    @property
    def device(self) -> tuple[Device, MatmulPrecision]:
        """Where frameworks that have a choice compute, and how they multiply matrices."""
        return self.settings.get("device", "cpu"), self.settings.get("matmul_precision", "default")

    @property
    def first_disagreement(self) -> Disagreement | None:
        """The earliest disagreement of any framework: by iteration, then in the order of computation."""
        disagreements = [
            (iteration, order, Disagreement(name, quantity, iteration))
            for name, framework in self.frameworks.items()
            for order, (iteration, quantity) in enumerate(framework.disagreements())
        ]
        if self.printed_costs and (at := self.printed_costs.curve.leaves_band_at) is not None:
            disagreements.append((at, sys.maxsize, Disagreement(self.printed_costs.name, "cost", at)))
        return min(disagreements, key=lambda entry: entry[:2])[2] if disagreements else None

    @property
    def verdict(self) -> Literal["agree", "disagree"]:
        """Whether everything agrees."""
        return "disagree" if self.first_disagreement else "agree"

    def as_dict(self) -> dict[str, Any]:
        """Return the record in the layout of the JSON file, which leaves out what only the page draws."""
        first = self.first_disagreement
        return {
            "schema": SCHEMA,
            "verdict": self.verdict,
            "first_disagreement": asdict(first) if first else None,
            "settings": self.settings,
            "versions": self.versions,
            "machine": self.machine,
            "data": self.data,
            "given_costs": asdict(self.printed_costs) if self.printed_costs else None,
            "horizon": self.horizon,
            "exact_curve": asdict(self.exact_curve) if self.exact_curve else None,
            "curvature": asdict(self.curvature) if self.curvature else None,
            "judged_examples": self.sample,
            "curves_apart": asdict(self.apart) if self.apart else None,
            "frameworks": {name: asdict(framework) for name, framework in self.frameworks.items()},
        }
