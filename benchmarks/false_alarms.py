"""How often are correct programs accused? `python -m benchmarks.false_alarms [NETWORKS [TRAININGS]]`.

Draws random networks of every kind in networks.py and judges every style of arithmetic in styles.py on them, then all
implementations: every quantity, a step and a curve on networks of any scale, and trainings on the default photographs
in float32, 800 iterations, long enough for forks. Counts the verdicts and says how near to what is allowed the nearest
came. A tenth of the networks are judged once more with each of OpenBLAS's ways to multiply that this processor knows.
100 networks and 10 trainings by default; the figures of docs/judging.md say how many they are of.
"""

import contextlib
import os
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping

import jax
import numpy as np

import implementations
from benchmarks.networks import KINDS, Network, draw
from benchmarks.styles import STYLES, Style
from shared.comparing.answers import answers, answers_to_step
from shared.data import dataset, default_data, weights
from shared.judging.curves.band import Band, correct_curves
from shared.judging.judge import Judge, Standard
from shared.judging.verdict import Judgement, deviations
from shared.network import (
    ACTIVATIONS,
    Activation,
    Array,
    DoesNotPayWarning,
    Implementation,
    InputError,
    Parameters,
    Settings,
)

CORETYPES = ("Nehalem", "Sandybridge", "Haswell", "SkylakeX")
"""Processors whose kernels OpenBLAS can be told to use (OPENBLAS_CORETYPE)."""

Training = tuple[Parameters, Array, Array, Settings]


class Counts:
    """How many verdicts of each kind there were, and how near to what agrees the nearest came."""

    def __init__(self) -> None:
        self.verdicts: Counter[tuple[str, str]] = Counter()
        self.nearest: Counter[str] = Counter()

    def add(self, what: str, judged: Mapping[str, Judgement], standard: Standard) -> None:
        """Count the verdicts on quantities."""
        for name, judgement in judged.items():
            self.verdicts[what, judgement.verdict] += 1
            entry = judgement.worst
            if entry and entry.noise > 0:
                k = deviations(standard.right[name][0].high.size)
                self.nearest[what] = max(self.nearest[what], entry.error / entry.noise / k)

    def add_curve(self, what: str, costs: Array, band: Band) -> None:
        """Count the verdict on a curve."""
        self.verdicts[what, "agrees" if band.leaves(costs) is None else "suspect"] += 1
        share = np.abs(costs - band.costs) / band.half_width
        self.nearest[what] = max(self.nearest[what], float(np.max(share, initial=0)))

    def show(self) -> None:
        """Print the counts."""
        for what in dict.fromkeys(what for what, _ in self.verdicts):
            counts = {verdict: self.verdicts[what, verdict] for verdict in ("agrees", "suspect", "wrong")}
            rates = " and ".join(f"{1e6 * counts[v] / sum(counts.values()):.3g} {v}" for v in ("suspect", "wrong"))
            print(f"{what:16} {', '.join(f'{n:,} {verdict}' for verdict, n in counts.items())}: {rates} in a million;")
            print(f"{'':16} the nearest reached {self.nearest[what]:.2f} of what agrees")


def accused(
    styles: Mapping[str, Style], network: Network, activation: Activation, counts: Counts | None = None
) -> Iterator[str]:
    """Judge all styles on a network; name what does not agree."""
    parameters, X, Y = network
    standard = Judge(X, Y, activation).at(parameters)
    for name, style in styles.items():
        judged = standard.judge_all(style(parameters, X, Y, activation))
        if counts:
            counts.add("styles", judged, standard)
        yield from (f"{name}: {q} is {j.verdict}" for q, j in judged.items() if j.verdict != "agrees")


def network_of(sizes: tuple[int, int, int], dtype: str, activation: Activation, rng: np.random.Generator) -> Training:
    """Draw weights and data of any scale, from 0.01 to 3 or 10, and settings; the sizes are n_x, n_h, m."""
    n_x, n_h, m = sizes
    scale = 10 ** rng.uniform(-2, 0.5)
    W1, b1 = scale * rng.standard_normal((n_h, n_x)), scale * rng.standard_normal((n_h, 1))
    W2, b2 = scale * rng.standard_normal((1, n_h)), scale * rng.standard_normal((1, 1))
    parameters = Parameters(*(V.astype(dtype) for V in (W1, b1, W2, b2)))
    X = (10 ** rng.uniform(-2, 1) * rng.standard_normal((n_x, m))).astype(dtype)
    Y = (rng.random((1, m)) < rng.uniform(0.1, 0.9)).astype(dtype)
    iterations, rate = int(rng.integers(1, 100)), 10 ** rng.uniform(-4, -0.5)
    return parameters, X, Y, Settings(rate, iterations, n_h, 1, dtype, activation)


