"""The right line of code, in the way in which a program is written."""

from shared.checking.conventions import Convention

UPDATE = "{0} = {0} - learning_rate * d{0}"


def line_of_code(quantity: str, convention: Convention) -> str:
    """Write the line that computes a quantity in NumPy.

    Parameters
    ----------
    quantity
        A quantity of the notation, or W1 b1 W2 b2 for the line that updates it.
    convention
        The way in which the program is written.
    """
    c, over_m = convention, " / m" if convention.late else ""
    early = "" if c.late else " / m"
    axis = f"axis={0 if c.rows else 1}" + ("" if c.flat else ", keepdims=True")
    lines = {
        "Z1": f"{_forward('W1', 'X', c)} + b1{_column(c)}",
        "A1": "np.maximum(0, Z1)",
        "Z2": f"{_forward('W2', 'A1', c)} + b2{_column(c)}",
        "A2": "1 / (1 + np.exp(-Z2))",
        "cost": "np.mean(np.logaddexp(0, Z2) - Y * Z2)",
        "dA2": f"(-Y / A2 + (1 - Y) / (1 - A2)){early}" if early else "-Y / A2 + (1 - Y) / (1 - A2)",
        "dZ2": f"(A2 - Y){early}" if early else "A2 - Y",
        "dW2": f"{_outer('dZ2', 'A1', c)}{over_m}",
        "db2": f"dZ2.sum({axis}){over_m}",
        "dA1": _back(c),
        "dZ1": "dA1 * (Z1 > 0)",
        "dW1": f"{_outer('dZ1', 'X', c)}{over_m}",
        "db1": f"dZ1.sum({axis}){over_m}",
        "costs": "[*costs, cost]  # the cost of this step alone, before the update",
    }
    return f"{quantity} = {lines[quantity]}" if quantity in lines else UPDATE.format(quantity)


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
