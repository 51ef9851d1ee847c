"""How often are correct programs accused? `python benchmarks/false_alarms.py [NETWORKS [TRAININGS]]`.

Draws random networks of mixed sizes, scales, activations and dtypes; lets each implementation compute every quantity,
make a step and train; counts the verdicts and says how near to what is allowed the nearest came. Then trains on the
default photographs in float32 from random weights, 800 iterations, long enough for forks.
"""

import contextlib
import sys
import warnings
from collections import Counter

import numpy as np

import implementations
from shared.comparing.answers import answers, answers_to_step
from shared.data import dataset, default_data, weights
from shared.judging.curves.band import correct_curves
from shared.judging.judge import Judge
from shared.judging.verdict import deviations
from shared.network import ACTIVATIONS, DoesNotPayWarning, InputError, Parameters, Settings


def random_network(rng):
    """Draw sizes up to 400-9-1 with 80 examples, weights, data, and settings."""
    sizes = tuple(int(rng.integers(1, top)) for top in (400, 9, 80))
    dtype, activation = str(rng.choice(["float64", "float32"])), str(rng.choice(ACTIVATIONS))
    return network_of(sizes, dtype, activation, rng)


def network_of(sizes, dtype, activation, rng):
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


def trainable_network(rng):
    """Draw until the training does not diverge; give its band, too."""
    while True:
        network = random_network(rng)
        with contextlib.suppress(InputError):
            return *network, correct_curves(*network)[1]


def examine(parameters, X, Y, settings, band, verdicts, nearest):
    """Judge all implementations on one network."""
    judge, rate, activation = Judge(X, Y, settings.activation), settings.learning_rate, settings.activation
    at, after = judge.at(parameters), judge.after_step(parameters, rate)
    for name in implementations.REGISTRY:
        program = implementations.load(name)
        judged = at.judge_all(answers(program, parameters, X, Y, activation).values)
        judged |= after.judge_all(answers_to_step(program, parameters, X, Y, rate, activation).values)
        for quantity, judgement in judged.items():
            verdicts["quantities", judgement.verdict] += 1
            error, noise_there = judgement.worst.error, judgement.worst.noise
            if noise_there > 0:
                size = at.right.get(quantity, after.right.get(quantity))[0].high.size
                nearest["quantities"] = max(nearest["quantities"], error / noise_there / deviations(size))
        compare("curves", program, band, (parameters, X, Y, settings), verdicts, nearest)


def compare(what, program, band, training, verdicts, nearest):
    """Judge the curve of one training by the band."""
    _, X, Y, settings = training
    trained = program.train(*training)
    costs = np.append(trained.costs, program.cost(trained.parameters, X, Y, settings.activation))
    verdicts[what, "agrees" if band.leaves(costs) is None else "suspect"] += 1
    share = (np.abs(costs - band.costs) / band.half_width)[: band.horizon]
    nearest[what] = max(nearest[what], float(np.max(share, initial=0)))


def train_on_photographs(seed, verdicts, nearest):
    """Judge the curves of all implementations on the default photographs, from the weights that the seed draws."""
    photographs = dataset.load(*default_data.paths()).train
    X, Y = photographs.X.astype(np.float32), photographs.Y.astype(np.float32)
    settings = Settings(Settings.learning_rate, 800, Settings.hidden, seed, "float32", "relu")
    parameters = weights.draw(len(X), settings.hidden, seed, "float32")
    _, band = correct_curves(parameters, X, Y, settings)
    for name in implementations.REGISTRY:
        compare("trainings", implementations.load(name), band, (parameters, X, Y, settings), verdicts, nearest)


def main():
    """Print the counts."""
    warnings.simplefilter("ignore", DoesNotPayWarning)  # many of the networks have more examples than inputs
    networks, trainings = (int(sys.argv[k]) if len(sys.argv) > k else default for k, default in ((1, 200), (2, 100)))
    rng, verdicts, nearest = np.random.default_rng(2026), Counter(), Counter()
    for done in range(networks):
        examine(*trainable_network(rng), verdicts, nearest)
        show(done, networks)
    for done in range(trainings):
        train_on_photographs(done + 1, verdicts, nearest)
        show(done, trainings)
    print(f"{networks} random networks, {trainings} trainings, {len(implementations.REGISTRY)} implementations")
    for what in ("quantities", "curves", "trainings"):
        counts = ", ".join(f"{verdicts[what, v]} {v}" for v in ("agrees", "suspect", "wrong"))
        print(f"{what:10} {counts}; the nearest reached {nearest[what]:.2f} of what agrees")


def show(done, count):
    """Tell somebody who watches how far it is."""
    if sys.stderr.isatty():
        print(f"\r{done + 1} of {count}", end="", file=sys.stderr)


if __name__ == "__main__":
    main()
