"""The doctor: which line of a backprop is wrong, why, and what to write instead; or the proof that it is right."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shared.checking.from_python import Answer
    from shared.network import Activation


def check(program: Callable[..., Any] | str | Path, entry: str = "", *, activation: "Activation" = "relu") -> "Answer":
    """Examine a backprop, as `python compare.py check` does.

    Parameters
    ----------
    program : function, class, str or Path
        A function or a class is called in this very process: nothing guards against a loop without end, a crash or
        what it prints. The path of a .py file or a notebook is examined in a process of its own.
    entry : str
        What to call in a file, or which method of a class, if it should be another one than the most likely.
    activation : str
        The hidden units of the network: relu, leaky_relu, sigmoid or tanh.

    Returns
    -------
    Answer
        What was found: `verdict`, `sentence`, `as_dict()`; as text, and in a notebook, what the command prints.

    Raises
    ------
    CheckError
        If it cannot be examined.
    """
    from shared.checking import from_python  # the room where a file runs imports none of this

    return from_python.examined(program, entry, activation)


def assert_certified(
    program: Callable[..., Any] | str | Path,
    entry: str = "",
    *,
    activation: "Activation" = "relu",
    strict: bool = False,
) -> None:
    """Examine a backprop as `check` does, and go on if it is certified: one line in a test of your own.

    Raises
    ------
    AssertionError
        If it is not, with the whole answer for a text; with `strict`, also if it is certified with limits.
    CheckError
        If it cannot be examined.
    """
    __tracebackhide__ = True
    answer = check(program, entry, activation=activation)
    if answer.status(strict):
        raise AssertionError(str(answer))
