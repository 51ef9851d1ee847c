"""The problems that the doctor sets: small and asymmetric first, so that no mistake can hide, the real size last.

Every number is exact in float32, so that a problem is the same in both dtypes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from shared.network import Array, DtypeName, Parameters

LARGE = 10_000
"""Weights."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Parameters, inputs and labels that the user's functions are called with."""

    name: str
    parameters: Parameters
    X: Array
    Y: Array

    @property
    def sizes(self) -> dict[str, int]:
        """What the shapes are made of."""
        (n_h, n_x), m = self.parameters.W1.shape, self.X.shape[1]
        return {"n_x": n_x, "n_h": n_h, "m": m}

    @property
    def is_large(self) -> bool:
        """Whether it has so many weights that one saves work where one can."""
        return self.parameters.W1.size >= LARGE

    @property
    def dtype(self) -> np.dtype:
        """The precision of everything in it."""
        return self.X.dtype

    def given(self) -> dict[str, Array]:
        """Everything by name."""
        return {**self.parameters._asdict(), "X": self.X, "Y": self.Y}

    def is_like(self, other: "Problem") -> bool:
        """Tell whether another problem has the same numbers."""
        return all(np.array_equal(V, other.given()[name]) for name, V in self.given().items())

    def has_examples_of(self, other: "Problem") -> bool:
        """Tell whether another problem has the same examples."""
        return np.array_equal(self.X, other.X) and np.array_equal(self.Y, other.Y)

    def with_weights(self, weights: dict[str, Array]) -> "Problem":
        """The same examples with weights that a program drew, in whatever layout it holds them."""
        (n_h, n_x), W1 = self.parameters.W1.shape, weights["W1"]
        shapes = {"W1": (n_h, n_x), "b1": (n_h, 1), "W2": (1, n_h), "b2": (1, 1)}
        W1 = W1.T if W1.shape == (n_x, n_h) != (n_h, n_x) else W1
        parameters = Parameters(**{name: V.reshape(shapes[name]) for name, V in {**weights, "W1": W1}.items()})
        return replace(self, name=f"{self.name}, its own weights", parameters=parameters)

    def in_dtype(self, dtype: DtypeName) -> "Problem":
        """The same problem in another dtype."""
        parameters = Parameters(*(V.astype(dtype) for V in self.parameters))
        return Problem(f"{self.name}, {dtype}", parameters, self.X.astype(dtype), self.Y.astype(dtype))


def on_paper() -> Problem:
    """3-2-1 with five examples, and numbers that a person can follow: no two of n_x, n_h, m and m - 1 are equal."""
    parameters = Parameters(
        W1=np.array([[0.5, -0.25, 1.0], [-1.0, 0.5, 0.25]]),
        b1=np.array([[0.25], [-0.5]]),
        W2=np.array([[1.5, -0.75]]),
        b2=np.array([[0.25]]),
    )
    X = np.array([[1.0, -0.5, 2.0, 0.25, -1.5], [0.5, 1.5, -1.0, 3.0, 0.75], [-1.0, 0.25, 0.5, 1.0, 2.0]])
    return Problem("3-2-1, 5 examples", parameters, X, np.array([[1.0, 0.0, 0.0, 1.0, 1.0]]))


