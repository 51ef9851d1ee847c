"""The command line: exit statuses, what is printed where, the JSON file, and what bad input gets."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import Result
from safetensors.numpy import save_file

from shared.network import QUANTITIES
from shared.report import terminal

ROOT = Path(__file__).parent.parent
FEW = ("--iterations", "12")


def run(*arguments, cwd=ROOT):
    """Run the program as its users do."""
    command = [sys.executable, str(ROOT / "compare.py"), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=300)
    return Result(result.returncode, result.stdout, result.stderr)


MINE = """
import numpy as np
from implementations import numpy_manual as right
from implementations.numpy_manual import cost, forward, gradients, step, train
"""

MISTAKES = {
    "dW1": "def gradients(*a):\n    d = right.gradients(*a)\n    return d._replace(dW1=d.dW1 * (1 + 1e-9))\n",
    "Z1": "def forward(*a):\n    v = right.forward(*a)\n    return v._replace(Z1=np.float64(np.float32(v.Z1)))\n",
    "W2": "def step(*a):\n    p = right.step(*a)\n    return p._replace(W2=p.W2 + 1e-9)\n",
    "cost": "def train(*a):\n    t = right.train(*a)\n    t.costs[7:] *= 1 + 1e-9\n    return t\n",
    "X": "def forward(parameters, X, *a):\n    X *= 2\n    return right.forward(parameters, X / 2, *a)\n",
}
"""What is wrong -> the implementation that is wrong there."""


@pytest.fixture
def mine(tmp_path):
    def write(code):
        (tmp_path / "mine.py").write_text(MINE + code)
        return str(tmp_path / "mine.py")

    return write


def test_the_three_agree_and_the_last_line_says_so():
    result = run(*FEW)
    assert (result.returncode, result.stdout.splitlines()[-1], result.stderr) == (0, "all agree", "")


def test_numpy_alone_imports_neither_torch_nor_jax(small):
    code = "import sys, compare; s = compare.main(sys.argv[1:]); print({'torch', 'jax'} & set(sys.modules), s)"
    arguments = [sys.executable, "-c", code, "--frameworks", "numpy", *FEW, *map(str, small)]
    result = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=ROOT, timeout=100)
    assert result.stdout.splitlines()[-1] == "set() 0"


@pytest.mark.parametrize(
    ("command", "libraries"),
    [
        ("['--help']", {"torch", "jax", "scipy", "flint"}),
        ("['check', 'tests/correct/attributes.py']", {"torch", "jax", "scipy"}),
    ],
    ids=["help", "check"],
)
def test_a_command_imports_nothing_that_it_does_not_need(command, libraries):
    code = f"import sys, compare; compare.main({command}); print({libraries} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.splitlines()[-1] == "set()"


def test_a_file_with_the_same_functions_agrees(compare, small, mine):
    result = compare("--frameworks", f"numpy,{mine('')}", *FEW, *small)
    assert (result.returncode, result.stderr) == (0, "")
    assert "mine.py" in result.stdout


@pytest.mark.parametrize("quantity", MISTAKES)
def test_a_wrong_file_is_named_with_the_first_quantity_that_differs(compare, small, mine, tmp_path, quantity):
    result = compare("--frameworks", f"numpy,{mine(MISTAKES[quantity])}", "--json", tmp_path / "r.json", *FEW, *small)
    record = json.loads((tmp_path / "r.json").read_text())
    assert result.returncode == 1
    assert record["verdict"] == "disagree"
    assert record["first_disagreement"]["framework"] == "mine.py"
    assert record["first_disagreement"]["quantity"] == quantity
    assert result.stdout.splitlines()[-1].startswith(f"disagree: first mine.py, in {quantity}, at iteration")


def test_the_message_tells_what_who_where_both_values_and_the_culprit(compare, small, mine):
    lines = compare("--frameworks", mine(MISTAKES["dW1"]), *FEW, *small).stdout.splitlines()
    start = lines.index("dW1: mine.py is wrong (30-4-1, 14 examples, float64)")
    assert lines[start + 1].startswith("  worst at [")
    assert "true value" in lines[start + 1]
    assert "(proven to 3" in lines[start + 1]
    assert lines[start + 2].startswith("  error ")
    assert ", rounding can explain at most " in lines[start + 2]
    assert lines[start + 3] == "  dZ1 and X, which it is made from, agree: the line that computes dW1 is the culprit"


def test_the_json_file_has_the_promised_layout(compare, small, tmp_path):
    compare("--frameworks", "numpy", "--json", tmp_path / "r.json", *FEW, *small)
    record = json.loads((tmp_path / "r.json").read_text())
    assert {"schema", "verdict", "first_disagreement", "settings", "versions", "machine", "data", "frameworks"} <= set(
        record
    )
    assert (record["schema"], record["verdict"], record["first_disagreement"]) == (1, "agree", None)
    assert set(record["data"]["train"]) == {"path", "sha256", "examples", "features"}
    numpy = record["frameworks"]["numpy"]
    wanted = {"costs", "train_accuracy", "test_accuracy", "seconds_per_step", "seconds_to_compile", "quantities"}
    assert wanted <= set(numpy)
    assert len(numpy["costs"]) == 12
    assert list(numpy["quantities"]) == list(QUANTITIES)
    assert all({"verdict", "max_error", "noise", "bound"} <= set(entry) for entry in numpy["quantities"].values())


def test_saved_weights_give_the_same_run(compare, small, tmp_path):
    saved, first, second = (tmp_path / name for name in ("w.safetensors", "1.json", "2.json"))
    common = ("--frameworks", "numpy", *FEW, *small)
    assert compare("--seed", "5", "--save-weights", saved, "--json", first, *common).returncode == 0
    assert compare("--weights", saved, "--json", second, *common).returncode == 0
    costs = [json.loads(path.read_text())["frameworks"]["numpy"]["costs"] for path in (first, second)]
    assert costs[0] == costs[1]


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize("activation", ["leaky_relu", "sigmoid"])
def test_every_hidden_activation_can_be_compared(compare, small, activation):
    assert compare("--activation", activation, *FEW, *small).returncode == 0


def test_the_exact_curve_says_how_far_each_curve_is_from_it(compare, small, mine, tmp_path):
    ours = mine("def train(*a):\n    t = right.train(*a)\n    t.costs[7:] *= 1 + 1e-5\n    return t\n")
    given = ("--frameworks", f"numpy,{ours}", "--json", tmp_path / "r.json", *FEW, *small)
    result = compare("--exact-curve", *given)
    record = json.loads((tmp_path / "r.json").read_text())
    right, off = (record["frameworks"][name]["exact_distance"] for name in ("numpy", "mine.py"))
    assert record["exact_curve"]["proven_digits"] >= 15
    assert (right["six_digits_to"], off["six_digits_to"], off["three_digits_to"]) == (12, 7, 12)
    assert max(right["distances"]) < 1e-14 < off["distances"][7]
    assert "Distance from the curve of real numbers" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_course_photographs_agree(photographs, dtype):
    train, test = photographs
    result = run("--train", train, "--test", test, "--dtype", dtype)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "all agree"), result.stdout


@pytest.mark.slow
def test_the_colour_network_runs_from_given_weights(compare, photographs, tmp_path):
    train, test = photographs
    rng = np.random.default_rng(3)
    shapes = {"W1": (7, 12288), "b1": (7, 1), "W2": (1, 7), "b2": (1, 1)}
    save_file({name: 0.01 * rng.standard_normal(shape) for name, shape in shapes.items()}, tmp_path / "w.safetensors")
    given = ("--channels", "rgb", "--hidden", "7", "--weights", tmp_path / "w.safetensors", "--scaling", "unit")
    result = compare("--train", train, "--test", test, *given, "--json", tmp_path / "r.json", "--iterations", "40")
    assert result.returncode == 0, result.stdout
    assert result.stdout.startswith("12288-7-1")
    frameworks = json.loads((tmp_path / "r.json").read_text())["frameworks"]
    assert {name: len(framework["costs"]) for name, framework in frameworks.items()} == dict.fromkeys(frameworks, 40)


BAD = {
    (
        "--frameworks",
        "numpi",
    ): "there is no implementation 'numpi'; there are numpy, torch, jax, numpy_gram, jax_gram, or a .py file",
    ("--frameworks", "no.py"): "no.py: there is no such file; give the path of a .py file",
    (
        "--frameworks",
        "numpy,numpy",
    ): "--frameworks names numpy twice; name each implementation once, and files differently",
    ("--frameworks", ","): "--frameworks names nothing; name numpy, torch, jax or the path of a .py file",
    ("--test", "t.h5"): "--test needs --train: name the file to train on as well",
    ("--train", "t.h5"): "t.h5: there is no such file; check the path",
    ("--json", "no/r.json"): "no/r.json: there is no folder no; make it first",
    ("--json", "."): ".: this is a folder; name a file in it",
    ("--json", 250 * "j"): "j: cannot be written (File name too long); name another file",
    ("--dtype", "float16"): "--dtype",
    ("--iterations", "0"): "--iterations",
    ("--iterations", "many"): "--iterations",
    ("--iterations", "9" * 23): "--iterations",
    ("--hidden", "9" * 23): "--hidden",
    ("--hidden", "999999999"): "--hidden 999999999: W1 needs 32,767,999,967,232 bytes of memory and",
    ("--iterations", "1.9"): "--iterations",
    ("--learning-rate", "nan"): "--learning-rate",
    ("--learning-rate", "-1"): "--learning-rate",
    ("--learning-rate", "1e39", "--dtype", "float32"): "--learning-rate 1e+39 is beyond float32; choose a smaller one",
    ("--hidden", "0"): "--hidden",
    ("--seed", "-1"): "--seed",
    ("--scaling", "log"): "--scaling",
    ("--colour",): "--colour",
    ("surplus",): "surplus",
}


@pytest.mark.parametrize(("arguments", "message"), BAD.items(), ids=map(" ".join, BAD))
def test_bad_input_gets_one_line_and_status_2(compare, arguments, message):
    result = compare(*arguments)
    lines = result.stderr.splitlines()
    assert (result.returncode, result.stdout, len(lines)) == (2, "", 1), result.stderr
    assert lines[0].startswith("error: ")
    assert message in lines[0]


@pytest.mark.mostly_slow(5)
@pytest.mark.parametrize("read", ["train.h5", "test.h5", "w.safetensors", "mine.py"])
@pytest.mark.parametrize("option", ["--json", "--save-weights", "--save-trained"])
def test_what_is_read_is_not_written_over(compare, small, mine, tmp_path, option, read):
    assert compare("--frameworks", "numpy", "--save-weights", "w.safetensors", *FEW, *small).returncode == 0
    given = ("--frameworks", mine(""), "--weights", "w.safetensors", *FEW, *small)
    target = tmp_path / ("link.safetensors" if option == "--save-trained" else "link")
    target.symlink_to(tmp_path / read)
    content = (tmp_path / read).read_bytes()
    result = compare(*given, option, target)
    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (2, "", 1), result.stderr
    assert f"{read}, which is read; name another file to write to" in result.stderr
    assert (tmp_path / read).read_bytes() == content


BROKEN = {
    "raise ValueError('no\\nluck')": "raised ValueError: no luck (mine.py, line 6)",
    "raise SystemExit(0)": "raised SystemExit: 0 (mine.py, line 6)",
    "return 1 / 0": "raised ZeroDivisionError: division by zero (mine.py, line 6)",
    "def deeper():\n        return 1 / 0\n    return deeper()": "division by zero (mine.py, line 7)",
}


@pytest.mark.parametrize(("line", "message"), BROKEN.items(), ids=BROKEN)
def test_an_implementation_that_raises_gets_one_line_that_names_its_place(compare, small, mine, line, message):
    result = compare("--frameworks", mine(f"def forward(*a):\n    {line}\n"), *FEW, *small)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
    assert message in result.stderr


def test_a_file_without_the_contract_gets_one_line(compare, small, tmp_path):
    (tmp_path / "mine.py").write_text("def forward(): pass\n")
    result = compare("--frameworks", tmp_path / "mine.py", *small)
    assert result.returncode == 2
    assert result.stderr.endswith(
        "mine.py: the contract has the functions forward, cost, gradients, step, train; "
        "missing: cost, gradients, step, train\n"
    )


def test_what_an_implementation_gives_in_the_wrong_form_is_wrong_not_an_error(compare, small, mine):
    code = "def gradients(*a):\n    return None\ndef train(*a):\n    return 'done'\n"
    result = compare("--frameworks", mine(code), *FEW, *small)
    assert (result.returncode, result.stderr) == (1, "")
    assert "  it is missing" in result.stdout


TRAININGS = {
    "t._replace(parameters=a[0])": "the weights that train gives back cost",
    "t._replace(parameters=None)": "the trained W1: it is missing",
    "t._replace(parameters=t.parameters._replace(W1=t.parameters.W1.T))": "the trained W1: its shape is (30, 4), not",
    "t._replace(costs=np.float32(t.costs))": "costs: its dtype is float32, not float64",
    "t._replace(costs=t.costs.astype(object))": "costs: its dtype is object, not float64",
    "t._replace(costs=t.costs[1:])": "costs: its shape is (11,), not (12,)",
    "t._replace(seconds_per_step='fast')": "seconds_per_step: it is 'fast', not a number of seconds",
}


@pytest.mark.parametrize(("spoilt", "problem"), TRAININGS.items(), ids=TRAININGS)
def test_what_training_gives_back_is_judged_too(compare, small, mine, spoilt, problem):
    result = compare(
        "--frameworks", mine(f"def train(*a):\n    t = right.train(*a)\n    return {spoilt}\n"), *FEW, *small
    )
    assert (result.returncode, result.stderr) == (1, ""), result.stderr
    assert problem in result.stdout


UNLOADABLE = {
    "import nothing_like_this": "importing it raised ModuleNotFoundError: No module named 'nothing_like_this'",
    "raise SystemExit(0)": "importing it raised SystemExit: 0",
    "def (": "importing it raised SyntaxError",
}


@pytest.mark.parametrize(("code", "message"), UNLOADABLE.items(), ids=UNLOADABLE)
def test_a_file_that_cannot_be_imported_gets_one_line(compare, small, mine, code, message):
    result = compare("--frameworks", mine(code), *FEW, *small)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
    assert message in result.stderr


def test_a_file_may_import_what_lies_beside_it(compare, small, mine, tmp_path):
    (tmp_path / "beside_mine.py").write_text("from implementations.numpy_manual import forward\n")
    assert compare("--frameworks", mine("from beside_mine import forward\n"), *FEW, *small).returncode == 0


def test_a_training_that_diverges_gets_one_line(compare, small):
    result = compare("--frameworks", "numpy", "--learning-rate", "1e200", *FEW, *small)
    assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
    assert "choose a smaller --learning-rate" in result.stderr


def test_the_json_file_may_be_a_link_and_the_results_come_before_it_is_written(compare, small, tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "target.json")
    assert compare("--frameworks", "numpy", "--json", "link.json", *FEW, *small).returncode == 0
    assert json.loads((tmp_path / "target.json").read_text())["verdict"] == "agree"


def test_the_json_file_holds_no_number_that_is_not_finite(compare, small, mine, tmp_path):
    ours = mine("def gradients(*a):\n    d = right.gradients(*a)\n    return d._replace(dW1=d.dW1 * np.nan)\n")
    assert compare("--frameworks", ours, "--json", tmp_path / "r.json", *FEW, *small).returncode == 1
    record = json.loads((tmp_path / "r.json").read_text(), parse_constant=pytest.fail)
    assert record["frameworks"]["mine.py"]["quantities"]["dW1"]["max_error"] is None


def test_a_narrow_terminal_cuts_nothing_off(compare, small, monkeypatch):
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    shown = compare("--frameworks", "numpy", *FEW, *small).stdout
    assert "…" not in shown
    assert all(f" {quantity} " in shown for quantity in QUANTITIES)


@pytest.mark.mostly_slow(5)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send on Windows")
@pytest.mark.parametrize("seconds", [0.2, 0.4, 1.5, 3.0, 6.0])  # Python takes 0.1 s before the first line of ours
def test_ctrl_c_ends_with_status_130_and_no_traceback(seconds):
    command = [sys.executable, str(ROOT / "compare.py"), "--iterations", "1000000"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    ) as process:
        early = seconds < 1
        if not early:
            process.stdout.readline()  # it listens, however long it took to start
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to every process of the group
        try:
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    # early: before the program listens, the signal itself ends it, which shells show as 130 too
    assert (process.returncode, errors) in [(130, "error: interrupted\n"), *([(-signal.SIGINT, "")] if early else [])]


SWALLOWING = """import gc, signal, sys, time
import compare

