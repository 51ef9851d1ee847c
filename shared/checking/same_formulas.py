"""Which mistakes compute what a program was seen to compute, in another form: their roundings may differ."""

from collections.abc import Iterable, Sequence
from operator import itemgetter

from shared.checking.catalogue.mistake import Mistake, Trait
from shared.checking.judged_reply import JudgedReply
from shared.checking.lines import Line, Values, run
from shared.checking.recognition import SAME, same


def computing_the_same(
    seen: Sequence[Mistake], suspects: Sequence[Mistake], answers: Sequence[JudgedReply]
) -> list[Mistake]:
    """Keep the suspects that compute the same as what was seen of their line, wherever both are finite."""
    lines, on_all = {mistake.line: mistake.wrong for mistake in seen}, known_on(answers) if seen else []
    likely = (m for m in suspects if m.line in lines and Trait.LIMIT not in m.traits)
    return [mistake for mistake in likely if agree(mistake.wrong, lines[mistake.line], on_all)]


def is_given(mistake: Mistake, answers: Sequence[JudgedReply]) -> bool:
    """Tell whether a formula gives what the program gave, but for roundings: erf is another in each library."""
    on_all = known_on(answer for answer in answers if mistake.line in answer.own)
    return bool(on_all) and agree(mistake.wrong, itemgetter(mistake.line), on_all)


def agree(one: Line, other: Line, on_all: Sequence[tuple[float, Values]]) -> bool:
    """Compare two lines, to rounding; what cannot be computed from what is known does not agree."""
    try:
        return all(same(one(q), other(q), share) for share, q in on_all)
    except (KeyError, ValueError, IndexError, TypeError):
        return False


def known_on(answers: Iterable[JudgedReply]) -> list[tuple[float, Values]]:
    """Give, for each small problem, how far two forms may differ there, and all that is known: the program's own."""
    small = (each for each in answers if not each.problem.is_large)
    inputs = ((each, {**each.inputs, **each.own_inputs}) for each in small)
    return [(SAME[each.dtype], {**q, **run(each.inputs, own=each.own_inputs), **q}) for each, q in inputs]
