"""What the Gram (dual) form gains, and what it does to rounding: `python benchmarks/gram.py steps|sizes|rounding`.

steps: microseconds a step on the default photographs, beside the implementations that keep X; medians, all in turn.
sizes: the same on random examples, where there are more and more of them.
rounding: how much of the band curves use on the default photographs with --scaling unit, in float64, for stretches of
several lengths; and where the curve is furthest off.
"""

import sys
import warnings
from statistics import median

import numpy as np

import implementations
from implementations import numpy_gram
from shared.data import dataset, default_data, weights
from shared.judging.curves.band import correct_curves
from shared.network import DoesNotPayWarning, Settings

ROUNDS = 5
PAIRS = (("numpy", "numpy_gram"), ("jax", "jax_gram"))
DTYPES = ("float64", "float32")


def compared(X, Y, dtype, iterations):
    """Time all in turn; return microseconds a step and seconds of set-up by name."""
    settings = Settings(iterations=iterations, dtype=dtype)
    parameters, X, Y = weights.draw(len(X), settings.hidden, 1, dtype), X.astype(dtype), Y.astype(dtype)
    names = [name for pair in PAIRS for name in pair]
    trainings = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            trainings[name].append(implementations.load(name).train(parameters, X, Y, settings))
    return {
        name: (1e6 * median(t.seconds_per_step for t in made), median(t.seconds_to_compile for t in made))
        for name, made in trainings.items()
    }


def show_times(label, times):
    """Print a line for each pair."""
    for plain, gram in PAIRS:
        ratio = times[plain][0] / times[gram][0]
        print(
            f"{label}  {plain:6}{times[plain][0]:8.1f}  {gram:11}{times[gram][0]:7.1f}  {ratio:5.1f} times"
            f"  set-up {1e3 * times[gram][1]:.1f} ms"
        )


def steps():
    """Compare on the default photographs."""
    examples = dataset.load(*default_data.paths()).train
    for dtype in DTYPES:
        show_times(dtype, compared(examples.X, examples.Y, dtype, 500))


def sizes():
    """Compare on random examples with 500 inputs."""
    rng = np.random.default_rng(0)
    for m in (125, 250, 500, 1000, 2000):
        X, Y = rng.standard_normal((500, m)), (rng.random((1, m)) < 0.5).astype(float)
        show_times(f"n_x 500, m {m:5,}, float64", compared(X, Y, "float64", 200))


def rounding():
    """Compare with the band of correct curves."""
    examples, settings = dataset.load(*default_data.paths(), scaling="unit").train, Settings()
    X, Y, parameters = examples.X, examples.Y, weights.draw(len(examples.X), settings.hidden, 1, "float64")
    _, band = correct_curves(parameters, X, Y, settings)
    for name, stretch in [("numpy", 0), *(("numpy_gram", n) for n in (25, 50, 100, 250, 500, settings.iterations))]:
        numpy_gram.STRETCH = stretch
        training = implementations.load(name).train(parameters, X, Y, settings)
        costs = np.append(training.costs, implementations.load("numpy").cost(training.parameters, X, Y))
        share = np.abs(costs - band.costs) / band.half_width
        print(f"{name:11}{f'stretch {stretch:5,}' if stretch else '':14}  {share.max():.3f} at step {share.argmax():,}")


if __name__ == "__main__":
    warnings.simplefilter("ignore", DoesNotPayWarning)
    if len(sys.argv) != 2 or sys.argv[1] not in ("steps", "sizes", "rounding"):
        sys.exit("python benchmarks/gram.py steps|sizes|rounding")
    {"steps": steps, "sizes": sizes, "rounding": rounding}[sys.argv[1]]()
