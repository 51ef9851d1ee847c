"""A judged reply: what a program gave on one problem, translated and judged line by line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Any, Literal

import numpy as np

from shared.checking import kept
from shared.checking.conventions import LATE, NAMES, Convention, is_nameless, quantities_of
from shared.checking.differences import Gradients, widened
from shared.checking.lines import hidden_units, run
from shared.checking.problems import Problem
from shared.checking.sandbox.program import Reply
from shared.checking.sandbox.unpack import ORDER
from shared.judging.judge import Judge, Standard
from shared.judging.truth import Enclosure
from shared.judging.verdict import Allowance, Judgement, judge
from shared.network import INPUTS, Activation, Array, Parameters

Place = Literal["OK", "gives way", "cannot tell", "inherits", "WRONG here"]

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
FEW_BITS = 12
"""Numbers with so few binary digits may be exact by themselves."""
GRADIENTS = ORDER["gradients"]
"""What a program has to give."""
MISSING = "it is missing"
TWICE = "it is given twice, with different values"
UNCLEAR = "two values without names may be meant, and they differ"
LARGEST = 1e300
"""A larger number cannot be right on any problem, and what is made from it would overflow."""
USED = {**INPUTS, "dZ2": ("A2", "Z2", "Y")}
"""What a line is judged by: dZ2 may come from a sigmoid of Z2 that is formed anew."""


@dataclass
class JudgedReply:
    """What a program gave on one problem, in this suite's shapes, and what is to be said of it.

    `convention` is the way in which the program is written. `values` are as they came; `own` are those that can be
    judged, in float64; `unfit` says why the others cannot.
    `global_error` is judged by the truth, `local_error` by the truth of the line, given the program's own values before
    it.
    """

    problem: Problem
    dtype: np.dtype
    convention: Convention
    values: dict[str, Array] = field(default_factory=dict)
    own: dict[str, Array] = field(default_factory=dict)
    unfit: dict[str, str] = field(default_factory=dict)
    global_error: dict[str, Judgement] = field(default_factory=dict)
    local_error: dict[str, Judgement] = field(default_factory=dict)
    lines: dict[str, tuple[Enclosure, Allowance]] = field(default_factory=dict)

    @cached_property
    def inputs(self) -> dict[str, Array]:
        """The problem in the program's precision."""
        return {name: V.astype(self.dtype) for name, V in self.problem.given().items()}

    @cached_property
    def own_inputs(self) -> dict[str, Array]:
        """The program's own values in its precision."""
        with np.errstate(over="ignore"):  # float32 does not hold every number of float64
            return {name: V.astype(self.dtype) for name, V in self.own.items()}

    @cached_property
    def has_nan(self) -> bool:
        """Whether something that was given is not a number."""
        return any(bool(np.isnan(V).any()) for V in self.values.values())

    @property
    def given(self) -> list[str]:
        """The quantities that the program gave, in the order of computation."""
        return [name for name in NAMES if name in self.values or name in self.unfit]

    @property
    def wrong(self) -> list[str]:
        """The quantities whose own lines are wrong."""
        return [name for name in self.given if self.place(name) == "WRONG here"]

    def place(self, name: str) -> Place:
        """Tell a line that is right from one that inherits and from one that is wrong by itself."""
        off = [earlier for earlier in before(name, set(self.given)) if earlier in self.unfit]
        if self.unfit.get(name) in (MISSING, UNCLEAR):
            return "cannot tell"
        if name in self.unfit:
            return "inherits" if off else "WRONG here"
        if name == "dZ2" and self.follows_dA2():
            return "inherits"
        verdicts = self.global_error[name].verdict, self.local_error.get(name, self.global_error[name]).verdict
        if verdicts[1] == "wrong":
            return "inherits" if off else "WRONG here"
        if verdicts[0] == "wrong" or (verdicts == ("suspect", "agrees") and self.follows_wrong(name)):
            return "inherits"
        is_exact = verdicts == ("agrees", "agrees") and not (self.convention.differences and name in GRADIENTS)
        return "OK" if is_exact else "cannot tell"

    def follows_wrong(self, name: str) -> bool:
        """Tell whether a line is made from one that is off: then errors that it would not have itself are no doubt."""
        return any(self.place(earlier) in ("WRONG here", "inherits") for earlier in before(name, set(self.given)))

    def spoilt(self, name: str) -> bool:
        """Tell whether a quantity says nothing here, because what it was made from is not finite or does not fit."""
        return name in self.unfit and self.place(name) == "inherits"

    def follows_dA2(self) -> bool:  # noqa: N802
        """Tell whether dZ2 is off only because it was made from a dA2 that is."""
        if "dA2" not in self.own or self.place("dA2") == "OK":
            return False
        q = {**run(self.problem.given(), own=self.own), **self.own}
        through = q["dA2"] * q["A2"] * (1 - q["A2"])
        return bool(np.allclose(q["dZ2"], through, rtol=64 * np.finfo(self.dtype).eps, atol=0))


