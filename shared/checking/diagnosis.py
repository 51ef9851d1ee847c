"""The diagnosis: which mistakes, alone or in pairs, explain every problem to rounding.

They are those of the catalogue, and where none of it does, those that are made for this program (fitted.py).
A mistake is planted in the right network, the lines after it are followed from what the program itself gave, and the
outcome is compared with what the program gave, entry by entry, on all problems. Nothing else may differ.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from shared.checking.catalogue.entries import of_this_network
from shared.checking.catalogue.mistake import Mistake, Trait
from shared.checking.conventions import NAMES
from shared.checking.examination import Examination
from shared.checking.fitted import guesses
from shared.checking.judged_reply import JudgedReply, gap
from shared.checking.lines import RIGHT, Formula, Line, Values, one_by_one
from shared.checking.same_formulas import computing_the_same, is_given
from shared.checking.sandbox.binding.given import BIG, BIG32
from shared.checking.screening import Screen
from shared.checking.symptoms import saturation
from shared.checking.what_is_wrong import Diagnosis
from shared.checking.without_search import without_search
from shared.network import Array

AS_ASKED = 0.0
RATES = (1.0, 0.5, 0.3, 0.25, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.0075, 0.005, 0.001, AS_ASKED)
"""Learning rates that a program may have updated W2 with before its time: usual ones, and those it was asked with."""
WAVERS = "asked the same again, it answers otherwise: it is drawn at random, or something is kept between the calls"
MASKED = Formula("where(Z1 > 0, dA1, 0)")
"""The right dZ1 as dZ[Z1 <= 0] = 0 leaves it: 0 where dA1 is not a number, which would stay in a product with 0."""
CLOSE = 1e-3
"""What a prediction may be unsure of, as a share of its largest entry: beyond it, nothing could be told apart."""
ROUNDINGS = 8
"""How often a prediction is repeated from inputs rounded anew."""
FAR = 100
"""More repetitions are assumed to differ by at most so many times what two differ by."""
SPREADS = 4
"""A program may differ from the prediction by so many times what the repetitions differ by."""


def diagnose(examination: Examination, formulas: Sequence[Mistake] = (), pairs: bool = True) -> list[Diagnosis]:
    """Explain every quantity whose line is wrong by itself, with as few mistakes as possible.

    `formulas` are the program's own, as far as they are wrong: they count where no mistake has a name. `pairs` says
    whether pairs of mistakes are searched, which takes long.
    """
    diagnoses = [each for name in examination.wrong if (each := without_search(name, examination, formulas))]
    diagnoses += diagnose_each_call(examination, not_in(diagnoses, examination.given), formulas, pairs)
    return sorted(diagnoses, key=lambda diagnosis: list(RIGHT).index(diagnosis.line))


def diagnose_each_call(
    examination: Examination, names: Sequence[str], formulas: Sequence[Mistake], pairs: bool
) -> list[Diagnosis]:
    """Explain those of these quantities whose lines are wrong by themselves, as if no call knew of another.

    Where what the program was seen to compute explains a quantity, only a name is looked for, in that line alone. The
    problems on which something is wrong are compared first: most mistakes fail there.
    """
    asked, wrong = set(names), [name for name in examination.wrong if name in names]
    answers = sorted(examination.answers, key=lambda answer: not answer.wrong)
    gaps = {name: gap(name, set(examination.given)) for name in names}
    observed = [m for m in formulas if explains((m,), touched((m,), gaps), answers) or is_given(m, answers)]
    lines, unseen = {mistake.line for mistake in observed}, not_in(explained(observed, wrong, gaps), wrong)
    suspects = [m for m in of_this_network() if m.line in lines or any(m.line in gaps[name] for name in unseen)]
    diagnoses = explained(fitting(suspects, observed, gaps, answers), wrong, gaps)
    diagnoses += beside_known(diagnoses, suspects, not_in(diagnoses, unseen), gaps, answers)
    left = not_in(diagnoses, wrong)
    between = {name: [line for line in NAMES if line in (gaps[name] if name in unseen else lines)] for name in left}
    made = (guesses(q, between[q], answers, examination.numbers, q not in unseen) for q in left)
    numbers = list({(guess.name, guess.explanation): guess for each in made for guess in each}.values())
    diagnoses += explained(fitting(numbers, observed, gaps, answers), left, gaps)
    diagnoses = [as_seen(diagnosis, observed) for diagnosis in diagnoses]
    diagnoses += explained(observed, not_in(diagnoses, wrong), gaps)
    left = not_in(diagnoses, wrong)
    ordinary = [name for name in left if pairs and saturation(examination, name) is None]  # no pair only gives way
    if ordinary and len(diagnoses) + len(left) > 2:
        together = pair(suspects, wrong, gaps, answers)
        if together:
            return together
    for name in ordinary:
        more = pair(suspects, [name], gaps, answers) if name in left else []
        diagnoses += more
        left = not_in(more, left)
    unfit = {name: text for name in left if (text := why_unfit(name, examination))}
    diagnoses += [Diagnosis(name, (name,), unfit=text) for name, text in unfit.items()]
    right = {name for name in asked if examination.place(name) not in ("WRONG here", "inherits")}
    return [*diagnoses, *unexplained([name for name in left if name not in unfit], gaps, right)]


def as_seen(diagnosis: Diagnosis, observed: Sequence[Mistake]) -> Diagnosis:
    """Where nobody could tell mistakes apart, take what the program was seen to compute."""
    mistake = next((mistake for mistake in observed if mistake.line == diagnosis.line), None)
    return replace(diagnosis, mistakes=(mistake,)) if mistake and len(diagnosis.mistakes) > 1 else diagnosis


def not_in(diagnoses: Sequence[Diagnosis], names: Iterable[str]) -> list[str]:
    """Keep the quantities that no diagnosis speaks of."""
    return [name for name in names if not any(name in diagnosis.quantities for diagnosis in diagnoses)]


def why_unfit(name: str, examination: Examination) -> str:
    """Say why a quantity cannot be compared with the truth: ever, or where it is first wrong by itself."""
    if examination.wavers(name):
        return WAVERS
    return next((answer.unfit.get(name, "") for answer in examination.answers if name in answer.wrong), "")


def unexplained(left: Sequence[str], gaps: dict[str, set[str]], right: set[str]) -> list[Diagnosis]:
    """Say where what nothing explains must come from: the last line that all of it, and nothing right, goes through."""
    common = set[str]().union(*(gaps[name] for name in left[:1])).intersection(*(gaps[name] for name in left))
    common = common.difference(*(gaps[name] for name in right))
    if len(left) < 2 or not common:
        return [Diagnosis(name, (name,)) for name in left]
    line = max(common, key=NAMES.index)
    missing = ", ".join(name for name in NAMES if name in common)
    return [Diagnosis(line, tuple(left), clues=(f"to find the line, return {missing} as well",))]


def singles(suspects: Iterable[Mistake], gaps: dict[str, set[str]], answers: Sequence[JudgedReply]) -> list[Mistake]:
    """Keep the mistakes that, alone, explain everything that they touch."""
    return [mistake for mistake in suspects if explains((mistake,), touched((mistake,), gaps), answers)]


def fitting(
    suspects: Sequence[Mistake], observed: Sequence[Mistake], gaps: dict[str, set[str]], answers: Sequence[JudgedReply]
) -> list[Mistake]:
    """Keep the mistakes that explain everything; of a line without one, those that compute what was observed."""
    found = singles(suspects, gaps, answers)
    lines = {mistake.line for mistake in found}
    return [*found, *computing_the_same([m for m in observed if m.line not in lines], suspects, answers)]


def touched(mistakes: Iterable[Mistake], gaps: dict[str, set[str]]) -> list[str]:
    """Name the given quantities that mistakes can change, the program's own values before them being what they are."""
    lines = {mistake.line for mistake in mistakes}
    return [name for name, lines_between in gaps.items() if lines & lines_between]


