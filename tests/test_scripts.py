"""A script that trains at the top level is examined as it is, with the learning rate wherever it stands."""

import pytest

import compare as compare_module

pytestmark = pytest.mark.usefixtures("few_problems")

SCRIPT = """import numpy as np
rng = np.random.default_rng(3)
X = rng.normal(size=(5, 40))
y = (X.sum(axis=0, keepdims=True) > 0).astype(float)
W1, b1 = rng.normal(size=(4, 5)) * 0.3, np.zeros((4, 1))
W2, b2 = rng.normal(size=(1, 4)) * 0.3, np.zeros((1, 1))
for epoch in range(200):
    z1 = W1 @ X + b1
    a1 = np.where(z1 > 0, z1, 0)
    g = (1 / (1 + np.exp(-(W2 @ a1 + b2))) - y) / y.shape[1]
    {early}
    d = (W2.T @ g) * (z1 > 0)
    {late}
    b2 -= 0.3 * g.sum()
    W1 -= 0.3 * d @ X.T
    b1 -= 0.3 * d.sum(axis=1, keepdims=True)
"""
UPDATE = "W2 -= 0.3 * g @ a1.T"


def first_line(tmp_path, capsys, early, late):
    (tmp_path / "script.py").write_text(SCRIPT.format(early=early, late=late))
    status = compare_module.main(["check", str(tmp_path / "script.py")])
    return status, capsys.readouterr().out.splitlines()


def test_a_right_script_is_certified_with_the_rate_inside_a_product(tmp_path, capsys):
    status, out = first_line(tmp_path, capsys, "pass", UPDATE)
    assert (status, out[0].split(":")[0]) == (0, "script.py is certified")


def test_weights_that_are_updated_too_early_are_pointed_at_and_no_right_line_is(tmp_path, capsys):
    status, out = first_line(tmp_path, capsys, UPDATE, "pass")
    assert (status, out[0].split(" in ")[1:]) == (1, ["dA1."])
    assert f"      11 |     {UPDATE}" in out, "\n".join(out)
