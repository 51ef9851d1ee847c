"""Examples in chunks: the results are those of one piece, judged by the bound."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from cases import CASES, FORMS, random_case

import implementations
from shared.comparing.answers import ImplementationFailed, answers, answers_to_step
from shared.comparing.chunked import Chunked
from shared.comparing.sums import TOTALS
from shared.data.streaming import default_chunk
from shared.distributing.exact_sum import ExactSum
from shared.judging.arithmetic import Probabilistic, WithError, WorstCase, exact, some
from shared.judging.judge import Judge
from shared.network import QUANTITIES, Gradients, Parameters, Settings

CHUNKED = [case for case in CASES if 1 < case.X.shape[1] <= 20]
CASE = random_case("7-5-1", 7, 5, 11, seed=4)
SIZES = [1, 4]


@cache
def standards(case, chunk):
    judge = Judge(case.X, case.Y, case.activation, chunk)
    return judge.at(case.parameters), judge.after_step(case.parameters, 0.05)


def judged(case, implementation, chunk):
    program, (at, after) = Chunked(implementation, chunk), standards(case, chunk)
    values = answers(program, case.parameters, case.X, case.Y, case.activation).values
    stepped = answers_to_step(program, case.parameters, case.X, case.Y, 0.05, case.activation).values
    return at.judge_all(values) | after.judge_all(stepped)


NAMES = list(implementations.REGISTRY)
PAIRS = [(case, SIZES[(k + k // len(FORMS)) % 2], NAMES[k % len(NAMES)]) for k, case in enumerate(CHUNKED)]
"""Each network in each form, the sizes of chunks and the implementations in turn."""


@pytest.mark.mostly_slow(17)
@pytest.mark.parametrize(("case", "chunk", "name"), PAIRS, ids=str)
def test_every_quantity_and_a_step_agree_with_the_true_values(case, chunk, name):
    verdicts = {name: judged_.verdict for name, judged_ in judged(case, implementations.load(name), chunk).items()}
    assert verdicts == dict.fromkeys((*QUANTITIES, *Parameters._fields), "agrees")


@pytest.mark.parametrize("quantity", TOTALS)
def test_a_sum_that_is_wrong_by_a_billionth_is_wrong(quantity, monkeypatch):
    add = ExactSum.add
    monkeypatch.setattr(ExactSum, "add", lambda self, term, weight=1: add(self, term * (1 + 1e-9), weight))
    assert judged(CASE, implementations.load("numpy"), 4)[quantity].verdict == "wrong"


@pytest.mark.parametrize("quantity", ["dZ2", "dA1", "dZ1"])
def test_a_share_that_is_wrong_by_a_billionth_is_wrong(quantity, monkeypatch):
    gradients = Chunked.gradients_of

    def heavier(self, *arguments):
        return Gradients(*((1 + 1e-9) * V for V in gradients(self, *arguments)))

    monkeypatch.setattr(Chunked, "gradients_of", heavier)
    assert judged(CASE, implementations.load("numpy"), 4)[quantity].verdict == "wrong"


def test_one_chunk_of_everything_gives_the_bits_of_one_piece(implementation):
    program = Chunked(implementation, 11)
    for name, values in CASE.answers(implementation).items():
        given = answers(program, CASE.parameters, CASE.X, CASE.Y, CASE.activation).values[name]
        np.testing.assert_array_equal(given, values, strict=True)


def test_training_is_one_step_after_the_other_and_costs_come_before_them(implementation):
    program, parameters, costs = Chunked(implementation, 4), CASE.parameters, []
    for _ in range(3):
        costs.append(program.cost(parameters, CASE.X, CASE.Y))
        parameters = program.step(parameters, CASE.X, CASE.Y, 0.05)
    training = program.train(CASE.parameters, CASE.X, CASE.Y, Settings(0.05, 3, 5))
    np.testing.assert_array_equal(training.costs, costs)
    for given, wanted in zip(training.parameters, parameters, strict=True):
        np.testing.assert_array_equal(given, wanted, strict=True)


def test_progress_counts_the_examples_of_every_chunk():
    seen = []
    Chunked(implementations.load("numpy"), 4, examples_done=seen.append).train(
        CASE.parameters, CASE.X, CASE.Y, Settings(0.05, 2, 5)
    )
    assert seen == [4, 8, 11, 15, 19, 22]


def test_a_chunk_cannot_be_written_into(monkeypatch):
    right = implementations.load("numpy")

    def greedy(parameters, X, *_):
        X *= 2

    monkeypatch.setattr(right, "gradients", greedy)
    with pytest.raises(ImplementationFailed, match=r"greedy raised ValueError: .*read-only \(test_chunked.py, line"):
        Chunked(right, 4).step(CASE.parameters, CASE.X, CASE.Y, 0.05)
    assert CASE.X.flags.writeable


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, "gradients gave a dZ2 for a chunk that does not fit: it is missing"),
        (
            Gradients(*(np.ones((1, 4)) for _ in range(7))),
            r"gradients gave a dW2 for a chunk that does not fit: its shape is \(1, 4\), not \(1, 5\)",
        ),
    ],
)
def test_what_cannot_be_put_together_is_named(monkeypatch, given, found):
    right = implementations.load("numpy")
    monkeypatch.setattr(right, "gradients", lambda *_: given)
    with pytest.raises(ImplementationFailed, match=found):
        Chunked(right, 4).step(CASE.parameters, CASE.X, CASE.Y, 0.05)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_sum_of_three_chunks_is_rounded_to_float64_and_to_the_dtype(dtype):
    parts = [exact(np.full((1, 1), V)) for V in (1.0, -3.0, 0.5)]
    u = float(np.finfo(dtype).eps) / 2
    worst = WorstCase(np.dtype(dtype), "relu").accumulated(parts)
    np.testing.assert_allclose([worst.value, worst.error], [[[-1.5]], [[2 * u / (1 - 2 * u) * 1.5]]], rtol=1e-12)
    noise = Probabilistic(np.dtype(dtype), "relu").accumulated(parts)
    np.testing.assert_allclose([noise.value, noise.error], [[[-1.5]], [[u / np.sqrt(3) * 1.5]]], rtol=1e-12)


ARITHMETICS = [WorstCase(np.dtype("float64"), "relu", chunk=4), Probabilistic(np.dtype("float64"), "relu", chunk=4)]


def product_of_eleven():
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((3, 11)), rng.standard_normal((11, 2))
    return WithError(A, 1e-9 * np.abs(A)), WithError(B, 1e-9 * np.abs(B))


def the_same(a, b):
    return np.array_equal(a.value, b.value) and np.array_equal(a.error, b.error)


@pytest.mark.parametrize("arithmetic", ARITHMETICS, ids=["worst", "noise"])
def test_a_sum_over_the_examples_is_accumulated_chunk_by_chunk(arithmetic):
    A, B = product_of_eleven()
    parts = [arithmetic.multiplied(*some(A, B, slice(*ends))) for ends in ((0, 4), (4, 8), (8, 11))]
    assert the_same(arithmetic.over_examples(A, B), arithmetic.accumulated(parts))


@pytest.mark.parametrize("arithmetic", ARITHMETICS, ids=["worst", "noise"])
def test_one_chunk_of_everything_has_the_roundings_of_one_piece(arithmetic):
    A, B = product_of_eleven()
    together = [replace(arithmetic, chunk=chunk).over_examples(A, B) for chunk in (None, 11, 12)]
    assert all(the_same(one, together[0]) for one in together)


@pytest.mark.parametrize("arithmetic", ARITHMETICS, ids=["worst", "noise"])
def test_what_a_chunk_gives_for_an_example_meets_four_more_roundings(arithmetic):
    V = WithError(np.array([[1.0, -3.0]]), np.array([[1e-9, 1e-9]]))
    more = arithmetic.rounded(4, arithmetic.magnitude(V))
    np.testing.assert_array_equal(arithmetic.scaled(V).error, arithmetic.add(V.error, more))
    assert replace(arithmetic, chunk=None).scaled(V) is V


@pytest.mark.parametrize(
    ("n_x", "dtype", "chunk"), [(4096, "float64", 128), (4096, "float32", 256), (10**8, "float64", 1)]
)
def test_a_chunk_is_four_megabytes_and_at_least_one_example(n_x, dtype, chunk):
    assert default_chunk(n_x, dtype) == chunk
