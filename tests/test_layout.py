"""The cures are right: put together, in the way in which a program is written, they are the network."""

from dataclasses import replace

import numpy as np
import pytest

from shared.checking import problems
from shared.checking.conventions import LATE, NAMES, layouts
from shared.checking.layout import line_of_code
from shared.checking.lines import run

PROBLEM = next(problems.small())
LAYOUTS = [replace(layout, late=late) for layout in layouts() if not layout.flat_labels for late in ((), LATE)]


@pytest.mark.parametrize("turned", [False, True], ids=["as in the call", "turned"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_the_right_lines_together_compute_the_network(layout, turned):
    q = dict(zip(("W1", "b1", "W2", "b2", "X", "Y"), layout.arguments(PROBLEM), strict=True))
    q |= {"np": np, "m": PROBLEM.sizes["m"]}
    if turned:
        q |= {"X": q["X"].T, "Y": q["Y"].T}
    for name in NAMES:
        exec(line_of_code(name, layout, turned), q)  # noqa: S102
    right = run(PROBLEM.given())
    for name in NAMES:
        V, _ = layout.ours(name, np.asarray(q[name]), right[name].shape)
        np.testing.assert_allclose(V, right[name], rtol=1e-13, atol=1e-15)
        if name.removeprefix("d") in q and name.startswith("d"):
            assert q[name].shape == q[name.removeprefix("d")].shape
