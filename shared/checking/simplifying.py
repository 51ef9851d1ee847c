"""A formula in its simplest form: transposes at the names, the usual functions by name, the mean as a division by m."""

import ast
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy

WORDS = "relu sigmoid softplus exp log tanh abs sign sqrt where maximum minimum clip"
MORE_WORDS = "log1p expm1 nan_to_num round heaviside sin cos square power floor ceil leaky"
ELEMENTWISE = {*WORDS.split(), *MORE_WORDS.split()}
"""Functions that do not care how their arguments lie."""
OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
SWAPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
LONG = 24
"""Letters."""
MOST = 200
"""So many rules are applied at most."""

RULES = {
    "maximum(0, a)": "relu(a)",
    "maximum(a, 0)": "relu(a)",
    "fmax(a, 0)": "relu(a)",
    "fmax(0, a)": "relu(a)",
    "relu(relu(a))": "relu(a)",
    "-a > 0": "a < 0",
    "-a @ b": "-(a @ b)",
    "a @ -b": "-(a @ b)",
    "1 / (1 + exp(-a))": "sigmoid(a)",
    "1 / (exp(-a) + 1)": "sigmoid(a)",
    "logaddexp(a, 0)": "softplus(a)",
    "where(0 - a != 0 - a, a, relu(a) + log(1 + exp(-abs(0 - a))))": "softplus(a)",
    "where(a != a, 0 - a, relu(-a) + log(1 + exp(-abs(a))))": "softplus(-a)",
    "expit(a)": "sigmoid(a)",
    "logaddexp(0, a)": "softplus(a)",
    "log1p(exp(a))": "log(1 + exp(a))",
    "log1p(-a)": "log(1 - a)",
    "(a != 0) | (b != b)": "a != 0",
    "b * log(a) * (b != 0)": "b * log(a)",
    "b / a * (b != 0)": "b / a",
    "where(a, 0, b)": "b * (not a)",
    "where(a, b, 0)": "b * a",
    "where(a, 1, 0)": "a",
    "where(a, 0, 1)": "not a",
    "multiply(a, b)": "a * b",
    "--a": "a",
    "-(a - b)": "b - a",
    "-((a - b) / m)": "(b - a) / m",
    "-a * b": "-(a * b)",
    "a + -b": "a - b",
    "a - -b": "a + b",
    "1 * a": "a",
    "a * 1": "a",
    "a / 1": "a",
    "a + 0": "a",
    "0 + a": "a",
    "1 / m * a": "a / m",
    "a * (1 / m)": "a / m",
    "-1 / m * a": "-(a / m)",
    "1 / (n_x * m) * (m * a)": "a / n_x",
    "1 / (n_h * m) * (m * a)": "a / n_h",
    "a / m * b": "a * b / m",
    "a * (b / m)": "a * b / m",
    "a / m @ b": "(a @ b) / m",
    "a @ (b / m)": "(a @ b) / m",
    "total(a / m)": "total(a) / m",
    "m * a / m": "a",
    "m * (a / m)": "a",
    "a / m * m": "a",
    "a / m > 0": "a > 0",
    "a / m >= 0": "a >= 0",
    "a / m <= 0": "a <= 0",
    "a / m < 0": "a < 0",
    "a * m / m": "a",
    "-(a * m) / m": "-a",
    "(m * a @ b) / m": "a @ b",
    "m * a @ b": "m * (a @ b)",
    "a @ (m * b)": "m * (a @ b)",
    "total(m * a)": "m * total(a)",
    "m * a > 0": "a > 0",
    "m * a >= 0": "a >= 0",
    "m * a <= 0": "a <= 0",
    "m * a < 0": "a < 0",
    "relu(m * a)": "m * relu(a)",
    "m * a * b": "m * (a * b)",
    "sum(a) / m": "mean(a)",
    "-sum(a) / m": "-mean(a)",
    "-mean(a)": "mean(-a)",
    "A1 > 0": "Z1 > 0",
    "sigmoid(Z2)": "A2",
    "total(a).T.T": "total(a)",
}
"""What is written as what; a and b stand for any formula."""


