"""The catalogue of mistakes once more, written independently: each is a line of NumPy in the network's notation."""

from shared.network import Parameters
from written_out.anywhere import anywhere
from written_out.gradients import GRADIENTS
from written_out.network import NETWORK
from written_out.updates import UPDATES

__all__ = ["WRITTEN_OUT"]


def names(line: str) -> dict[str, str]:
    """Everything that is written out for a line, by the names that the catalogue has."""
    where = f"the update of {line}" if line in Parameters._fields else line
    return {f"{what} in {where}": written for what, written in (BY_LINE[line] | anywhere(line)).items()}


BY_LINE = NETWORK | GRADIENTS | UPDATES

WRITTEN_OUT = {name: written for line in BY_LINE for name, written in names(line).items()}
"""What each mistake computes, by its name."""
