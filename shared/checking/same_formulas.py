"""Which mistakes compute what a program was seen to compute, in another form: their roundings may differ."""

from collections.abc import Sequence

from shared.checking.catalogue.mistake import Mistake, Trait
from shared.checking.judged_reply import JudgedReply
from shared.checking.lines import Values, run
from shared.checking.recognition import SAME, same
from shared.network import Array


def computing_the_same(
    seen: Sequence[Mistake], suspects: Sequence[Mistake], answers: Sequence[JudgedReply]
) -> list[Mistake]:
    """Keep the suspects that compute the same as what was seen of their line; where one is not finite, it may be."""
    known = {mistake.line: mistake for mistake in seen}
    values = [(answer, known_on(answer)) for answer in answers if not answer.problem.is_large]
    expected = {line: [computed(mistake, q) for _, q in values] for line, mistake in known.items()}

    def is_same(mistake: Mistake) -> bool:
        pairs = zip(values, expected[mistake.line], strict=True)
        return all(agree(computed(mistake, q), V, answer) for (answer, q), V in pairs)

    return [m for m in suspects if m.line in known and Trait.LIMIT not in m.traits and is_same(m)]


def is_given(mistake: Mistake, answers: Sequence[JudgedReply]) -> bool:
    """Tell whether a formula gives what the program gave, but for roundings: erf is another in each library."""
    given = [each for each in answers if mistake.line in each.own and not each.problem.is_large]
    return bool(given) and all(agree(computed(mistake, known_on(each)), each.own[mistake.line], each) for each in given)


def agree(one: Array | None, other: Array | None, answer: JudgedReply) -> bool:
    """Compare two values of a line."""
    return one is not None and other is not None and same(one, other, SAME[answer.dtype])


def computed(mistake: Mistake, q: Values) -> Array | None:
    """Compute a line; None if something that it needs is not known, or does not fit."""
    try:
        return mistake.wrong(q)
    except (KeyError, ValueError, IndexError, TypeError):
        return None


def known_on(answer: JudgedReply) -> Values:
    """All that is known on a problem: what was given, and what follows from it."""
    return {**answer.inputs, **run(answer.inputs, own=answer.own_inputs)}
