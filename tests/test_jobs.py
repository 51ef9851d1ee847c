"""Real jobs of many processes: what they compute, to the last bit, and how they end."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from conftest import left_in, processes_in, write_pictures
from safetensors.numpy import load_file

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
ENGINES = ("mpi", "torch", "jax")
FILES = ("--train", "train.h5", "--test", "test.h5")
FEW = ("--hidden", "3", "--learning-rate", "0.05", "--scaling", "unit")

pytest.importorskip("mpi4py", reason="mpi4py is not installed; the [distributed] extra has it")


@pytest.fixture
def folder(tmp_path):
    """Two files of small photographs: 13 to train on, in chunks of 3, so that the last has one."""
    write_pictures(tmp_path, (4, 3, 3), train=13, test=5)
    return tmp_path


def run(folder, *arguments, launcher=(), environment=None, timeout=120):
    command = [*launcher, sys.executable, str(ROOT / "compare.py"), *FILES, *arguments]
    if launcher and launcher[0] == "torchrun":
        command = [str(BIN / "torchrun"), *launcher[1:], *command[len(launcher) + 1 :]]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    return subprocess.run(
        command, cwd=folder, env=variables, capture_output=True, text=True, timeout=timeout, check=False
    )


def record_of(folder, *arguments, chunk="3", iterations="4", **options):
    """What the JSON file holds, without times and what says how many processes there were."""
    few = (*FEW, "--chunk", chunk, "--iterations", iterations)
    result = run(folder, *few, "--json", "r.json", *arguments, **options)
    assert result.returncode == 0, result.stderr
    record = json.loads((folder / "r.json").read_text())
    for framework in record["frameworks"].values():
        del framework["seconds_per_step"], framework["seconds_to_compile"]
    shared = {name: record["settings"].pop(name) for name in ("processes", "engine")}
    del record["machine"], record["versions"]
    return record, shared, result.stdout


def test_two_processes_give_the_bits_of_one_and_only_one_of_them_speaks(folder):
    alone, _, said_alone = record_of(folder, "--frameworks", "numpy")
    both, shared, said = record_of(folder, "--frameworks", "numpy", "--processes", "2", "--engine", "mpi")
    assert both == alone
    assert shared == {"processes": 2, "engine": "mpi"}
    new = set(said.splitlines()) - set(said_alone.splitlines())
    assert "processes 2, each with its share of the chunks; sums by mpi" in new
    assert said.count("all agree") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "dtype", "names"),
    [("mpi", "float64", "numpy,numpy_gram"), ("torch", "float32", "numpy,torch,jax"), ("jax", "float64", "jax_gram")],
)
def test_costs_weights_and_json_are_the_same_for_every_number_of_processes_and_every_engine(
    folder, engine, dtype, names
):
    options = ("--frameworks", names, "--dtype", dtype, "--save-trained", "trained.safetensors")
    alone, _, _ = record_of(folder, *options)
    weights = load_file(folder / "trained.safetensors")
    for count in (1, 2, 3, 7):  # seven are more than there are chunks
        record, shared, _ = record_of(folder, *options, "--processes", str(count), "--engine", engine)
        assert record == alone
        assert shared == {"processes": count, "engine": engine if count > 1 else None}
        for name, V in load_file(folder / "trained.safetensors").items():
            np.testing.assert_array_equal(V, weights[name], strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_more_examples_than_are_judged_in_whole_are_shared_too(folder, engine):
    write_pictures(folder, (4, 3, 3), train=2001)
    options = ("--frameworks", "numpy,numpy_gram")
    alone, _, _ = record_of(folder, *options, chunk="250")
    assert alone["frameworks"]["numpy"]["sums"]["dW1"]["verdict"] == "agrees"
    record, _, _ = record_of(folder, *options, "--processes", "3", "--engine", engine, chunk="250")
    for framework in (*alone["frameworks"].values(), *record["frameworks"].values()):
        assert {judged["verdict"] for judged in framework.pop("sums").values()} == {"agrees"}
    assert record == alone


@pytest.mark.slow
@pytest.mark.parametrize(
    ("launcher", "engine"),
    [(("mpiexec", "-n", "3"), None), (("mpiexec", "-n", "2"), "torch"), (("mpiexec", "-n", "2"), "jax"),
     (("torchrun", "--nproc-per-node", "2"), None), (("torchrun", "--nproc-per-node", "2"), "jax")],
    ids=str,
)  # fmt: skip
def test_what_a_launcher_has_started_joins(folder, launcher, engine):
    alone, _, _ = record_of(folder, "--frameworks", "numpy")
    if launcher[0] == "mpiexec":
        launcher = (str(BIN / "mpiexec"), *launcher[1:])
    chosen = ("--engine", engine) if engine else ()
    record, shared, _ = record_of(folder, "--frameworks", "numpy", *chosen, launcher=launcher)
    assert record == alone
    assert shared["engine"] == (engine or ("torch" if launcher[0] == "torchrun" else "mpi"))


@pytest.mark.slow
def test_the_environment_of_srun_is_joined(folder):
    alone, _, _ = record_of(folder, "--frameworks", "numpy")
    common = {"SLURM_STEP_NUM_TASKS": "2", "SLURM_STEP_NODELIST": "localhost", "MASTER_PORT": "29653"}
    command = [sys.executable, str(ROOT / "compare.py"), *FILES, *FEW, "--chunk", "3", "--iterations", "4"]
    ranks = [{**os.environ, **common, "SLURM_PROCID": str(k), "SLURM_LOCALID": str(k)} for k in range(2)]
    arguments = [*command, "--frameworks", "numpy", "--json", "srun.json"]
    other = subprocess.Popen(arguments, cwd=folder, env=ranks[1], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    first = subprocess.run(arguments, cwd=folder, env=ranks[0], capture_output=True, timeout=120, check=False)
    assert (first.returncode, other.communicate(timeout=30)[0], other.returncode) == (0, b"", 0)
    costs = json.loads((folder / "srun.json").read_text())["frameworks"]["numpy"]["costs"]
    assert costs == alone["frameworks"]["numpy"]["costs"]


FAILING = """import os
from implementations import numpy_manual
from implementations.numpy_manual import *
calls = [0]
def gradients(*arguments):
    calls[0] += 1
    if os.environ.get("RANK", os.environ.get("PMI_RANK")) == "1" and calls[0] > 10:
        {what}
    return numpy_manual.gradients(*arguments)
