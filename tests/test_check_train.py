"""The doctor on `train`: whatever is wrong with the updates is told, at whichever step and learning rate it shows."""

from functools import partial

import numpy as np
import pytest
from patients import Patient

from shared.checking import lines, problems
from shared.checking.catalogue.entries import CATALOGUE
from shared.checking.checkup import check
from shared.checking.sandbox.program import Reply
from shared.checking.told import doubts, what_would_decide
from shared.network import Parameters

pytestmark = pytest.mark.mostly_slow(3)

SMALL = list(problems.small())[:2]
ALL_FOUR = "W1, b1, W2 and b2"


class Trainer(Patient):
    """Trains by a rule of its own: `rule(step, learning_rate)` is how far it goes along each gradient."""

    def __init__(self, rule, dtype=np.float64, memory=0.0):
        super().__init__(functions=("gradients", "train"))
        self.rule, self.dtype, self.memory = rule, dtype, memory

    def call(self, function, *arguments, watch=False):
        narrow = [V.astype(self.dtype) if isinstance(V, np.ndarray) else V for V in arguments]
        return super().call(function, *narrow)

    def train(self, *arguments):
        *arrays, learning_rate, iterations = arguments
        q, costs, past = self.ours(arrays), [], dict.fromkeys(Parameters._fields, 0)
        for step in range(iterations):
            now = q | lines.run(q)
            costs.append(now["cost"])
            past = {name: self.memory * past[name] + now[f"d{name}"] for name in past}
            q = q | {name: q[name] - self.dtype(self.rule(step, learning_rate)) * past[name] for name in past}
        return {"costs": np.array(costs), **{name: q[name] for name in Parameters._fields}}


def findings(trainer):
    return check(trainer, SMALL).findings


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_plain_gradient_descent_is_certified(dtype):
    assert check(Trainer(lambda step, rate: rate, dtype), SMALL).verdict == "certified"


@pytest.mark.parametrize("rate", [0.25, 0.125, 0.03125, 0.01, 1.0])
def test_a_learning_rate_that_is_a_number_in_the_code_is_told_whatever_it_is(rate):
    (finding,) = findings(Trainer(lambda step, given: rate))
    assert finding.name == f"learning rate not used in the updates of {ALL_FOUR}"


