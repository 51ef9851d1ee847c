"""A visit to the doctor, as text and as JSON: the verdict, the walk through the derivation, the diagnosis."""

import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from shared.checking.checkup import STATUS, Checkup, Finding, Row
from shared.checking.judged_reply import MISSING, UNCLEAR, standard_of
from shared.checking.lines import EQUATIONS, RIGHT, hidden_units
from shared.checking.observation import Own
from shared.checking.other_networks import other_network
from shared.checking.training_check import NOT_GIVEN
from shared.checking.watching.operations import Place
from shared.judging.verdict import listed

STYLES = {
    **dict.fromkeys(("certified", "certified, with limits"), "bold green"),
    "wrong": "bold red",
    "OK": "green",
    "gives way": "green",
    "cannot tell": "bold yellow",
    "inherits": "yellow",
    "WRONG here": "bold red",
}
VERDICTS = {"OK": "certified", "gives way": "certified, with limits", "cannot tell": "cannot tell"}
"""What a place means for a quantity; everywhere else it is wrong."""
BY_CHANCE = "rounding can do this, but not by chance"


def parts(checkup: Checkup) -> Iterator[str | Table]:
    """Give the verdict in a sentence, then the table, then what is wrong and what to write instead: lines in markup."""
    yield from (sentence(checkup), "")
    for label, text in particulars(checkup):
        yield f"{label:9} {escape(text)}"
    yield from ("", table(checkup))
    yield (
        "Each quantity on the problem where its error is the largest part of its bound: what rounding can do at most, "
        "proven."
    )
    for number, finding in enumerate(checkup.findings, start=1):
        yield from ("", *diagnosis(number, finding))
    if checkup.verdict == "cannot tell":
        yield from ("", *(f"To decide: {line}" for line in what_would_decide(checkup)))


def sentence(checkup: Checkup) -> str:
    """Say the verdict in a sentence."""
    name, style = escape(checkup.path.name), STYLES[checkup.verdict]
    rows = checkup.rows()
    count = len(checkup.examination.answers)
    if checkup.verdict == "certified":
        nearest = max((share(row) for row in rows), default=0.0)
        return (
            f"{name} is [{style}]certified[/]: all {len(rows)} quantities lie within their proven bounds on {count} "
            f"problems, the nearest at {nearest:.2g} of its bound."
        )
    if checkup.verdict == "cannot tell":
        return f"{name}: [{style}]cannot tell[/]. {escape('; '.join(doubts(checkup)))}."
    limits = "; ".join(
        [
            *(finding.diagnosis.limit for finding in checkup.findings if finding.diagnosis.is_limit),
            *(
                f"OverflowError on {problem}: a number of Python's own is too large"
                for problem in checkup.examination.overflows[:1]
            ),
        ]
    )
    if checkup.verdict == "certified, with limits":
        return f"{name} is [{style}]certified, with limits[/]: the derivation is right. {escape(capitalised(limits))}."
    rest = f" Besides, {escape(limits)}." if limits else ""
    if other := other_network(checkup):
        return f"{name} is [{style}]wrong[/] for {escape(other)}.{rest}"
    because = "; ".join(finding.name for finding in checkup.findings if not finding.diagnosis.is_limit)
    off = listed([row.quantity for row in rows if row.place in ("WRONG here", "inherits")])
    because = because or f"{off}: off, though the gradients are right on every problem"
    return f"{name} is [{style}]wrong[/], because: {escape(because)}.{rest}"


def capitalised(text: str) -> str:
    """Begin a sentence with words; names of the notation stay as they are."""
    return text[:1].upper() + text[1:] if text.startswith(("beyond ", "at ")) else text


def doubts(checkup: Checkup) -> Iterator[str]:
    """Say what cannot be told, and why."""
    reasons: dict[str, list[str]] = {}
    for row in checkup.rows():
        if row.place == "cannot tell":
            reasons.setdefault(row.remark or BY_CHANCE, []).append(row.quantity)
    for reason, names in reasons.items():
        are = "are" if len(names) > 1 else "is"
        yield f"{listed(names)} {are} missing" if reason == MISSING else f"{listed(names)}: {reason}"
    yield from (str(stop).partition(": ")[2] for stop in checkup.stops)
    if checkup.stops and not reasons:
        yield "everything before it is right"


def particulars(checkup: Checkup) -> Iterator[tuple[str, str]]:
    """Say what was examined and how the program is written."""
    asked = checkup.asked
    units = f"; hidden units: {hidden_units()}" if hidden_units() != "relu" else ""
    first, last = asked[0].name, asked[-1].name
    names = first if first == last else f"from {first}, to {last}"
    yield "examined", f"on {len(asked)} problem{'s' if asked[1:] else ''}: {names}{units}"
    if STATUS[checkup.verdict] == 0:
        yield "covers", covered(checkup)
    written = list(checkup.examination.convention.sentences())
    if written:
        yield "written", f"{'; '.join(written)} (no mistake)"
    for remark in checkup.remarks:
        yield "remark", remark


