"""A number in a formula: as one of the sizes, where it changes with them, or as the program has it."""

import ast

import numpy as np

from shared.checking.problems import Problem
from shared.checking.sandbox.binding.given import BIG, BIG32

LARGEST_NUMBER = 9
"""Where all examples are as many on each problem, as in a script, a larger number that is m is taken for it."""
SIZES = {
    text: compile(text, "<size>", "eval")
    for text in (
        *("m", "1 / m", "-1 / m", "2 / m", "m - 1", "1 / (m - 1)", "n_x", "n_h", "n_x * m", "n_h * m"),
        *(f"{sign}1 / {size}" for size in ("n_x", "n_h", "(n_x * m)", "(n_h * m)") for sign in ("", "-")),
    )
}
"""Numbers that are made of the sizes."""


def constant(value: object, other: object, problem: Problem, second: Problem) -> ast.expr:
    """Write a number: what changes with the problem is one of the sizes."""
    if isinstance(value, np.ndarray) and value.size and np.all(value == value.flat[0]):
        value = other = value.flat[0].item()
    if not isinstance(value, int | float | bool) or not isinstance(other, int | float | bool):
        return (
            ast.Name("constant", ast.Load())
            if isinstance(value, np.ndarray)
            else ast.Constant(value if value is None else str(value))
        )
    for text, code in SIZES.items():
        sizes = [eval(code, None, each.sizes) for each in (problem, second)]  # noqa: S307 (our own text)
        is_size = value != other or (
            problem.sizes == second.sizes and "m" in text and problem.sizes["m"] > LARGEST_NUMBER
        )
        if is_size and np.allclose(sizes, [value, other], rtol=1e-14, atol=0):
            return ast.parse(text, mode="eval").body
    for size in ("m", "n_x", "n_h") if value != other else ():
        share, again = value * problem.sizes[size], other * second.sizes[size]
        if np.isclose(share, again, rtol=1e-14, atol=0):
            return ast.parse(f"{float(f'{share:.12g}')!r} / {size}", mode="eval").body
    if value in (BIG, BIG32):  # it was asked with this one
        return ast.Name("learning_rate", ast.Load())
    number = int(value) if float(value).is_integer() and abs(value) < 1e15 else as_written(value)
    return ast.parse(repr(number), mode="eval").body if np.isfinite(value) else ast.Name(str(value), ast.Load())


def as_written(value: float) -> float:
    """Give the shortest number that float32 rounds to this one, if it is one of float32's."""
    with np.errstate(over="ignore"):
        narrow = np.float32(value)
    return float(str(narrow)) if float(narrow) == value else value