def explained(viable: Sequence[Mistake], wrong: Sequence[str], gaps: dict[str, set[str]]) -> list[Diagnosis]:
    """Give each wrong quantity the mistakes that explain it and as much else as possible."""
    diagnoses: list[Diagnosis] = []
    for name in wrong:
        if any(name in diagnosis.quantities for diagnosis in diagnoses):
            continue
        explaining = {m: [q for q in touched((m,), gaps) if q in wrong] for m in viable if m.line in gaps[name]}
        if explaining:
            most = max(map(len, explaining.values()))
            best = [m for m, names in explaining.items() if len(names) == most]
            named = [m for m in best if Trait.FORMULA not in m.traits] or best
            best = [m for m in named if not m.general] or named
            diagnosis = Diagnosis(best[0].line, tuple(explaining[best[0]]), tuple(best))
            diagnoses.append(with_each_by_itself(diagnosis, viable))
    return diagnoses


def with_each_by_itself(diagnosis: Diagnosis, viable: Sequence[Mistake]) -> Diagnosis:
    """Where the mean seems to be wrong in dA1 or dZ1, say first that it may be so in dW1 and db1, each by itself.

    Hardly anybody divides by m in dA1 or dZ1; in dW and db the course does.
    """
    kind, names = diagnosis.mistakes[0].kind, diagnosis.quantities
    here = [m for name in names for m in viable if m.name == f"{kind} in {name}"]
    if diagnosis.line not in ("dA1", "dZ1") or names != ("dW1", "db1") or len(here) < len(names):
        return diagnosis
    if Trait.MEAN not in diagnosis.mistakes[0].traits:
        return diagnosis
    return replace(diagnosis, line="dW1", also=("db1",), mistakes=(here[0], *diagnosis.mistakes))


