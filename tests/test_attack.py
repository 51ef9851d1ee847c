"""Files that end the program or change its folder, internal errors, closed pipes, bad names and targets."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from multiprocessing import active_children
from pathlib import Path

import pytest
from conftest import left_in

import implementations
import shared.comparing.command
from shared.comparing import workers
from shared.data.files import LONG_AGO, unfinished, write_atomically

ROOT = Path(__file__).parents[1]
FEW = ("--frameworks", "mine.py", "--iterations", "4")
ESC = "\x1b[31m"


@pytest.fixture
def mine(tmp_path):
    """Write an implementation whose cost also does something else."""

    def write(body, name="mine.py"):
        text = f"import os, sys\nfrom implementations.numpy_manual import *\n\ndef cost(*a):\n    {body}\n"
        (tmp_path / name).write_text(
            f"{text}    from implementations import numpy_manual\n    return numpy_manual.cost(*a)"
        )

    return write


def write_to(closed, *arguments, cwd):
    """Run the program with a standard output that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        command = [sys.executable, str(ROOT / "compare.py"), *map(str, arguments)]
        return subprocess.run(
            command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False, cwd=cwd, timeout=120
        )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("os._exit(0)", "SystemExit: os._exit(0)"),
        ("sys.exit(0)", "SystemExit: 0"),
        ("raise GeneratorExit('done')", "GeneratorExit: done"),
    ],
)
def test_a_file_that_ends_the_program_is_no_success(compare, small, mine, body, said):
    mine(body)
    result = compare(*small, *FEW)
    assert (result.returncode, result.stderr) == (2, f"error: cost raised {said} (mine.py, line 5)\n")


def test_a_process_that_a_file_has_forked_may_end(compare, small, mine):
    mine("child = os.fork()\n    child or os._exit(0)\n    os.waitpid(child, 0)")
    assert compare(*small, *FEW).returncode == 0


def test_a_file_that_changes_the_folder_changes_nothing(compare, small, mine, tmp_path):
    mine("os.chdir('/')")
    assert compare(*small, *FEW, "--json", "results.json").returncode == 0
    assert (tmp_path / "results.json").is_file()


def test_a_fault_of_this_program_is_no_verdict(compare, small, mine, monkeypatch):
    def fault(*_):
        raise TypeError("two\nlines")

    monkeypatch.setattr(shared.comparing.command, "limit_threads", fault)
    mine("pass")
    result = compare(*small, *FEW)
    assert result.returncode == 2
    assert result.stderr == "error: TypeError: two lines (internal error: --debug shows where)\n"
    result = compare(*small, *FEW, "--debug")
    assert result.returncode == 2
    assert "Traceback" in result.stderr
    assert "limit_threads(1)" in result.stderr


def test_a_missing_framework_is_named_before_the_work(compare, small, monkeypatch):
    monkeypatch.setattr(implementations, "find_spec", lambda package: None if package == "torch" else object())
    result = compare(*small, "--frameworks", "numpy,torch", "--iterations", "4")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "error: torch is not installed: install it, or name others than torch\n"
    assert compare(*small, "--frameworks", "numpy", "--iterations", "4").returncode == 0


