"""Would a test fail if the code were wrong? Mutants of the judge and of the hand-written network, and what survives.

    python -m pip install cosmic-ray
    python benchmarks/mutants.py shared/judging/verdict.py

cosmic-ray makes the mutants: one operator, number, comparison or condition is changed at a time. The file itself is
left alone. The tests are collected once; then, for each mutant, a child process takes the mutated functions in the
place of the right ones and runs the tests until one fails, those first that have found the most mutants so far, then
the fastest. For a mutant outside of functions (a constant, a decorator) tests are collected anew, file by file. A
mutant that computes for much longer than the right code, or takes much more memory, is noticed, too; all times are
those of the processor, so the machine may do other things meanwhile. The slowest tests are left out; what survives is
tried on all:

    python benchmarks/mutants.py shared/judging/verdict.py --all --only "NumberReplacer 5"
"""

import argparse
import difflib
import gc
import multiprocessing
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads cannot be forked safely
sys.dont_write_bytecode = True

import pytest  # noqa: E402
from mutating import matched, mutants, read_from  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
TESTS = {
    "numpy_manual": "test_worked_example test_quantities test_contract",
    "verdict": "test_verdict",
    "rounding": "test_rounding test_verdict test_chunked",
    "arithmetic": "test_rounding test_verdict test_chunked",
    "sums": "test_rounding test_verdict test_chunked",
    "judge": "test_verdict test_blind_spots test_device test_contract test_curves",
    "truth": "test_truth",
    "enclosure": "test_truth",
    "band": "test_curves test_perturbations",
    "reference": "test_curves test_perturbations",
    "ensemble": "test_perturbations test_curves",
    "perturbations": "test_perturbations test_curves",
    "exact_curve": "test_exact_curve",
    "fixed_point_descent": "test_exact_steps test_exact_curve",
    "step_bounds": "test_step_bounds test_exact_steps test_exact_curve",
    "fixed_point": "test_fixed_point test_exact_steps test_exact_curve",
    "lines": "test_mistakes test_verdict",
    "curvature": "test_curvature",
    "operands": "test_device",
    "forks": "test_blind_spots",
    "trained": "test_blind_spots test_curves",
}
SLOW = (
    "torch or jax or 4096 or photographs or 200_random or horizon_and_the_curve or long_training or small_networks "
    "or narrower or at_the_truth or any_order or enormous or float32_detour or never_exceeds or ctrl_c "
    "or the_three_agree or closed_pipe or the_option"
)

AT_IMPORT = [path.stem for path in (ROOT / "shared/judging").glob("mistake*.py")]
"""Files whose functions are called while they are imported, so that the tests must be collected anew."""

TESTS |= dict.fromkeys(AT_IMPORT, "test_explanations test_mistakes")

MEMORY = 8 * 2**30
"""Bytes that a process may have."""

FRESH = multiprocessing.get_context("forkserver")
FRESH.set_forkserver_preload(["pytest", "scipy.special", "flint", "beartype", "jax"])
"""Starts processes that have imported libraries, and nothing of the project."""


