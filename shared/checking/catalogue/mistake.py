"""What an entry of the catalogue of mistakes is, and how entries are written down."""

from dataclasses import dataclass

from shared.checking.lines import LINES, Line, Values

CURES = {
    "Z1": "W1 @ X + b1",
    "A1": "np.maximum(Z1, 0)",
    "Z2": "W2 @ A1 + b2",
    "A2": "1 / (1 + np.exp(-Z2))",
    "cost": "np.mean(np.logaddexp(0, Z2) - Y * Z2)",
    "dA2": "(-Y / A2 + (1 - Y) / (1 - A2)) / m",
    "dZ2": "(A2 - Y) / m",
    "dW2": "dZ2 @ A1.T",
    "db2": "dZ2.sum(axis=1, keepdims=True)",
    "dA1": "W2.T @ dZ2",
    "dZ1": "dA1 * (Z1 > 0)",
    "dW1": "dZ1 @ X.T",
    "db1": "dZ1.sum(axis=1, keepdims=True)",
    "W1": "W1 - learning_rate * dW1",
    "b1": "b1 - learning_rate * db1",
    "W2": "W2 - learning_rate * dW2",
    "b2": "b2 - learning_rate * db2",
    "costs": "[*costs, cost]",
}
"""The right-hand side to write on each line; examples are columns, and dZ2 holds the 1/m of the mean."""


LEAKS = (0.01, 0.1, 0.2, 0.3)
"""The slopes that libraries and papers give a leaky relu on the left."""

SAFETY = (1e-7, 1e-8, 1e-10, 1e-12, 1e-15)
"""The small numbers that people keep log away from 0 with."""


DECAYS = (1e-4, 5e-4, 1e-3, 1e-2, 1e-1)
"""Usual factors of weight decay."""


@dataclass(frozen=True)
class Mistake:
    """A line as somebody might write it by mistake.

    `line` is the quantity that the line computes, or W1 b1 W2 b2 for the line that updates it. `explanation` is a
    sentence for whoever wrote it, and `cure` what to write instead. `general`: it is of use only where no other
    mistake explains what was seen.
    """

    name: str
    line: str
    wrong: Line
    explanation: str
    cure: str
    general: bool = False

    @property
    def kind(self) -> str:
        """What it is called, whatever line it is made in."""
        return self.name.rpartition(" in ")[0]


def at(line: str, *entries: tuple[str, Line, str], remark: str = "", general: bool = False) -> tuple[Mistake, ...]:
    """Write down mistakes of one line: what it is, what it computes, and the explanation; a remark goes to the cure."""
    where = line if line in (*LINES, "costs") else f"the update of {line}"
    cure = f"{line} = {CURES[line]}" + (f"  # {remark}" if remark else "")
    return tuple(
        Mistake(f"{what} in {where}", line, wrong, explanation, cure, general) for what, wrong, explanation in entries
    )


def reordered(q: Values) -> Values:
    """Give the same network with its inputs in the `order` that may be asked for: float32 adds them up otherwise."""
    order = q.get("order", slice(None))
    return {**q, "X": q["X"][order], "W1": q["W1"][:, order]}