def before(name: str, there: set[str], inputs: Mapping[str, tuple[str, ...]] = INPUTS) -> set[str]:
    """Name the given quantities that a line is made from, as far back as it takes to find one."""
    names = set[str]()
    for earlier in inputs[name]:
        names |= {earlier} if earlier in there else before(earlier, there, inputs) if earlier in inputs else set()
    return names


def gap(name: str, there: set[str]) -> set[str]:
    """Name the lines that lie between a quantity and the given ones that it is made from, its own included."""
    missing = [earlier for earlier in INPUTS[name] if earlier in INPUTS and earlier not in there]
    return {name}.union(*(gap(earlier, there) for earlier in missing))


def answered(reply: Reply, problem: Problem, convention: Convention) -> JudgedReply:
    """Translate what a program gave: its names and its shapes into this suite's."""
    entries: dict[str, Any] = {}
    quantities = quantities_of(reply.values or (), convention.read)
    for name, V in (reply.values or {}).items():
        if (quantity := quantities[name]) in NAMES:
            twice = quantity in entries and not np.array_equal(entries[str(quantity)], V)
            entries[str(quantity)] = (UNCLEAR if is_nameless(name) else TWICE) if twice else V
    answer = JudgedReply(problem, dtype_of(entries.values(), problem), convention)
    for name, V in entries.items():
        if isinstance(V, str):
            answer.unfit[name] = V
            continue
        answer.values[name], problem_text = convention.ours(name, V.astype(FLOAT64), shape_of(name, problem))
        flaws = np.argwhere(~(np.abs(V.astype(FLOAT64)) <= LARGEST))
        if not problem_text and len(flaws):
            problem_text = f"it holds {V[tuple(flaws[0])]} at {flaws[0].tolist()}" if V.ndim else f"it holds {V}"
        if problem_text:
            answer.unfit[name] = problem_text
        else:
            answer.own[name] = answer.values[name]
    if infinite_by_right(answer):
        for arrays in (answer.values, answer.own, answer.unfit):
            arrays.pop("dA2", None)
    return answer


def dtype_of(values: Iterable[Array | str], problem: Problem) -> np.dtype:
    """Find the precision in which a program computed what it gave."""
    floats = [V for V in values if isinstance(V, np.ndarray) and V.dtype.kind == "f"]
    return FLOAT32 if only_float32(floats, problem) else problem.dtype


def only_float32(floats: Sequence[Array], problem: Problem) -> bool:
    """Tell whether a program computes in float32, whatever arrays its numbers come in.

    All of its arrays must hold numbers of float32, and something must show that this is no accident. Where no array
    shows it, a cost with more digits speaks against it.
    """
    arrays = [V for V in floats if V.ndim]
    if not arrays or not all(map(fits_float32, arrays)):
        return False
    if any(shows_float32(V, problem) for V in arrays):
        return True
    return all(map(fits_float32, floats)) and any(shows_float32(V, problem) for V in floats)


def fits_float32(V: Array) -> bool:
    """Tell whether every number is one of float32."""
    with np.errstate(all="ignore"):
        return np.array_equal(V, V.astype(np.float32), equal_nan=True)


def shows_float32(V: Array, problem: Problem) -> bool:
    """Tell whether numbers of float32 show that they were rounded to it.

    Those with few digits, such as 0, may be exact, and so are those of the problem itself, or a power of 2 times them.
    """
    if V.dtype.itemsize <= FLOAT32.itemsize:
        return True
    digits = np.abs(np.frexp(V[np.isfinite(V)])[0])
    digits = digits[digits * 2.0**FEW_BITS % 1 != 0]
    fractions = [np.abs(np.frexp(given)[0]).ravel() for given in problem.given().values()]
    return digits.size > 0 and not np.isin(digits, np.concatenate(fractions)).all()


def infinite_by_right(answer: JudgedReply) -> bool:
    """Tell whether dA2 has no value here: A2 was rounded to 0 or 1, and 1 / A2 or 1 / (1 - A2) is infinite."""
    A2: Array = run(answer.problem.given(), own=answer.own)["A2"] if "A2" not in answer.values else answer.values["A2"]
    return not np.all((A2 > 0) & (A2 < 1))