def pair(
    suspects: Sequence[Mistake], wrong: Sequence[str], gaps: dict[str, set[str]], answers: Sequence[JudgedReply]
) -> list[Diagnosis]:
    """Look for two mistakes in different lines that explain these quantities together; none: an empty list.

    What only one of the two can touch it must explain alone: that is looked at first, on one problem.
    """
    reach = {m: names for m in suspects if (names := set(touched((m,), gaps))) & set(wrong)}
    alone = {m: {name for name in reach[m] if explains((m,), [name], answers[:1])} for m in reach}
    screen = Screen(answers[0])
    for a, b in combinations(reach, 2):
        if a.line == b.line or not set(wrong) <= reach[a] | reach[b]:
            continue
        if not reach[a] - reach[b] <= alone[a] or not reach[b] - reach[a] <= alone[b]:
            continue
        if not screen.lets_pass(a, b, reach[a] & reach[b] & set(wrong)):
            continue
        if explains((a, b), touched((a, b), gaps), answers):
            return [Diagnosis(m.line, tuple(touched((m,), gaps)), (m,)) for m in (a, b)]
    return []


def beside_known(
    known: Sequence[Diagnosis],
    suspects: Sequence[Mistake],
    left: Sequence[str],
    gaps: dict[str, set[str]],
    answers: Sequence[JudgedReply],
) -> list[Diagnosis]:
    """Look for mistakes that explain what is left, beside those that are known, whose lines they may use."""
    made = [diagnosis.mistakes[0] for diagnosis in known]
    lines = {mistake.line for mistake in made}
    others = [m for m in suspects if m.line not in lines and any(m.line in gaps[name] for name in left)]
    viable = [m for m in others if explains((*made, m), touched((m,), gaps), answers)] if made else []
    return explained(viable, left, gaps)


def explain(diagnoses: Sequence[Diagnosis], answer: JudgedReply) -> bool:
    """Tell whether what diagnoses name, all of it together, gives what came back on one more problem."""
    made = [mistake for diagnosis in diagnoses for mistake in diagnosis.mistakes[:1]]
    return explains(made, answer.wrong, [answer])


def explains(mistakes: Sequence[Mistake], names: Sequence[str], answers: Sequence[JudgedReply]) -> bool:
    """Tell whether these mistakes predict what a program gave, on every problem; with some rate, if that matters."""
    rates = RATES if any(Trait.LATE in mistake.traits for mistake in mistakes) else RATES[:1]
    return any(explains_at(rate, mistakes, names, answers) for rate in rates)


def explains_at(
    learning_rate: float, mistakes: Sequence[Mistake], names: Sequence[str], answers: Sequence[JudgedReply]
) -> bool:
    """Tell whether these mistakes, with this learning rate, predict what a program gave, on every problem."""
    replaced = {mistake.line: with_rate(mistake.wrong, learning_rate) for mistake in mistakes}
    ways = [replaced]
    if "dZ1" not in replaced and any(answer.has_nan for answer in answers):
        ways.append({**replaced, "dZ1": MASKED})
    return any(
        all(
            explains_on(answer, way, {name for name in names if name in answer.lines and not answer.spoilt(name)})
            for answer in answers
        )
        for way in ways
    )


