"""Kills at random moments, and hostile files: `python benchmarks/kills.py [TRIES]`; see attack.py for damaged files.

Each try starts a job in a folder of its own, and ends one of its processes by KILL, TERM or HUP at a random moment. A
try fails if a process is left, if a file is torn, or if anything stays in the folder for temporary files; and at the
end, if a training that was killed over and over has other bits than one that was never killed. Then `check` examines
files that do harm: each must end with an exit status and at most one line of error, and leave nothing.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import psutil
from safetensors.numpy import load_file

ROOT = Path(__file__).parents[1]
DATA = ("--train", "train.h5", "--hidden", "3", "--frameworks", "numpy", "--iterations", "400")
KEPT = ("--chunk", "4", "--resume", "kept.safetensors")
JOBS = {
    "a comparison": DATA,
    "a kept training": (*DATA, *KEPT),
    "two processes, torch": (*DATA, *KEPT, "--processes", "2", "--engine", "torch"),
    "three processes, mpi": (*DATA, *KEPT, "--processes", "3", "--engine", "mpi"),
    "check": ("check", str(ROOT / "tests" / "correct" / "attributes.py")),
}
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
LONGEST, PATIENCE = 8.0, 30.0

HOSTILE = {
    "ends": "os._exit(0)",
    "crashes": "os.abort()",
    "loops": "while True: pass",
    "sleeps": "time.sleep(99)",
    "prints without end": "while True: print('spam' * 9999)",
    "takes all memory": "kept = [np.ones(2**25) for _ in range(10**6)]",
    "starts a daemon": "subprocess.Popen(['sleep', '99'], start_new_session=True)",
    "forks": "os.fork()",
    "closes everything": "os.closerange(0, 99)",
    "writes everywhere": "[os.write(k, b'{}\\n') for k in range(3, 20) if os.path.exists(f'/dev/fd/{k}')]",
    "ends its parent": "os.kill(os.getppid(), 9)",
    "changes the folder": "os.chdir('/')",
    "breaks NumPy": "np.sum = np.matmul = np.load = np.savez = None",
    "raises what nobody catches": "raise BaseException('no')",
}
"""What each does -> the line that does it."""


def main() -> int:
    """Print tries and failures."""
    tries, rng, failures = int(sys.argv[1]) if len(sys.argv) > 1 else 50, random.Random(7), []  # noqa: S311
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with h5py.File(folder / "train.h5", "w") as file:
            file["train_set_x"] = np.random.default_rng(1).integers(256, size=(30, 5, 4, 3), dtype=np.uint8)
            file["train_set_y"] = np.arange(30) % 3 == 0
        alone = costs(folder)
        for k in range(tries):
            what = list(JOBS)[k % len(JOBS)]
            failures += [f"{k}, {what}: {failure}" for failure in killed(folder, JOBS[what], rng)]
        if costs(folder, *KEPT[2:]) != alone:
            failures.append("the training that was killed has other bits")
        print(f"kills: {tries} tries, {len(failures)} failures")
        for what, line in HOSTILE.items():
            failed = [f"{what}: {failure}" for failure in attacked(folder, line)]
            print(f"a file that {what}: {len(failed)} failures")
            failures += failed
    print(*failures, sep="\n")
    return 1 if failures else 0


def costs(folder: Path, *options: str) -> list[float]:
    """Run a training to its end; return its costs."""
    command = [sys.executable, str(ROOT / "compare.py"), *DATA, "--chunk", "4", *options, "--json", "result.json"]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, check=True)  # noqa: S603
    return json.loads((folder / "result.json").read_text())["frameworks"]["numpy"]["costs"]


def killed(folder: Path, arguments: tuple[str, ...], rng: random.Random) -> list[str]:
    """Start a job, end one of its processes, and say what is left that should not be."""
    with started(folder, arguments) as job:
        time.sleep(rng.uniform(0.1, LONGEST))
        if processes := those_in(folder):
            rng.choice(processes).send_signal(rng.choice(SIGNALS))
        return left(folder, job)


def attacked(folder: Path, line: str) -> list[str]:
    """Let `check` examine a file that does harm."""
    head = "import os, subprocess, sys, time\nimport numpy as np\n\ndef gradients(W1, b1, W2, b2, X, Y):\n"
    (folder / "hostile.py").write_text(f"{head}    {line}\n    return W1, b1, W2, b2\n")
    with started(folder, ("check", "hostile.py", "--timeout", "3", "--memory", "2")) as job:
        errors = job.communicate(timeout=120)[1].decode(errors="replace")
        error_lines = [text for text in errors.splitlines() if text.startswith("error: ")]
        wrong = [f"status {job.returncode}"] * (job.returncode not in (1, 2, 3, -9))
        return wrong + [f"{len(error_lines)} errors"] * (len(error_lines) > 1) + left(folder, job)


def started(folder: Path, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
    """Start the program in a folder, with a folder for temporary files."""
    (folder / "temporary").mkdir(exist_ok=True)
    command, environment = [sys.executable, str(ROOT / "compare.py"), *arguments], {"TMPDIR": str(folder / "temporary")}
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env={**os.environ, **environment}, **pipes)  # noqa: S603


def left(folder: Path, job: subprocess.Popen[bytes]) -> list[str]:
    """Wait for the end of a job; name processes and files that outlive it, and a file that is torn."""
    failures, end = [], time.monotonic() + PATIENCE
    while (job.poll() is None or those_in(folder)) and time.monotonic() < end:
        time.sleep(0.1)
    for process in those_in(folder):
        failures.append(f"left running: {' '.join(process.cmdline())[:99]}")
        process.kill()
    failures += [f"left: {path.name}" for path in (folder / "temporary").iterdir()]
    if (folder / "kept.safetensors").exists():
        load_file(folder / "kept.safetensors")
    return failures


def those_in(folder: Path) -> list[psutil.Process]:
    """Find the processes that have this current folder, or carry it for temporary files."""
    processes = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("TMPDIR") == str(folder / "temporary") and process.status() != "zombie":
                processes.append(process)
        except psutil.Error:
            continue
    return processes


if __name__ == "__main__":
    sys.exit(main())
