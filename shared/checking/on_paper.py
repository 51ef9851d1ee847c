"""One entry of one line, written out with its numbers, so that it can be followed with pencil and paper."""

import ast
from collections.abc import Mapping, Sequence

import numpy as np

from shared.checking.layout import divided_where
from shared.checking.lines import DERIVED, Formula
from shared.network import Array

Values = Mapping[str, Array]
MOST = 6
"""How many terms of a sum are written."""
OPERATORS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}


def n(x: float) -> str:
    """Write a number as one would on paper."""
    text = f"{x + 0.0:.6g}"  # no -0
    return f"({text})" if text.startswith("-") else text


def written_out(name: str, index: tuple[int, ...], q: Values, late: Sequence[str] = ()) -> str:
    """Write out the right line of a quantity at one entry.

    Parameters
    ----------
    name
        The quantity.
    index
        Which entry.
    q
        The values that the line is made from, by name.
    late
        What is m times larger, in the values as well, since the program takes the mean later.
    """
    return Entry(q, index if len(index) == 2 else (0, 0)).write(divided_where(name, tuple(late)))


class Entry:
    """One entry of what a line gives."""

    def __init__(self, q: Values, index: tuple[int, ...]):
        self.q, (self.i, self.k) = q, index

    def write(self, node: ast.expr) -> str:
        """Write a part of the line with its numbers."""
        match node:
            case ast.Constant(value=number):
                return str(number)
            case ast.Name(id="m" | "n_x" | "n_h" as size):
                return str(DERIVED[size](dict(self.q)))
            case ast.Name() | ast.Attribute():
                return n(self.number(node))
            case ast.UnaryOp(operand=operand):
                return f"-{self.write(operand)}"
            case ast.Compare():
                return f"relu'({self.number(node.left):.6g})"
            case ast.BinOp(left=a, op=ast.MatMult(), right=b):
                return products(self.value(a)[self.i], self.value(b)[:, self.k])
            case ast.BinOp(left=a, op=op, right=b):
                return f"{self.part(a, op)} {OPERATORS[type(op)]} {self.part(b, op)}"
            case ast.Call(func=ast.Name(id=function), args=[argument]):
                return self.call(function, argument)
            case ast.Call(func=ast.Name(id="where")):
                return n(self.number(node))
        return ast.unparse(node)

    def part(self, node: ast.expr, above: ast.operator) -> str:
        """Write an operand, in parentheses where it is a sum and the operator above is not."""
        is_sum = (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.MatMult)) or (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "total"
        )
        return f"({self.write(node)})" if is_sum and isinstance(above, ast.Mult | ast.Div) else self.write(node)

    def call(self, function: str, argument: ast.expr) -> str:
        """Write a function of the notation."""
        if function == "total":
            return total(self.value(argument)[self.i])
        if function == "mean":
            losses = self.value(argument)[0]
            if len(losses) >= MOST:
                return f"the mean of {ast.unparse(argument)} over {len(losses)} examples"
            terms = (f"{Entry(self.q, (0, k)).write(argument)}" for k in range(len(losses)))
            return f"({' + '.join(terms)}) / {len(losses)}"
        z = self.write(argument)
        written = {"relu": f"max(0, {z})", "sigmoid": f"1 / (1 + exp(-{z}))", "softplus": f"log(1 + exp({z}))"}
        return written.get(function, f"{function}({z})")

    def value(self, node: ast.expr) -> Array:
        """Compute a part of the line."""
        return Formula(ast.unparse(node))(dict(self.q))

    def number(self, node: ast.expr) -> float:
        """Compute one entry of it; what has one row or column counts for all."""
        V = self.value(node)
        return float(V[self.i % V.shape[0], self.k % V.shape[1]])


def products(a: Array, b: Array) -> str:
    """Write a sum of products; a long one only begins."""
    terms = [f"{n(x)} * {n(y)}" for x, y in zip(a[:MOST], b[:MOST], strict=True)]
    return " + ".join(terms) + (f" + ... ({len(a)} terms)" if len(a) > len(terms) else "")


def total(a: Array) -> str:
    """Write a sum; a long one only begins."""
    return " + ".join(n(x) for x in a[:MOST]) + (f" + ... ({len(a)} terms)" if len(a) > MOST else "")


def worst_entry(V: Array, truth: Array) -> tuple[int, ...]:
    """Find the entry that is furthest off; one that is not finite is."""
    distance = np.nan_to_num(np.abs(V - truth), nan=np.inf)
    return tuple(int(k) for k in np.unravel_index(np.argmax(distance), distance.shape))
