"""Mistakes of the update whose number nobody can foresee: it is read off the steps, or more usual numbers are tried."""

from collections.abc import Iterator, Sequence

import numpy as np

from shared.checking.catalogue.mistake import Mistake, at
from shared.checking.catalogue.optimizers import decaying, descend, remembered
from shared.checking.catalogue.updates import batch_by_batch, scaled
from shared.checking.lines import Line, Values
from shared.checking.readings import written

MEMORIES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.95, 0.98, 0.99, 0.999)
"""How much of the last step momentum may keep, beside the 0.9 of the catalogue."""
BATCHES = (*range(2, 13), 15, 16, 20, 24, 25, 30, 40, 48, 50, 60, 80, 96, 100, 120, 150, 200, 250, 256)
"""Sizes of batches, beside those of the catalogue."""
DIGITS = 9
"""To so many digits a number is read off."""


def guesses(name: str, seen: Sequence[Values]) -> Iterator[Mistake]:
    """Make mistakes of the update of a parameter that may explain the steps that were seen."""
    first, step = seen[0], f"learning_rate d{name}"
    if (length := same_length(seen)) is not None:
        text = f"{name} moves by {written(length)} times {step}, at every step and every rate."
        yield from at(name, (f"step {written(length)} times as long", scaled(name, lambda q: length), text))
    if (decay := decay_of(name, first)) is not None:
        text = f"The optimizer has a weight decay of {decay:.6g}: it adds that part of {name} to its gradient."
        yield from at(name, (f"weight decay {decay:.6g}", decaying(name, decay), text))
    for memory in MEMORIES:
        kept = f"{memory:g} of its last step"
        yield from at(
            name,
            (f"momentum {memory:g}", with_memory(name, memory, 1), f"The optimizer has momentum: it keeps {kept}."),
            (
                f"momentum {memory:g} as an average",
                with_memory(name, memory, 1 - memory),
                f"The step follows a running average of the gradients, with {memory:g} of the old.",
            ),
        )
    for size in BATCHES:
        text = f"{name} is updated after every batch of {size}: an iteration here is one update, with all examples."
        yield from at(name, (f"update after every batch of {size}", batch_by_batch(name, size), text))


def with_memory(name: str, memory: float, share: float) -> Line:
    """A step with momentum, of which the new gradient makes a share."""
    return descend(name, lambda q: share * remembered(q, name, memory))


def same_length(seen: Sequence[Values]) -> float | None:
    """Read off how many times too long all steps are; None if they are not, or nobody knows."""
    ratios = np.array([q["length_seen"] / q["learning_rate"] for q in seen])
    length = float(f"{np.median(ratios):.{DIGITS}g}")
    return length if np.all(np.abs(ratios - length) <= 10.0 ** -(DIGITS - 2) * abs(length)) else None


def decay_of(name: str, q: Values) -> float | None:
    """Read off the weight decay that would explain a step; None where none does."""
    V, off = q[name], (q[name] - q["after"]) / q["learning_rate"] - q[f"d{name}"]
    if not np.any(V):
        return None
    decay = float(f"{np.sum(off * V) / np.sum(V * V):.{DIGITS - 3}g}")
    return decay if np.allclose(off, decay * V, rtol=1e-6, atol=1e-6 * np.abs(V).max() * abs(decay)) else None