def callback(phase, info):
    if phase == "start" and not callback.done:
        callback.done = True
        signal.raise_signal(signal.SIGINT)  # as if Ctrl-C came just here, where no exception gets out

callback.done = False

def interrupted_in_a_callback(*arguments, **options):
    gc.callbacks.append(callback)
    gc.collect()
    time.sleep(20)

compare.app = interrupted_in_a_callback
sys.exit(compare.main([]))
"""


def test_ctrl_c_in_a_callback_of_a_library_is_heard():
    command = [sys.executable, "-c", SWALLOWING]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=19, check=False)
    assert (result.returncode, result.stderr) == (130, "error: interrupted\n")


def test_a_closed_pipe_is_no_error(small):
    command = [sys.executable, "compare.py", "--frameworks", "numpy", *FEW, *map(str, small)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (141, "")


def test_progress_is_not_written_to_a_file(compare, small):
    assert compare("--frameworks", "numpy", "--iterations", "300", *small).stderr == ""


@pytest.mark.parametrize(
    ("multiple", "text"), [(0.31, "0.31"), (99, "99"), (237_538, "237,538"), (1.2675e18, "1.3e+18"), (np.nan, "nan")]
)
def test_a_wrong_value_makes_no_column_of_twenty_digits(multiple, text):
    assert terminal.in_spacings(multiple) == text