def covered(checkup: Checkup) -> str:
    """Say how far the certificate reaches: the largest sizes, values and trainings that were seen."""
    asked, first = checkup.asked, checkup.examination.answers[0]
    narrow = first.dtype if first.dtype != first.problem.dtype else None
    n_x, n_h, m = (max(problem.sizes[name] for problem in asked) for name in ("n_x", "n_h", "m"))
    right = [standard_of(problem, narrow or problem.dtype)[2].right for problem in asked]
    Z1, Z2 = (max(float(np.abs(each[name][0].high).max()) for each in right) for name in ("Z1", "Z2"))
    text = (
        f"up to {n_x:,} features, {n_h} hidden units and {m:,} examples; Z1 up to {Z1:.1e} in size, Z2 up to {Z2:.1e}"
    )
    steps = [step.course.first + step.number for step in checkup.training_check.steps] if checkup.training_check else []
    return f"{text}; {max(steps):,} steps of train" if steps else text


def table(checkup: Checkup) -> Table:
    """Make the table: one row for each quantity, in the order of computation."""
    found = Table(box=None)
    found.add_column("quantity", no_wrap=True)
    for heading in ("error", "noise", "bound"):
        found.add_column(heading, justify="right", no_wrap=True)
    found.add_column("")
    found.add_column("problem")
    rows = checkup.rows()
    if any(row.own for row in rows):
        found.add_column("yours", no_wrap=True)
    for row in rows:
        figures = ["-" if math.isnan(figure) else f"{figure:.1e}" for figure in entry_of(row)]
        remark = f" {escape(row.remark)}" if row.remark else ""
        place = f"[{STYLES[row.place]}]{row.place}[/]{remark}"
        found.add_row(row.quantity, *figures, place, escape(row.problem), *([escape(yours(row))] if row.own else []))
    return found


def yours(row: Row) -> str:
    """Say what the program calls a quantity, and in which line it stands."""
    own = row.own
    cell = f"cell {own.place.cell}, " if own and own.place and own.place.cell else ""
    place = f"{cell}line {own.place.line}" if own and own.place else ""
    return ", ".join(filter(None, (own.name if own else "", place)))


def entry_of(row: Row) -> tuple[float, float, float]:
    """Give the error, noise and bound of the entry that decides."""
    j = row.judgement
    if j is None or j.worst is None:
        return math.nan, math.nan, math.nan
    return j.worst.error, j.worst.noise, j.worst.bound


def share(row: Row) -> float:
    """Give the share of its bound that an error uses."""
    error, _, bound = entry_of(row)
    return error / bound if bound > 0 else 0.0


def diagnosis(number: int, finding: Finding) -> Iterator[str]:
    """Tell what is wrong, what to write instead, and how one can see it with pencil and paper."""
    found = finding.diagnosis
    yield f"[bold]{number}. {escape(finding.name)}[/]"
    explanations = found.explanations
    for name, explanation in explanations.items():
        if explanation.removesuffix(".") == finding.name:
            continue
        yield f"   {escape(explanation if len(explanations) == 1 else f'{name}: {explanation}')}"
    if not found.mistakes and not found.unfit:
        seen = " What is seen:" if found.clues else ""
        yield f"   No mistake of the catalogue explains it, alone or with another one.{seen}"
    for clue in found.clues:
        yield f"   - {escape(clue)}"
    yield from at_place(finding)
    for k, cure in enumerate(finding.cures):
        yield f"   {'right is' if k == 0 else '        '}   [bold]{escape(cure)}[/]{equation(cure)}"
    if finding.own and finding.own.formula and not finding.cures:
        yield f"   right is   {escape(f'{found.line} = {RIGHT[found.line]}')}{equation(found.line)}"
    if finding.own and finding.own.mended:
        yield f"   write      [bold]{escape(finding.own.mended)}[/]"
    if evidence := finding.evidence:
        yield f"   on {escape(evidence.problem)}:"
        true_value, got = told_apart(evidence.true_value, evidence.got)
        yield f"     {escape(evidence.entry)} = {escape(evidence.right_line)} = {true_value}"
        yield f"     {'yours':>{len(evidence.entry)}} = {got}"