def drawn(n_x: int, n_h: int, m: int, seed: int, scale: float = 1.0, remark: str = "") -> Problem:
    """Random numbers of float32, both labels, no two sizes equal."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> Array:
        return rng.standard_normal(shape).astype(np.float32).astype(np.float64)

    parameters = Parameters(normal(n_h, n_x), normal(n_h, 1) / 2, scale * normal(1, n_h), normal(1, 1) / 2)
    Y = (np.arange(m) % 3 == 0).astype(np.float64)[None, :]
    examples = f"{m} example{'s' if m > 1 else ''}"
    return Problem(f"{n_x}-{n_h}-1, {examples}{remark}", parameters, normal(n_x, m), rng.permuted(Y, axis=1))


def ties() -> Problem:
    """Z1 and Z2 are exactly 0, in every program: two black images, with b1 = 0 and b2 = 0. Both count, though equal."""
    problem = drawn(4, 6, 9, seed=2, remark=", Z1 and Z2 exactly 0 in two of them")
    for b in (problem.parameters.b1, problem.parameters.b2):
        b[...] = 0.0
    problem.X[:, 4:6] = 0.0
    problem.Y[:, 4:6] = 1.0
    return problem


def close() -> Problem:
    """Z1 comes closer and closer to 0, on both sides: no threshold that is almost 0 will do for 0."""
    problem = drawn(7, 5, 11, seed=7, remark=", Z1 from 1 down to 1e-21")
    problem.parameters.b1[...] = 0.0
    problem.X[...] *= 2.0 ** (-7 * np.arange(11))
    return problem


def saturated() -> Problem:
    """Z2 is far from 0, on both sides and for both labels, and twice about 20: A2 rounds to 1, or is next to 0 or 1.

    Once it is above 709, where exp overflows.
    """
    problem = drawn(4, 6, 9, seed=325, remark=", saturated")
    problem.parameters.W2[...] = [[60.0, -45.0, 30.0, -75.0, 50.0, -40.0]]
    problem.X[:, 8] *= 16
    return problem


def far() -> Problem:
    """Weights are in the hundreds, Z1 is above 10,000, and Z2 is not: relu has no end."""
    problem = drawn(7, 5, 11, seed=6, scale=2.0**-13, remark=", Z1 above 10,000")
    problem.parameters.W1[...] *= 128
    problem.X[...] *= 64
    return problem


def of_label_0() -> Problem:
    """No example has the label 1. One Z2 is about 77: 1 - A2 rounds to 0 there, and exp(Z2) does not overflow."""
    problem = drawn(4, 6, 9, seed=8, remark=", all of label 0")
    problem.Y[...] = 0.0
    problem.X[:, 8] *= 16
    return problem


def of_label_1() -> Problem:
    """Every example has the label 1. One Z2 is about -720, where A2 has no full precision, one -1148, where it is 0."""
    problem = replace(saturated(), name="4-6-1, 9 examples, all of label 1")
    problem.Y[...] = 1.0
    problem.X[:, 7] = np.float32(0.625) * problem.X[:, 8].astype(np.float32)
    for V in problem.parameters[2:]:
        V *= -1
    return problem


def of_one_example() -> Problem:
    """One example, with a large error: A2 is about 0.1 and the label 1."""
    problem = drawn(6, 2, 1, seed=16)
    problem.parameters.b2[...] = -2.5
    return problem


def of_one_unit() -> Problem:
    """A single hidden unit; the number of examples is even."""
    return drawn(5, 1, 8, seed=9)


def of_many_units() -> Problem:
    """More hidden units than any usual block."""
    return drawn(3, 40, 8, seed=11)


def of_many_examples() -> Problem:
    """More examples than a usual batch, and a prime number of them: the last batch is smaller, whatever its size."""
    return drawn(2, 3, 1109, seed=10)


def of_many_features() -> Problem:
    """More features than the network of the title, and more than 2^20 numbers in X."""
    problem = drawn(12_288, 3, 86, seed=13)
    problem.parameters.W1[...] /= 128
    return problem


COUNT = 18
"""How many problems there are."""


def small() -> Iterator[Problem]:
    """The problems that a program must solve before the full size, in the order in which they are set.

    Some have the same sizes and other numbers: what was kept from one will not do for the next. (And a program that is
    compiled for each size is compiled less often.)
    """
    yield on_paper()
    yield drawn(7, 5, 11, seed=4)
    yield drawn(4, 6, 9, seed=5)
    yield ties()
    yield close()
    yield saturated()
    yield far()
    yield of_label_0()
    yield of_label_1()
    yield of_one_example()
    yield of_one_unit()
    yield of_many_units()
    yield of_many_examples()
    yield drawn(7, 5, 11, seed=4).in_dtype("float32")
    yield replace(on_paper(), name="3-2-1, 5 examples, once more")  # the answer must not have changed


def everything(X: Array, Y: Array, seed: int = 1, hidden: int = 8) -> Iterator[Problem]:
    """All problems: the small ones, many features, then the network of the title on photographs, in both dtypes."""
    from shared.data.weights import draw

    yield from small()
    X32 = X.astype(np.float32).astype(np.float64)
    parameters = Parameters(*(V.astype(np.float64) for V in draw(len(X), hidden, seed, "float32")))
    full = Problem(f"{len(X)}-{hidden}-1, {X.shape[1]} examples", parameters, X32, Y)
    yield of_many_features()
    yield full
    yield full.in_dtype("float32")


def resized(problems: Iterable[Problem], sizes: tuple[int, int]) -> Iterator[Problem]:
    """Set as many problems to a program whose n_x and n_h are fixed: numbers of the same kind, other examples."""
    for seed, problem in enumerate(problems):
        if not problem.is_large:
            m, scale = problem.sizes["m"], float(np.abs(problem.parameters.W2).max())
            new = drawn(*sizes, m, seed=100 + seed, scale=scale)
            yield new.in_dtype("float32") if problem.dtype == np.float32 else new


def of_a_step(name: str, q: dict[str, Array]) -> Problem:
    """Make a problem of what a step of a training begins with, in this suite's shapes."""
    n_h, n_x = q["W1"].shape
    parameters = Parameters(*(q[name] for name in Parameters._fields))
    return Problem(f"{n_x}-{n_h}-1, {q['Y'].size} examples, {name}", parameters, q["X"], q["Y"])
