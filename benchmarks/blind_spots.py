"""What does the judge miss? `python -m benchmarks.blind_spots [ITERATIONS]` (2,500 by default), in both dtypes.

Plants programs that are right where a judge looks first, trains each on the default photographs, and prints what of it
does not agree. Then looks for the smallest error of each kind that is noticed: it is made ten times smaller until the
quantity agrees. Last, how many of W1's entries could miss their update in a step from the last checkpoint.
"""

import sys
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np

from implementations import numpy_gram as right
from shared.comparing.comparison import Comparison
from shared.comparing.programs import InOnePiece
from shared.comparing.record import Record
from shared.comparing.workers import at_once
from shared.data import dataset, default_data, weights
from shared.judging.curves.band import correct_curves
from shared.judging.curves.reference import train_reference
from shared.judging.judge import Judge
from shared.judging.verdict import deviations
from shared.network import Gradients, Parameters, Settings

DTYPES = ("float64", "float32")


def training(spoil):
    """A program whose training is spoilt afterwards."""
    return {"train": lambda *asked: spoil(right.train(*asked), *asked)}


def made_up(t, parameters, X, Y, settings, progress=None):
    """Make everything up after half of the steps."""
    rng, half = np.random.default_rng(0), len(t.costs) // 2
    costs = np.append(t.costs[:half], rng.random(len(t.costs) - half)).astype(t.costs.dtype)
    made = Parameters(*(rng.standard_normal(V.shape).astype(V.dtype) for V in parameters))
    return t._replace(costs=costs, parameters=made)


def outside(t, parameters, X, Y, settings, progress=None, share=1.0):
    """Move W1 by something orthogonal to all examples, a share of its length."""
    W1, span = t.parameters.W1, np.linalg.qr(X.astype(float))[0]
    off = np.random.default_rng(0).standard_normal(W1.shape)
    off -= (off @ span) @ span.T
    off *= share * np.linalg.norm(W1) / np.linalg.norm(off)
    return t._replace(parameters=t.parameters._replace(W1=(W1 + off).astype(W1.dtype)))


def reordered(t, *_):
    """Give the units back in another order."""
    W1, b1, W2, b2 = t.parameters
    return t._replace(parameters=Parameters(W1[::-1].copy(), b1[::-1].copy(), W2[:, ::-1].copy(), b2))


def only_once():
    """Gradients that are right the first time."""
    calls = []

    def gradients(*asked):
        calls.append(1)
        d = right.gradients(*asked)
        return d if len(calls) == 1 else Gradients(*(0 * V for V in d))

    return {"gradients": gradients}


def only_at(start):
    """Gradients that are right at some weights only."""

    def gradients(parameters, *asked):
        d = right.gradients(parameters, *asked)
        return d if np.array_equal(parameters.W1, start.W1) else d._replace(dW1=2 * d.dW1)

    return {"gradients": gradients}


def only_on(m):
    """A forward pass that is right on the training set, by its number of examples."""

    def forward(parameters, X, activation="relu"):
        layers = right.forward(parameters, X, activation)
        return layers if X.shape[1] == m else layers._replace(A2=1 - layers.A2)

    return {"forward": forward}


def lost(start):
    """A step that leaves W1[0, 0] as it is, but at the initial weights."""

    def step(parameters, *asked):
        stepped = right.step(parameters, *asked)
        if not np.array_equal(parameters.W1, start.W1):
            stepped.W1[0, 0] = parameters.W1[0, 0]
        return stepped

    return {"step": step}


def plants(start, m):
    """All of them, by what is wrong with them."""
    return {
        "nothing": {},
        "made up after half of the steps": training(made_up),
        "A2 inverted on other examples": only_on(m),
        "gradients are 0 after the first call": only_once(),
        "dW1 doubled but at the initial weights": only_at(start),
        "trained W1 off, orthogonally to X": training(outside),
        "trained units in another order": training(reordered),
        "an entry of W1 without its update": lost(start),
    }


class Planted(InOnePiece):
    """Programs that are already loaded."""

    def __init__(self, X, programs):
        super().__init__(X, ("cpu", "default"))
        self.programs = programs

    def load(self, name, source):
        """Put a program together."""
        return SimpleNamespace(**{**vars(right), **self.programs[name]})


@contextmanager
def silent(*_):
    """Show no progress."""
    yield lambda step: None


