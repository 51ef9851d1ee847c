"""Sums that do not depend on order: each is the real number, rounded once."""

from fractions import Fraction

import numpy as np
import pytest

from shared.distributing import exact_sum
from shared.distributing.engine import Alone
from shared.distributing.exact_sum import ExactSum


def total(terms, weights, divisor=1, dtype="float64"):
    sums = ExactSum(len(terms[0]))
    for term, weight in zip(terms, weights, strict=True):
        sums.add(term, weight)
    return sums.total(Alone(), divisor, dtype)


def in_fractions(terms, weights, divisor):
    columns = np.transpose(terms).tolist()
    return [float(sum(Fraction(V) * w for V, w in zip(c, weights, strict=True)) / divisor) for c in columns]


KINDS = {
    "of one size": lambda rng, shape: rng.standard_normal(shape),
    "of all sizes": lambda rng, shape: rng.standard_normal(shape) * 10.0 ** rng.integers(-300, 285, shape),
    "subnormal": lambda rng, shape: rng.integers(-9, 10, shape) * 5e-324,
    "huge": lambda rng, shape: rng.standard_normal(shape) * 1e287,
    "cancelling": lambda rng, shape: np.concatenate([V := rng.standard_normal(shape), -V * (1 - 2e-16)]),
    "small whole numbers": lambda rng, shape: rng.integers(-4, 5, shape).astype(float),
    "float32": lambda rng, shape: rng.standard_normal(shape).astype(np.float32),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_sum_is_the_real_number_rounded_to_the_nearest(kind):
    rng = np.random.default_rng(1)
    for divisor in (1, 3, 209, 2**20, 999_999_937):
        terms = KINDS[kind](rng, (5, 40))
        weights = rng.integers(1, 1000, len(terms)).tolist()
        if kind == "cancelling":
            weights = weights[:5] * 2
        assert total(terms, weights, divisor).tolist() == in_fractions(terms, weights, divisor)


def test_the_middle_between_two_numbers_goes_to_the_even_one():
    one, half = np.ones(3), np.array([1, 1 + 2**-20, 1 - 2**-20]) * 2**-53
    assert (total([one, half], [1, 1]) - 1).tolist() == [0, 2**-52, 0]
    odd = one + 2**-52
    assert (total([odd, half], [1, 1]) - 1).tolist() == [2**-51, 2**-51, 2**-52]


def test_float32_is_the_float64_sum_rounded():
    rng = np.random.default_rng(2)
    terms = rng.standard_normal((7, 30)).astype(np.float32)
    result = total(terms, [3] * 7, 21, "float32")
    assert result.dtype == np.float32
    assert result.tolist() == np.array(in_fractions(terms, [3] * 7, 21), np.float32).tolist()


def test_the_order_changes_no_bit_and_neither_do_carries(monkeypatch):
    rng = np.random.default_rng(3)
    terms = list(rng.standard_normal((30, 20)) * 10.0 ** rng.integers(-20, 20, (30, 1)))
    once = total(terms, range(1, 31))
    order = rng.permutation(30)
    monkeypatch.setattr(exact_sum, "ADDITIONS", 4)
    assert total([terms[k] for k in order], [int(k) + 1 for k in order]).tolist() == once.tolist()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_what_cannot_be_summed_is_not_a_number_and_spoils_no_other_entry(value):
    result = total([np.array([1.0, value, 2.0]), np.array([1.0, 1.0, 2.0])], [1, 1])
    assert np.isnan(result).tolist() == [False, True, False]
    assert result[[0, 2]].tolist() == [2.0, 4.0]


def test_a_block_more_changes_nothing(monkeypatch):
    terms = np.random.default_rng(4).standard_normal((3, 50))
    wanted = total(terms, [1, 2, 3], 7).tolist()
    monkeypatch.setattr(exact_sum, "BLOCK", 16)
    assert total(terms, [1, 2, 3], 7).tolist() == wanted