"""


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_what_fails_on_another_rank_is_one_line_that_names_it(folder, engine):
    (folder / "bad.py").write_text(FAILING.format(what="raise ValueError('no luck')"))
    result = run(folder, *FEW, "--frameworks", "bad.py", "--processes", "3", "--engine", engine, "--chunk", "3")
    line = "error: rank 1 of 3: gradients raised ValueError: no luck (bad.py, line 8)"
    assert (result.returncode, result.stderr.splitlines()) == (2, [line])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_rank_that_is_killed_ends_all_of_them_with_a_line(folder, engine):
    (folder / "bad.py").write_text(FAILING.format(what="os.kill(os.getpid(), 9)"))
    start = time.monotonic()
    result = run(folder, *FEW, "--frameworks", "bad.py", "--processes", "3", "--engine", engine, "--chunk", "3")
    assert (result.returncode, time.monotonic() - start < 60) == (2, True)
    wanted = "mpiexec has ended with status 9" if engine == "mpi" else "error: rank 1 of 3 was ended by signal 9"
    assert wanted in result.stderr
    assert "Traceback" not in result.stderr
    assert left_in(folder) == []


@pytest.mark.slow
def test_a_rank_that_reads_another_file_is_named(folder):
    other = folder / "other"
    other.mkdir()
    for name in ("train.h5", "test.h5"):
        shutil.copy(folder / name, other)
    with h5py.File(other / "train.h5", "r+") as file:
        file["train_set_x"][12, 0, 0, 0] ^= 1
    code = "import os, sys\nos.chdir('other' if os.environ['RANK'] == '1' else '.')\n"
    code += f"os.execv(sys.executable, [sys.executable, {str(ROOT / 'compare.py')!r}, *sys.argv[1:]])\n"
    (folder / "start.py").write_text(code)
    command = [str(BIN / "torchrun"), "--nproc-per-node", "2", "start.py", "--train", "train.h5", *FEW]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert "error: rank 1 of 2: train.h5: this is not the file that rank 0 reads" in result.stderr


def test_an_engine_that_does_not_go_with_the_launcher_gets_one_line(folder):
    environment = {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0"}
    result = run(folder, *FEW, "--engine", "mpi", environment=environment)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: --engine mpi needs mpiexec; torchrun started this")


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_with_another_number_of_processes_the_bits_are_the_same(folder):
    rng = random.Random(5)  # noqa: S311
    alone, _, _ = record_of(folder, "--frameworks", "numpy", iterations="300")
    base = [sys.executable, str(ROOT / "compare.py"), *FILES, *FEW]
    base += ["--chunk", "3", "--frameworks", "numpy", "--iterations", "300", "--resume", "kept.safetensors"]
    for k in range(3):  # benchmarks/kills.py kills as often as one likes
        count, engine = rng.choice((2, 3)), ENGINES[k % 2]
        job = subprocess.Popen([*base, "--processes", str(count), "--engine", engine], cwd=folder,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        time.sleep(rng.uniform(3, 9))
        if ranks := [p for p in processes_in(folder) if "compare.py" in " ".join(p.cmdline()) and p.pid != job.pid]:
            rng.choice(ranks).send_signal(signal.SIGKILL)
        job.wait(60)
        assert left_in(folder) == []
    resumed, _, _ = record_of(folder, "--frameworks", "numpy", "--resume", "kept.safetensors", iterations="300")
    assert resumed == alone
