"""Programs for the doctor to examine: the right network with mistakes planted, written in one convention or another."""

from dataclasses import dataclass, field
from math import inf
from pathlib import Path

import numpy as np

from shared.checking import lines
from shared.checking.catalogue.entries import Mistake
from shared.checking.conventions import LATE, Convention
from shared.checking.sandbox.program import Reply, Training
from shared.network import QUANTITIES, Parameters

COLUMNS_LATE = Convention(late=LATE)
ROWS_EARLY = Convention(rows=True, transposed=True)
CONVENTIONS = {"columns, 1/m late": COLUMNS_LATE, "rows, 1/m early": ROWS_EARLY}
NAMES = (*Parameters._fields, "X", "Y")
FOUR = ("dW1", "db1", "dW2", "db2")
"""The gradients that a program must give."""


@dataclass
class Patient:
    """Stands in for `Program`, without a process: returns what the program's functions would."""

    convention: Convention = field(default_factory=Convention)
    mistakes: tuple[Mistake, ...] = ()
    gives: tuple[str, ...] = QUANTITIES
    functions: tuple[str, ...] = ("gradients",)
    training: Training = field(default_factory=Training)
    path: Path = field(default=Path("patient.py"))
    timeout = inf

    @property
    def text(self):
        """What it is written in, as far as that matters: the lines that are wrong, with their numbers."""
        return "\n".join(mistake.formula for mistake in self.mistakes)

    @property
    def replaced(self):
        """The lines that are wrong."""
        return {mistake.line: mistake.wrong for mistake in self.mistakes}

    def call(self, function, *arguments, watch=False):
        """Return what the program would; raise an error where the shapes do not fit."""
        try:
            return Reply(self.train(*arguments) if function == "train" else self.gradients(*arguments))
        except ValueError as error:
            return Reply(None, failure=f"Traceback\nValueError: {error}")

    def ours(self, arguments):
        """Turn the arguments as the doctor gives them into this suite's shapes."""
        q = dict(zip(NAMES, arguments, strict=True))
        q = {name: V.T if self.convention.turned(name) and V.ndim == 2 else V for name, V in q.items()}
        (n_h, n_x), m = q["W1"].shape, q["X"].shape[1]
        shapes = {"b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1), "X": (n_x, m), "Y": (1, m)}
        if any(q[name].shape != shape for name, shape in shapes.items()):
            raise ValueError("the shapes do not fit")
        return q

    def gradients(self, *arguments):
        """Compute every quantity, with the mistakes."""
        values = lines.run({**self.ours(arguments), "learning_rate": 1.0}, self.replaced)
        return {name: self.theirs(name, values[name]) for name in self.gives if name in values}

    def theirs(self, name, V):
        """Write an array as the program would."""
        if name in self.convention.late:
            V = V.astype(np.float64) * V.shape[-1]  # as if it had never been divided: no rounding of float32 comes in
        return np.array(self.convention.theirs(name, V))

    def train(self, *arguments):
        """Train, with the mistakes."""
        *arrays, rate, iterations = arguments
        q = {**self.ours(arrays), "learning_rate": rate}
        costs, parameters = lines.train(q, iterations, self.replaced)
        return {"costs": costs, **{name: self.theirs(name, V) for name, V in parameters._asdict().items()}}
