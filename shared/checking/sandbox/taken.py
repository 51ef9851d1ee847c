"""How a file was taken: what is called in it, and which steps it makes by itself."""

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class Bound:
    """What is called where the file has no function gradients(W1, b1, W2, b2, X, Y).

    Parameters
    ----------
    entry : str
        The function or method, as the user would name it: "backward_propagation", "TwoLayerNet.loss".
    others : list of str
        What would do as well; `--entry` chooses.
    how : str
        What is called with what, in words.
    own : bool
        Whether the program draws its weights itself.
    rows, transposed, flat, flat_labels, one_unit : bool
        How it takes examples, weights, biases, labels, and the weights of the output unit.
    sizes : tuple or None
        n_x and n_h, where the program has sizes of its own.
    steps : int
        How many steps of a script are examined, if it is one.
    """

    entry: str
    how: str
    others: list[str] = field(default_factory=list)
    own: bool = False
    rows: bool = False
    transposed: bool = False
    flat: bool = False
    flat_labels: bool = False
    one_unit: bool = False
    sizes: tuple[int, int] | None = None
    steps: int = 0

    def sentences(self) -> list[str]:
        """Say what is called, and what else might be."""
        others = f"; {', '.join(self.others)} would do as well (--entry NAME)" if self.others else ""
        return [f"called: {self.how}{others}"]


class Training(NamedTuple):
    """The steps that a script makes by itself: their learning rates, its optimizer in words, precision and layout."""

    rates: tuple[float, ...] = ()
    optimizer: str = ""
    dtype: str = "float64"
    rows: bool = False
    turned: bool = False
    maker: str = "the script"
    is_asked: bool = False