@pytest.mark.parametrize("words", [["--help"], ["bench", "--help"], ["check", "--template"]])
def test_help_for_nobody_ends_as_a_closed_pipe(words, tmp_path):
    result = write_to("closed", *words, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (128 + signal.SIGPIPE, "")


def test_what_is_written_does_not_depend_on_who_reads_the_screen(small, mine, tmp_path):
    mine("pass")
    result = write_to("closed", *small, *FEW, "--json", "results.json", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (128 + signal.SIGPIPE, "")
    assert json.loads((tmp_path / "results.json").read_text())["verdict"] == "agree"


def test_names_are_no_markup_and_carry_no_control_characters(compare, small, mine):
    name = f"[red]{ESC}\n\udce9.py"
    mine("pass", name)
    result = compare(*small, "--frameworks", name, "--iterations", "4", "--json", "a.json", "--report", "page")
    assert (result.returncode, result.stderr) == (0, "")
    assert r"[red]\x1b[31m\n\udce9.py" in result.stdout
    assert "\x1b" not in result.stdout
    mine("os._exit(0)", name)
    error = compare(*small, "--frameworks", name, "--iterations", "4").stderr
    assert error.isascii()
    assert "\x1b" not in error


def test_what_a_terminal_cannot_show_is_escaped(small, mine, tmp_path):
    mine("pass", "é🐈.py")
    command = [sys.executable, ROOT / "compare.py", *small, "--frameworks", "é🐈.py", "--iterations", "4"]
    encoding = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}
    result = subprocess.run(
        command, capture_output=True, check=False, cwd=tmp_path, env=os.environ | encoding, timeout=120
    )
    assert (result.returncode, result.stderr) == (0, b"")
    assert rb"\xe9\U0001f408.py" in result.stdout


def test_links_stay_links_and_files_keep_their_mode(tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert (real.read_bytes(), real.stat().st_mode & 0o777) == (b"new", 0o640)


def test_a_pipe_is_written_into(tmp_path):
    read, write = os.pipe()
    write_atomically(Path(f"/dev/fd/{write}"), b"content")
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == b"content"


def test_what_was_left_by_a_program_that_was_killed_goes_and_what_another_writes_stays(tmp_path):
    path = tmp_path / "curve.npz"
    old, new = unfinished(path), unfinished(path)
    for left in (old, new):
        left.touch()
    os.utime(old, (time.time() - LONG_AGO - 9,) * 2)
    write_atomically(path, b"whole")
    assert sorted(tmp_path.iterdir()) == sorted([path, new])


def test_two_results_are_not_written_over_each_other(compare, small, mine, tmp_path):
    mine("pass")
    (tmp_path / "other.json").symlink_to(tmp_path / "w.safetensors")
    result = compare(*small, *FEW, "--json", "other.json", "--save-weights", "w.safetensors")
    assert result.returncode == 2
    assert result.stderr == ("error: w.safetensors: two results would be written there; give each a file of its own\n")


def test_a_result_is_not_written_over_a_disk(compare, small, mine, monkeypatch):
    mine("pass")
    monkeypatch.setattr(Path, "is_block_device", lambda path: path.name == "disk")
    result = compare(*small, *FEW, "--json", "disk")
    assert (result.returncode, result.stderr) == (2, "error: disk: this is a device; name a file\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full, which is a full disk")
def test_a_full_disk_keeps_nothing_from_the_screen(compare, small, mine):
    mine("pass")
    result = compare(*small, *FEW, "--json", "/dev/full")
    assert result.returncode == 2
    assert result.stderr.endswith("error: /dev/full: cannot be written (No space left on device)\n")
    assert "all agree" in result.stdout


@pytest.mark.mostly_slow(4)
@pytest.mark.parametrize(
    ("number", "command"),
    [(signal.SIGTERM, ["--frameworks", "mine.py"]), (signal.SIGHUP, ["check", "slow.py"])],
    ids=["TERM, compare", "HUP, check"],
)
def test_term_and_hup_are_dealt_with_like_ctrl_c_and_nothing_stays(small, mine, tmp_path, number, command):
    mine("open('begun', 'w').close()\n    import time\n    time.sleep(60)")
    gradients = "    open('begun', 'w').close()\n    while True: pass\n"
    (tmp_path / "slow.py").write_text(f"def gradients(W1, b1, W2, b2, X, Y):\n{gradients}")
    (tmp_path / "temporary").mkdir()
    words = [sys.executable, str(ROOT / "compare.py"), *command, *small[: 2 if command[0] == "check" else None]]
    environment = os.environ | {"TMPDIR": str(tmp_path / "temporary")}
    heard = partial(signal.signal, number, signal.SIG_DFL)  # also where nohup has begun all this
    with subprocess.Popen(
        words, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=heard
    ) as job:
        while not (tmp_path / "begun").exists():
            assert job.poll() is None
            time.sleep(0.05)
        job.send_signal(number)
        errors = job.communicate(timeout=30)[1]
    assert (job.returncode, errors) == (128 + number, b"error: interrupted\n")
    assert left_in(tmp_path) == []
    assert list((tmp_path / "temporary").iterdir()) == []


def test_helpers_of_a_program_that_is_killed_end_silently(tmp_path):
    script = (
        "import os, signal, sys, time\nfrom shared.comparing import workers\n"
        "if __name__ == '__main__':\n"
        "    with workers.started() as submit:\n"
        "        submit(os.getpid)()\n"
        "        submit(time.sleep, 60)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    (tmp_path / "killed.py").write_text(script)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(tmp_path / "killed.py")]
    # run() returns when the last of them has closed standard error
    result = subprocess.run(command, capture_output=True, check=False, env=environment, timeout=60)
    assert (result.returncode, result.stderr) == (-signal.SIGKILL, b"")


def test_an_interrupt_ends_the_helpers_and_what_waits_for_them_before_the_program_goes_on():
    threads, processes = threading.enumerate(), active_children()
    with suppress(KeyboardInterrupt), workers.started() as submit:
        submit(time.sleep, 60)
        raise KeyboardInterrupt
    assert (threading.enumerate(), active_children()) == (threads, processes)
