"""Mistakes of the update: the lines that make new weights and biases of the old ones, and the list of costs."""

from collections.abc import Iterator

from shared.checking.catalogue.gradients import DECAYS
from shared.checking.catalogue.mistake import Family, Mistake, Trait, at
from shared.network import Parameters

WANTED = (
    *("learning rate divided by the number of the step", "learning rate falling by 1% a step"),
    *("early stopping", "update after every example"),
)
"""What may be wanted, as another optimizer may."""
TOO_LATE = "The gradient went back through W2 after W2 had been updated: update when all gradients are there."
NEW_DZ1 = "(W2 - learning_rate * dW2).T @ dZ2 * (Z1 > 0)"
"""dZ1 as it is after W2 was updated."""


def along(V: str, direction: str) -> str:
    """Step down another direction than the gradient."""
    return f"{V} - learning_rate * ({direction})"


def updates_of(V: str) -> tuple[Mistake, ...]:
    """Mistakes that can be made with every parameter."""
    mistakes = {**steps_of(V), **loops_of(V)}
    wanted = {**optimizers_of(V), **{kind: mistakes.pop(kind) for kind in WANTED}}
    late = {"W1": f"({NEW_DZ1}) @ X.T", "b1": f"total({NEW_DZ1})"}
    if V in late:
        mistakes["W2 after its update"] = (along(V, late[V]), TOO_LATE)
    if V == "b1":
        mistakes["db2 in place of db1"] = (along(V, "db2"), "db2 is used, and broadcast to all hidden units.")
    return (*at(V, wanted, traits=Trait.OPTIMIZER), *at(V, mistakes))


def optimizers_of(V: str) -> dict[str, tuple[str, str]]:
    """Other optimizers than gradient descent."""
    dV, plain = f"d{V}", "and this is plain gradient descent."
    return {
        "Nesterov momentum 0.9": (
            along(V, f"{dV} + 0.9 * memory({dV}s, 0.9)"),
            f"The optimizer has Nesterov momentum, {plain}",
        ),
        "Adam": (
            along(V, f"adam({dV}s)"),
            "The optimizer is Adam, which divides each gradient by its usual size, and not gradient descent.",
        ),
        "AdamW": (
            f"{along(V, f'adam({dV}s)')} - learning_rate * 0.01 * {V}",
            "The optimizer is AdamW, that is Adam with weight decay, and not gradient descent.",
        ),
        "RMSprop": (
            along(V, f"{dV} / (sqrt(average([V * V for V in {dV}s], 0.99)) + 1e-8)"),
            "The optimizer is RMSprop, which divides each gradient by its usual size, and not gradient descent.",
        ),
        "Adagrad": (
            along(V, f"{dV} / (sqrt(memory([V * V for V in {dV}s], 1)) + 1e-10)"),
            "The optimizer is Adagrad, which divides each gradient by the root of all its squares so far.",
        ),
    }


def steps_of(V: str) -> dict[str, tuple[str, str]]:
    """Steps of another direction or another length."""
    dV = f"d{V}"
    return {
        "step uphill": (
            f"{V} + learning_rate * {dV}",
            f"learning_rate {dV} is added to {V} instead of subtracted, so the cost rises.",
        ),
        "step missing": (V, f"{V} is not updated."),
        "learning rate not used": (
            f"{V} - divide(rate_seen, rate_seen != 0) * {dV}",  # a step of 0 tells nothing of the rate
            f"However large learning_rate is, {V} moves by the same number times {dV}: by 1 if it was forgotten.",
        ),
        "step twice as long": (along(V, f"2 * {dV}"), f"{V} is updated twice with the same {dV}."),
        "step divided by m": (
            along(V, f"{dV} / m"),
            f"The step is divided by m, but {dV} is a mean over the examples already.",
        ),
        "step multiplied by m": (
            along(V, f"{dV} * m"),
            f"The step follows the sum over the examples, and {dV} is the mean.",
        ),
        "learning rate divided by the number of the step": (
            along(V, f"{dV} / (1 + step)"),
            "The learning rate falls from step to step, as 1, 1/2, 1/3 ..., and here it is constant.",
        ),
        "learning rate falling by 1% a step": (
            along(V, f"0.99**step * {dV}"),
            "The learning rate falls from step to step by 1%, and here it is constant.",
        ),
    }


