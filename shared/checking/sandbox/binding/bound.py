"""A binding: a plan that gave the gradients, and how what it gives is read."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from shared.checking.sandbox.binding import holder, two_outputs
from shared.checking.sandbox.binding.given import BIG32, Given
from shared.checking.sandbox.binding.paper import NAMES, Layout
from shared.checking.sandbox.binding.plan import Plan
from shared.checking.sandbox.binding.reading import Reading
from shared.checking.sandbox.binding.survey import Survey


@dataclass
class Binding:
    """A plan with its reading.

    `others` are the entries that would do as well, `trainer` is what makes steps. `sizes` are n_x and n_h, where they
    cannot be chosen. `labels` says how a program with two outputs takes them, `opposite` whether the gradients of these
    outputs are.
    """

    plan: Plan
    survey: Survey
    reading: Reading
    layout: Layout
    make: Callable[[np.ndarray], Any]
    rate: float
    others: list[str] = field(default_factory=list)
    sizes: tuple[int, int] | None = None
    labels: str = ""
    opposite: bool = True
    trainer: "Binding | None" = None

    @property
    def functions(self) -> list[str]:
        """What can be asked for: gradients, and train where single steps can be made."""
        return ["gradients", *(["train"] if self.trainer and not self.labels else [])]

    def call(self, function: str, arguments: list[Any], note: Callable[[str, Any], Any]) -> dict[str, Any]:
        """Give what the program gives, with the gradients under their names in this suite."""
        arrays = {name: np.asarray(V) for name, V in zip(NAMES, arguments, strict=False)}
        arrays = two_outputs.asked(arrays, self.labels) if self.labels else arrays
        given = replace(given_to(self.survey, arrays, self._rate(arrays), self.make), note=note)
        if function == "train":
            rate, iterations = arguments[len(NAMES) :]
            plan = self.trainer.plan if self.trainer else self.plan
            return plan.trained(replace(given, rate=rate, iterations=iterations))
        if self.plan.how == "own" and not np.array_equal(self.plan.own_weights(given)["W1"], arrays["W1"]):
            raise TypeError("it draws its weights itself: nobody can ask for its gradients at others")
        found = self.plan.gives(given)
        names = {own: quantity for quantity, own in self.reading.of.items()}
        for own in names:  # a list of arrays that are of one shape here is still one of several
            whole, _, place = own.rpartition(".")
            if own not in found and whole in found:
                found[own] = found[whole][int(place)]
        named = {names.get(own, own): V for own, V in found.items()}
        return two_outputs.second(named, arrays, self.opposite) if self.labels else named

    def _rate(self, arrays: dict[str, np.ndarray]) -> float:
        """Return the learning rate from which an update is read: float32 does not hold the largest."""
        return min(self.rate, BIG32) if arrays["X"].dtype == np.float32 else self.rate

    def own_weights(self, X: np.ndarray, Y: np.ndarray, n_h: int) -> dict[str, np.ndarray]:
        """Return the weights that a training draws for these examples."""
        n_x = X.shape[0 if not self.layout.rows else 1]
        shapes = {"W1": (n_h, n_x), "b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1)}
        arrays = {name: self.layout.of(name, np.zeros(shape)) for name, shape in shapes.items()}
        return self.plan.own_weights(given_to(self.survey, {**arrays, "X": X, "Y": Y}, 0.0, self.make))

    def sentence(self) -> str:
        """Say what is called, and how the gradients are read."""
        plan = self.trainer.plan if self.trainer and self.trainer.plan.entry == self.plan.entry else self.plan
        calls = [call for call in (plan.build, *plan.calls, self.plan.cost) if call and call.name]
        said = ", then ".join(f"{call.name}({', '.join(name for name, _ in call.sources)})" for call in calls)
        if self.trainer and plan is self.plan and plan is not self.trainer.plan:
            said += f"; steps are made by {self.trainer.plan.entry}"
        read = {
            "traced update": "; the gradients are what is taken from its weights",
            "update": "; the gradients are read off what it does to its weights",
            "returned update": "; the gradients are read off the weights that it returns",
            "own": "; it draws the weights itself, and the gradients are read off the weights that it returns",
            "autograd": "; the gradients are those of autograd",
            "outputs": "; the loss is this suite's cross-entropy, and the gradients are those of autograd",
        }
        each = "; for each example by itself, and the mean is taken" if self.plan.one_by_one else ""
        held = "; the weights are its global variables" if self.plan.build and not self.plan.build.name else ""
        two = "; of its two outputs the second is A2, with weights (0, W2)" if self.labels else ""
        return f"{said}{held}{read.get(self.plan.how, '')}{each}{two}"


def given_to(
    survey: Survey, arrays: dict[str, np.ndarray], rate: float, make: Callable[[np.ndarray], Any], iterations: int = 1
) -> Given:
    """Put together what the functions of a module may be given."""
    own = next((V for V in survey.weights() if holder.sizes_of(V, arrays["b2"].size)), None)
    return Given(arrays, survey.keys(), survey.nested(), rate, iterations, make, own=own)
