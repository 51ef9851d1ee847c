"""The options that commands share, in groups: each is declared once, with its help, and passed on as a group."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from cyclopts import Parameter, Token
from cyclopts.validators import Number

from shared.data.files import at_home, one_line
from shared.distributing.place import EngineName
from shared.network import Activation, Device, DtypeName, MatmulPrecision

MOST = 10**9
"""The largest number of steps, hidden units or examples: beyond it NumPy's errors would tell the user nothing."""


def whole_number(_: type, tokens: Sequence[Token]) -> int:
    """Accept whole numbers only: 1.9 is a mistake, not 2."""
    return int(tokens[0].value)


Positive = Annotated[int, Parameter(converter=whole_number, validator=Number(gte=1, lte=MOST))]
Rate = Annotated[float, Parameter(validator=Number(gt=0, lt=float("inf")))]
Seed = Annotated[int, Parameter(converter=whole_number, validator=Number(gte=0))]
Flag = Annotated[bool, Parameter(negative=())]

Channels = Literal["gray", "rgb"]
Scaling = Literal["unit", "symmetric", "standard"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Source:
    """The file of the examples, and which of its arrays they are."""

    train: Path | None = None
    """HDF5 or .npz file with images and labels. [default: photographs that come with scikit-image]"""
    images: str | None = None
    """The name of the array of images. [default: found by its name or its shape]"""
    labels: str | None = None
    """The name of the array of labels. [default: as for --images]"""

    @property
    def names(self) -> tuple[str, str]:
        """The names that the user gives."""
        return self.images or "", self.labels or ""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Data(Source):
    """The examples, and how their pixels become features."""

    channels: Channels = "gray"
    """gray: the mean of the three channels. rgb: three inputs for each pixel."""
    scaling: Scaling = "standard"
    """unit: 0 to 1. symmetric: -1 to 1. standard: zero mean and unit variance over the training set."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Examples(Data):
    """The examples to train on and to test on."""

    test: Path | None = None
    """HDF5 or .npz file with images and labels. [default: the test arrays of the training file, if it has any]"""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Descent:
    """Where gradient descent starts, and how it goes on."""

    iterations: Positive = 2500
    """How many steps of gradient descent."""
    learning_rate: Rate = 0.0075
    """The size of a step."""
    hidden: Positive | None = None
    """How many hidden units. [default: 8, or as many as the file of --weights has]"""
    seed: Seed = 1
    """The seed from which the initial weights are drawn."""
    weights: Path | None = None
    """Take the initial weights from this file of NumPy, safetensors, PyTorch or Keras."""

    @property
    def source(self) -> str:
        """Where the initial weights come from."""
        return one_line(self.weights) if self.weights else f"seed {self.seed}"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Compared:
    """What is compared, in which arithmetic and where."""

    frameworks: str = "numpy,torch,jax"
    """What to compare, separated by commas: numpy, torch, jax, numpy_gram, jax_gram, or paths of .py files."""
    dtype: DtypeName = "float64"
    """The precision of everything that is compared."""
    activation: Activation = "relu"
    """The activation of the hidden layer."""
    device: Device = "cpu"
    """Where PyTorch and JAX compute. NumPy and the true values stay on the CPU."""
    matmul_precision: MatmulPrecision = "default"
    """How PyTorch and JAX multiply float32 matrices: in their default way, or with every bit."""
    costs: Path | None = None
    """Judge the costs that a training of your own printed (JSON, CSV or text), started as the other options say."""
    exact_curve: Flag = False
    """Train in ball arithmetic too, and say how far each curve is from that of real numbers (half a minute or more)."""
    curvature: Flag = False
    """Show what makes correct curves part: the largest eigenvalue of the Hessian along the training, and the kinks."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Pieces:
    """In how many pieces the examples are processed, and where the training is kept."""

    chunk: Positive | None = None
    """Process the examples in chunks of this many, read from the file. [default: all at once, up to 2,000 that fit]"""
    processes: Positive | None = None
    """Share the chunks among this many processes on this machine. (mpiexec, torchrun or srun may start them, too.)"""
    engine: EngineName | None = None
    """What carries numbers between processes. [default: that of the launcher, or torch]"""
    resume: Path | None = None
    """Save the training to this .safetensors file after every step, and resume it from there if the file exists."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Saved:
    """Weights that are saved."""

    save_weights: Path | None = None
    """Write the initial weights to this .safetensors, .npz or .pt file: another run starts from them with --weights."""
    save_trained: Path | None = None
    """Write the trained weights of the first framework to this .safetensors, .npz or .pt file: `predict` takes them."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Results:
    """Where results are written."""

    json: Path | None = None
    """Write all results to this file, as JSON."""
    report: Path | None = None
    """Write a page that explains the results, with pictures, into this folder."""


class Choices(NamedTuple):
    """All options of a comparison."""

    examples: Examples
    descent: Descent
    compared: Compared
    pieces: Pieces
    saved: Saved
    results: Results


def arguments(*groups: Any, **others: Any) -> list[str]:
    """Write the options that differ from their defaults, as on a command line; the default of `others` is None."""
    line = []
    values = [(name, value, getattr(type(group)(), name)) for group in groups for name, value in vars(group).items()]
    for name, value, default in [*values, *((name, value, None) for name, value in others.items())]:
        if value != default:
            option = name.replace("_", "-")
            line += [f"--no-{option}"] if value is False else [f"--{option}"] + [str(value)] * (value is not True)
    return line


def command_line(*groups: Any, subcommand: str = "", **others: Any) -> str:
    """Write the command line that gives these options."""
    line = ["python", "compare.py", *([subcommand] * bool(subcommand)), *arguments(*groups, **others)]
    return " ".join(f"~/{shlex.quote(at_home(w)[2:])}" if at_home(w) != w else shlex.quote(w) for w in line)
