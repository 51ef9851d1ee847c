"""Fixed-point numbers stand for floating-point ones without any loss, and are multiplied exactly."""

import numpy as np
import pytest

from shared.judging.curves.fixed_point import fixed, floats, fraction_bits, integers, limbs, matrix, product, shifted


def test_numbers_that_do_not_fit_into_one_word_are_multiplied_exactly():
    random = np.random.default_rng(1)
    left, right = (
        np.array([int.from_bytes(random.bytes(50), signed=True) for _ in range(6)], object).reshape(shape)
        for shape in ((2, 3), (3, 2))
    )
    assert len(limbs(left)) == 4
    assert np.array_equal(integers(product(limbs(left), limbs(right))), left @ right)


def test_floating_point_numbers_become_whole_ones_and_come_back():
    values = np.array([[0.0, -0.1, 5e-324], [1e30, 3.0, -(2.0**-1022)]])
    count = fraction_bits(values)
    assert count == 1074
    assert floats(fixed(values, count), count).tolist() == [[0, -0.1, 0], [1e30, 3.0, -(2.0**-600)]]
    assert [n / 2**count for n in fixed(values, count).flat] == values.ravel().tolist()
    assert integers(matrix(fixed(values, count))).tolist() == fixed(values, count).tolist()
    assert fraction_bits(np.zeros((1, 1))) == fraction_bits(np.full((1, 1), 1e30)) == 0


@pytest.mark.parametrize(("left", "shift"), [(2, [-20, 28]), (0, [-5, 7]), (-1, [-3, 3]), (-2, [-2, 1])])
def test_a_shift_to_the_right_rounds_down(left, shift):
    assert shifted(np.array([-5, 7], object), left).tolist() == shift
