"""What stands in a program's own formula, and what in the right line: the edits between the two trees."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from shared.checking.lines import RIGHT
from shared.checking.simplifying import simplified, text_of

FORMS = {
    "A2": ("exp(Z2) / (1 + exp(Z2))", "0.5 * (1 + tanh(Z2 / 2))"),
    "cost": (
        "mean(-(Y * log(A2) + (1 - Y) * log(1 - A2)))",
        "mean(-(Y * log(A2)) - (1 - Y) * log(1 - A2))",
        "(-(Y @ log(A2.T)) - (1 - Y) @ log(1 - A2.T)) / m",
        "-(Y @ log(A2.T) + (1 - Y) @ log(1 - A2.T)) / m",
    ),
    "dZ2": (
        "((1 - Y) / (1 - A2) - Y / A2) * A2 * (1 - A2) / m",
        "-((Y / A2 - (1 - Y) / (1 - A2)) * A2 * (1 - A2)) / m",
        "(-Y / A2 + (1 - Y) / (1 - A2)) * A2 * (1 - A2) / m",
        "(A2 - Y) / (A2 * (1 - A2)) * A2 * (1 - A2) / m",
        "A2 / m - Y / m",
        "dA2 * (A2 * (1 - A2))",
    ),
}
"""Other ways to write a right line."""


@dataclass(frozen=True)
class Edit:
    """One difference: a part of the program's formula, and what it should be; one of them may be missing.

    `said` is the difference in words, `operation` the operation that shows it, if one does, `around` the one that uses
    its result.
    """

    said: str
    operation: int | None
    written: str = ""
    right: str = ""
    around: int | None = None

    @property
    def is_quantity(self) -> bool:
        """Whether a quantity belongs where something else was computed: that may be right, and used in vain."""
        return self.right in RIGHT

    @property
    def is_swap(self) -> bool:
        """Whether what is written can stand where it is with the right one in its place: a quantity, a comparison."""
        parts = [ast.parse(text or "0", mode="eval").body for text in (self.written, self.right)]
        return any(all(isinstance(part, kind) for part in parts) for kind in (ast.Name | ast.Attribute, ast.Compare))

    @property
    def is_only_another_operand(self) -> bool:
        """Whether it uses none of the quantities that it should: what computes it may be right, and called wrongly."""
        written, right = (set(re.findall(r"[dWZAXYbm]\w*", text)) for text in (self.written, self.right))
        return bool(written) and not written & right


def edits(written: ast.expr, line: str) -> list[Edit]:
    """Find what turns the right line into the program's own formula, by the form of it that is nearest."""
    whole = text_of(written)
    forms = (form for form in forms_of(line) if "dA2" in whole or "dA2" not in text_of(form))
    ways = [list(between(written, form, None)) for form in forms]
    return min(ways, key=lambda changes: ([edit.written for edit in changes] == [whole], cost(changes)))


APART = 5
"""What one more edit counts, in letters."""


def cost(changes: list[Edit]) -> int:
    """How much was edited."""
    return sum(len(edit.said) + APART for edit in changes)


def forms_of(line: str) -> list[ast.expr]:
    """The right line of a quantity, in each way of writing it."""
    return _parsed(line, (RIGHT[line], *FORMS.get(line, ())))


@cache
def _parsed(line: str, texts: tuple[str, ...]) -> list[ast.expr]:
    return [simplified(ast.parse(text, mode="eval").body, line) for text in texts]


def between(written: ast.expr, right: ast.expr, parent: ast.expr | None) -> Iterator[Edit]:
    """Compare two formulas, part by part."""
    if text_of(written) == text_of(right):
        return
    if is_product(written) or is_product(right):
        yield from of_parts(factors(written), factors(right), (written, right, parent), SAID_OF_FACTORS)
    elif is_sum(written) or is_sum(right):
        yield from of_parts(terms(written), terms(right), (written, right, parent), SAID_OF_TERMS)
    elif (pairs := alike(written, right)) is not None:
        around = written if hasattr(written, "operation") else parent
        for one, other in pairs:
            yield from between(one, other, around)
    else:
        yield replaced(written, right, parent)


def alike(written: ast.expr, right: ast.expr) -> list[tuple[ast.expr, ast.expr]] | None:
    """Pair the parts of two formulas that are built alike; None if they are not."""
    match written, right:
        case ast.BinOp(left=a, op=ast.MatMult(), right=b), ast.BinOp(left=c, op=ast.MatMult(), right=d):
            return [(a, c), (b, d)]
        case ast.BinOp(left=a, op=ast.Pow(), right=b), ast.BinOp(left=c, op=ast.Pow(), right=d):
            return [(a, c), (b, d)]
        case ast.UnaryOp(op=one, operand=a), ast.UnaryOp(op=other, operand=c) if type(one) is type(other):
            return [(a, c)]
        case ast.Attribute(value=a, attr=one), ast.Attribute(value=c, attr=other) if one == other:
            return [(a, c)]
        case ast.Compare(left=a, ops=[one], comparators=[b]), ast.Compare(left=c, ops=[other], comparators=[d]):
            return [(a, c), (b, d)] if type(one) is type(other) else None
        case ast.Call(func=ast.Name(id=f), args=a), ast.Call(func=ast.Name(id=g), args=c):
            return list(zip(a, c, strict=True)) if f == g and len(a) == len(c) else None
    return None


