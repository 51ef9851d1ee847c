"""The benchmark: it times the same job for all, reports what it measured, and notices who did another job."""

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
from conftest import write_pictures
from safetensors.numpy import save_file
from test_page import Document, browser  # noqa: F401 -- a fixture

import compare as compare_module
from shared.benching import floors, growth
from shared.benching.contestant import Pace
from shared.benching.peers import PEERS, Peer
from shared.benching.process import allowed

ROOT = Path(__file__).parent.parent
QUICK = ("--rounds", "2", "--iterations", "30", "--no-sweep")
OWN = ("numpy", "torch", "jax")
DTYPES = ("float32", "float64")
PAIRS = [(name, dtype) for name in (*OWN, *PEERS) for dtype in DTYPES]
PAIRS = [pair for pair in PAIRS if pair[0] in OWN or pair[1] == "float32" or not PEERS[pair[0]].no_float64]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Data that are quick to train on, and initial weights."""
    folder, rng = tmp_path_factory.mktemp("bench"), np.random.default_rng(9)
    write_pictures(folder, train=14)
    shapes = {"W1": (4, 30), "b1": (4, 1), "W2": (1, 4), "b2": (1, 1)}
    save_file({name: 0.3 * rng.standard_normal(shape) for name, shape in shapes.items()}, folder / "w.safetensors")
    return folder


@pytest.fixture(scope="module")
def bench(folder):
    """Run the command in this process, on these data and weights, and give its status."""

    def call(*options):
        with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # weights are rounded to float32, which is told
            patch.setattr(warnings, "showwarning", warnings.showwarning)
            patch.chdir(folder)
            return compare_module.main(["bench", "--train", "train.h5", "--weights", "w.safetensors", *options])

    return call


@pytest.fixture(scope="module")
def ours(bench, folder):
    """One run of two, in both dtypes: its record, its page, what it printed, and whether it left all as it was."""
    before, said = surroundings(), io.StringIO()
    with redirect_stdout(said):
        status = bench(*QUICK, "--frameworks", "numpy,torch", "--peers", "none", "--json", "r.json", "--report", "page")
    record = json.loads((folder / "r.json").read_text())
    page = folder / "page" / "bench.html"
    left = surroundings() == before
    return SimpleNamespace(status=status, record=record, page=page, out=said.getvalue(), left=left)


@pytest.fixture(scope="module")
def everybody(bench, folder):
    """The record of one run with all that are installed, in both dtypes."""
    bench(*QUICK, "--frameworks", ",".join(OWN), "--json", "all.json")
    return json.loads((folder / "all.json").read_text())


def surroundings():
    """The processors that this process may use, and its environment."""
    return allowed(), dict(os.environ) | {"PYTEST_CURRENT_TEST": ""}


def installed(peer, dtype):
    if reason := PEERS[peer].absence(dtype):
        pytest.skip(f"{peer}: {reason}")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "dtype"), PAIRS)
def test_everybody_who_takes_part_does_the_same_job(everybody, name, dtype):
    if name in PEERS:
        installed(name, dtype)
    timing = everybody["timings"][dtype][name]
    assert (timing["verdict"], timing["curve"]["judged_steps"]) == ("agrees", 30)


@pytest.mark.slow
def test_all_agree_and_the_exit_status_says_so(ours):
    assert (ours.status, ours.record["verdict"]) == (0, "agree")
    timings = [timing for of_dtype in ours.record["timings"].values() for timing in of_dtype.values()]
    assert [(t["verdict"], t["curve"]["judged_steps"]) for t in timings] == [("agrees", 30)] * 4


@pytest.mark.slow
def test_what_is_left_out_in_float64_would_not_do_the_same_job(bench, folder, monkeypatch):
    """If Keras learns float64 on PyTorch, this turns red, and the peer can take part."""
    installed("keras-torch", "float32")
    here = PEERS["keras-torch"]
    able = Peer(here.what, here.module, here.packages, here.environment)
    monkeypatch.setitem(PEERS, "keras-torch", able)
    alone = ("--frameworks", "numpy", "--peers", "keras-torch", "--dtype", "float64", "--json", "k.json")
    assert bench(*QUICK, *alone) == 1
    found = json.loads((folder / "k.json").read_text())["timings"]["float64"]
    assert {name: timing["verdict"] for name, timing in found.items()} == {"numpy": "agrees", "keras-torch": "suspect"}


@pytest.fixture
def spoiled(bench, folder, monkeypatch, capfd):
    """Run with a peer that makes a mistake."""

    def call(mistake):
        monkeypatch.setitem(PEERS, "spoiled", Peer("a test", "wrong_peer", (), {"MISTAKE": mistake}))
        options = ("--frameworks", "numpy", "--peers", "spoiled", "--dtype", "float64", "--json", "spoiled.json")
        status = bench(*QUICK, *options)
        found = json.loads((folder / "spoiled.json").read_text())["timings"]["float64"]
        return status, found, capfd.readouterr().out

    return call


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize("mistake", ["rate", "momentum"])
def test_a_peer_that_trains_otherwise_is_told(spoiled, mistake):
    status, found, out = spoiled(mistake)
    assert (status, found["numpy"]["verdict"], found["spoiled"]["verdict"]) == (1, "agrees", "suspect")
    assert "spoiled in float64: this is another training: its costs leave the band of correct curves at step" in out
    assert out.splitlines()[-1] == "disagree: spoiled in float64"


def test_the_same_peer_without_a_mistake_agrees(spoiled):
    status, found, out = spoiled("none")
    assert (status, found["spoiled"]["verdict"], out.splitlines()[-1].split(":")[0]) == (0, "agrees", "all agree")


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ("exception", "RuntimeError: no more"),
        ("death", "its process has ended (status 7)"),
        ("costs missing", "it gave 29 costs for 30 steps"),
    ],
)
def test_one_that_fails_is_told_and_the_others_go_on(spoiled, mistake, told):
    status, found, out = spoiled(mistake)
    assert (status, found["spoiled"]["verdict"], found["spoiled"]["problem"]) == (1, "failed", told)
    assert f"spoiled in float64: {told}" in out
    assert len(found["numpy"]["seconds_per_step"]) == 2


def test_a_peer_that_is_not_installed_is_left_out_and_named(bench, folder, monkeypatch, capfd):
    monkeypatch.setitem(PEERS, "absent", Peer("nobody", "nowhere", ("numpy", "no-such-package")))
    status = bench(*QUICK, "--frameworks", "numpy", "--peers", "absent", "--json", "a.json")
    record = json.loads((folder / "a.json").read_text())
    line = 'left out  absent: no-such-package is not installed; python -m pip install -e ".[bench]" installs the peers'
    assert line in capfd.readouterr().out.splitlines()
    assert (status, [list(timings) for timings in record["timings"].values()]) == (0, [["numpy"], ["numpy"]])


def test_a_file_takes_part_like_the_implementations(bench, folder, capfd):
    (folder / "mine.py").write_text("from implementations.numpy_manual import *\n")
    assert bench(*QUICK, "--frameworks", "mine.py", "--peers", "none", "--dtype", "float32") == 0
    assert re.search(r"^ mine\.py .* agrees *$", capfd.readouterr().out, flags=re.MULTILINE)


TRAININGS = {
    "None": "costs: it is missing; the trained W1: it is missing; ",
    "t._replace(parameters=None)": "train returned what cannot be judged: the trained W1: it is missing; the ",
    "t._replace(costs=list(t.costs))": "costs: it is a list, not a NumPy array",
    "t._replace(costs=t.costs[:, None])": "costs: its shape is (",
    "t._replace(costs=np.float64(t.costs))": "costs: its dtype is float64, not float32",
    "t._replace(seconds_per_step=None)": "seconds_per_step: it is None, not a number of seconds",
    "t._replace(seconds_per_step=0.0)": "seconds_per_step: it is 0.0; it should be the seconds that a step took",
    "t._replace(seconds_per_step=float('nan'))": "seconds_per_step: it is nan, not a number of seconds",
    "t._replace(seconds_to_compile='none')": "seconds_to_compile: it is 'none', not a number of seconds",
}


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize("given", TRAININGS)
def test_a_training_that_cannot_be_timed_or_judged_is_told(bench, folder, capfd, given):
    code = "import numpy as np\nfrom implementations import numpy_manual\nfrom implementations.numpy_manual import *\n"
    (folder / "odd.py").write_text(f"{code}def train(*a):\n    t = numpy_manual.train(*a)\n    return {given}\n")
    assert bench(*QUICK, "--frameworks", "odd.py", "--peers", "none", "--dtype", "float32") == 1
    out, err = capfd.readouterr()
    complaint = next(line for line in out.splitlines() if line.startswith("odd.py in float32: "))
    assert complaint.startswith("odd.py in float32: train returned ")
    assert (TRAININGS[given] in complaint, err) == (True, "")


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize("form", ["tuple(t)", "SimpleNamespace(**t._asdict())"])
def test_a_training_may_come_in_other_forms_that_a_comparison_takes(bench, folder, form):
    code = "from types import SimpleNamespace\nfrom implementations import numpy_manual\n"
    code += "from implementations.numpy_manual import *\n"
    (folder / "other.py").write_text(f"{code}def train(*a):\n    t = numpy_manual.train(*a)\n    return {form}\n")
    assert bench(*QUICK, "--frameworks", "other.py", "--peers", "none", "--dtype", "float32") == 0


WARNS = """
import warnings
from implementations import numpy_manual
from implementations.numpy_manual import *
def train(*a):
    warnings.warn("of something else")
    return numpy_manual.train(*a)
