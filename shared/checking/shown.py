"""Where a mistake stands in the source, and what to write there instead, in the program's own words."""

import ast
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from shared.checking.catalogue.mistake import Trait
from shared.checking.conventions import quantity_of
from shared.checking.observation import Observation, Own
from shared.checking.source import function_around, line_at, placed_at, text_of, texts, where_stepped, without_comments
from shared.checking.watching.operations import Input, Place
from shared.checking.what_is_wrong import Diagnosis
from shared.network import Parameters

MEANS = {r"reduction=([\"'])sum\1": r"reduction=\1mean\1", r"\.sum\(": ".mean(", r"\bsum\(": "mean("}
"""How a sum over the examples is written, and how their mean is."""
STOPS = {r"\.detach\(\)": "", r"(?:\w+\.)*stop_gradient\((.+)\)": r"\1"}
"""How a gradient is stopped, and the same without it."""
BACK = {r"\S.*\.backward\(.*\)": r"\g<0>"}
"""Where PyTorch adds up gradients."""


def shown(diagnosis: Diagnosis, path: Path, observation: Observation | None) -> Own | None:
    """Find the place of what is wrong, and what to write there; None if nothing shows it."""
    line, kinds = diagnosis.line, {mistake.kind for mistake in diagnosis.mistakes}
    own = observation.lines.get(line) if observation else None
    is_sum = any(Trait.MEAN in mistake.traits for mistake in diagnosis.mistakes)
    anywhere = own or Own(line, "", (), None, "")
    if "gradients accumulated" in kinds:
        return with_zero_grad(rewritten(path, anywhere, BACK), path)
    if "gradient stopped" in kinds and (there := rewritten(path, anywhere, STOPS)).mended:
        return there
    if own and line == "cost" and is_sum:
        mean = rewritten(path, own, MEANS)
        return mean if mean.place and not divides(path, mean.place) else replace(mean, mended="")
    is_stale = any(Trait.LATE in mistake.traits for mistake in diagnosis.mistakes)
    stepped = where_stepped("W2" if is_stale else line, path, "step missing" in kinds)
    places = (where_updated(line, observation), where_named(line, path, observation), stepped)
    if own is None and (place := next(filter(None, places), None)):
        return Own(line, "", (), place, "", line_at(path, place))
    return own


def rewritten(path: Path, own: Own, forms: Mapping[str, str]) -> Own:
    """Find the one place where a form stands, in the line or else in the file, and write its line in the other form."""
    seen = own.place
    whole = [(text_of(path, seen), seen)] if seen and seen.cell is None else texts(path)
    lines = [
        (place, row, line)
        for text, place in whole
        for row, line in enumerate(without_comments(text).splitlines(), start=1)
    ]
    for form, other in forms.items():
        found = [each for each in lines if re.search(form, each[2])]
        here = [each for each in found if seen and each[0].cell == seen.cell and seen.line <= each[1] <= seen.end_line]
        for place, row, text in here or (found if len(found) == 1 else ()):
            first, *more = re.finditer(form, text)
            if not more:
                around = function_around(text_of(path, place), row)
                there = replace(place, line=row, end_line=row, column=first.start(), end_column=first.end())
                there = replace(there, function=around.name if around else place.function)
                mended = re.sub(form, other, line_at(path, there)).strip()
                return replace(own, place=there, source=line_at(path, there), mended=mended if is_code(mended) else "")
    return own


def divides(path: Path, place: Place) -> bool:
    """Tell whether the function around a place divides by something: a mean in it would divide twice."""
    around = function_around(text_of(path, place), place.line)
    return around is not None and any(isinstance(node, ast.Div) for node in ast.walk(around))


def is_code(line: str) -> bool:
    """Tell whether a line can be a statement, or the head of one."""
    for text in (line, f"{line} pass"):
        with suppress(SyntaxError):
            return bool(ast.parse(text))
    return False


def with_zero_grad(own: Own, path: Path) -> Own | None:
    """Say what sets PyTorch's gradients to zero, if an optimizer does, and that it belongs before the place."""
    if not own.place or not own.source:
        return None
    optimizer = re.search(r"(\w+)\.step\(\)", text_of(path, own.place))
    return replace(own, mended=f"{optimizer[1]}.zero_grad() before {own.source.strip()}" if optimizer else "")


def where_updated(line: str, observation: Observation | None) -> Place | None:
    """Find where a weight is changed whose gradient was read off that."""
    if observation is None or line.removeprefix("d") not in Parameters._fields:
        return None
    trace, weight = observation.traces[0], Input(line.removeprefix("d"))
    steps = (o for o in trace.operations if o.function in ("add", "subtract") and o.operands[0] == weight)
    return next((o.place for o in steps if o.result.size == trace.inputs[weight.name].size), None)


def where_named(line: str, path: Path, observation: Observation | None) -> Place | None:
    """Find where a program that could not be watched computes a quantity: by its name."""
    if observation and any(operation.function != "assign" for operation in observation.traces[0].operations):
        return None
    named = list[Place]()
    for text, whole in texts(path):
        with suppress(SyntaxError):
            found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assign | ast.AugAssign)]
            values = [node.value for node in found if line in map(quantity_of, targets(node))]
            named += sorted((placed_at(text, each, whole) for each in values), key=lambda place: place.line)
    return named[-1] if named else None


def targets(node: ast.Assign | ast.AugAssign) -> list[str]:
    """Name what is assigned to; of an entry, the array."""
    names = []
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        while isinstance(target, ast.Subscript) and not is_key(target.slice):
            target = target.value
        names.append(ast.unparse(target))
    return names


def is_key(index: ast.expr) -> bool:
    """Tell the key of a dict from an index."""
    return isinstance(index, ast.Constant) and isinstance(index.value, str)
