"""What every implementation is asked at given weights, and how its answers are judged."""

from collections.abc import Mapping
from typing import Any

from shared.comparing.answers import Answers, answers, answers_to_step
from shared.comparing.record import Framework
from shared.judging.judge import Judge, Standard
from shared.network import Array, Implementation, Parameters, Settings


class Questions:
    """Every quantity at the initial weights, and a step from each checkpoint's weights.

    Parameters
    ----------
    parameters
        The initial weights, in the dtype of the settings.
    X, Y
        The examples that are judged, in that dtype: X (n_x, m), Y (1, m).
    settings
        How to train.
    chunk
        How many examples at a time implementations look at, if not at all in one piece.
    X_given
        What implementations are given in the place of X: the same examples, in a file.
    """

    def __init__(
        self,
        parameters: Parameters,
        X: Array,
        Y: Array,
        settings: Settings,
        chunk: int | None = None,
        X_given: Any = None,
    ) -> None:
        self.parameters, self.X, self.Y, self.settings, self.chunk = parameters, X, Y, settings, chunk
        self.X_given: Any = X if X_given is None else X_given
        self.judging = Judge(X, Y, settings.activation, chunk)

    def ask(self, program: Implementation, checkpoints: Mapping[int, Parameters]) -> dict[int | None, Answers]:
        """Ask for every quantity at the initial weights (None), and for one step from each checkpoint's weights."""
        activation, rate, X = self.settings.activation, self.settings.learning_rate, self.X_given
        asked: dict[int | None, Answers] = {None: answers(program, self.parameters, X, self.Y, activation)}
        for step, parameters in checkpoints.items():
            asked[step] = answers_to_step(program, parameters, X, self.Y, rate, activation)
        return asked

    def judge(
        self, answered: Mapping[int | None, Answers], at_start: Standard, after_steps: Mapping[int, Standard]
    ) -> Framework:
        """Judge what an implementation answered; where something does not agree, find out who is to blame."""
        values = answered[None].values
        framework = Framework(quantities=at_start.judge_all(values))
        for name, judged in framework.quantities.items():
            if judged.verdict != "agrees":
                framework.explanations[name] = self.judging.explain(framework.quantities, name, self.parameters, values)
        for step, standard in after_steps.items():
            framework.steps[step] = standard.judge_all(answered[step].values)
        for answer in answered.values():
            framework.add_changed(answer.changed)
        return framework


def standards(
    X: Array, Y: Array, settings: Settings, checkpoints: Mapping[int, Parameters], chunk: int | None = None
) -> tuple[Standard, dict[int, Standard]]:
    """Work out what is right at the initial weights, and after a step from each checkpoint's weights."""
    judge = Judge(X, Y, settings.activation, chunk)
    at_start = judge.at(checkpoints[0])
    return at_start, {step: judge.after_step(P, settings.learning_rate) for step, P in checkpoints.items()}