def examine(training: Training, counts: Counts) -> None:
    """Judge all implementations on one network: every quantity, a step and the curve."""
    parameters, X, Y, settings = training
    judge, rate, activation = Judge(X, Y, settings.activation), settings.learning_rate, settings.activation
    at, after, (_, band) = judge.at(parameters), judge.after_step(parameters, rate), correct_curves(*training)
    for name in implementations.REGISTRY:
        program = implementations.load(name)
        counts.add("implementations", at.judge_all(answers(program, parameters, X, Y, activation).values), at)
        stepped = answers_to_step(program, parameters, X, Y, rate, activation).values
        counts.add("implementations", after.judge_all(stepped), after)
        counts.add_curve("curves", whole_curve(program, training), band)


def whole_curve(program: Implementation, training: Training) -> Array:
    """The costs of a training, and that of its trained weights."""
    _, X, Y, settings = training
    trained = program.train(*training)
    return np.append(trained.costs, program.cost(trained.parameters, X, Y, settings.activation))


def on_photographs(seed: int) -> Training:
    """Train on the default photographs in float32, from the weights that the seed draws."""
    photographs = dataset.load(*default_data.paths()).train
    X, Y = photographs.X.astype(np.float32), photographs.Y.astype(np.float32)
    settings = Settings(Settings.learning_rate, 800, Settings.hidden, seed, "float32", "relu")
    return weights.draw(len(X), settings.hidden, seed, "float32"), X, Y, settings


def drawn(number: int) -> tuple[str, Network, Activation]:
    """Draw a network: the kinds, dtypes and activations come in turn."""
    kind, rng = list(KINDS)[number % len(KINDS)], np.random.default_rng([2026, number])
    activation = ACTIVATIONS[number // len(KINDS) % len(ACTIVATIONS)]
    return kind, draw(kind, ("float64", "float32")[number // 7 % 2], rng), activation


def judge_styles(networks: int, styles: Mapping[str, Style]) -> Counts:
    """Judge styles on random networks; print what is accused."""
    counts = Counts()
    for number in range(networks):
        kind, network, activation = drawn(number)
        for complaint in accused(styles, network, activation, counts):
            print(f"network {number} ({kind}, {network[1].dtype}, {activation}): {complaint}")
        show(number, networks)
        jax.clear_caches()  # compiled code stays mapped, and the number of maps is limited
    return counts


def judge_coretypes(networks: int) -> None:
    """Judge NumPy's products with each kernel of OpenBLAS, each in a process of its own."""
    for coretype in CORETYPES:
        environment = {**os.environ, "OPENBLAS_CORETYPE": coretype}
        command = [sys.executable, "-m", "benchmarks.false_alarms", str(networks), "coretype"]
        done = subprocess.run(command, env=environment, check=False)  # noqa: S603 -- this very script
        if done.returncode:
            print(f"OPENBLAS_CORETYPE={coretype}: this processor cannot")


def main() -> None:
    """Print the counts."""
    warnings.simplefilter("ignore", DoesNotPayWarning)  # many of the networks have more examples than inputs
    networks, trainings = (sys.argv[1:] + ["100", "10"][len(sys.argv) - 1 :])[:2]
    if trainings == "coretype":
        print(f"OPENBLAS_CORETYPE={os.environ['OPENBLAS_CORETYPE']}: ", end="")
        judge_styles(int(networks), {"NumPy": STYLES["NumPy"]}).show()
        return
    print(f"{networks} networks of {len(KINDS)} kinds, {len(STYLES)} styles; {trainings} trainings", flush=True)
    counts, rng = judge_styles(int(networks), STYLES), np.random.default_rng(2026)
    for _ in range(int(networks) // 5):
        sizes = (int(rng.integers(1, 400)), int(rng.integers(1, 9)), int(rng.integers(1, 80)))
        form = str(rng.choice(["float64", "float32"])), ACTIVATIONS[rng.integers(len(ACTIVATIONS))]
        with contextlib.suppress(InputError):  # the training diverges
            examine(network_of(sizes, *form, rng), counts)
    for seed in range(1, int(trainings) + 1):
        training = on_photographs(seed)
        _, band = correct_curves(*training)
        for name in implementations.REGISTRY:
            counts.add_curve("trainings", whole_curve(implementations.load(name), training), band)
    counts.show()
    judge_coretypes(int(networks) // 10)


def show(done: int, count: int) -> None:
    """Show progress on a terminal."""
    if sys.stderr.isatty():
        print(f"\r{done + 1} of {count}", end="", file=sys.stderr)


if __name__ == "__main__":
    main()
