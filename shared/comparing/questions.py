"""What every implementation is asked at given weights, and how its answers are judged."""

from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from shared.comparing.answers import Answers, answers, answers_to_step
from shared.comparing.record import Framework
from shared.comparing.workers import Submit
from shared.judging.judge import Judge, Standard
from shared.judging.verdict import Judgement
from shared.network import Activation, Array, Implementation, Parameters, Settings


class Answered(NamedTuple):
    """What an implementation answered: at first, after a step from each checkpoint's weights, and when asked again."""

    first: Answers
    steps: dict[int, Answers]
    again: dict[int, Answers]


class Questions:
    """Every quantity at the initial weights, a step from each checkpoint's weights, and every quantity once more.

    A program may keep something between two calls, or be right at the initial weights only: so it is asked again, and
    at the last checkpoint.

    Parameters
    ----------
    parameters
        The initial weights, in the dtype of the settings.
    X, Y
        The examples that are judged, in that dtype: X (n_x, m), Y (1, m).
    settings
        How to train.
    chunk
        How many examples at a time implementations process; None if all in one piece.
    X_given
        What implementations get in place of X: the same examples, in a file.
    """

    def __init__(
        self,
        parameters: Parameters,
        X: Array,
        Y: Array,
        settings: Settings,
        chunk: int | None = None,
        X_passed: Any = None,
    ) -> None:
        self.parameters, self.X, self.Y, self.settings, self.chunk = parameters, X, Y, settings, chunk
        self.X_passed: Any = X if X_passed is None else X_passed
        self.judging = Judge(X, Y, settings.activation, chunk)

    def ask(self, program: Implementation, checkpoints: Mapping[int, Parameters]) -> Answered:
        """Ask for every quantity, for one step from each checkpoint's weights, and for every quantity again."""
        activation, rate, X = self.settings.activation, self.settings.learning_rate, self.X_passed
        first = answers(program, self.parameters, X, self.Y, activation)
        steps = {
            step: answers_to_step(program, parameters, X, self.Y, rate, activation)
            for step, parameters in checkpoints.items()
        }
        again = {step: answers(program, checkpoints[step], X, self.Y, activation) for step in ends_of(checkpoints)}
        return Answered(first, steps, again)

    def judge(
        self, framework: Framework, answered: Answered, at: Mapping[int, Standard], after_steps: Mapping[int, Standard]
    ) -> None:
        """Judge what an implementation answered; where something does not agree, find the line that is to blame."""
        values = answered.first.values
        framework.quantities = at[0].judge_all(values)
        for name, judged in framework.quantities.items():
            if judged.verdict != "agrees":
                framework.explanations[name] = self.judging.explain(framework.quantities, name, self.parameters, values)
        for step, standard in after_steps.items():
            framework.steps[step] = standard.judge_all(answered.steps[step].values)
        for step, standard in at.items():
            framework.again[step] = standard.judge_all(answered.again[step].values)
        for answer in (answered.first, *answered.steps.values(), *answered.again.values()):
            framework.add_changed(answer.changed)


def ends_of(checkpoints: Mapping[int, Parameters]) -> list[int]:
    """Return the first checkpoint and the last."""
    return sorted({min(checkpoints), max(checkpoints)})


class Standards:
    """What is right at the first and the last checkpoint's weights, and after a step from each, computed by workers."""

    def __init__(self, submit: Submit, questions: Questions, checkpoints: Mapping[int, Parameters]) -> None:
        about, ends = (questions.X, questions.Y, questions.settings, questions.chunk), ends_of(checkpoints)
        self._both = {step: submit(standards, *about, P, step in ends) for step, P in checkpoints.items()}

    def wait(self) -> tuple[dict[int, Standard], dict[int, Standard]]:
        """Wait for all of them: at the weights, and after a step."""
        both = {step: wait() for step, wait in self._both.items()}
        return {step: at for step, (at, _) in both.items() if at}, {step: after for step, (_, after) in both.items()}


def standards(
    X: Array, Y: Array, settings: Settings, chunk: int | None, parameters: Parameters, at_weights: bool
) -> tuple[Standard | None, Standard]:
    """Work out what is right after a step from some weights, and, if asked for, at the weights themselves."""
    judge = judge_of(X, Y, settings.activation, chunk)
    at = judge.at(parameters) if at_weights else None
    return at, judge.after_step(parameters, settings.learning_rate)


def judge_of(X: Array, Y: Array, activation: Activation, chunk: int | None = None) -> Judge:
    """Return the judge that this process already has for these data, which are in balls already, or else a new one."""
    for judge in LAST:
        is_same = (judge.activation, judge.chunk, judge.X.dtype) == (activation, chunk, X.dtype)
        if is_same and np.array_equal(judge.X, X) and np.array_equal(judge.Y, Y):
            return judge
    LAST.append(Judge(X, Y, activation, chunk))
    return LAST[-1]


LAST = deque[Judge](maxlen=2)
"""The last two judges: of the training set, and of the test set."""


def judged_A2(X: Array, Y: Array, activation: Activation, parameters: Parameters, A2: Array) -> Judgement:  # noqa: N802
    """Judge A2 of trained weights, on the training set or others."""
    return judge_of(X, Y, activation).local("A2", parameters, {"A2": A2})
