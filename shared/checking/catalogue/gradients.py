"""Mistakes with the gradients of the parameters as they are: clipped, decayed, or not derivatives at all."""

from collections.abc import Iterator

from shared.checking.catalogue.mistake import Family, Mistake, Trait, at
from shared.checking.lines import LINES
from shared.network import Parameters

LIMITS = (0.1, 0.5, 1, 5, 10)
"""What gradients are usually clipped at."""
DECAYS = (1e-4, 5e-4, 1e-3, 1e-2, 1e-1)
"""Usual factors of weight decay."""
PENALTIES = (0.1, 0.7, 1)
"""The lambda of courses, where lambda / (2 m) times the sum of squared weights is added to the cost."""
PENALTY = "the derivative of a penalty, and the cost of this network has no penalty."
SQUARES = "(sum(W1**2) + sum(W2**2))"


def families_of(name: str) -> Iterator[Family]:
    """Gradient clipping, weight decay, and what was given in place of a gradient."""
    dV, right = f"d{name}", LINES[f"d{name}"]
    few = tuple(limit for limit in LIMITS if name != "b2" or limit < 1)  # db2 is a mean of A2 - Y: never as large as 1
    yield Family(
        dV, "clipping at {p:g}", f"clip({right}, -p, p)", f"Entries of {dV} are clipped at {{p:g}} and -{{p:g}}.", few
    )
    yield Family(
        dV,
        "clipping to norm {p:g}",
        f"({right}) * minimum(1, divide(p, norm))",
        "The gradients are shortened where their norm, all four taken together, is larger than {p:g}.",
        LIMITS,
    )
    yield Family(
        dV,
        "weight decay {p:.6g}",
        f"{right} + p * {name}",
        f"{{p:.6g}} {name} is added, {PENALTY}",
        DECAYS,
        linear=True,
    )
    yield Family(
        dV,
        "weight decay {p:.6g}/m",
        f"{right} + p / m * {name}",
        f"{{p:.6g}}/m {name} is added, {PENALTY}",
        PENALTIES,
        linear=True,
    )
    yield Family(
        dV,
        "sum of absolute weights times {p:.6g}",
        f"{right} + p * sign({name})",
        f"{{p:.6g}} times the sign of {name} is added, {PENALTY}",
        linear=True,
    )
    yield Family(
        dV,
        "new weights in place of the gradient",
        f"{name} + p * ({right})",
        f"This is not {dV} but {name} + {{p:.6g}} {dV}, {name} after its update.",
        linear=True,
    )


def others_of(name: str) -> tuple[Mistake, ...]:
    """Gradients that are no derivatives; for W1 differences take too long."""
    found = {
        "division by the norm": (
            f"({LINES[f'd{name}']}) / norm",
            "The gradients are divided by their norm, all four taken together: their direction is left alone.",
        ),
        "weights in place of the gradient": (f"{name}", f"This is {name} itself, not d{name}."),
    }
    if name != "W1":
        found["finite differences in float32"] = (
            f"difference('{name}', 1e-3)",
            f"d{name} is a finite difference of costs in float32, and most of their digits cancel.",
        )
    return at(f"d{name}", found)


def penalty(by_m: str, said: str, usual: tuple[float, ...]) -> Family:
    """A penalty on the weights in the cost."""
    return Family(
        "cost",
        f"penalty on the weights {{p:.6g}}{by_m.replace(' ', '')}",
        f"{LINES['cost']} + p{by_m} * {SQUARES} / 2",
        f"{{p:.6g}}/{said} times the sum of the squared weights is added, and this cost has no such penalty.",
        usual,
        linear=True,
    )


GRADIENT_FAMILIES = (
    penalty("", "2", DECAYS),
    penalty(" / m", "(2 m)", PENALTIES),
    *(family for name in Parameters._fields for family in families_of(name)),
)

LATE = at(
    "dA1",
    {
        "W2 after its update": (
            "(W2 - learning_rate * dW2).T @ dZ2",
            "W2 was updated before the gradient went back through it: update when all gradients are there.",
        )
    },
    traits=Trait.LATE,
)

GRADIENT: tuple[Mistake, ...] = (*LATE, *(mistake for name in Parameters._fields for mistake in others_of(name)))
