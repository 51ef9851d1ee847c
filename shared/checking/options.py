"""The options of the doctor."""

from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from shared.network import Activation

Amount = Annotated[float, Parameter(validator=Number(gt=0))]
Flag = Annotated[bool, Parameter(negative=())]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Examined:
    """What is examined in a file, and how far it may go."""

    entry: str | None = None
    """What to call in it: a function, Class or Class.method. [default: the most likely]"""
    activation: Activation = "relu"
    """The hidden units that your network has: relu, leaky_relu (0.01), sigmoid or tanh."""
    timeout: Amount = 60
    """How many seconds each call of your functions may take."""
    memory: Amount | None = None
    """How many GB your program may allocate. [default: half of the machine's]"""
    strict: Flag = False
    """Call a right derivation wrong if it gives way somewhere: at saturation, by a guard, after 7 digits."""
    template: Flag = False
    """Print a file to start from instead."""