class Survey:
    """A plugin for pytest: takes the place of running the collected tests, and runs them on each mutant."""

    def __init__(self, path: Path, options: Any) -> None:
        self.path, self.options, self.text = path, options, path.read_text()
        self.kills: Counter[str] = Counter()
        self.durations: dict[str, float] = {}

    def pytest_runtestloop(self, session: Any) -> bool:
        """Run all tests without a mutant, then those of every mutant."""
        self.session, self.items = session, {item.nodeid: item for item in session.items}
        import_module(self.module())
        functions = [thing for thing in gc.get_objects() if type(thing) is FunctionType]
        self.functions = [f for f in functions if f.__code__.co_filename == str(self.path)]
        gc.freeze()
        if "killed" in (self.child({}), self.file_by_file(self.text)):
            raise SystemExit("the tests fail without a mutant")
        if not self.options.all:
            self.keep_the_fastest()
        drawn = [mutant for mutant in mutants(self.text) if mutant[0] in (self.options.only or [mutant[0]])]
        total, survivors, start = len(drawn), 0, time.monotonic()
        if self.options.sample and self.options.sample < total:
            drawn = random.Random(0).sample(drawn, self.options.sample)  # noqa: S311
        for name, text in drawn:
            replaced = None if self.path.stem in AT_IMPORT else self.changed_functions(text)
            if (self.file_by_file(text) if replaced is None else self.child(replaced)) == "survived":
                survivors += 1
                lines = difflib.unified_diff(self.text.splitlines(), text.splitlines(), lineterm="", n=0)
                print(self.path.name, name, *list(lines)[2:], sep="\n", file=self.options.out, flush=True)
        said = f"{self.path.name}: {total} mutants, {len(drawn)} run, {survivors} survived"
        print(f"{said}, {time.monotonic() - start:.0f} s", file=self.options.out, flush=True)
        return True

    def keep_the_fastest(self) -> None:
        """Leave out the slowest tests, so that the others take --seconds together."""
        spent = 0.0
        for name in sorted(self.items, key=lambda name: self.durations[name]):
            spent += self.durations[name]
            if spent > self.options.seconds:
                del self.items[name]

    def changed_functions(self, text: str) -> dict[CodeType, CodeType] | None:
        """Map the code of functions to their mutants; None if something outside of functions has changed."""
        loader = import_module(self.module()).__loader__
        old, new = (loader.source_to_code(t.encode(), str(self.path)) for t in (self.text, text))
        return matched(old, new, at_import=True)

    def module(self) -> str:
        """Name the module."""
        return ".".join(self.path.relative_to(ROOT).with_suffix("").parts)

    def child(self, replaced: dict[CodeType, CodeType]) -> str:
        """Run the tests in a child."""

        def run() -> int:
            for function in self.functions:
                function.__code__ = replaced.get(function.__code__, function.__code__)
            order = sorted(self.items, key=lambda name: (-self.kills[name], self.durations.get(name, 0)))
            for name in order:
                signal.setitimer(signal.ITIMER_PROF, 20 + 10 * self.durations.get(name, 60))
                item, start = self.items[name], time.process_time()
                print("run", name, file=record, flush=True)
                self.session.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
                if self.session.testsfailed:
                    return 1
                print("took", name, time.process_time() - start, file=record, flush=True)
            return 0

        with tempfile.TemporaryFile("w+") as record:
            outcome = forked(run)
            record.seek(0)
            last = ""
            for line in record:
                kind, _, rest = line.strip().partition(" ")
                last = rest if kind == "run" else last
                if kind == "took" and not replaced:
                    name, _, duration = rest.rpartition(" ")
                    self.durations[name] = float(duration)
        if outcome != "survived":
            self.kills[last] += 1
        return outcome

    def file_by_file(self, text: str) -> str:
        """Collect and run one file of tests after the other, each anew, until one fails."""
        outcomes = (self.anew(text, name) for name in TESTS[self.path.stem].split())
        return "survived" if all(outcome == "survived" for outcome in outcomes) else "killed"

    def anew(self, text: str, name: str) -> str:
        """Collect and run a file of tests in a process that has not imported anything of the project yet."""
        process = FRESH.Process(target=alone, args=(self.path, text.encode(), arguments([name], self.options.all)))
        process.start()
        process.join()
        return "survived" if process.exitcode == 0 else "killed"


def alone(path: Path, text: bytes, chosen: list[str]) -> None:
    """Run tests with a mutant in the place of the file, as a process of its own."""
    confine()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    signal.setitimer(signal.ITIMER_PROF, 300)
    read_from(path, text)
    outcome = pytest.main(chosen)
    sys.exit(0 if outcome == pytest.ExitCode.NO_TESTS_COLLECTED else int(outcome))


def confine() -> None:
    """Allow this process no more than its share of memory, and no output."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if not os.environ.get("MUTANT_LOUD"):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)


def forked(run: Any, seconds: float = 3600) -> str:
    """Run a function in a silent child process: "survived" if it returns 0."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            confine()
            code = run()
        finally:
            os._exit(code)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "survived" if status == 0 else "killed"
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "killed"


def arguments(names: list[str], slow_ones_too: bool) -> list[str]:
    """Write pytest's arguments for files of tests."""
    chosen = [] if slow_ones_too else ["-k", f"not ({SLOW})"]
    options = ["-x", "-p", "no:cacheprovider", "-p", "no:terminal", "-o", "addopts="]
    return [*options, *(f"tests/{name}.py" for name in names), *chosen]


def main() -> int:
    """Run the mutants of a file."""
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--sample", type=int, help="this many of the mutants, drawn with seed 0")
    parser.add_argument("--seconds", type=float, default=60, help="keep the fastest tests, this many seconds")
    parser.add_argument("--only", action="append", metavar="MUTANT", help="this mutant, by the name that is printed")
    parser.add_argument("--all", action="store_true", help="leave out no test")
    options = parser.parse_args()
    options.out = os.fdopen(os.dup(1), "w")
    chosen = arguments(TESTS[options.file.stem].split(), options.all)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = folder  # what tests write stays there
        return int(pytest.main(chosen, plugins=[Survey(options.file.resolve(), options)]))


if __name__ == "__main__":
    sys.exit(main())
