"""Finds the binding: plans are tried on a small problem, in all layouts; the one that gives the gradients is taken."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice
from time import process_time
from typing import Any

import numpy as np

from shared.checking.sandbox.binding import holder, two_outputs
from shared.checking.sandbox.binding.bound import Binding, given_to
from shared.checking.sandbox.binding.candidates import Candidates
from shared.checking.sandbox.binding.given import WEIGHTS, Given
from shared.checking.sandbox.binding.making import makers, silence
from shared.checking.sandbox.binding.paper import LAYOUTS, Layout, holds, numbers, right
from shared.checking.sandbox.binding.plan import Call, Plan, SizesError, UnboundError
from shared.checking.sandbox.binding.reading import Reading, read
from shared.checking.sandbox.binding.survey import Survey
from shared.checking.sandbox.binding.words import roles_of

LONGEST, FOR_EACH, WITH_FRAMEWORKS = 12.0, 2.0, 8.0
"""Seconds of computing for the search, and for one entry: more where PyTorch or JAX has to wake up."""
MOST, FURTHER = 400, 8
"""Plans of one entry that are tried; and that are tried yet when one has given gradients that are not all right."""
HELP = "name what to call with --entry, or add this, with your own values in place of ...:"
TEMPLATE = "write gradients(W1, b1, W2, b2, X, Y) (--template prints one)"
EXAMINED = (
    "examined are two layers, hidden units of one kind (--activation), and one sigmoid output or a softmax of two"
)
COMPLETE = 4
"""Gradients."""
RATE = 2.0**-4
"""A usual learning rate."""


class Search:
    """The search in one module, for the entry that the user named or for any."""

    def __init__(self, survey: Survey, entry: str = ""):
        self.survey, self.entry, self.candidates = survey, entry, Candidates(survey)
        self.until = self.end = process_time() + LONGEST
        self.failures: dict[str, str] = {}
        self.useless, self.useful = set[Call | None](), set[Call | None]()
        self.fixed: tuple[int, int] | None = None
        self.problem, self.labels = numbers(), ""

    def find(self) -> Binding | None:
        """Return a binding of the most likely entry; None if nothing gives the gradients."""
        found = self._of_any_size()
        for labels in two_outputs.LABELS if self.survey.classes_in_source() else ():
            if found and found.reading.right == COMPLETE:
                break
            self.labels, self.problem, self.until = labels, numbers(7, 4), process_time() + LONGEST
            self.fixed, self.useless = None, set()
            other = self._of_any_size()
            found = other if other and not (found and found.reading.score >= other.reading.score) else found
        return found

    def _of_any_size(self) -> Binding | None:
        """Search with sizes of this suite, and then with those that the program insists on."""
        found = self._first()
        if found is None and self.fixed:
            self.problem, self.useless = numbers(*self.fixed), set()
            found = self._first()
            if found:
                found.sizes = self.fixed
        return found

    def entries(self) -> Iterator[tuple[str, Iterator[Plan]]]:
        """Go through what might be called, or what the user named."""
        for name, plans in self.candidates.entries():
            if self.entry in ("", name, name.split(".")[0]):
                yield name, plans

    def _first(self) -> Binding | None:
        best: Binding | None = None
        others, found_too = list[str](), list[Binding]()
        for entry, plans in self.entries():
            if best and (process_time() > self.until or entry in (*others, *self.candidates.beneath(best.plan.entry))):
                continue
            found = self._best(plans)
            if found and best and found.reading.right > best.reading.right == 0:  # that was something else
                entry, found, best = best.plan.entry, best, found
            if found and best:
                others.append(entry)
                found_too.append(found)
            best = best or found
        if best:
            called = set[str]().union(*(self.candidates.beneath(name) for name in (best.plan.entry, *others)))
            best.plan = next(self._with_cost(best), best.plan)
            best.trainer = next(self._trainers(best, found_too), None)
            used = {*called, *([best.trainer.plan.entry] if best.trainer else [])}
            best.others = [name for name in others if name not in used]
        return best

    def _trainers(self, best: Binding, others: list[Binding]) -> Iterator[Binding]:
        """Go through what makes steps: what was found, another entry in the same layout, an update that is called."""
        alike = [each for each in others if each.layout == best.layout and each.plan.build == best.plan.build]
        loops = (replace(each.plan, how="update") for each in alike if each.plan.build and each.plan.how == "held")
        plans = (*(each.plan for each in (best, *alike)), *(plan for plan in loops if plan.loops))
        for plan in chain((plan for plan in plans if plan.trains), self.candidates.updating(best.plan)):
            given = replace(self._given(best.layout, best.rate, best.make), rate=0.25)
            with silence(), suppress(Exception):
                trained = plan.trained(given)
                if any(not holds(trained[name], given.arrays[name]) for name in WEIGHTS):
                    yield replace(best, plan=plan)

    def _with_cost(self, best: Binding) -> Iterator[Plan]:
        """Go through the plans of which the cost is a number."""
        with silence():
            entries, _ = self._outcome(best.plan, self._given(best.layout, best.rate, best.make))
            if best.plan.how == "grad" or any("cost" in roles_of(name.rpartition(".")[2]) for name in entries):
                return
            found = [(self._cost_of(plan, best), plan) for plan in self.candidates.costing(best.plan)]
            Y, A2 = self.problem["Y"], right(self.problem)["A2"]
            truth = -float(np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)))
            yield from (
                plan for V, plan in sorted(found, key=lambda each: not np.allclose(each[0], truth)) if np.size(V) == 1
            )

    def _cost_of(self, plan: Plan, best: Binding) -> np.ndarray:
        """Return the cost that a plan gives, empty if it gives none."""
        found, _ = self._outcome(plan, self._given(best.layout, best.rate, best.make))
        return found.get("cost", np.empty(0))

    def _given(self, layout: Layout, rate: float, make: Any) -> Given:
        """Give the small problem in a layout."""
        arrays = {name: layout.of(name, V) for name, V in self.problem.items()}
        arrays = two_outputs.asked(arrays, self.labels) if self.labels else arrays
        return given_to(self.survey, arrays, rate, make)

    def _best(self, plans: Iterator[Plan]) -> Binding | None:
        """Try plans, and return the first that gives four right gradients, or else the best that gives four."""
        found: list[Binding] = []
        has_own = self._given(LAYOUTS[0], RATE, np.asarray).own is not None
        plans = (plan for plan in plans if has_own or all(call.form != "own" for call in plan.calls))
        left, self.end = MOST, min(self.until, process_time() + self._patience())
        for plan in islice((plan for plan in plans if plan.build not in self.useless - self.useful), MOST):
            if plan.how == "grad" and any(each.plan.how == "returned" for each in found):
                continue  # who gives gradients beside the loss is asked for these
            found += self._tried(plan)
            tells = any(not each.plan.form.startswith("flat") for each in found)  # a vector has any order
            left = min(left - 1, FURTHER) if tells else left - 1
            if process_time() > self.end or not left or any(each.reading.right == COMPLETE for each in found):
                break
        return max(found, key=lambda binding: binding.reading.score, default=None)

    def _patience(self) -> float:
        return WITH_FRAMEWORKS if self.survey.uses_torch or self.survey.uses_jax else FOR_EACH

    def _tried(self, plan: Plan) -> Iterator[Binding]:
        """Carry out a plan in all layouts, until one gives four right gradients."""
        ways = makers(self.survey, plan.how != "own")
        for make, rate in ways if plan.updates else dict(ways).items():  # the rate makes no other difference
            for layout in (each for each in LAYOUTS if not (each.one_unit and self.labels)):
                if process_time() > self.end:
                    return
                given = self._given(layout, rate, make)
                entries, weights = self._outcome(plan, given)
                if not any(np.any(V) for V in entries.values()):  # nothing came back, or nothing was updated
                    continue
                if plan.updates and not all(np.isfinite(V).all() for V in entries.values()):  # the rate is too large
                    continue
                if plan.how == "returned" and any(_is_weight(V, given) for V in entries.values()):
                    continue
                reading = self._read(plan, entries, weights)
                if plan.one_by_one and self._takes_mean(plan, given, reading.of.get("dW2", "")):
                    continue
                gives_all = len(reading.of) == COMPLETE
                if plan.updates and gives_all and reading.right < COMPLETE and self._steps_after_each(plan, given):
                    plan = replace(plan, one_by_one=True)
                    entries, weights = self._outcome(plan, given)
                    reading = self._read(plan, entries, weights)
                if plan.how == "returned update" and not reading.right and not self._follows_rate(plan, given, entries):
                    continue
                if plan.how == "update" and reading.right < COMPLETE and not self._follows_rate(plan, given, entries):
                    plan = replace(plan, how="traced update")
                    entries, _ = self._outcome(plan, given)
                    reading = self._read(plan, entries, {})
                if len(reading.of) == COMPLETE and reading.misfits <= 2:
                    reading = reading._replace(
                        pairs=reading.right == COMPLETE
                        or self._pairs(plan, given, {name: entries[name] for name in reading.of.values()})
                    )
                    opposite = not self.labels or two_outputs.are_opposite(
                        entries[reading.of["dW2"]], entries[reading.of["db2"]], given.arrays
                    )
                    yield Binding(plan, self.survey, reading, layout, make, rate, labels=self.labels, opposite=opposite)
                    if reading.right == COMPLETE:
                        return

    def _read(self, plan: Plan, entries: dict[str, np.ndarray], weights: dict[str, np.ndarray]) -> Reading:
        found = right({**self.problem, **weights})
        return read(entries, two_outputs.expected(found) if self.labels else found, plan.updates)

    def _steps_after_each(self, plan: Plan, given: Given) -> bool:
        """Tell whether it updates after each example: one that comes m times is then as good as m steps with one."""
        *_, m = given.sizes
        one, same = given.of_example([0]), given.of_example([0] * m)
        with silence(), suppress(Exception):
            after = [plan.after(replace(one, rate=RATE, iterations=m)), plan.after(replace(same, rate=RATE))]
            return all(np.array_equal(after[0][name], after[1][name]) for name in after[0])
        return False

    def _takes_mean(self, plan: Plan, given: Given, name: str) -> bool:
        """Tell whether a gradient of two equal examples is that of one: then it was not written for a single one."""
        both = (self._outcome(replace(plan, one_by_one=False), given.of_example([0] * count))[0] for count in (1, 2))
        one, two = (found.get(name, np.zeros(1)) for found in both)
        return bool(one.any()) and np.array_equal(one, two)

    def _pairs(self, plan: Plan, given: Given, entries: dict[str, np.ndarray]) -> bool:
        """Tell whether other labels of the examples change anything: not where every output meets every label."""
        Y, (*_, m) = given.arrays["Y"], given.sizes
        arrays = {**given.arrays, "Y": np.roll(Y, 1, axis=Y.shape.index(m))}
        others, _ = self._outcome(plan, replace(given, arrays=arrays))
        return not all(name in others and holds(others[name], V) for name, V in entries.items())

    def _follows_rate(self, plan: Plan, given: Given, entries: dict[str, np.ndarray]) -> bool:
        """Tell whether updates are as large as the learning rate says that was asked for."""
        others, _ = self._outcome(plan, replace(given, rate=given.rate / 4))
        return all(name in others and np.array_equal(V, others[name]) for name, V in entries.items())

    def _outcome(self, plan: Plan, given: Given) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Return what a plan gives, and the weights that it drew itself; nothing if it fails."""
        with silence():
            try:
                own = plan.own_weights(given) if plan.how == "own" else {}
                entries = plan.gives(given)
                self.useful.add(plan.build)
                return entries, {name: holder.like(V, self.problem[name]) for name, V in own.items()}
            except Exception as error:
                if isinstance(error, SizesError) and (not self.fixed or error.sizes[0] == given.sizes[0]):
                    self.fixed = error.sizes
                lacks_weights = isinstance(error, UnboundError | SizesError)
                (self.useless if lacks_weights else self.useful).add(plan.build)
                self.failures.setdefault(plan.entry, f"{type(error).__name__}: {error}")  # of the most usual layout
        return {}, {}

    def why_not(self) -> str:
        """Say in a line what was found, and what would help."""
        names = list(dict.fromkeys(name for name, _ in self.entries()))
        if other := self.survey.other_network():
            return f"this is another network, with {other}; {EXAMINED}"
        if not names:
            return f"there is no function or class that could give gradients; {TEMPLATE}"
        reasons = "; ".join(map(self._reason, names[:3]))
        return f"nothing gives four gradients: {reasons}; {HELP} {self.candidates.adapter(names[0])}"

    def _reason(self, name: str) -> str:
        missing = self.candidates.unknown(name)
        if missing:
            return f"for {name} nobody knows what {', '.join(missing)} {'is' if len(missing) == 1 else 'are'}"
        return f"{name} gives {self.failures.get(name, 'no gradients')}"


def _is_weight(V: np.ndarray, given: Given) -> bool:
    """Tell whether what came back is one of the weights as it was given: who returns those returns no gradients."""
    return any(np.array_equal(V, given.arrays[name]) for name in WEIGHTS)