@pytest.mark.parametrize("start", [3, 50, 100])
def test_a_learning_rate_that_changes_later_is_told_with_the_step_and_the_length(start):
    (finding,) = findings(Trainer(lambda step, rate: rate / 2 if step >= start else rate))
    assert finding.name == f"step of another length in the updates of {ALL_FOUR}"
    assert finding.diagnosis.clues == (
        "it is wrong on: 4-6-1, 9 examples, step 101",
        "on 4-6-1, 9 examples, step 101, it moves along dW1 as if the learning rate were 0.015625, and it is 0.03125",
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_momentum_is_named_in_both_precisions(dtype):
    (finding,) = findings(Trainer(lambda step, rate: rate, dtype, memory=0.9))
    assert finding.name == f"momentum 0.9 in the updates of {ALL_FOUR}"


def test_a_training_that_comes_out_otherwise_when_asked_again_is_told():
    rng = np.random.default_rng(1)
    (finding,) = [f for f in findings(Trainer(lambda step, rate: rate * rng.uniform(0.5, 1))) if "costs" not in f.name]
    assert finding.name.endswith(f"in the updates of {ALL_FOUR}")
    assert finding.diagnosis.clues[0].startswith("asked the same again, train gives other weights")


class Loop(Patient):
    """Trains by plain gradient descent, but for what `change` does to a step: it may stop the loop, too."""

    def __init__(self, change, gives_best=False):
        super().__init__(functions=("gradients", "train"))
        self.change, self.gives_best = change, gives_best

    def train(self, *arguments):
        *arrays, rate, iterations = arguments
        start, costs, weights = self.ours(arrays), [], []
        q = start
        for step in range(iterations):
            now = q | lines.run(q)
            costs.append(now["cost"])
            weights.append({name: q[name] for name in Parameters._fields})
            after = {name: q[name] - rate * now[f"d{name}"] for name in Parameters._fields}
            after = self.change(step, costs, {**start, **after}, now)
            if after is None:
                break
            q = q | after
        last = weights[int(np.argmin(costs))] if self.gives_best else {name: q[name] for name in Parameters._fields}
        return {"costs": np.array(costs), **last}


def stop_if(condition):
    return lambda step, costs, after, now: None if condition(costs) else after


def some_examples(first, last):
    """Leave the first example out in some steps."""

    def change(step, costs, after, now):
        if not first <= step < last:
            return after
        few = {**now, "X": now["X"][:, 1:], "Y": now["Y"][:, 1:]}
        few |= lines.run({name: few[name] for name in (*Parameters._fields, "X", "Y")})
        return {name: now[name] - few[f"d{name}"] for name in Parameters._fields}  # the long training has the rate 1

    return change


def start_again_at(number):
    def change(step, costs, after, now):
        return {name: 0.5 * after[name] for name in Parameters._fields} if step == number else after

    return change


LENGTH, STOP = "step of another length", "early stopping"
LATE = {
    "a cost below 0.01": (STOP, Loop(stop_if(lambda costs: costs[-1] < 0.01))),
    "a small change": (STOP, Loop(stop_if(lambda costs: len(costs) > 1 and abs(costs[-1] - costs[-2]) < 1e-5))),
    "a cost that rises": (STOP, Loop(stop_if(lambda costs: len(costs) > 1 and costs[-1] > costs[-2]))),
    "1,000 steps": (STOP, Loop(stop_if(lambda costs: len(costs) > 1000))),
    "the best weights": ("one step too few", Loop(lambda step, costs, after, now: after, gives_best=True)),
    "weights made smaller once": ("unknown mistake", Loop(start_again_at(1234))),
    "an example left out for a while": (LENGTH, Loop(some_examples(1500, 1510))),
    "a rate that halves": (LENGTH, Trainer(lambda step, rate: rate if step < 200 else rate / 2)),
}


@pytest.mark.mostly_slow(4)
@pytest.mark.parametrize("kind", LATE)
def test_what_begins_late_in_a_training_is_told(kind):
    name, program = LATE[kind]
    checkup = check(program, SMALL)
    assert (checkup.verdict, checkup.findings[0].name) == ("wrong", f"{name} in the updates of {ALL_FOUR}")


def test_the_step_that_leads_out_of_the_band_is_judged():
    (finding,) = findings(LATE["an example left out for a while"][1])
    assert finding.diagnosis.clues[0] == "it is wrong on: 4-6-1, 9 examples, step 1501"


class Rounding(Patient):
    """Tells the gradients that it took; asked for them again, it gives them with another rounding."""

    def gradients(self, *arguments):
        return {name: V * (1 + 1e-12) for name, V in super().gradients(*arguments).items()}

    def train(self, *arguments):
        *arrays, rate, count = arguments
        before = super().train(*arrays, rate, count - 1)
        taken = super().gradients(*(before[name] for name in Parameters._fields), *arrays[4:])
        return super().train(*arguments) | {name: V for name, V in taken.items() if name[1:] in before}


def test_a_step_follows_the_wrong_gradients_that_it_took_however_they_are_rounded_when_asked_for_again():
    mistake = next(m for m in CATALOGUE if m.name == "sign wrong in dZ2")
    checkup = check(Rounding(mistakes=(mistake,), functions=("gradients", "train")), SMALL)
    assert {row.place for row in checkup.rows() if row.quantity.endswith("step")} == {"inherits"}


class Breaking(Trainer):
    """Fails where there are many examples."""

    def call(self, function, *arguments, watch=False):
        if function == "train" and arguments[4].shape[1] > 200:
            return Reply(None, failure="Traceback\nValueError: too many")
        return super().call(function, *arguments)


def test_what_was_wrong_before_train_failed_is_told_all_the_same():
    checkup = check(Breaking(lambda step, rate: 1.0), SMALL)
    assert checkup.verdict == "wrong"
    assert checkup.remarks == ["patient.py: train failed on the problem 2-3-1, 1109 examples: ValueError: too many"]


@pytest.mark.parametrize("size", [1, 32, 64])
def test_an_update_after_each_batch_is_named(size):
    class Batches(Trainer):
        def train(self, *arguments):
            *arrays, rate, iterations = arguments
            W1, b1, W2, b2, X, Y = arrays
            once = partial(Trainer.train, self)
            q, costs = Parameters(W1, b1, W2, b2), []
            for _ in range(iterations):
                costs.append(once(*q, X, Y, rate, 1)["costs"][0])
                for k in range(0, X.shape[1], size):
                    after = once(*q, X[:, k : k + size], Y[:, k : k + size], rate, 1)
                    q = Parameters(*(after[name] for name in Parameters._fields))
            return {"costs": np.array(costs), **q._asdict()}

    (finding,) = findings(Batches(lambda step, rate: rate))
    when = "every example" if size == 1 else f"every batch of {size}"
    assert finding.name == f"update after {when} in the updates of {ALL_FOUR}"


def test_weights_that_train_does_not_give_leave_a_doubt_and_are_not_called_wrong():
    class Stingy(Trainer):
        def train(self, *arguments):
            return {"W1": super().train(*arguments)["W1"]}

    checkup = check(Stingy(lambda step, rate: rate), SMALL)
    assert (checkup.verdict, checkup.findings) == ("cannot tell", [])
    assert list(doubts(checkup)) == ["b1 after a step, W2 after a step and b2 after a step: not given by train"]
    assert list(what_would_decide(checkup)) == [
        "let train return the costs and W1, b1, W2, b2: by name, or W1, b1, W2, b2, costs in this order."
    ]


def nameless(order):
    class Nameless(Trainer):
        def train(self, *arguments):
            trained = super().train(*arguments)
            return {str(k): trained[name] for k, name in enumerate(order.split())}

    return check(Nameless(lambda step, rate: rate), SMALL)


@pytest.mark.parametrize("order", ["W1 b1 W2 b2", "W1 b1 W2 b2 costs", "costs W1 b1 W2 b2"])
def test_weights_without_names_are_read_in_the_usual_order(order):
    assert nameless(order).verdict == "certified"


@pytest.mark.parametrize("order", ["W1 W2 b1 b2 costs", "costs W1 W2 b1 b2", "W2 b2 W1 b1 costs", "W1 b1 costs W2 b2"])
def test_weights_without_names_in_another_order_leave_a_doubt(order):
    assert nameless(order).verdict == "cannot tell"


def test_one_weight_of_the_wrong_shape_among_those_without_names_is_told():
    class Broad(Trainer):
        def train(self, *arguments):
            W1, b1, W2, b2 = (super(Broad, self).train(*arguments)[name] for name in Parameters._fields)
            return {"0": W1, "1": b1 + b1.T, "2": W2, "3": b2}

    (finding,) = findings(Broad(lambda step, rate: rate))
    assert finding.name == "b1: its shape is (2, 2), not (2, 1)"


def test_what_is_said_of_several_is_said_of_each():
    class Infinite(Trainer):
        def train(self, *arguments):
            trained = super().train(*arguments)
            return {name: np.full_like(V, np.inf) if name in ("b1", "b2") else V for name, V in trained.items()}

    (finding,) = findings(Infinite(lambda step, rate: rate))
    assert finding.name == "b1 and b2: each is not finite"
