"""What a benchmark measured, which terminal, JSON file and page show."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from shared.comparing.record import Curve

SCHEMA = 1

PAGE = "bench.html"
"""The page's name in its folder."""


OWN = "an implementation of this suite, or a file with the same functions"
"""What a contestant is called that is not a peer."""


@dataclass(frozen=True)
class Spread:
    """The median of a figure over the rounds, and its quartiles: half of the rounds lie between them."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarise the rounds."""
        low, median, high = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
        return cls(median, low, high)


@dataclass
class Timing:
    """What one contestant did in one dtype.

    seconds_per_step, seconds_of_floor
        Of each round: a step, and the two large products of a step alone.
    seconds_to_compile
        The time before steps run at their full speed.
    seconds_in_all
        The whole job, from NumPy arrays to the last step, everything included.
    peak_memory
        Bytes.
    processors
        How many processors the steps of each round kept busy.
    curve
        Whether the costs are those of this training.
    problem
        Why results are missing.
    """

    seconds_per_step: list[float] = field(default_factory=list)
    seconds_of_floor: list[float] = field(default_factory=list)
    seconds_to_compile: float | None = None
    seconds_in_all: float | None = None
    peak_memory: int | None = None
    processors: list[float] = field(default_factory=list)
    library: str = ""
    threads: dict[str, int] = field(default_factory=dict)
    curve: Curve | None = None
    problem: str = ""

    @property
    def step(self) -> Spread | None:
        """Seconds of a step."""
        return Spread.of(self.seconds_per_step) if self.seconds_per_step else None

    @property
    def floor(self) -> Spread | None:
        """Seconds of its two large products."""
        return Spread.of(self.seconds_of_floor) if self.seconds_of_floor else None

    @property
    def ratio(self) -> Spread | None:
        """How many times its floor a step takes: each step is compared with the floor of its own round."""
        rounds = zip(self.seconds_per_step, self.seconds_of_floor, strict=True)
        return Spread.of([step / floor for step, floor in rounds]) if self.seconds_per_step else None

    @property
    def verdict(self) -> Literal["agrees", "suspect", "wrong", "failed"]:
        """Whether it did the same job."""
        return self.curve.verdict if self.curve and not self.problem else "failed"

    def as_dict(self) -> dict[str, Any]:
        """Return everything, with the summaries that the tables show."""
        spreads = {name: getattr(self, name) for name in ("step", "floor", "ratio")}
        return {
            "verdict": self.verdict,
            **{name: spread and asdict(spread) for name, spread in spreads.items()},
            **asdict(self),
        }


@dataclass(frozen=True)
class Growth:
    """How the seconds of a step, or of its floor, grow along m or n_x: the exponent that fits best, and its error."""

    name: str
    along: str
    what: str
    sizes: list[int]
    seconds: list[float]
    exponent: float
    error: float


@dataclass
class Bench:
    """One benchmark, from its settings to its verdict.

    share_of_others
        The share of the processors' time that other programs had meanwhile, 0 to 1; None if that is not known.
    """

    settings: dict[str, Any]
    versions: dict[str, str]
    machine: dict[str, Any]
    data: dict[str, Any]
    contestants: dict[str, str]
    left_out: dict[str, str] = field(default_factory=dict)
    timings: dict[str, dict[str, Timing]] = field(default_factory=dict)
    horizons: dict[str, int | None] = field(default_factory=dict)
    growth: list[Growth] = field(default_factory=list)
    share_of_others: float | None = None
    command: str = ""

    @property
    def disagreements(self) -> list[tuple[str, str]]:
        """List (name, dtype) of everything that did not do the same job."""
        return [
            (name, dtype)
            for dtype, timings in self.timings.items()
            for name, timing in timings.items()
            if timing.verdict != "agrees"
        ]

    @property
    def verdict(self) -> Literal["agree", "disagree"]:
        """Whether everything that was timed did the same job."""
        return "disagree" if self.disagreements else "agree"

    def as_dict(self) -> dict[str, Any]:
        """Return the record in the layout of the JSON file."""
        timings = {
            dtype: {name: timing.as_dict() for name, timing in timings.items()}
            for dtype, timings in self.timings.items()
        }
        return {"schema": SCHEMA, "verdict": self.verdict, **asdict(self), "timings": timings}