def loops_of(V: str) -> dict[str, tuple[str, str]]:
    """Gradients of other steps, and another number of steps."""
    dV, right = f"d{V}", f"{V} - learning_rate * d{V}"
    return {
        "gradients accumulated": (
            along(V, f"memory({dV}s, 1)"),
            "The gradients of all earlier steps are added up: they were not set to zero between the steps.",
        ),
        "gradient of the step before": (
            along(V, f"{dV}s[max(step - 1, 0)]"),
            f"The step takes {dV} of the step before: the gradients were not computed anew.",
        ),
        "gradient of the first step": (
            along(V, f"{dV}s[0]"),
            f"Every step takes {dV} of the first: the gradients were not computed anew in the loop.",
        ),
        "one step too few": (
            f"{right} if step else {V}",
            "After n iterations the weights have made n - 1 steps: the loop begins at 1, or ends one too early.",
        ),
        "one step too many": (
            f"{right} if step else trained('{V}', 2)",
            "After n iterations the weights have made n + 1 steps: the loop ends one too late.",
        ),
        "early stopping": (
            f"{right} if going_on else {V}",
            "From some step on nothing is updated, however many iterations are asked for: the loop ends early.",
        ),
        "update after every example": (
            f"on_batches('{V}', 1)",
            f"{V} is updated after every example: an iteration here is one update, with all examples.",
        ),
    }


def families_of(V: str) -> Iterator[Family]:
    """Momentum, weight decay and batches, whatever their numbers are."""
    dV = f"d{V}"
    yield Family(
        V,
        "momentum {p:g}",
        along(V, f"memory({dV}s, p)"),
        "The optimizer has momentum: it keeps {p:g} of its last step, and adds that to each step.",
        (0.9,),
        traits=Trait.OPTIMIZER,
    )
    yield Family(
        V,
        "momentum {p:g} as an average",
        along(V, f"average({dV}s, p)"),
        "The step follows a running average of the gradients, with {p:g} of the old.",
        (0.9,),
        traits=Trait.OPTIMIZER,
    )
    yield Family(
        V,
        "weight decay {p:.6g}",
        along(V, f"{dV} + p * {V}"),
        f"The optimizer has a weight decay of {{p:.6g}}: it adds that part of {V} to its gradient.",
        DECAYS,
        linear=True,
        traits=Trait.OPTIMIZER,
    )
    yield Family(
        V,
        "update after every batch of {p:g}",
        f"on_batches('{V}', p)",
        f"{V} is updated after every batch of {{p:g}}: an iteration here is one update, with all examples.",
        (32, 64, 128),
        traits=Trait.OPTIMIZER,
    )


def another_length(V: str) -> tuple[Mistake, ...]:
    """A step along the gradient whose length is what was seen; by itself, the learning rate halves every two steps."""
    text = f"{V} moves along d{V}, but not always by learning_rate d{V}, as if the rate changed on the way."
    return at(V, {"step of another length": (f"{V} - length_seen * d{V}", text)}, traits=Trait.GENERAL)


COSTS = at(
    "costs",
    {
        "costs added up": ("cumsum(costs)", "Each cost is added to those before it."),
        "mean of the costs so far": (
            "cumsum(costs) / arange(1, len(costs) + 1)",
            "Each entry is the mean of the costs so far, and not the cost at that step.",
        ),
        "first cost repeated": ("full_like(costs, costs[0])", "The cost is not computed anew."),
    },
    remark="the cost of this step alone, before the update",
)

UPDATE_FAMILIES = tuple(family for name in Parameters._fields for family in families_of(name))

UPDATE: tuple[Mistake, ...] = (
    *(mistake for name in Parameters._fields for mistake in (*updates_of(name), *another_length(name))),
    *COSTS,
)
