"""The options that only the benchmark has."""

from dataclasses import dataclass
from typing import Literal

from cyclopts import Parameter

from shared.comparing.options import Positive


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Timed:
    """Which contestants take part, and how they are timed."""

    frameworks: str | None = None
    """What to time: implementations or paths of .py files, separated by commas. [default: all of this suite]"""
    peers: str | None = None
    """What else: sklearn, keras-jax, keras-torch, flax, torch-nn, or none. [default: all that are installed]"""
    dtype: Literal["both", "float32", "float64"] = "both"
    """The precision, or both."""
    rounds: Positive = 10
    """How many turns each takes."""
    threads: Positive = 1
    """How many threads each may use. With more than one, the ratios depend on how quickly threads synchronise."""
    sweep: bool = True
    """Also measure how a step grows with the numbers of examples and of inputs."""
