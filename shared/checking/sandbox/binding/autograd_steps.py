"""The steps of a training by autograd, of PyTorch or JAX: each time that it goes back, the arrays and gradients."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.passes import Pass
from shared.checking.watching.recorder import Recorder, as_numpy

FOUR = 4
"""Arrays are trained."""
PASSES = 40
"""More of them than a few steps have, even if each takes several batches."""


class Passes:
    """What was noted: a pass each time that autograd went back, and the optimizer that made the steps, in words."""

    def __init__(self, recorder: Recorder, steps: int, enough: Callable[[], None]):
        self.recorder, self.steps, self.enough = recorder, steps, enough
        self.noted, self.optimizer, self.before_step = list[Pass](), "", 0

    def note(self, before: list[np.ndarray], gradients: list[Any], cost: Any) -> None:
        """Note a pass; it is enough when as many steps as are wanted have ended."""
        last, end = self.noted[-1] if self.noted else None, len(self.recorder.operations)
        begin = last.end if last else 0
        if last and all(each.function == "grad" for each in self.recorder.operations[begin:end]):
            begin = last.begin  # back once more through the same
        arrays = [None if each is None else copied(each) for each in gradients]
        self.noted.append(Pass(begin, end, before, arrays, cost=None if cost is None else copied(cost)))
        if len(self.noted) >= PASSES or sum(map(moves, self.noted, self.noted[1:])) >= self.steps:
            self.enough()

    def found(self) -> list[Pass]:
        """Return the passes of which it is known what became of the weights; if they never move, of all but the last.

        Until the weights move, passes belong to one step.
        """
        if not any(map(moves, self.noted, self.noted[1:])):
            return (
                [replace(each, after=each.leaves) for each in self.noted[: self.steps]]
                if len(self.noted) > self.steps
                else []
            )
        found = []
        for k, each in enumerate(self.noted):
            after = next((other.leaves for other in self.noted[k + 1 :] if moves(each, other)), None)
            found += [replace(each, after=after)] if after else []
        return found


def moves(one: Pass, other: Pass) -> bool:
    """Tell whether the trained arrays of two passes are not the same."""
    return not all(map(np.array_equal, one.leaves, other.leaves))


def copied(value: Any) -> np.ndarray:
    """Return the numbers of a tensor as they are now."""
    return np.array(as_numpy(value))


@contextmanager
def passes(recorder: Recorder, steps: int, enough: Callable[[], None]) -> Iterator[Passes]:
    """While it lasts, note each time that autograd goes back; it is enough after so many steps."""
    found = Passes(recorder, steps, enough)
    watched = by_torch(found) if "torch" in sys.modules else by_jax(found)
    with watched:
        yield found


@contextmanager
def by_torch(found: Passes) -> Iterator[None]:
    """Note where PyTorch goes back, and what its optimizers are."""
    import torch
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    backward, grad = torch.autograd.backward, torch.autograd.grad

    def noted_backward(loss: Any, *inputs: Any, **options: Any) -> None:
        tensors = list(leaves_of(loss.grad_fn))
        cut_off = [] if len(tensors) >= FOUR else list(left_out(found.recorder.trained.values(), tensors))
        before, held = [copied(each) for each in (*tensors, *cut_off)], [each.grad for each in tensors]
        for each in tensors:
            each.grad = None
        backward(loss, *inputs, **options)
        new = [*(each.grad for each in tensors), *map(torch.zeros_like, cut_off)]
        found.note(before, new, loss)
        with torch._C.DisableTorchFunction():  # what is done here is no operation of the program's
            for each, old, added in zip(tensors, held, new, strict=False):
                each.grad = added if old is None else old if added is None else old.add_(added)

    def noted_grad(loss: Any, tensors: Any, *inputs: Any, **options: Any) -> Any:
        before = [copied(each) for each in tensors]
        with torch._C.DisableTorchFunction():  # which would call this again, with its own arguments
            given = grad(loss, tensors, *inputs, **options)
        found.note(before, list(given), loss)
        return given

    def stepping(optimizer: Any, *_: Any) -> None:
        found.optimizer = described(optimizer)
        if len(found.noted) == found.before_step:  # the gradients were set by hand
            trained = [each for group in optimizer.param_groups for each in group["params"]]
            found.note([copied(each) for each in trained], [each.grad for each in trained], None)
        found.before_step = len(found.noted)
        if found.noted:
            found.noted[-1].rate = optimizer.param_groups[0]["lr"]

    torch.autograd.backward, torch.autograd.grad = noted_backward, noted_grad  # type: ignore[assignment]
    hook = register_optimizer_step_pre_hook(stepping)
    try:
        yield
    finally:
        hook.remove()
        torch.autograd.backward, torch.autograd.grad = backward, grad


def described(optimizer: Any) -> str:
    """Name an optimizer with its settings; nothing if it is plain gradient descent."""
    name, settings = type(optimizer).__name__, optimizer.param_groups[0]
    rates = {float(group["lr"]) for group in optimizer.param_groups}
    special = [f"{key} {settings[key]:g}" for key in ("momentum", "weight_decay") if settings.get(key)]
    special += ["several learning rates"] if len(rates) > 1 else []
    if name == "SGD" and not special:
        return ""
    return f"{name} with {' and '.join(special)}".replace("_", " ") if special else name


@contextmanager
def by_jax(found: Passes) -> Iterator[None]:
    """Note what JAX's derivatives with respect to several arrays are."""
    import jax

    kept = {name: getattr(jax, name) for name in ("grad", "value_and_grad")}
    both = kept["value_and_grad"]

    def noting(with_value: bool) -> Callable[..., Any]:
        def of(function: Any, argnums: Any = 0, **options: Any) -> Any:
            differentiated = both(function, argnums, **options)

            def noted(*inputs: Any, **others: Any) -> Any:
                places = [inputs[k] for k in ((argnums,) if isinstance(argnums, int) else argnums)]
                leaves = jax.tree_util.tree_leaves(places)
                leaves += still(leaves, jax.tree_util.tree_leaves(inputs))
                before = [] if any(isinstance(V, jax.core.Tracer) for V in leaves) else [copied(V) for V in leaves]
                value, gradients = differentiated(*inputs, **others)
                if before:
                    cost = value[0] if isinstance(value, tuple) else value
                    new = jax.tree_util.tree_leaves(gradients)
                    found.note(before, [*new, *[None] * (len(before) - len(new))], cost)
                if with_value:
                    return value, gradients
                return (gradients, value[1]) if options.get("has_aux") else gradients

            return noted

        return of

    jax.grad, jax.value_and_grad = noting(False), noting(True)
    try:
        yield
    finally:
        jax.grad, jax.value_and_grad = kept["grad"], kept["value_and_grad"]


def still(trained: list[Any], inputs: list[Any]) -> list[Any]:
    """Choose what else may be weights of the four: arrays as large as those that a derivative is taken for, or b2."""
    others = [V for V in inputs if hasattr(V, "dtype") and not any(V is each for each in trained)]
    return [V for V in others if V.size in {1, *(each.size for each in trained)}][: max(0, FOUR - len(trained))]


def leaves_of(node: Any) -> Iterator[Any]:
    """Go through the tensors that a derivative goes back to."""
    todo, seen = [node], set[Any]()
    while todo:
        each = todo.pop(0)
        if each is not None and each not in seen:
            seen.add(each)
            if hasattr(each, "variable"):
                yield each.variable
            todo += [following for following, _ in each.next_functions]


def left_out(trained: Iterable[Any], tensors: list[Any]) -> Iterator[Any]:
    """Go through the tensors that are to be trained and that a derivative does not go back to: it was cut off."""
    for V in trained:
        if not any(V is each for each in tensors):
            yield V