def explains_on(answer: JudgedReply, replaced: Mapping[str, Line], names: set[str]) -> bool:
    """Tell whether these lines predict what a program gave on one problem; what comes first is compared first."""
    left = set(names)
    for name, predicted in predictions(answer, replaced) if names else ():
        if name in left:
            left.remove(name)
            if not matches(predicted, answer, name) and not matches_nearly(predicted, answer, name, replaced):
                return False
        if not left:
            break
    return not left


def matches_nearly(predicted: Array, answer: JudgedReply, name: str, replaced: Mapping[str, Line]) -> bool:
    """Compare a prediction with what a program gave, as far as the prediction itself is sure.

    Two repetitions are enough where it is much surer than that.
    """
    if not matches(predicted, answer, name, np.inf):
        return False
    roughly = FAR * np.max(moved(answer, replaced, name, 2), initial=0.0)
    return (roughly == 0 or matches(predicted, answer, name, roughly)) and matches(
        predicted, answer, name, moved(answer, replaced, name, ROUNDINGS)
    )


def with_rate(line: Line, learning_rate: float) -> Line:
    """Let a line see a learning rate, or the one with which an update of such numbers is asked for."""
    return lambda q: line({**q, "learning_rate": learning_rate or (BIG32 if q["X"].dtype == np.float32 else BIG)})


def predictions(
    answer: JudgedReply, replaced: Mapping[str, Line], rng: np.random.Generator | None = None
) -> Iterator[tuple[str, Array]]:
    """Predict what a program with these lines would give, in its precision.

    With `rng`, from inputs that are rounded anew, and in another order where a line is so coarse that it shows.
    """

    def rounded(V: Array) -> Array:
        return V if rng is None else V * (1 + np.finfo(V.dtype).eps * rng.uniform(-1, 1, V.shape)).astype(V.dtype)

    inputs: Values = {name: rounded(V) for name, V in answer.inputs.items()}
    if rng is not None:
        inputs["order"] = rng.permutation(answer.problem.sizes["n_x"])
    yield from one_by_one(inputs, replaced, {name: rounded(V) for name, V in answer.own_inputs.items()})


def moved(answer: JudgedReply, replaced: Mapping[str, Line], name: str, times: int) -> Array | float:
    """Measure how far a prediction moves when its inputs are rounded anew so many times."""
    again = [dict(predictions(answer, replaced, np.random.default_rng(seed))).get(name) for seed in range(times)]
    if any(V is None for V in again):
        return 0.0
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(SPREADS * np.ptp(np.array(again, np.float64), axis=0))


def matches(predicted: Array, answer: JudgedReply, name: str, extra: Array | float = 0.0) -> bool:
    """Compare a prediction with what a program gave: within the bound of the right line, scaled to the wrong one.

    `extra` is what the prediction itself is unsure of; it counts up to CLOSE of the largest entry. Where it predicts
    infinity, NaN is another answer; where it predicts NaN, infinity is not: written otherwise, 0 times infinity is 0.
    """
    if name not in answer.values:
        return False
    P, V, (truth, allowance) = predicted.astype(np.float64), answer.values[name], answer.lines[name]
    if P.size == V.size == 1 and V.shape == truth.high.shape:  # however many dimensions it has, all of them are 1
        P = P.reshape(V.shape)
    finite = np.isfinite(V)
    if P.shape != V.shape or not np.array_equal(np.isfinite(P), finite) or np.any(np.isnan(V) & ~np.isnan(P)):
        return False
    size = np.max(np.abs(P[finite]), initial=0.0)
    largest = np.max(np.abs(truth.high), initial=0.0)
    share = (np.max(allowance.bound) / largest if largest else 0.0) + 8 * np.finfo(answer.dtype).eps
    bound = allowance.bound if allowance.bound.shape == V.shape else share * largest
    room = np.broadcast_to(share * np.abs(P) + bound + np.minimum(extra, CLOSE * size), V.shape)
    return bool(np.all(np.abs(P[finite] - V[finite]) <= room[finite]))
