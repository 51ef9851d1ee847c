"""The right line of code, in the way in which a program is written."""

from dataclasses import replace

from shared.checking.conventions import LATE, Convention

UPDATE = "{0} = {0} - learning_rate * d{0}"
WITH_PARAMETERS = ("Z1", "Z2", "dW2", "db2", "dA1", "dW1", "db1")
"""The lines in which weights and biases, or their gradients, stand beside what each example has of its own."""
LAST = ("dW2", "db2", "dW1", "db1")
"""Where the course divides by m."""


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
    c = replace(convention, rows=convention.rows != turned)
    bias = ".T" if turned and not c.flat else _column(c)
    as_given = ".T" if turned and not c.flat else ""

    def over_m(source: str) -> str:
        return " / m" if source in c.late and quantity not in c.late else ""

    axis = f"axis={0 if c.rows else 1}" + ("" if c.flat else ", keepdims=True")
    lines = {
        "Z1": f"{_forward('W1', 'X', c)} + b1{bias}",
        "A1": "np.maximum(0, Z1)",
        "Z2": f"{_forward('W2', 'A1', c)} + b2{bias}",
        "A2": "1 / (1 + np.exp(-Z2))",
        "cost": "np.mean(np.logaddexp(0, Z2) - Y * Z2)",
        "dA2": "-Y / A2 + (1 - Y) / (1 - A2)" if "dA2" in c.late else "(-Y / A2 + (1 - Y) / (1 - A2)) / m",
        "dZ2": "A2 - Y" if "dZ2" in c.late else "(A2 - Y) / m",
        "dW2": f"{_outer('dZ2', 'A1', c)}{over_m('dZ2')}",
        "db2": f"dZ2.sum({axis}){as_given}{over_m('dZ2')}",
        "dA1": f"{_back(c)}{over_m('dZ2')}",
        "dZ1": f"dA1 * (Z1 > 0){over_m('dA1')}",
        "dW1": f"{_outer('dZ1', 'X', c)}{over_m('dZ1')}",
        "db1": f"dZ1.sum({axis}){as_given}{over_m('dZ1')}",
        "costs": "[*costs, cost]  # the cost of this step alone, before the update",
    }
    return f"{quantity} = {lines[quantity]}" if quantity in lines else UPDATE.format(quantity)


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
    if quantity not in WITH_PARAMETERS:
        return ""
    return f"examples are {'columns' if convention.rows else 'rows'} here, weights and gradients as in the call"


def _column(c: Convention) -> str:
    return "[:, None]" if c.flat and not c.rows else ""


def _forward(W: str, A: str, c: Convention) -> str:
    if c.rows:
        return f"{A} @ {W}" if c.transposed else f"{A} @ {W}.T"
    return f"{W}.T @ {A}" if c.transposed else f"{W} @ {A}"


def _outer(dZ: str, A: str, c: Convention) -> str:
    if c.rows:
        return f"{A}.T @ {dZ}" if c.transposed else f"{dZ}.T @ {A}"
    return f"{A} @ {dZ}.T" if c.transposed else f"{dZ} @ {A}.T"


def _back(c: Convention) -> str:
    if c.rows:
        return "dZ2 @ W2.T" if c.transposed else "dZ2 @ W2"
    return "W2 @ dZ2" if c.transposed else "W2.T @ dZ2"
