"""The right line of code in a program's own way: the same tree, its arrays turned as they are held."""

import ast
from copy import deepcopy
from dataclasses import replace

from shared.checking.conventions import BIASES, LATE, WEIGHTS, Convention
from shared.checking.lines import LINES, RIGHT, right
from shared.network import INPUTS, Parameters

LAST = tuple(f"d{name}" for name in Parameters._fields)
"""Where the course divides by m."""

IN_NUMPY = {
    "relu": "np.maximum(0, z)",
    "sigmoid": "1 / (1 + np.exp(-z))",
    "softplus": "np.logaddexp(0, z)",
    "tanh": "np.tanh(z)",
    "mean": "np.mean(z)",
}
"""How the functions of the notation are written in NumPy."""


def line_of_code(quantity: str, convention: Convention, turned: bool = False) -> str:
    """Write the line that computes a quantity in NumPy.

    Parameters
    ----------
    quantity
        A quantity of the notation, or W1 b1 W2 b2 for the line that updates it.
    convention
        The way in which the program is written.
    turned
        Whether it turns X and Y first, so that examples lie the other way in between.
    """
    if quantity not in LINES:
        return f"{quantity} = {'[*costs, cost]' if quantity == 'costs' else RIGHT[quantity]}"
    held = Layout(convention, turned)
    tree = held.turn(divided_where(quantity, convention.late), held.is_turned(quantity), convention.is_flat(quantity))
    return f"{quantity} = {ast.unparse(ast.fix_missing_locations(tree))}"


def divided_where(quantity: str, late: tuple[str, ...]) -> ast.expr:
    """Give the right tree of a quantity for a program that divides by m only behind the `late` ones."""
    tree, m = right(quantity).tree, ast.Name("m", ast.Load())
    if quantity in late:
        return tree.left if isinstance(tree, ast.BinOp) and ast.unparse(tree.right) == "m" else tree
    is_m_times = any(name in late for name in INPUTS[quantity] if name.startswith("d"))
    return ast.BinOp(tree, ast.Div(), m) if is_m_times else tree


class Layout:
    """How a program holds its arrays."""

    def __init__(self, convention: Convention, turned: bool):
        self.convention, self.examples_are_rows = convention, convention.rows != turned

    def is_turned(self, name: str) -> bool:
        """Tell whether the program holds the transpose of an array of the notation."""
        if name.removeprefix("d") in (*WEIGHTS, *BIASES):
            return self.convention.turned(name)
        return self.examples_are_rows

    def turn(self, node: ast.expr, flip: bool, flat: bool = False) -> ast.expr:
        """Write a part of a line, or its transpose, with the arrays as they are held; `flat`: in one dimension."""
        match node:
            case ast.Name(id=name) if name[0].isupper() or name.startswith(("b", "d")):
                return self.array(name, flip)
            case ast.Attribute(value=value, attr="T"):
                return self.turn(value, not flip)
            case ast.BinOp(left=a, op=ast.MatMult(), right=b):
                first, second = (b, a) if flip else (a, b)
                return ast.BinOp(self.turn(first, flip), ast.MatMult(), self.turn(second, flip))
            case ast.BinOp(left=a, op=op, right=b):
                return ast.BinOp(self.turn(a, flip, flat), op, self.turn(b, flip, flat))
            case ast.UnaryOp(op=op, operand=operand):
                return ast.UnaryOp(op, self.turn(operand, flip))
            case ast.Compare(left=a, ops=ops, comparators=[b]):
                return ast.Compare(self.turn(a, flip), ops, [self.turn(b, flip)])
            case ast.Call(func=ast.Name(id="total"), args=[summed]):
                return self.total(summed, flip, flat)
            case ast.Call(func=ast.Name(id=function), args=[argument]) if function in IN_NUMPY:
                z = self.turn(argument, self.examples_are_rows if function == "mean" else flip)
                return filled(IN_NUMPY[function], z)
            case ast.Call(func=ast.Name(id="where"), args=args):
                return ast.Call(ast.parse("np.where", mode="eval").body, [self.turn(each, flip) for each in args], [])
        return node

    def array(self, name: str, flip: bool) -> ast.expr:
        """Write an array, or its transpose; one of one dimension stands for a row."""
        if self.convention.is_flat(name):
            return filled("z" if flip else "z[:, None]", ast.Name(name, ast.Load()))
        return filled("z.T" if self.is_turned(name) != flip else "z", ast.Name(name, ast.Load()))

    def total(self, summed: ast.expr, flip: bool, flat: bool) -> ast.expr:
        """Write a sum over the examples, along the axis where they lie."""
        rows = self.examples_are_rows
        keepdims, turned = ("", "") if flat else (", keepdims=True", ".T" if rows != flip else "")
        return filled(f"z.sum(axis={0 if rows else 1}{keepdims}){turned}", self.turn(summed, rows))


class Filled(ast.NodeTransformer):
    """Puts a tree in the place of z."""

    def __init__(self, tree: ast.expr):
        self.tree = tree

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Replace z."""
        return deepcopy(self.tree) if node.id == "z" else node


def filled(text: str, tree: ast.expr) -> ast.expr:
    """Put a tree in the place of z in a text."""
    found: ast.expr = Filled(tree).visit(ast.parse(text, mode="eval").body)
    return found


def line_with_remark(quantity: str, convention: Convention, lacking: bool, turned: bool = False) -> tuple[str, str]:
    """Write the line for a program that does not show where it divides by m, and say what that depends on.

    Parameters
    ----------
    quantity, convention, turned
        The same as for `line_of_code`.
    lacking
        Whether what is wrong with the line is that it does not divide by m.
    """
    early, late = (line_of_code(quantity, replace(convention, late=names), turned) for names in ((), LATE))
    if quantity == "dZ2":
        return (early, "or / m in dW and db") if lacking else (late, "(A2 - Y) / m unless dW and db have it")
    if quantity in LAST:
        return (late, "without / m if dZ2 has it") if lacking else (early, "/ m here unless dZ2 has it")
    return early, ""


def remark_on_layout(quantity: str, convention: Convention) -> str:
    """Say how a line is to be read that is written for a program which turns X and Y first."""
    made_from = {name.removeprefix("d") for name in (quantity, *INPUTS.get(quantity, ()))}
    if not made_from & set(Parameters._fields):
        return ""
    return f"examples are {'columns' if convention.rows else 'rows'} here, weights and gradients as in the call"
