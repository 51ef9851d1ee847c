"""The program's own formula of a quantity, in the notation: its operations, followed back to quantities that are known.

Each part of the tree keeps, as `operation`, the number of the operation that computed it, so that what differs from the
right line can be pointed at in the source.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest

import numpy as np

from shared.checking.recognition import Sighting, Trace
from shared.checking.simplifying import Place, like, simplified
from shared.checking.watching.operations import Constant, Input, Operand, Operation, Result, Several
from shared.checking.written_numbers import constant

SYMBOLS: dict[str, type[ast.operator]] = {
    "add": ast.Add,
    "subtract": ast.Sub,
    "multiply": ast.Mult,
    "divide": ast.Div,
    "true_divide": ast.Div,
    "matmul": ast.MatMult,
    "dot": ast.MatMult,
    "power": ast.Pow,
    **dict.fromkeys(("and", "logical_and", "bitwise_and"), ast.BitAnd),
    **dict.fromkeys(("or", "logical_or", "bitwise_or"), ast.BitOr),
}
COMPARISONS: dict[str, type[ast.cmpop]] = {
    "greater": ast.Gt,
    "greater_equal": ast.GtE,
    "less": ast.Lt,
    "less_equal": ast.LtE,
    "equal": ast.Eq,
    "not_equal": ast.NotEq,
}
SAME_NUMBERS = {"array", "asarray", "copy", "ascontiguousarray", "squeeze", "astype", "positive", "asanyarray", "ravel"}
"""What changes at most the type or the number of dimensions."""
KEPT = {**dict.fromkeys("bhilq", "trunc"), "e": "f16"}
"""What types keep of a number, by NumPy's letters."""
WRITTEN = {
    "linear": "a @ b.T + c",
    "addmm": "b @ c + a",
    "select": "where(a, c, b)",
    "dot ((0,), (0,))": "a.T @ b",
    "dot ((0,), (1,))": "a.T @ b.T",
    "dot ((1,), (1,))": "a @ b.T",
    "leaky_relu": "leaky(a, b)",
    "logsigmoid": "-softplus(-a)",
    "binary_cross_entropy_with_logits": "mean(softplus(a) - b * a)",
    "binary_cross_entropy": "mean(-b * maximum(log(a), -100) - (1 - b) * maximum(log(1 - a), -100))",
    "mse_loss": "mean((a - b) ** 2)",
    "l1_loss": "mean(abs(a - b))",
}
"""Functions of PyTorch and JAX as formulas of their operands, which are called a, b, c."""
DEEPEST = 160
"""A longer formula says nothing."""


class TooLongError(Exception):
    """A formula that nobody would read."""


def name(text: str) -> ast.Name:
    """A name in a tree."""
    return ast.Name(text, ast.Load())


def call(function: str, *arguments: ast.expr) -> ast.Call:
    """A call in a tree."""
    return ast.Call(name(function), list(arguments), [])


def turned(node: ast.expr) -> ast.expr:
    """The transpose of a tree."""
    return like(node, ast.Attribute(node, "T", ast.Load()))