def noticed(data, settings):
    """Compare all plants; say for each what does not agree."""
    start = weights.draw(len(data.train.X), settings.hidden, settings.seed, settings.dtype)
    X = data.train.X.astype(settings.dtype)
    programs = Planted(X, plants(start, X.shape[1]))
    comparison = Comparison(Record({}, {}, {}, {}), start, data, settings, programs, silent, at_once)
    record = comparison.run(dict.fromkeys(programs.programs, ""))
    return {name: framework.disagreements() for name, framework in record.frameworks.items()}


def smallest(is_noticed):
    """The smallest power of ten that is noticed, from 1 downwards."""
    return next((10.0 ** (1 - k) for k in range(25) if not is_noticed(10.0**-k)), 0.0)


def errors(data, settings):
    """Look for the smallest error of each kind, as a share of what it is an error of."""
    X, Y = data.train.X.astype(settings.dtype), data.train.Y.astype(settings.dtype)
    start, one = weights.draw(len(X), settings.hidden, settings.seed, settings.dtype), X.dtype.type(1)
    standard = Judge(X, Y, settings.activation).at(start)
    values = {**right.forward(start, X)._asdict(), **right.gradients(start, X, Y)._asdict()}
    values["cost"] = right.cost(start, X, Y)
    for name in standard.right:
        V = np.asarray(values[name])
        largest = np.abs(V) == np.abs(V).max()
        for what, where in (("", np.ones_like(largest)), (", its largest entry", largest)):
            if not what or V.size > 1:

                def spoilt(e, V=V, where=where, name=name):
                    moved = np.where(where, V * (one + V.dtype.type(e)), V)
                    return float(moved) if name == "cost" else moved

                yield name + what, smallest(lambda e, n=name, s=spoilt: standard.judge(n, s(e)).verdict != "agrees")
    yield "learning rate, by the curve", smallest(rate_is_noticed(start, X, Y, settings))


def may_be_lost(data, settings):
    """The share of W1's entries whose whole update, in the last step, is within what rounding may do."""
    X, Y = data.train.X.astype(settings.dtype), data.train.Y.astype(settings.dtype)
    start = weights.draw(len(X), settings.hidden, settings.seed, settings.dtype)
    last = train_reference(start, X, Y, settings).checkpoints[settings.iterations - 1]
    standard = Judge(X, Y, settings.activation).after_step(last, settings.learning_rate)
    update = np.abs(standard.right["W1"][0].high - last.W1)
    return np.mean((update > 0) & (update <= deviations(update.size) * standard.noise("W1")))


def rate_is_noticed(start, X, Y, settings):
    """Tell whether a training leaves the band whose learning rate is a share too large."""
    _, band = correct_curves(start, X, Y, settings)

    def is_noticed(share):
        settings_off = Settings(**{**vars(settings), "learning_rate": settings.learning_rate * (1 + share)})
        t = right.train(start, X, Y, settings_off)
        return band.leaves(np.append(t.costs, right.cost(t.parameters, X, Y))) is not None

    return is_noticed


def main():
    """Print both tables."""
    iterations, data = int((sys.argv[1:] or ["2500"])[0]), dataset.load(*default_data.paths())
    by_dtype = {dtype: noticed(data, Settings(iterations=iterations, dtype=dtype)) for dtype in DTYPES}
    print(f"{'planted':42}" + "".join(f"{dtype:>22}" for dtype in DTYPES))
    for name in by_dtype["float64"]:
        firsts = ((by_dtype[dtype][name] or [(0, "all agree")])[0] for dtype in DTYPES)
        print(f"{name:42}" + "".join(f"{f'{q}, step {i:,}' if q != 'all agree' else q:>22}" for i, q in firsts))
    shares = {dtype: dict(errors(data, Settings(iterations=iterations, dtype=dtype))) for dtype in DTYPES}
    print(f"\n{'smallest error that is noticed':42}" + "".join(f"{dtype:>22}" for dtype in DTYPES))
    for name in shares["float64"]:
        print(f"{name:42}" + "".join(f"{shares[dtype][name]:22.0e}" for dtype in DTYPES))
    lost_entries = (may_be_lost(data, Settings(iterations=iterations, dtype=dtype)) for dtype in DTYPES)
    print(f"{'entries of W1 that may miss an update':42}" + "".join(f"{share:22.2%}" for share in lost_entries))


if __name__ == "__main__":
    main()