def is_product(node: ast.expr) -> bool:
    """Tell whether a formula is a product or a quotient."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div)


def is_sum(node: ast.expr) -> bool:
    """Tell whether a formula is a sum or a difference."""
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


@dataclass(frozen=True)
class Part:
    """A factor or term, whether it is divided by or subtracted, and what it is a part of."""

    node: ast.expr
    is_other: bool
    around: ast.expr

    @property
    def text(self) -> str:
        """How it is written."""
        return text_of(self.node)


def factors(node: ast.expr, below: bool = False, around: ast.expr | None = None) -> list[Part]:
    """The factors of a formula, with those that it is divided by."""
    match node:
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            return [*factors(a, below, node), *factors(b, below, node)]
        case ast.BinOp(left=a, op=ast.Div(), right=b):
            return [*factors(a, below, node), *factors(b, not below, node)]
        case ast.UnaryOp(op=ast.USub(), operand=a):
            return [Part(ast.Constant(-1), below, node), *factors(a, below, node)]
    return [Part(node, below, around or node)]


def terms(node: ast.expr, minus: bool = False, around: ast.expr | None = None) -> list[Part]:
    """The terms of a formula, with those that are subtracted."""
    match node:
        case ast.BinOp(left=a, op=ast.Add(), right=b):
            return [*terms(a, minus, node), *terms(b, minus, node)]
        case ast.BinOp(left=a, op=ast.Sub(), right=b):
            return [*terms(a, minus, node), *terms(b, not minus, node)]
        case ast.UnaryOp(op=ast.USub(), operand=a):
            return terms(a, not minus, node)
    return [Part(node, minus, around or node)]


SAID_OF_FACTORS = ("multiplied by {}", "divided by {}", "{} missing", "division by {} missing", "{} in the wrong place")
SAID_OF_TERMS = ("{} added", "{} subtracted", "{} missing", "- {} missing", "sign of {} wrong")
"""What is said of a part that is too much, of one that is missing, and of one that stands on the other side."""
SIGN = "sign wrong"


def of_parts(
    written: list[Part],
    right: list[Part],
    wholes: tuple[ast.expr, ast.expr, ast.expr | None],
    said: tuple[str, str, str, str, str],
) -> Iterator[Edit]:
    """Compare the factors or terms of two formulas, in any order; `wholes` are these, and what is around them."""
    whole, right_whole, parent = wholes
    left, missing = without_common(written, right)
    changes = list[Edit]()
    for part in list(left):
        for other in missing:
            if part.text == other.text or negative(part.node) == other.text:
                sentence = said[4].format(part.text) if part.text == other.text and part.text != "-1" else SIGN
                changes.append(Edit(sentence, number(part.node, part.around)))
                left.remove(part)
                missing.remove(other)
                break
    if len(left) == len(missing) == 1 and left[0].is_other == missing[0].is_other and left[0].node is not whole:
        yield from (*changes, *between(left[0].node, missing[0].node, left[0].around))
    elif (left and missing and len(left) == len(written)) or (changes and missing and len(written) == 1):
        at_once, one_by_one = [replaced(whole, right_whole, parent)], in_pairs(left, missing)
        yield from one_by_one if not changes and one_by_one and cost(one_by_one) < cost(at_once) else at_once
    else:
        yield from changes
        for part in left:
            is_minus = part.text == "-1" and not part.is_other
            sentence = SIGN if is_minus else said[part.is_other].format(part.text)
            yield Edit(sentence, number(part.node, part.around), part.text)
        for part in missing:
            is_minus = part.text == "-1" and not part.is_other
            yield Edit(SIGN if is_minus else said[2 + part.is_other].format(part.text), number(whole, parent))


def in_pairs(left: list[Part], missing: list[Part]) -> list[Edit]:
    """Compare parts in their order; nothing if they are not as many, or stand on different sides."""
    if [part.is_other for part in left] != [part.is_other for part in missing]:
        return []
    return [
        edit for one, other in zip(left, missing, strict=True) for edit in between(one.node, other.node, one.around)
    ]


def negative(node: ast.expr) -> str:
    """Write the negative of a difference; empty for everything else."""
    match node:
        case ast.BinOp(left=a, op=ast.Sub(), right=b):
            return text_of(ast.BinOp(b, ast.Sub(), a))
    return ""


def without_common(written: list[Part], right: list[Part]) -> tuple[list[Part], list[Part]]:
    """Drop what two lists have in common."""
    left, missing = list(written), list(right)
    for part in written:
        same = next((each for each in missing if each.is_other == part.is_other and each.text == part.text), None)
        if same:
            left.remove(part)
            missing.remove(same)
    return left, missing


def replaced(written: ast.expr, right: ast.expr, parent: ast.expr | None) -> Edit:
    """Say that one formula stands where another belongs."""
    there, wanted = text_of(written), text_of(right)
    said = f"{there} in place of {wanted}"
    return Edit(said, number(written, parent), there, wanted, getattr(parent, "operation", None))


def number(node: ast.expr, parent: ast.expr | None) -> int | None:
    """The operation that shows a part: its own, or the one around it if it is a quantity, computed elsewhere."""
    bare = node.value if isinstance(node, ast.Attribute) else node
    operation = None if isinstance(bare, ast.Name) else getattr(node, "operation", None)
    return operation if operation is not None else getattr(parent, "operation", None)