class Reader:
    """Reads a trace; a second one, on a problem of other sizes, tells sizes from other numbers."""

    def __init__(self, trace: Trace, other: Trace, known: Mapping[str, Sighting]):
        self.trace, self.other, self.count = trace, other, 0
        once = [each for each in known.values() if each.key in trace.numbers]  # of two in one, the later one counts
        self.known = {trace.numbers[each.key]: each for each in reversed(once)}

    def formula(self, sighting: Sighting) -> ast.expr | None:
        """Give the formula of a quantity, simplified; None if it would be too long, or nothing shows it."""
        number = self.trace.numbers.get(sighting.key)
        if number is None:
            return None
        try:
            tree = self.operation(self.trace.operations[number], is_wanted=True)
        except TooLongError:
            return None
        tree = turned(tree) if sighting.turned else tree
        is_flat = np.ndim(self.trace.operations[number].result) < 2
        if isinstance(tree, ast.Attribute) and (is_flat or sighting.quantity == "db2"):  # it lies in no direction
            tree = tree.value
        tree = like(tree, ast.UnaryOp(ast.USub(), tree)) if sighting.opposite else tree
        over_m = like(tree, ast.BinOp(tree, ast.Div(), name("m"))) if sighting.late else tree
        return simplified(over_m, sighting.quantity)

    def operand(self, operand: Operand, other: Operand | None) -> ast.expr:
        """Write an operand."""
        match operand:
            case Result(number):
                return self.operation(self.trace.operations[number])
            case Input(text):
                V, shape = self.trace.problem.given()[text], self.trace.inputs[text].shape
                return turned(name(text)) if V.shape != shape and V.shape == shape[::-1] and V.size > 1 else name(text)
            case Several(parts):
                return ast.List([self.operand(part, None) for part in parts], ast.Load())
            case Constant(value):
                return constant(value, getattr(other, "value", value), self.trace.problem, self.other.problem)

    def operation(self, operation: Operation, is_wanted: bool = False) -> ast.expr:
        """Write what an operation gave: the name of a quantity, or how it was computed."""
        self.count += 1
        if self.count > DEEPEST:
            raise TooLongError
        sighting = self.known.get(operation.number) or self.before(operation)
        if sighting and not is_wanted:
            tree: ast.expr = turned(name(sighting.quantity)) if sighting.turned else name(sighting.quantity)
            if sighting.late:
                tree = ast.BinOp(name("m"), ast.Mult(), tree)
            return ast.UnaryOp(ast.USub(), tree) if sighting.opposite else tree
        tree = self.computed(operation)
        if not hasattr(tree, "operation"):  # what was only moved keeps what computed it
            tree.operation = operation.number  # type: ignore[attr-defined]
        return tree

    def before(self, operation: Operation) -> Sighting | None:
        """Find the quantity that the same expression gave before, in another call, if it gives the same again."""
        for number, sighting in self.known.items():
            other = self.trace.operations[number]
            is_there = other.place is not None and other.place.is_at(operation.place)
            if is_there and other.function == operation.function and np.array_equal(other.result, operation.result):
                return sighting
        return None

    def computed(self, operation: Operation) -> ast.expr:
        """Write how an operation computed its result."""
        twin = self.other.operations[operation.number].operands if self.is_alike else ()
        arguments = [self.operand(a, b) for a, b in zip_longest(operation.operands, twin[: len(operation.operands)])]
        function, options = operation.function, operation.options
        if function in SAME_NUMBERS or (function == "reshape" and is_same_layout(operation, self.trace)):
            return self.kept(arguments[0], operation)
        if function in SYMBOLS and len(arguments) == 2:
            is_scaling = function == "dot" and not all(map(has_axes, self.shapes(operation)))
            return ast.BinOp(arguments[0], ast.Mult() if is_scaling else SYMBOLS[function](), arguments[1])
        if function in COMPARISONS:
            return ast.Compare(arguments[0], [COMPARISONS[function]()], [arguments[1]])
        if function == "setitem" and options.get("index") == "[#1]":
            return call("where", arguments[1], arguments[2], arguments[0])
        if function in ("sum", "mean"):
            return self.sum(operation, arguments)
        if function == "assign" and (last := self.last_on_line(operation)):
            return ast.BinOp(self.ratio(operation, last), ast.Mult(), self.operation(last))
        match operation.operands:
            case [Result(number)] if function == "grad" and self.quantity_at(number) == "A2":
                return turned(name("dA2")) if self.known[number].turned else name("dA2")
        if function in ("grad", "assign", "setitem"):  # it was made by no formula that was seen
            raise TooLongError
        if function in WRITTEN:
            text = WRITTEN[function].replace("mean(", f"{options.get('reduction', 'mean')}(")
            places = dict(zip("abc", arguments, strict=False))
            return Place(places).visit(ast.parse(text, mode="eval").body)
        return self.other_function(function, arguments, options)

    def quantity_at(self, number: int) -> str:
        """Name the quantity that an operation gave; empty if it is none."""
        return self.known[number].quantity if number in self.known else ""

    def kept(self, V: ast.expr, operation: Operation) -> ast.expr:
        """Write what is kept in another type: what is behind the point is cut off, or most digits are lost."""
        match operation.operands[0]:
            case Result(number) if self.trace.operations[number].result.dtype.kind == "f":
                function = KEPT.get(operation.result.dtype.char)
                return call(function, V) if function else V
        return V

    def last_on_line(self, operation: Operation) -> Operation | None:
        """The number that an array was reduced to, on the same line, before Python went on with it."""
        before = self.trace.operations[: operation.number]
        return next((o for o in reversed(before) if o.place and o.result.ndim == 0 and is_within(operation, o)), None)

    def ratio(self, operation: Operation, last: Operation) -> ast.expr:
        """What a number was multiplied by."""
        other = self.other.operations
        if not self.is_alike or not last.result or not other[last.number].result:
            raise TooLongError
        both = self.trace.operations, other
        of, other_of = (float(each[operation.number].result / each[last.number].result) for each in both)
        factor = constant(of, other_of, self.trace.problem, self.other.problem)
        if isinstance(factor, ast.Constant | ast.UnaryOp) and not np.isclose(of, other_of, rtol=1e-14, atol=0):
            raise TooLongError
        return factor

    def sum(self, operation: Operation, arguments: Sequence[ast.expr]) -> ast.expr:
        """Write a sum or a mean, along the axis of the notation."""
        V, options = arguments[0], operation.options
        axis = options.get("axis", getattr(operation.operands[1], "value", None) if len(arguments) > 1 else None)
        shape = self.shapes(operation)[0]
        if axis is None or len(shape) < 2 or (isinstance(axis, list | tuple) and len(axis) == len(shape)):
            return call(operation.function, V)
        axis = axis[0] if isinstance(axis, list | tuple) else axis
        along_rows = axis in (1, -1)
        tree: ast.expr = call("total", V) if along_rows else turned(call("total", turned(V)))
        if operation.function == "mean":
            length, sizes = shape[1 if along_rows else 0], self.trace.problem.sizes
            size = next((each for each in ("m", "n_h") if sizes[each] == length), "")
            tree = ast.BinOp(tree, ast.Div(), name(size) if size else ast.Constant(length))
        return tree

    def other_function(self, function: str, arguments: Sequence[ast.expr], options: Mapping[str, object]) -> ast.expr:
        """Write any other function."""
        if function == "transpose":
            return turned(arguments[0])
        if function == "clip" and len(arguments) == 1:  # with its limits by name
            low, high = (ast.parse(str(options.get(end)), mode="eval").body for end in ("min", "max"))
            is_open = options.get("max") is None
            return call("maximum", *arguments, low) if is_open else call("clip", *arguments, low, high)
        if function == "negative":
            return ast.UnaryOp(ast.USub(), arguments[0])
        if function == "square":
            return ast.BinOp(arguments[0], ast.Pow(), ast.Constant(2))
        if function in ("zeros_like", "ones_like", "zeros", "ones", "full"):
            return ast.Constant(1.0 if function.startswith("ones") else 0.0)
        if function in ("getitem", "reshape") and isinstance(arguments[0], ast.Constant):
            return arguments[0]  # a part of zeros
        if function in ("getitem", "reshape"):
            index = str(options.get("index", "")) or f".reshape({', '.join(map(ast.unparse, arguments[1:]))})"
            parts = iter(arguments[1:])
            index = re.sub(r"#\d+", lambda _: ast.unparse(next(parts)), index)
            return ast.parse(f"({ast.unparse(arguments[0])}){index}", mode="eval").body
        return call(function, *arguments)

    def shapes(self, operation: Operation) -> list[tuple[int, ...]]:
        """The shapes of the operands."""
        shapes = []
        for operand in operation.operands:
            match operand:
                case Result(number):
                    shapes.append(np.shape(self.trace.operations[number].result))
                case Input(text):
                    shapes.append(self.trace.inputs[text].shape)
                case Constant(value):
                    shapes.append(np.shape(value))
                case _:
                    shapes.append(())
        return shapes

    @property
    def is_alike(self) -> bool:
        """Whether the other trace has the same operations."""
        return [each.function for each in self.trace.operations] == [each.function for each in self.other.operations]


def is_within(line: Operation, part: Operation) -> bool:
    """Tell whether an operation stands in the line that another one is."""
    return bool(
        line.place
        and part.place
        and part.function != "assign"
        and (part.place.file, part.place.function) == (line.place.file, line.place.function)
        and line.place.line <= part.place.line <= line.place.end_line
    )


def has_axes(shape: tuple[int, ...]) -> bool:
    """Tell an array from a number."""
    return bool(shape)


def is_same_layout(operation: Operation, trace: Trace) -> bool:
    """Tell whether a reshape only added or dropped dimensions of length 1."""
    match operation.operands[0]:
        case Result(number):
            before = np.shape(trace.operations[number].result)
        case Input(text):
            before = trace.inputs[text].shape
        case _:
            return False
    after = np.shape(operation.result)
    return [n for n in before if n != 1] == [n for n in after if n != 1]
