"""The lessons: every claim holds in every framework, and a claim that does not hold is reported as such."""

import dataclasses
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.figure import Figure

import compare as compare_module
import implementations
from shared import lessons
from shared.lessons import chain_rule, kink, lesson, precision, symmetry
from shared.network import InputError

NAMES = list(lessons.REGISTRY)
PAGE = Path(compare_module.__file__).parent / "docs" / "lessons.md"
OF_THE_TEXT = {
    "symmetry", "initial-scale", "scaling", "vanishing-gradient", "dying-relu", "kink", "learning-rate", "saturation",
    "precision", "chain-rule", "many-processes",
}  # fmt: skip


@pytest.fixture
def command(capsys, monkeypatch, tmp_path):
    """Run `compare.py lessons` and return its status, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        capsys.readouterr()
        status = compare_module.main(["lessons", *map(str, arguments)])
        return status, *capsys.readouterr()

    return call


def run(name, *frameworks):
    return lesson.run(name, lessons.load(name), {f: implementations.load(f) for f in frameworks}, lambda done: None)


@pytest.mark.mostly_slow(29)
@pytest.mark.parametrize("framework", implementations.REGISTRY)
@pytest.mark.parametrize("name", NAMES)
def test_every_claim_holds_in_every_framework(name, framework):
    outcome = run(name, framework)
    assert [claim for claim in outcome.claims[framework] if not claim.holds] == []
    assert len(outcome.claims[framework]) >= 5
    assert outcome.as_expected


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_says_what_to_expect(name):
    found = lessons.load(name)
    assert "\n" not in found.TITLE
    assert len(found.TITLE) < 80
    assert len(found.EXPECT.split()) > 80
    assert all(len(line) <= 100 for line in found.EXPECT.splitlines())
    assert found.EXPECT.isascii()


def test_there_is_a_lesson_for_each_claim_of_the_text():
    assert set(NAMES) == OF_THE_TEXT


def test_the_list_has_a_line_for_each(command):
    status, out, err = command()
    assert (status, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[: len(NAMES)]] == NAMES
    assert all(lessons.load(name).TITLE in out for name in NAMES)


def test_a_wrong_name_gets_one_line_with_the_names(command):
    status, out, err = command("symetry")
    assert (status, out) == (2, "")
    assert err == f"error: there is no lesson 'symetry'; there are {', '.join(NAMES)}\n"


def test_a_lesson_says_first_what_to_expect_and_then_what_was_seen(command):
    status, out, err = command("chain-rule")
    assert (status, err) == (0, "")
    assert out.startswith(f"chain-rule: {chain_rule.TITLE}\n")
    expected, seen = out.split("What was seen")
    assert chain_rule.EXPECT.split("\n\n")[1].splitlines()[0] in expected
    assert "as expected" not in expected
    assert seen.split()[:3] == ["numpy", "torch", "jax"]
    assert seen.count("-1, -2, 0, 0") == 3
    assert out.endswith("as expected: all 14 claims, in numpy, torch, jax\n")


def test_the_page_shows_what_the_kink_prints(command):
    _, out, _ = command("kink")
    printed = "\n".join(line.rstrip() for line in out.splitlines())
    assert f"```text\n{printed}\n```" in PAGE.read_text()


def test_one_framework_alone_can_be_asked(command):
    status, out, _ = command("kink", "--frameworks", "torch")
    assert status == 0
    assert "torch.clamp(z, min=0): the slope at 0 is 1" in out
    assert "jnp.maximum(z, 0):" not in out


def test_the_kink_is_shown_as_each_framework_has_it():
    found = {name: kink.otherwise(implementations.load(name)) for name in ("numpy", "torch", "jax")}
    assert found["numpy"] == {}
    assert found["torch"] == {"torch.relu(z)": 0, "torch.maximum(z, 0)": 0.5, "torch.clamp(z, min=0)": 1}
    assert found["jax"] == {"jax.nn.relu(z)": 0, "jnp.maximum(z, 0)": 0.5}
    assert "right for positive values only" in kink.EXPECT


def test_a_claim_that_does_not_hold_is_reported_with_status_1(command, monkeypatch):
    """The experiment is broken in one framework: there W1 moves although all weights are zero."""
    right, broken = symmetry.experiment, implementations.load("torch")

    def experiment(implementation):
        seen = right(implementation)
        if implementation is broken:
            seen["zero, ReLU"].W1[3, 5] = 1e-300
        return seen

    monkeypatch.setattr(symmetry, "experiment", experiment)
    status, out, _ = command("symmetry", "--frameworks", "numpy,torch")
    assert status == 1
    (row,) = [line for line in out.splitlines() if "NOT as expected: torch" in line]
    assert "W1, b1 and W2 have moved by 0" in row
    assert "1e-300" in row
    assert out.endswith("NOT as expected: 1 of 7 claims, in numpy, torch\n")


def test_precision_gives_both_dtypes_the_same_numbers():
    (single, *data), (double, *same_data) = precision.problem("float32"), precision.problem("float64")
    for a, b in zip((*single, *data), (*double, *same_data), strict=True):
        assert (a.dtype, b.dtype) == (np.float32, np.float64)
        np.testing.assert_array_equal(a, b)


WRONG = "from implementations.numpy_manual import *\nfrom implementations import numpy_manual as right\n"


def test_a_wrong_implementation_is_not_as_expected(command, tmp_path):
    (tmp_path / "mine.py").write_text(WRONG + "def cost(*a): return right.cost(*a) * 2\n")
    status, out, _ = command("chain-rule", "--frameworks", "mine.py")
    assert status == 1
    assert "NOT as expected: mine.py" in next(line for line in out.splitlines() if line.startswith("cost ="))


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize("name", ["saturation", "initial-scale", "vanishing-gradient", "scaling", "dying-relu"])
def test_nan_is_never_as_expected(name):
    """An implementation that gives NaN everywhere fulfils at most the claims that say so, and not the lesson."""
    right = implementations.load("numpy")

    def nan_for(given):
        if isinstance(given, tuple):
            return type(given)(*map(nan_for, given))
        return np.full_like(given, np.nan) if isinstance(given, np.ndarray) else float("nan")

    def spoilt(function):
        return lambda *arguments: nan_for(function(*arguments))

    broken = SimpleNamespace(**{name: spoilt(getattr(right, name)) for name in implementations.CONTRACT})
    outcome = lesson.run(name, lessons.load(name), {"broken": broken}, lambda done: None)
    assert not outcome.as_expected
    assert sum(bool(claim.holds) for claim in outcome.claims["broken"]) <= len(outcome.claims["broken"]) / 2


def test_an_implementation_that_raises_gets_one_line(command, tmp_path):
    (tmp_path / "mine.py").write_text(WRONG + "def step(*a): raise RuntimeError('no')\n")
    status, _, err = command("chain-rule", "--frameworks", "mine.py")
    assert status == 2
    assert err == "error: experiment raised RuntimeError: no (mine.py, line 3)\n"


def test_a_lesson_without_claims_is_not_as_expected():
    outcome = run("kink", "numpy")
    assert not dataclasses.replace(outcome, claims={"numpy": []}).as_expected


@pytest.mark.mostly_slow(4)
@pytest.mark.parametrize("name", NAMES)
def test_the_picture_is_written(command, tmp_path, name):
    folder = tmp_path / "new" / "pictures"
    status, out, err = command(name, "--frameworks", "numpy", "--report", folder)
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == f"picture: {folder / name}.svg"
    assert [path.name for path in folder.iterdir()] == [f"{name}.svg"]
    content = (folder / f"{name}.svg").read_text()
    assert ET.fromstring(content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 -- our own file
    assert 20_000 < len(content) < 500_000


@pytest.mark.parametrize("name", ["scaling", "learning-rate", "saturation"])
def test_a_picture_has_room_for_a_registry_that_grows(name):
    outcome, figure = run(name, "numpy"), Figure(figsize=(10, 4.2))
    many = [f"framework {k}" for k in range(7)]
    with np.errstate(all="ignore"):  # as `picture.save` does: a lesson may be about what overflows
        outcome.lesson.picture(figure, dict.fromkeys(many, outcome.by_framework["numpy"]))
    axes = figure.axes[0]
    if name != "saturation":
        assert all(framework in axes.get_xlabel() for framework in many)
        widths = [line.get_linewidth() for line in axes.get_lines()[:7]]
        assert widths == sorted(set(widths), reverse=True)
    else:
        assert len([line for line in axes.get_lines() if len(line.get_xdata()) == 1]) == 2 * 7


def test_a_picture_that_cannot_be_written_is_known_before_the_work(command, tmp_path):
    (tmp_path / "file").write_text("")
    status, out, err = command("kink", "--report", tmp_path / "file")
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1


def test_load_names_the_lessons():
    with pytest.raises(InputError, match="there are chain-rule, symmetry"):
        lessons.load("shared.lessons.kink")
