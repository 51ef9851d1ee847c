"""Mistakes of the loss that have a number: labels smoothed or weighed, uneven batches, guards."""

from shared.checking.catalogue.loss import LOSSES
from shared.checking.catalogue.mistake import SAFETY, Family, Trait


def smoothed(line: str, text: str) -> Family:
    """Labels that are not quite 0 and 1."""
    explanation = "The labels are {half:.6g} and {rest:.6g}, not 0 and 1."
    return Family(line, "labels smoothed by {p:.6g}", text, explanation, (0.1, 0.2), linear=True)


def weighed(line: str, label: int, text: str) -> Family:
    """Examples of one label that count more, or less, than the others."""
    explanation = f"Examples of label {label} count {{p:.6g}} times, and in this cost all count alike."
    return Family(line, f"label {label} weighed {{p:.6g}} times", text, explanation, linear=True)


def guard(line: str, kind: str, text: str, explanation: str, usual: tuple[float, ...] = SAFETY) -> Family:
    """A small number that keeps something away from 0. A mistake without a number, if one explains it, comes first."""
    return Family(line, f"{kind} {{p:.6g}}", text, explanation, usual, traits=Trait.LIMIT | Trait.GENERAL)


BATCHES = (*range(2, 11), 16, 32, 64, 100, 128, 256)
"""Sizes of batches."""

LOSS_FAMILIES = (
    smoothed("cost", "mean(softplus(Z2) - ((1 - p) * Y + p / 2) * Z2)"),
    smoothed("dZ2", "(A2 - ((1 - p) * Y + p / 2)) / m"),
    *(weighed("cost", label, f"mean(where(Y == {label}, p, 1) * ({LOSSES}))") for label in (0, 1)),
    *(weighed("dZ2", label, f"where(Y == {label}, p, 1) * (A2 - Y) / m") for label in (0, 1)),
    Family(
        "dZ2",
        "mean of the means of uneven batches of {p:g}",
        "shares_of_batches(A2 - Y, p)",
        "Each batch is averaged and then the batches: an example in a smaller last batch counts for more.",
        BATCHES,
    ),
    Family(
        "dZ2",
        "slope {p:g} at Z2 = 0",
        "(where(Z2 == 0, p, A2) - Y) / m",
        "At Z2 = 0 the slope of softplus is 1/2, and autograd makes it {p:g} where a maximum, a clamp or an absolute "
        "value is part of it: logaddexp, or a loss that takes Z2, has the right one.",
        (0, 1),
        traits=Trait.LIMIT,
    ),
    guard(
        "cost",
        "log of a probability clipped at",
        "mean(-Y * log(clip(A2, p, 1 - p)) - (1 - Y) * log(1 - clip(A2, p, 1 - p)))",
        "A2 is clipped at {p:.6g} before the log, so no example can cost more than {digits:.1f}.",
    ),
    guard(
        "cost",
        "log of a probability plus",
        "mean(-Y * log(A2 + p) - (1 - Y) * log(1 - A2 + p))",
        "{p:.6g} is added inside the log, so no example can cost more than {digits:.1f}.",
    ),
    guard(
        "dA2",
        "log of a probability plus",
        "((1 - Y) / (1 - A2 + p) - Y / (A2 + p)) / m",
        "{p:.6g} is added to A2 and 1 - A2, so this is the derivative of another cost.",
    ),
    guard(
        "dA2",
        "A2 (1 - A2) plus",
        "(A2 - Y) / (A2 * (1 - A2) + p) / m",
        "{p:.6g} is added to A2 (1 - A2), which A2 - Y is divided by.",
        (),
    ),
    guard(
        "dZ2",
        "log of a probability clipped at",
        "where((A2 >= p) & (A2 <= 1 - p), A2 - Y, 0) / m",
        "A2 is clipped at {p:.6g} before the log, and where it is clipped the cost has no slope.",
    ),
    guard(
        "dZ2",
        "log of a probability plus",
        "A2 * (1 - A2) * ((1 - Y) / (1 - A2 + p) - Y / (A2 + p)) / m",
        "{p:.6g} is added inside the log, so its derivative does not cancel with the sigmoid's slope.",
    ),
    guard(
        "dZ2",
        "A2 (1 - A2) plus",
        "A2 * (1 - A2) * (A2 - Y) / (A2 * (1 - A2) + p) / m",
        "{p:.6g} is added to A2 (1 - A2) before it divides A2 - Y, so it does not cancel with the sigmoid's slope.",
        (),
    ),
)