class Pattern:
    """A form with places in it."""

    def __init__(self, text: str):
        self.tree = ast.parse(text, mode="eval").body

    def match(self, node: ast.expr) -> dict[str, ast.expr] | None:
        """Give what stands in the places; None if the formula has another form."""
        bound: dict[str, ast.expr] = {}
        return bound if fits(self.tree, node, bound) else None


def fits(form: ast.expr, node: object, bound: dict[str, ast.expr]) -> bool:
    """Compare a form with a formula."""
    if isinstance(form, ast.Name) and form.id in ("a", "b") and isinstance(node, ast.expr):
        return text_of(bound.setdefault(form.id, node)) == text_of(node)
    if isinstance(form, ast.Constant) and isinstance(node, ast.Constant):
        return form.value == node.value
    if type(form) is not type(node):
        return False
    for (_, one), (_, other) in zip(ast.iter_fields(form), ast.iter_fields(node), strict=True):
        if isinstance(one, list):
            if len(one) != len(other) or not all(fits(a, b, bound) for a, b in zip(one, other, strict=True)):
                return False
        elif isinstance(one, ast.AST):
            if not fits(one, other, bound):  # type: ignore[arg-type]
                return False
        elif one != other:
            return False
    return True


def text_of(node: ast.expr) -> str:
    """Write a formula."""
    return ast.unparse(node)


def abbreviated(tree: ast.expr) -> str:
    """Write a formula; a long part that comes several times gets a letter."""
    parts = Counter(text_of(node) for node in ast.walk(tree) if isinstance(node, ast.expr))
    long = [part for part, count in parts.items() if count > 1 and len(part) > LONG]
    part = max(long, key=len, default="")
    return f"{text_of(tree).replace(part, 'V')}, with V = {part}" if part else text_of(tree)