"""


@pytest.mark.slow
def test_one_that_does_not_pay_says_so_and_no_other_warning_is_shown(folder):
    (folder / "many").mkdir()
    write_pictures(folder / "many", (6, 5), train=31)
    command = [sys.executable, str(ROOT / "compare.py"), "bench", "--train", "many/train.h5", "--hidden", "4", *QUICK]
    command += ["--frameworks", "numpy,numpy_gram,jax_gram,warns.py", "--peers", "none"]
    (folder / "warns.py").write_text(WARNS)
    told = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stderr.splitlines()
    warning = "warning: {}_gram gains little or nothing: 31 examples with 30 inputs make G larger than X; use {}"
    assert told == [warning.format(name, name) for name in ("numpy", "jax")]


STARTS = """
import subprocess
from pathlib import Path
from implementations.numpy_manual import *
process = subprocess.Popen(["sleep", "300"])
Path("started").write_text(str(process.pid))
"""


@pytest.mark.mostly_slow(2)
@pytest.mark.skipif(sys.platform == "win32", reason="process groups are for POSIX")
@pytest.mark.parametrize("killed", [False, True], ids=["at the end", "when the program is killed"])
def test_a_contestant_ends_with_the_program_and_what_it_has_started_with_it(folder, killed):
    (folder / "started").unlink(missing_ok=True)
    (folder / "starts.py").write_text(STARTS + "def train(*_):\n    while True:\n        pass\n" * killed)
    command = [sys.executable, str(ROOT / "compare.py"), "bench", "--train", "train.h5", "--frameworks", "starts.py"]
    command += ["--peers", "none", "--dtype", "float32", *QUICK]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: (folder / "started").exists() and (folder / "started").read_text())
        left = [psutil.Process(int((folder / "started").read_text()))]
        if killed:
            left += wait_for_children(process.pid, 1)
            process.kill()
    _, alive = psutil.wait_procs(left, timeout=10)
    for child in alive:
        child.kill()
    assert alive == []


@pytest.mark.parametrize("power", [0.0, 0.93, 1.0, 2.0])
def test_the_fitted_exponent_is_the_known_one(power):
    sizes = [50, 100, 210, 420, 840]
    found, error = growth.exponent(sizes, [3e-6 * size**power for size in sizes])
    assert (found, error) == pytest.approx((power, 0.0), abs=1e-7)


def test_the_sweep_tells_m_from_n_x_and_the_step_from_its_floor():
    paces = {(n_x, m): Pace(1e-9 * m**2, 1e-9 * m * n_x**0.5) for n_x, m in growth.sizes(4096, 209)}
    found = {(g.along, g.what): round(g.exponent, 9) for g in growth.growth("somebody", paces, 4096, 209)}
    expected = {("m", "step"): 2.0, ("m", "floor"): 1.0, ("n_x", "step"): 0.0, ("n_x", "floor"): 0.5}
    assert found == expected


@pytest.mark.slow
def test_the_sweep_goes_from_a_quarter_to_four_times_the_data(bench, folder, capfd):
    options = ("--frameworks", "numpy", "--peers", "none", "--dtype", "float32", "--json", "sweep.json")
    assert bench(*QUICK[:-1], *options) == 0
    found = json.loads((folder / "sweep.json").read_text())["growth"]
    sizes = {along: next(g["sizes"] for g in found if g["along"] == along) for along in ("m", "n_x")}
    assert sizes == {"m": [4, 7, 14, 28, 56], "n_x": [8, 15, 30, 60, 120]}
    out = capfd.readouterr().out
    for g in found:
        name = "numpy" if g["what"] == "step" else "numpy: floor"
        figures = [f"{seconds * 1e6:,.0f}" for seconds in g["seconds"]]
        row = [name, *figures, f"{g['exponent']:.2f} ± {g['error']:.2f}"]
        assert any(line.split() == " ".join(row).split() for line in out.splitlines())


@pytest.mark.slow
def test_terminal_json_and_page_have_the_same_figures(ours):
    out, record, page = ours.out, ours.record, Document(ours.page.read_text())
    pages = [table for table in page.tables if table[0][0] == "contestant"]
    for (dtype, timings), table in zip(record["timings"].items(), pages, strict=True):
        shown = out.split(f"\n{dtype}\n")[1].splitlines()
        for name, timing in timings.items():
            row = figures(timing)
            assert next(line.split() for line in shown if line.startswith(f" {name} ")) == [
                name,
                *" ".join(row).split(),
            ]
            assert next(cells for cells in table if cells[0] == name) == [name, *row]
    meanwhile = (
        f"Meanwhile other programs had {record['share_of_others']:.1%} of the processors' time: the less, the better."
    )
    assert meanwhile in " ".join(out.split())
    assert meanwhile in page.said


def figures(timing):
    """A row of the table, from the rounds alone."""
    step, floor = (np.array(timing[name]) for name in ("seconds_per_step", "seconds_of_floor"))
    spreads = [np.quantile(values, (0.5, 0.25, 0.75)) for values in (1e6 * step, 1e6 * floor, step / floor)]
    return [
        *("{:,.0f} [{:,.0f} {:,.0f}]".format(*spread) for spread in spreads[:2]),
        "{:,.2f} [{:,.2f} {:,.2f}]".format(*spreads[2]),
        f"{timing['seconds_to_compile']:.2f}",
        f"{timing['seconds_in_all']:.2f}",
        f"{timing['peak_memory'] / 2**20:,.0f}",
        timing["verdict"],
    ]


@pytest.mark.slow
def test_the_text_before_the_numbers_says_what_they_are(ours):
    before = ours.out.split("\nfloat32\n")[0]
    for words in ("Timed: steps", "floor: the two large products", "Not in a step: ", "Threads: 1 for all", "Spread: "):
        assert words in before


def pools(timings):
    """What the libraries of all contestants say of their threads: how many each has."""
    return {pool for timing in timings.values() for pool in timing["threads"].items()}


@pytest.mark.slow
def test_every_library_gets_one_thread_if_nobody_asks_for_more(ours):
    found = pools(ours.record["timings"]["float32"]) | pools(ours.record["timings"]["float64"])
    assert {("openblas", 1), ("openmp", 1)} <= found
    assert ({count for _, count in found}, ours.left) == ({1}, True)


@pytest.mark.parametrize("name", ["numpy", pytest.param("torch", marks=pytest.mark.slow)])
@pytest.mark.skipif(len(allowed()) < 2, reason="this process may use one processor only")
def test_every_library_gets_as_many_threads_as_asked_for(bench, folder, name):
    before = surroundings()
    options = ("--frameworks", name, "--peers", "none", "--dtype", "float32", "--threads", "2")
    bench(*QUICK, *options, "--json", "threads.json")
    found = pools(json.loads((folder / "threads.json").read_text())["timings"]["float32"])
    assert ("openblas" if name == "numpy" else "openmp", 2) in found
    assert ({count for _, count in found}, surroundings()) == ({2}, before)


@pytest.mark.parametrize("layout", ["COLUMNS", "ROWS", "LINEAR"])
def test_the_floor_makes_both_products(layout):
    rng = np.random.default_rng(1)
    W1, X = rng.standard_normal((3, 7)), rng.standard_normal((7, 5))
    arrange, products = getattr(floors, layout)
    made = products(*arrange(W1, X))
    np.testing.assert_allclose(made if made.shape == W1.shape else made.T, W1 @ X @ X.T, rtol=1e-12)


@pytest.mark.parametrize("library", ["numpy", "torch", "jax"])
def test_the_floor_neither_grows_nor_vanishes(library, monkeypatch):
    rng, ends = np.random.default_rng(1), []
    W1, X = rng.standard_normal((3, 40)), 50 * rng.standard_normal((40, 9))
    made = floors.Layout(
        floors.COLUMNS.arrange, lambda W, X: ends.append(float(abs(W).max())) or floors.COLUMNS.products(W, X)
    )
    if library == "jax":
        scaled = X / np.linalg.norm(X, 2)
        assert floors.floor("jax", floors.COLUMNS, W1, X)(500) > 0
        ends = [float(abs(np.linalg.matrix_power(scaled @ scaled.T, 500)).max())]
    else:
        floors.floor(library, made, W1, X)(500)
    assert 1e-3 < ends[-1] < 10


BAD = {
    ("--peers", "tensorflow"): "there is no peer 'tensorflow'; there are sklearn, keras-jax,",
    ("--peers", "flax,flax"): "--peers names flax twice",
    ("--frameworks", "nobody"): "there is no implementation 'nobody'",
    ("--iterations", "5", "--rounds", "3"): "--iterations 5 are too few for 3 rounds",
    ("--threads", "4096"): "--threads 4096: this process may use",
    ("--rounds", "0"): "",
    ("--dtype", "float16"): "",
    ("--json", "nowhere/r.json"): "nowhere/r.json: there is no folder nowhere",
    ("--json", "train.h5"): "train.h5: this is train.h5, which is read; name another file to write to",
    ("--json", "w.safetensors"): "w.safetensors: this is w.safetensors, which is read",
    ("--json", "own.py", "--frameworks", "own.py"): "own.py: this is own.py, which is read",
    ("--report", "train.h5"): "train.h5: this folder cannot be made",
    ("--learning-rate", "1e200"): "--learning-rate 1e+200 is beyond float32",
    ("--learning-rate", "1e30"): "training diverges",
}


@pytest.mark.parametrize("options", BAD, ids=" ".join)
def test_bad_input_gets_one_line_and_status_2(bench, folder, capfd, options):
    (folder / "own.py").touch()
    assert bench("--peers", "none", *options) == 2 if "--peers" not in options else bench(*options) == 2
    errors = [line for line in capfd.readouterr().err.splitlines() if not line.startswith("warning:")]
    assert len(errors) == 1
    assert errors[0].startswith(f"error: {BAD[options]}")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is for POSIX")
def test_ctrl_c_ends_everything_with_status_130(folder):
    command = [sys.executable, str(ROOT / "compare.py"), "bench", "--train", "train.h5"]
    command += ["--frameworks", ",".join(OWN), "--peers", "none"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert any(line.startswith("Spread") for line in iter(process.stdout.readline, ""))
        children = wait_for_children(process.pid, 3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "error: interrupted\n")
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is for POSIX")
def test_no_helper_of_a_comparison_outlives_a_program_that_was_killed(tmp_path):
    code = "import time\nfrom pathlib import Path\nfrom shared.comparing import workers\n"
    code += "def work(name):\n    Path(name).touch()\n    time.sleep(60)\n"
    code += "if __name__ == '__main__':\n    with workers.started() as ask:\n"
    code += "        ask(work, 'begun')\n        time.sleep(60)\n"
    (tmp_path / "killed.py").write_text(code)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "killed.py"], cwd=tmp_path, env=environment) as process:
        wait_until((tmp_path / "begun").exists)
        children = wait_for_children(process.pid, 1)
        process.kill()
    _, alive = psutil.wait_procs(children, timeout=10)
    for child in alive:
        child.kill()
    assert alive == []


def wait_until(true, seconds=60):
    """Wait until something is true, and return it."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, f"not within {seconds} seconds"
        time.sleep(0.05)
    return found


def wait_for_children(pid, count):
    """The processes that a program has started, once there are `count` of them."""

    def children():
        found = psutil.Process(pid).children()
        return found if sum("spawn_main" in " ".join(child.cmdline()) for child in found) == count else None

    return wait_until(children)


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1200, "dark")])
def test_the_page_opens_without_an_error_and_asks_for_nothing(browser, ours, width, scheme):  # noqa: F811
    window = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    noted = []
    window.on("console", lambda message: noted.append(message.text))
    window.on("pageerror", lambda error: noted.append(str(error)))
    window.on("request", lambda request: noted.append(request.url))
    window.goto(ours.page.as_uri())
    assert noted == [ours.page.as_uri()]
    assert window.evaluate("document.documentElement.scrollWidth") <= width
    assert len(window.query_selector_all("figure.chart svg")) == 2
    window.close()