def shape_of(name: str, problem: Problem) -> tuple[int, ...]:
    """Give the shape of a quantity in this suite."""
    n_x, n_h, m = problem.sizes.values()
    of = {"W1": (n_h, n_x), "b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1), "Z1": (n_h, m), "A1": (n_h, m)}
    return () if name == "cost" else of.get(name.removeprefix("d"), (1, m))


def standard_of(problem: Problem, dtype: np.dtype) -> tuple[Judge, Parameters, Standard]:
    """Work out what is right on a problem, for programs that compute in this dtype."""
    return _standard_of(problem, dtype, hidden_units())


@cache
def _standard_of(problem: Problem, dtype: np.dtype, activation: Activation) -> tuple[Judge, Parameters, Standard]:
    parameters = Parameters(*(V.astype(dtype) for V in problem.parameters))
    the_judge = Judge(problem.X.astype(dtype), problem.Y.astype(dtype), activation)
    return the_judge, parameters, kept.standard(the_judge, parameters)


def judged(answer: JudgedReply) -> JudgedReply:
    """Judge everything that can be judged."""
    standard = standard_of(answer.problem, answer.dtype)[2]
    for name, V in answer.own.items():
        right = standard.right[name] if name in standard.right else line_from(answer, name, {})
        answer.global_error[name] = judge(name, V, *allowed(answer, name, *right), FLOAT64)
        if not answer.problem.is_large or answer.global_error[name].verdict != "agrees":
            answer.lines[name] = allowed(answer, name, *own_line(answer, name))
            answer.local_error[name] = judge(name, V, *answer.lines[name], FLOAT64)
    for name in answer.unfit:
        answer.lines[name] = own_line(answer, name)
    return answer


def allowed(answer: JudgedReply, name: str, truth: Enclosure, allowance: Allowance) -> tuple[Enclosure, Allowance]:
    """Allow gradients that are differences of costs what those can be off by."""
    kind = answer.convention.differences
    if not kind or name not in GRADIENTS:
        return truth, allowance
    in_cost = float(standard_of(answer.problem, answer.dtype)[2].right["cost"][1].bound)
    return truth, widened(allowance, truth.high, answer.problem, answer.dtype, kind, name, in_cost)


def as_gradients(answer: JudgedReply) -> Gradients | None:
    """Give the four gradients together, with the cost as the program has it; None if a gradient is missing."""
    if any(name not in answer.own for name in GRADIENTS):
        return None
    true_cost = standard_of(answer.problem, answer.dtype)[2].right["cost"][0].high
    values = np.concatenate([answer.own[name].ravel() for name in GRADIENTS])
    return Gradients(values, answer.dtype, float(answer.own.get("cost", true_cost)))


def line_from(answer: JudgedReply, name: str, used: dict[str, Array]) -> tuple[Enclosure, Allowance]:
    """Work out what a line should give from values of its inputs: many programs have the same."""
    frozen = tuple((earlier, V.shape, V.tobytes()) for earlier, V in used.items())
    return _line_from(answer.problem, answer.dtype, name, frozen, hidden_units())


@lru_cache(maxsize=1000)
def _line_from(
    problem: Problem,
    dtype: np.dtype,
    name: str,
    frozen: tuple[tuple[str, tuple[int, ...], bytes], ...],
    activation: Activation,
) -> tuple[Enclosure, Allowance]:
    the_judge, parameters, _ = _standard_of(problem, dtype, activation)
    return the_judge.line(name, parameters, {n: np.frombuffer(data).reshape(shape) for n, shape, data in frozen})


def own_line(answer: JudgedReply, name: str) -> tuple[Enclosure, Allowance]:
    """Work out what a line should give from the program's own values; where it gave none of them, from the true ones.

    Where the 1/m comes late, values were divided by m to read them, and the program may have multiplied by 1/m: a few
    roundings of each value more, which pass through the line as its own roundings do.
    """
    the_judge, parameters, standard = standard_of(answer.problem, answer.dtype)
    used = {earlier: answer.own[earlier] for earlier in sorted(before(name, set(answer.own), USED) & set(answer.own))}
    truth, allowance = line_from(answer, name, used) if used or name not in standard.right else standard.right[name]
    if answer.convention.late and {name, *INPUTS[name]} & set(LATE):
        size = np.abs(truth.high)
        bound = 2 * allowance.bound + the_judge.worst(parameters).rounded(4, size)
        noise = 2 * allowance.noise + the_judge.noise(parameters).rounded(4, size)
        allowance = Allowance(bound, noise)
    return truth, allowance