class Place(ast.NodeTransformer):
    """Puts formulas into the places of a form."""

    def __init__(self, bound: dict[str, ast.expr]):
        self.bound = bound

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Fill a place."""
        return self.bound.get(node.id, node)


PATTERNS = [(Pattern(one), ast.parse(other, mode="eval").body) for one, other in RULES.items()]


def simplified(tree: ast.expr, line: str = "") -> ast.expr:
    """Simplify a formula of a line until no rule fits any part of it; what the line computes keeps its formula."""
    for _ in range(MOST):
        changed = once(tree, line)
        if changed is None:
            break
        tree = changed
    return tree


def once(node: ast.expr, line: str) -> ast.expr | None:
    """Apply one rule, to the innermost part that one fits; None if none does."""
    for field, index, child in children(node):
        if (changed := once(child, line)) is not None:
            return with_child(node, field, index, changed)
    for changed in (without_transpose(node), without_order(node), without_not(node), by_pattern(node)):
        if changed is not None and text_of(changed) != line:
            return changed if hasattr(changed, "operation") else like(node, changed)
    return None


def like(node: ast.expr, changed: ast.expr) -> ast.expr:
    """Note that one formula was made of another: the same operation computed it."""
    if hasattr(node, "operation"):
        changed.operation = node.operation  # type: ignore[attr-defined]
    return changed


def children(node: ast.expr) -> Iterator[tuple[str, int | None, ast.expr]]:
    """The parts of a formula, with their places."""
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.expr) and field != "func":
            yield field, None, value
        elif isinstance(value, list):
            yield from ((field, k, each) for k, each in enumerate(value) if isinstance(each, ast.expr))


def with_child(node: ast.expr, field: str, index: int | None, child: ast.expr) -> ast.expr:
    """Exchange one part of a formula."""
    changed = type(node)(**dict(ast.iter_fields(node)))
    like(node, changed)
    if index is None:
        setattr(changed, field, child)
    else:
        parts = list(getattr(node, field))
        parts[index] = child
        setattr(changed, field, parts)
    return changed


def without_transpose(node: ast.expr) -> ast.expr | None:
    """Push a transpose towards the names."""
    if not (isinstance(node, ast.Attribute) and node.attr == "T"):
        return None

    def turn(part: ast.expr) -> ast.expr:
        return like(part, ast.Attribute(part, "T", ast.Load()))

    match node.value:
        case ast.Attribute(value=value, attr="T"):
            return value
        case ast.Constant() | ast.Name(id="m" | "n_x" | "n_h" | "b2" | "db2" | "cost" | "learning_rate"):
            return node.value
        case ast.BinOp(left=a, op=ast.MatMult(), right=b):
            return ast.BinOp(turn(b), ast.MatMult(), turn(a))
        case ast.BinOp(left=a, op=op, right=b):
            return ast.BinOp(turn(a), op, turn(b))
        case ast.UnaryOp(op=op, operand=a):
            return ast.UnaryOp(op, turn(a))
        case ast.Compare(left=a, ops=ops, comparators=[b]):
            return ast.Compare(turn(a), ops, [turn(b)])
        case ast.Call(func=ast.Name(id=function) as f, args=args) if function in ELEMENTWISE:
            return ast.Call(f, [turn(each) for each in args], [])
        case ast.Call(func=ast.Name(id="sum" | "mean")) | ast.Call(func=ast.Name(id="total"), args=[ast.Name("dZ2")]):
            return node.value
    return None


def without_order(node: ast.expr) -> ast.expr | None:
    """Turn what is summed over everything, if that leaves fewer transposes."""
    match node:
        case ast.Call(func=ast.Name(id="sum" | "mean") as f, args=[summed]) if ".T" in text_of(summed):
            turned = simplified(like(summed, ast.Attribute(summed, "T", ast.Load())))
            if text_of(turned).count(".T") < text_of(summed).count(".T"):
                return ast.Call(f, [turned], [])
    return None


def without_not(node: ast.expr) -> ast.expr | None:
    """Write the opposite of a comparison, and a comparison with a number on the right."""
    match node:
        case (
            ast.UnaryOp(op=ast.Not(), operand=ast.Compare(left=a, ops=[op], comparators=[b]) as mask)
            | ast.Call(func=ast.Name(id="logical_not"), args=[ast.Compare(left=a, ops=[op], comparators=[b]) as mask])
        ):
            return like(mask, ast.Compare(a, [OPPOSITE[type(op)]()], [b]))
        case ast.Compare(left=ast.Constant() as a, ops=[op], comparators=[b]) if not isinstance(b, ast.Constant):
            return ast.Compare(b, [SWAPPED.get(type(op), type(op))()], [a])
        case ast.BinOp(left=ast.Compare() as mask, op=ast.Mult(), right=b) if not isinstance(b, ast.Compare):
            return ast.BinOp(b, ast.Mult(), mask)
    return None


def by_pattern(node: ast.expr) -> ast.expr | None:
    """Apply the first rule whose form a formula has."""
    for pattern, replacement in PATTERNS:
        if (bound := pattern.match(node)) is not None and not is_bare_not(replacement, bound):
            changed: ast.expr = Place(bound).visit(deepcopy(replacement))
            for part in ast.walk(changed):  # a product that is now elsewhere was computed by what computed it before
                if isinstance(part, ast.BinOp) and not hasattr(part, "operation"):
                    before = (each for each in ast.walk(node) if isinstance(each, ast.BinOp))
                    like(next((each for each in before if type(each.op) is type(part.op)), part), part)
            return changed
    return None


def is_bare_not(replacement: ast.expr, bound: dict[str, ast.expr]) -> bool:
    """Tell whether a rule would negate something that is no comparison."""
    negates = any(isinstance(part, ast.Not) for part in ast.walk(replacement))
    return negates and not isinstance(bound.get("a"), ast.Compare)
