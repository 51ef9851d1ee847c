"""The options of a benchmark that the comparison does not have."""

from dataclasses import dataclass
from typing import Literal

from cyclopts import Parameter

from shared.comparing.options import Positive


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Timed:
    """Who takes part, and how it is timed."""

    frameworks: str | None = None
    """What to time: names of implementations, or paths of .py files; separated by commas. [default: all of this suite]
    """
    peers: str | None = None
    """Who else: sklearn, keras-jax, keras-torch, flax, torch-nn, or none. [default: all that are installed]"""
    dtype: Literal["both", "float32", "float64"] = "both"
    """The precision, or both."""
    rounds: Positive = 10
    """How often each takes its turn."""
    threads: Positive = 1
    """How many threads each may use. With more than one the ratios depend on how quickly threads find each other."""
    sweep: bool = True
    """Whether to measure, too, how a step grows with the numbers of examples and of inputs."""