def at_place(finding: Finding) -> Iterator[str]:
    """Point at the expression in the user's source, and show the program's own formula."""
    own = finding.own
    if own is None:
        return
    if own.place and own.source:
        place = own.place
        numbers = [*map(str, place.called_from)]
        calls = f" (called in line{'s' if numbers[1:] else ''} {listed(numbers)})" if numbers else ""
        function = "" if place.function == "<module>" else f", in {place.function}"
        end = place.end_column if place.end_line == place.line else len(own.source)
        yield f"   {escape(where(place, own.is_behind))}{escape(function)}{calls}"
        yield f"   {place.line:5} | {escape(own.source)}"
        yield f"         | {' ' * place.column}[bold red]{'^' * max(1, end - place.column)}[/]"
    if own.formula and own.edits:
        yield f"   yours is   {escape(f'{finding.diagnosis.line} = {own.yours}')}"


def where(place: Place, is_behind: bool) -> str:
    """Name the file and the line, in a notebook the cell, too; what is missing is missing after the line."""
    cell = f"cell {place.cell}, " if place.cell else ""
    return f"{Path(place.file).name}, {cell}{'after ' if is_behind else ''}line {place.line}"


def equation(cure: str) -> str:
    """Give the number of the equation of a line."""
    number = EQUATIONS.get(cure.partition(" ")[0])
    return f"  (eq {number})" if number else ""


def told_apart(a: float, b: float) -> tuple[str, str]:
    """Write two numbers with as many digits as it takes to see that they differ."""
    for digits in range(6, 18):
        texts = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def what_would_decide(checkup: Checkup) -> Iterator[str]:
    """Say how to get from doubt to a verdict."""
    remarks = {row.remark for row in checkup.rows() if row.place == "cannot tell"}
    if MISSING in remarks:
        yield "give all of dW1, db1, dW2 and db2, on every problem."
    if UNCLEAR in remarks:
        yield "return a dict of dW1, db1, dW2 and db2."
    if NOT_GIVEN in remarks:
        yield "let train return the costs and W1, b1, W2, b2: by name, or W1, b1, W2, b2, costs in this order."
    if checkup.examination.convention.differences:
        yield "derive them. Differences are what backprop is checked against: they are slow and have few digits."
    if checkup.stops:
        yield "allow more time: --timeout SECONDS."
    if "" in remarks and checkup.examination.answers[0].dtype.name == "float32":
        yield "compute in float64, where the bound is 500 million times smaller."
    elif "" in remarks:
        yield (
            "give the quantities before it as well (each line is then judged by its own inputs), or compute its "
            "sum in another order: an error that stays is not rounding."
        )


def as_dict(checkup: Checkup) -> dict[str, Any]:
    """Give the same content for the JSON file."""
    return {
        "schema": 1,
        "verdict": checkup.verdict,
        "sentence": Text.from_markup(sentence(checkup)).plain,
        "file": str(checkup.path),
        "covers": covered(checkup) if STATUS[checkup.verdict] == 0 else None,
        "conventions": list(checkup.examination.convention.sentences()),
        "remarks": checkup.remarks,
        "problems": [answer.problem.name for answer in checkup.examination.answers],
        "quantities": {row.quantity: row_as_dict(row) for row in checkup.rows()},
        "diagnoses": [finding_as_dict(finding) for finding in checkup.findings],
        "to_decide": list(what_would_decide(checkup)) if checkup.verdict == "cannot tell" else [],
        "failures": [stop.details for stop in checkup.stops if stop.details],
    }


def row_as_dict(row: Row) -> dict[str, Any]:
    """Give a row of the table."""
    error, noise, bound = entry_of(row)
    said = {"verdict": VERDICTS.get(row.place, "wrong"), "place": row.place, "remark": row.remark}
    own = {"name": row.own.name, "source": place_as_dict(row.own)} if row.own else {}
    return {**said, "problem": row.problem, "error": error, "noise": noise, "bound": bound, **own}


def place_as_dict(own: Own) -> dict[str, Any] | None:
    """Give a place in the source."""
    return {**asdict(own.place), "text": own.source, "after": own.is_behind} if own.place else None


def finding_as_dict(finding: Finding) -> dict[str, Any]:
    """Give a diagnosis."""
    found = finding.diagnosis
    return {
        "name": finding.name,
        "line": found.line,
        "quantities": list(found.quantities),
        "explanation": found.mistakes[0].explanation if found.mistakes else None,
        "explanations": found.explanations,
        "clues": list(found.clues),
        "cures": list(finding.cures),
        "evidence": finding.evidence and vars(finding.evidence),
        "is_limit": found.is_limit,
        "limit": found.limit if found.is_limit else None,
        "source": place_as_dict(finding.own) if finding.own else None,
        "formula": finding.own.formula if finding.own else None,
        "right_formula": RIGHT.get(found.line),
        "write": finding.own.mended if finding.own else None,
    }
