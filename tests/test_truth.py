"""The exact answer is right: checked against sympy, mpmath and fractions, which share nothing with it."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb_mat, ctx

import shared.judging.truth
from shared.judging.enclosure import Enclosure
from shared.judging.truth import NEEDS, Truth, _Lines
from shared.network import ACTIVATIONS, QUANTITIES, Activation, Array, DtypeName, Parameters

ALL = [name for name in NEEDS if name != "one_minus_A2"]

fractions = np.vectorize(Fraction, otypes=[object])


def network(n_x: int, n_h: int, m: int, dtype: DtypeName = "float64") -> tuple[Parameters, Array, Array]:
    random = np.random.default_rng(n_x)
    shapes = ((n_h, n_x), (n_h, 1), (1, n_h), (1, 1))
    parameters = Parameters(*(random.standard_normal(shape).astype(dtype) for shape in shapes))
    X, Y = random.standard_normal((n_x, m)), (np.arange(m) % 3 == 0)[None, :]
    return parameters, X.astype(dtype), Y.astype(dtype)


def dyadic_network() -> tuple[Parameters, Array, Array]:
    """Build a network whose Z2 is 0 twice: every quantity but the cost is exactly a floating-point number."""
    W1, b1 = np.array([[1.0, 0.5, -2.0], [0.25, 3.0, 1.5]]), np.array([[0.5], [-1.0]])
    X = np.array([[2.0, 4.0], [1.0, -3.0], [0.5, 0.25]])  # Z1 is [[2, 2.5], [3.25, -8.625]]
    return Parameters(W1, b1, np.array([[6.5, 1.0]]), np.array([[-16.25]])), X, np.array([[1.0, 0.0]])


def output_only(z: float, label: float) -> dict[str, Enclosure]:
    """Enclose a network of one example whose Z2 is z."""
    one, zero = np.ones((1, 1)), np.zeros((1, 1))
    return Truth(one, label * one).quantities(Parameters(one, zero, one, (z - 1) * one))


def centre(truth: Enclosure) -> Any:
    return fractions(truth.high) + fractions(truth.low)


def assert_encloses(truth: Enclosure, exact: Any) -> None:
    exact = np.asarray(exact)
    assert exact.shape == truth.high.shape
    assert np.all(abs(exact - centre(truth)) <= fractions(truth.radius))


# An outside oracle, symbolic: add t to one entry of one quantity, and differentiate the cost with respect to t at 0.

t = sympy.Symbol("t")


def forward_by_sympy(
    parameters: Parameters, X: Array, Y: Array, activation: Activation, nudged: str = "", at: tuple[int, int] = (0, 0)
) -> dict[str, Any]:
    values: dict[str, Any] = {}

    def keep(name: str, matrix: Any) -> Any:
        values[name] = matrix.copy()
        if name == nudged:
            values[name][at] += t
        return values[name]

    def rational(matrix: Array) -> Any:
        return sympy.Matrix([[sympy.Rational(value) for value in row] for row in matrix.tolist()])

    def sigmoid(z: Any) -> Any:
        return 1 / (1 + sympy.exp(-z))

    def hidden(z: Any) -> Any:
        left_slope = {"relu": 0, "leaky_relu": sympy.Rational(1, 100)}
        if activation in ("sigmoid", "tanh"):
            return sigmoid(z) if activation == "sigmoid" else 2 * sigmoid(2 * z) - 1
        return z if z.subs(t, 0) > 0 else z * left_slope[activation]

    W1, b1, W2, b2 = (keep(name, rational(matrix)) for name, matrix in parameters._asdict().items())
    ones = sympy.ones(1, X.shape[1])
    A1 = keep("A1", keep("Z1", W1 * rational(X) + b1 * ones).applyfunc(hidden))
    A2 = keep("A2", keep("Z2", W2 * A1 + b2 * ones).applyfunc(sigmoid))
    losses = [-y * sympy.log(a) - (1 - y) * sympy.log(1 - a) for y, a in zip(rational(Y), A2, strict=True)]
    values["cost"] = sympy.Matrix([sum(losses) / len(losses)])
    return values


def by_sympy(quantity: str, parameters: Parameters, X: Array, Y: Array, activation: Activation) -> Any:
    """Evaluate a quantity to 60 digits, as fractions."""
    values = forward_by_sympy(parameters, X, Y, activation)
    exact = np.array(values[quantity if quantity in values else quantity[1:]])
    if quantity not in values:
        for at in np.ndindex(exact.shape):
            (cost,) = forward_by_sympy(parameters, X, Y, activation, quantity[1:], at)["cost"]
            exact[at] = cost.diff(t).subs(t, 0)
    return np.vectorize(lambda value: Fraction(str(sympy.N(value, 60))), otypes=[object])(exact)


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_quantity_of_a_2_2_1_network_encloses_what_sympy_derives(activation: Activation) -> None:
    W1, b1 = np.array([[0.5, -1.25], [0.75, 0.375]]), np.array([[0.125], [-0.5]])
    parameters = Parameters(W1, b1, np.array([[1.5, -0.625]]), np.array([[0.25]]))
    X, Y = np.array([[1.0, -0.5, 0.25], [0.5, 2.0, -1.5]]), np.array([[1.0, 0.0, 1.0]])
    truths = Truth(X, Y).quantities(parameters, activation)
    assert list(truths) == ALL
    for name, truth in truths.items():
        off = abs(by_sympy(name, parameters, X, Y, activation).reshape(truth.high.shape) - centre(truth))
        assert np.all(off <= fractions(truth.radius) + Fraction(1, 10**50)), name


# An outside oracle, numerical: the slope of the cost by central differences, with 90 digits and a step of 1e-30.


def cost_by_mpmath(parameters: list[Any], X: Any, Y: Array, activation: Activation) -> Any:
    def hidden(z: Any) -> Any:
        left_slope = {"relu": mpmath.mpf(0), "leaky_relu": mpmath.mpf(1) / 100}
        if activation in ("sigmoid", "tanh"):
            return 1 / (1 + mpmath.exp(-z)) if activation == "sigmoid" else mpmath.tanh(z)
        return z if z > 0 else z * left_slope[activation]

    W1, b1, W2, b2 = parameters
    ones = mpmath.ones(1, X.cols)
    Z2 = W2 * (W1 * X + b1 * ones).apply(hidden) + b2 * ones
    return mpmath.fsum(mpmath.log(1 + mpmath.exp(z)) - y * z for y, z in zip(Y[0], Z2, strict=True)) / X.cols


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("n_x", "n_h", "m"), [(7, 5, 11), (3, 2, 1)])
def test_cost_and_gradients_enclose_what_mpmath_finds_in_random_directions(
    n_x: int, n_h: int, m: int, activation: Activation
) -> None:
    parameters, X, Y = network(n_x, n_h, m)
    truths = Truth(X, Y).quantities(parameters, activation)
    with mpmath.workdps(90):
        start, step = [mpmath.matrix(values.tolist()) for values in parameters], mpmath.mpf(10) ** -30
        cost = cost_by_mpmath(start, mpmath.matrix(X.tolist()), Y, activation)
        assert abs(cost - float(truths["cost"].high) - float(truths["cost"].low)) <= truths["cost"].radius
        for k, name in enumerate(Parameters._fields):
            truth, direction = truths[f"d{name}"], np.random.default_rng(k).standard_normal(parameters[k].shape)
            ahead, behind = (
                cost_by_mpmath(
                    [*start[:k], start[k] + sign * step * mpmath.matrix(direction.tolist()), *start[k + 1 :]],
                    mpmath.matrix(X.tolist()),
                    Y,
                    activation,
                )
                for sign in (1, -1)
            )
            found = Fraction(str((ahead - behind) / (2 * step)))
            off = abs(found - np.sum(fractions(direction) * centre(truth)))
            assert off <= np.sum(abs(fractions(direction)) * fractions(truth.radius)) + Fraction(1, 10**50), name


# A third one: products and sums of fractions are exact, over the whole range of float64.


def of_any_size(rows: int, columns: int, decades: int) -> Array:
    random = np.random.default_rng(rows)
    return random.standard_normal((rows, columns)) * 10.0 ** random.integers(-decades, decades, (rows, columns))


@pytest.mark.parametrize("decades", [1, 20, 150])
def test_products_of_numbers_of_any_size_are_exact(decades: int) -> None:
    W1, b1, X = of_any_size(3, 5, decades), of_any_size(3, 1, decades), -abs(of_any_size(5, 4, decades))
    dZ1 = of_any_size(3, 4, decades)
    truth = Truth(X, np.ones((1, 4)))
    assert_encloses(truth.line("Z1", {"W1": W1, "b1": b1}), fractions(W1) @ fractions(X) + fractions(b1))
    assert_encloses(truth.line("dW1", {"dZ1": dZ1}), fractions(dZ1) @ fractions(X).T)


def test_numbers_at_both_ends_of_float64_are_multiplied_exactly() -> None:
    smallest, largest = 5e-324, 1.7976931348623157e308
    W1, b1, X = np.array([[smallest, largest]]), np.array([[-1.0]]), np.array([[largest], [smallest]])
    exact = 2 * Fraction(smallest) * Fraction(largest) - 1
    assert_encloses(Truth(X, np.ones((1, 1))).line("Z1", {"W1": W1, "b1": b1}), [[exact]])


# How sharp it is.


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_radius_is_below_a_thousandth_of_the_spacing(dtype: DtypeName, activation: Activation) -> None:
    parameters, X, Y = network(7, 5, 11, dtype)
    for truth in Truth(X, Y).quantities(parameters, activation).values():
        assert np.all(truth.radius <= 1e-3 * np.spacing(np.abs(truth.high).astype(dtype)).astype(np.float64))


def test_gradients_of_very_different_size_are_all_sharp() -> None:
    parameters, X, Y = network(7, 4, 11)
    parameters.W2[:] *= 10.0 ** (-8 * np.arange(4))
    truth = Truth(X, Y).quantities(parameters)["dW1"]
    assert np.all(truth.radius <= 1e-3 * np.spacing(np.abs(truth.high)))


def test_small_gradients_need_no_more_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.judging.truth, "PRECISIONS", (128,))
    parameters, X, Y = network(7, 5, 11)
    parameters.W2[:] *= 1e-60
    truth = Truth(X, Y).quantities(parameters)["dW1"]
    assert np.all(truth.radius <= 1e-3 * np.spacing(np.abs(truth.high)))


def test_float32_inputs_are_taken_as_the_numbers_they_are() -> None:
    parameters, X, Y = network(7, 5, 11, "float32")
    single = Truth(X, Y).quantities(parameters)
    double = Truth(X.astype(float), Y.astype(float)).quantities(Parameters(*(v.astype(float) for v in parameters)))
    for name in ALL:
        off = abs(centre(single[name]) - centre(double[name]))
        assert np.all(off <= fractions(single[name].radius) + fractions(double[name].radius))


# Ties.


@pytest.mark.parametrize(
    ("W1", "x"),
    [
        pytest.param([0.3, -0.7], [0.0, 0.0], id="a black image"),
        pytest.param([1.0, -0.5], [0.5, 1.0], id="products that cancel"),
        pytest.param([0.1, -1e-300], [1e-300, 0.1], id="products that cancel far below float64"),
    ],
)
@pytest.mark.parametrize(("activation", "slope"), [("relu", Fraction(0)), ("leaky_relu", Fraction(1, 100))])
def test_a_tie_is_exactly_zero_and_takes_the_left_slope(
    W1: list[float], x: list[float], activation: Activation, slope: Fraction
) -> None:
    X, one = np.array([x]).T, np.ones((1, 1))
    truths = Truth(X, 0 * one).quantities(Parameters(np.array([W1]), 0 * one, 2 * one, 0 * one), activation)
    assert_encloses(truths["Z1"], [[Fraction(0)]])
    assert truths["Z1"].radius == 0
    assert_encloses(truths["dZ1"], [[slope]])  # dA1 is 2 * (0.5 - 0)
    assert truths["dZ1"].radius < 2.0**-60 * slope if slope else truths["dZ1"].radius == 0


@pytest.mark.parametrize(("sign", "slope"), [(1, 1.0), (-1, 0.0)])
@pytest.mark.parametrize(
    ("W1", "x", "b1"),
    [
        pytest.param([0.1, -0.3], [0.3, 0.1], 5e-324, id="a bias"),
        pytest.param([0.1, -0.3, 1e-300], [0.3, 0.1, 1e-300], 0.0, id="a product"),
        pytest.param([1.0, 5e-324], [-1.0, 5e-324], 1.0, id="a product far below every float64"),
    ],
)
def test_the_smallest_number_beside_a_tie_decides_the_sign(
    W1: list[float], x: list[float], b1: float, sign: float, slope: float
) -> None:
    one = np.ones((1, 1))
    parameters = Parameters(np.array([W1]) * sign, b1 * sign * one, 2 * one, 0 * one)
    truth = Truth(np.array([x]).T, 0 * one).quantities(parameters)["dZ1"]
    assert truth.error(slope * one) < 1e-100


def test_the_slope_of_leaky_relu_is_the_fraction_and_not_the_float() -> None:
    truth = Truth(np.ones((1, 1)), np.ones((1, 1))).line("A1", {"Z1": -np.ones((1, 1))}, "leaky_relu")
    assert_encloses(truth, [[Fraction(-1, 100)]])
    assert truth.radius < abs(Fraction(0.01) - Fraction(1, 100))


# Saturated outputs, and what has no finite answer.


@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize("z", [20.0, -20.0, 200.0, -200.0, 800.0, -800.0])
def test_saturated_outputs_keep_their_digits_and_need_no_more_bits(
    z: float, label: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared.judging.truth, "PRECISIONS", (128,))
    truths = output_only(z, label)
    with mpmath.workdps(800):
        sigmoid = 1 / (1 + mpmath.exp(-z))
        exact = {"A2": sigmoid, "dZ2": sigmoid - label, "cost": -mpmath.log(sigmoid if label else 1 - sigmoid)}
        for name, value in exact.items():
            truth = truths[name]
            high, low, radius = (mpmath.mpf(float(part.item())) for part in (truth.high, truth.low, truth.radius))
            assert abs(value - high - low) <= radius <= max(abs(value) * mpmath.mpf(2) ** -62, 1e-323), name


def test_a_true_value_beyond_float64_lets_nothing_pass() -> None:
    truth = output_only(800.0, 0.0)["dA2"]  # exp(800)
    assert truth.digits((0, 0), 5) == "unknown"
    for value in (0.0, 1e308, np.inf, np.nan):
        assert not truth.error(np.array([[value]])) < np.inf


@pytest.mark.parametrize("z", [200.0, -200.0])
def test_saturated_hidden_units_keep_their_digits_and_need_no_more_bits(
    z: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared.judging.truth, "PRECISIONS", (128,))
    one = np.ones((1, 1))
    truth = Truth(one, one).line("dZ1", {"dA1": one, "Z1": z * one}, "sigmoid")
    with mpmath.workdps(200):
        exact = mpmath.exp(-200) / (1 + mpmath.exp(-200)) ** 2
    assert truth.error(float(exact) * one) <= np.spacing(float(exact))


@pytest.mark.parametrize("z", [1e9, 1e18, 1e30])
def test_outputs_of_any_size_are_judged(z: float) -> None:
    for name, truth in output_only(-z, 0.0).items():
        if name in ("cost", "A2", "dZ2", "dW1", "db1"):
            assert truth.error(np.zeros(truth.high.shape)) < 1e-322


def test_outputs_beyond_every_exponential_are_enclosed() -> None:
    truths = output_only(-1e300, 1.0)
    assert_encloses(truths["cost"], Fraction(1e300))
    assert truths["A2"].error(np.zeros((1, 1))) < 1e-322


def test_a_sum_that_cancels_to_zero_is_enclosed_to_the_last_spacing() -> None:
    one, X = np.ones((1, 1)), np.array([[1.0, -1.0]])
    db2 = Truth(X, np.array([[0.0, 1.0]])).quantities(Parameters(one, 0 * one, one, 0 * one), "leaky_relu")["db2"]
    assert db2.high != 0  # leaky_relu is not odd, so nothing cancels
    W1, W2 = np.array([[1.0], [-1.0]]), np.array([[1.0, -1.0]])  # relu(x) - relu(-x) = x
    parameters = Parameters(W1, np.zeros((2, 1)), W2, 0 * one)
    db2 = Truth(X, np.array([[0.0, 1.0]])).quantities(parameters)["db2"]
    assert abs(db2.high) + db2.radius <= 1e-322


# What error and digits promise.


@pytest.mark.parametrize("name", ALL)
def test_error_sees_one_part_in_a_thousand_million_in_any_quantity(name: str) -> None:
    parameters, X, Y = network(7, 5, 11)
    truth = Truth(X, Y).quantities(parameters, "sigmoid")[name]
    assert np.all(truth.error(truth.high) <= np.spacing(np.abs(truth.high)))
    for index in np.ndindex(truth.high.shape):
        changed = truth.high.copy()
        changed[index] *= 1 + 1e-9
        assert truth.error(changed)[index] >= 0.99e-9 * abs(truth.high[index])


@pytest.mark.parametrize("spacings", [0, 1, -1, 1000, -(2**60)])
def test_error_is_an_upper_bound_and_sharp_far_below_one_spacing(spacings: int) -> None:
    with ctx.workprec(200):
        truth = Enclosure.of(arb_mat([[1]]) / 3, (1, 1))
    value = truth.high + spacings * np.spacing(truth.high)
    exact = abs(Fraction(float(value.item())) - Fraction(1, 3))
    assert exact <= Fraction(truth.error(value).item()) <= exact * Fraction(1 + 1e-14)


def test_error_includes_what_the_enclosure_does_not_know() -> None:
    truth = Enclosure(np.array([1.0]), np.array([0.0]), np.array([0.25]))
    assert truth.error(np.array([1.5])) >= 0.75


def test_a_value_that_is_exactly_right_has_no_error() -> None:
    parameters, X, Y = dyadic_network()
    truth = Truth(X, Y).quantities(parameters)["Z1"]
    assert np.all(truth.error(np.array([[2.0, 2.5], [3.25, -8.625]])) == 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_never_passes(value: float) -> None:
    parameters, X, Y = network(7, 5, 11)
    truth = Truth(X, Y).quantities(parameters)["Z1"]
    values = truth.high.astype(np.float32)
    values[2, 3] = value
    assert not truth.error(values)[2, 3] < np.inf


def test_values_of_another_shape_are_refused() -> None:
    parameters, X, Y = network(7, 5, 11)
    truth = Truth(X, Y).quantities(parameters)["db1"]
    with pytest.raises(ValueError, match=r"shape \(1, 5\), the quantity has \(5, 1\)"):
        truth.error(truth.high.T)


def test_digits_are_those_of_the_true_value_and_no_more_than_are_proven() -> None:
    cost = output_only(0.0, 1.0)["cost"]  # log(2)
    assert cost.digits((), 5) == "6.9315e-01"
    assert cost.digits((), 30) == "6.93147180559945309417232121458e-01"
    text = cost.digits((), 99)
    kept = len(text) - len(".e-01")
    assert 30 < kept < 40
    with mpmath.workdps(100):
        assert text == f"{Decimal(str(mpmath.log(2))):.{kept - 1}e}".replace("e-1", "e-01")


@pytest.mark.parametrize(("x", "text"), [(0.0, "0.00e+00"), (-0.25, "-2.50e-01"), (1e300, "1.00e+300")])
def test_digits_of_exact_numbers(x: float, text: str) -> None:
    truth = Truth(np.ones((1, 1)), np.ones((1, 1))).line("Z1", {"W1": np.array([[x]]), "b1": np.zeros((1, 1))})
    assert truth.digits((0, 0), 3) == text


def test_digits_of_an_enclosed_zero_say_how_near_it_is() -> None:
    with ctx.workprec(64):
        third = arb_mat([[1]]) / 3
        truth = Enclosure.of(third - third, (1, 1))
    assert truth.digits((0, 0), 3).startswith("0.0e+00 +/- ")


# One step, and one line.


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_step_goes_down_the_true_gradient_by_the_exact_learning_rate(dtype: DtypeName) -> None:
    parameters, X, Y = network(7, 5, 11, dtype)
    truth = Truth(X, Y)
    gradients, stepped = truth.quantities(parameters), truth.step(parameters, 0.1)
    assert list(stepped) == list(Parameters._fields)
    for name, start in parameters._asdict().items():
        gradient, after = gradients[f"d{name}"], stepped[name]
        off = abs(fractions(start.astype(float)) - Fraction(0.1) * centre(gradient) - centre(after))
        assert np.all(off <= Fraction(0.1) * fractions(gradient.radius) + fractions(after.radius))
        assert np.all(after.radius <= 1e-3 * np.spacing(np.abs(after.high).astype(dtype)).astype(float))


def test_a_step_after_the_quantities_computes_no_line_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters, X, Y = network(7, 5, 11)
    truth = Truth(X, Y)
    truth.quantities(parameters)
    monkeypatch.delattr(_Lines, "compute")
    truth.step(parameters, 0.1)


def test_parameters_changed_in_place_are_new_parameters() -> None:
    parameters, X, Y = network(7, 5, 11)
    truth = Truth(X, Y)
    before = truth.quantities(parameters)["Z1"]
    parameters.b1[0, 0] += 1
    assert np.all(truth.quantities(parameters)["Z1"].high[0] > before.high[0])


def test_another_activation_is_another_truth() -> None:
    parameters, X, Y = network(7, 5, 11)
    truth = Truth(X, Y)
    assert np.any(truth.quantities(parameters, "relu")["A1"].high != truth.quantities(parameters, "sigmoid")["A1"].high)


@pytest.mark.parametrize("quantity", ALL)
def test_a_line_gives_the_quantity_when_its_inputs_are_the_true_ones(quantity: str) -> None:
    parameters, X, Y = dyadic_network()
    truths = Truth(X, Y).quantities(parameters)
    own = parameters._asdict() | {name: truth.high for name, truth in truths.items()}
    line = Truth(X, Y).line(quantity, own)
    assert line.high.shape == truths[quantity].high.shape
    assert np.all(abs(centre(line) - centre(truths[quantity])) <= fractions(line.radius + truths[quantity].radius))


@pytest.mark.parametrize(
    ("quantity", "name"), [(quantity, name) for quantity in ALL for name in NEEDS[quantity] if name != "one_minus_A2"]
)
def test_a_line_follows_each_of_its_own_inputs(quantity: str, name: str) -> None:
    parameters, X, Y = dyadic_network()
    truths = Truth(X, Y).quantities(parameters)
    own = parameters._asdict() | {name: truth.high.copy() for name, truth in truths.items()}
    own[name].flat[0] = -own[name].flat[0] - 1
    line = Truth(X, Y).line(quantity, own)
    assert np.any(abs(centre(line) - centre(truths[quantity])) > fractions(line.radius + truths[quantity].radius))


def test_there_is_a_line_for_every_judged_quantity_in_the_order_of_computation() -> None:
    assert [name for name in ALL if name != "dA2"] == list(QUANTITIES)


def test_a_line_is_sharp_for_the_dtype_of_its_inputs() -> None:
    _, X, Y = network(7, 5, 11)
    A2 = np.full((1, 11), 1 / 3)
    for dtype in (np.float32, np.float64):
        line = Truth(X, Y).line("dZ2", {"A2": A2.astype(dtype)})
        assert_encloses(line, (fractions(A2.astype(dtype).astype(float)) - fractions(Y)) / 11)


# What it leaves alone, and what it refuses.


def test_the_precision_of_flint_is_left_as_it_was() -> None:
    parameters, X, Y = network(7, 5, 11)
    with ctx.workprec(77):
        truth = Truth(X, Y)
        truth.quantities(parameters)
        truth.step(parameters, 0.1)
        truth.line("Z1", parameters._asdict())
        with pytest.raises(ValueError, match="Z1 cannot be computed"):
            truth.quantities(parameters._replace(b1=parameters.b1.T))
        assert ctx.prec == 77


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_inputs_that_are_not_finite_are_refused_by_name_and_place(value: float) -> None:
    parameters, X, Y = network(7, 5, 11)
    spoilt = parameters.W1.copy()
    spoilt[3, 2] = value
    message = rf"W1 holds {value} at \[3, 2\]; only finite numbers have a true value"
    with pytest.raises(ValueError, match=message):
        Truth(X, Y).quantities(parameters._replace(W1=spoilt))
    with pytest.raises(ValueError, match=message):
        Truth(X, Y).line("Z1", parameters._replace(W1=spoilt)._asdict())
    with pytest.raises(ValueError, match="X holds"):
        Truth(X * value, Y)
    with pytest.raises(ValueError, match="the learning rate is"):
        Truth(X, Y).step(parameters, value)


def test_arrays_that_are_not_float_matrices_are_refused() -> None:
    parameters, X, Y = network(7, 5, 11)
    with pytest.raises(ValueError, match="X must be a float32 or float64 matrix, not int64 of shape"):
        Truth(X.astype(np.int64), Y)
    with pytest.raises(ValueError, match=r"b1 must be a float32 or float64 matrix, not float64 of shape \(5,\)"):
        Truth(X, Y).quantities(parameters._replace(b1=parameters.b1[:, 0]))
    with pytest.raises(ValueError, match=r"Y has shape \(11, 1\); X has shape \(7, 11\), so it must be \(1, 11\)"):
        Truth(X, Y.T)


@pytest.mark.parametrize(
    ("quantity", "name"),
    [("Z1", "W1"), ("Z2", "A1"), ("cost", "Z2"), ("dZ2", "A2"), ("dW2", "A1"), ("dZ1", "Z1"), ("dW1", "dZ1")],
)
def test_shapes_that_do_not_fit_are_refused(quantity: str, name: str) -> None:
    parameters, X, Y = network(7, 5, 11)
    own = parameters._asdict() | {key: truth.high for key, truth in Truth(X, Y).quantities(parameters).items()}
    with pytest.raises(ValueError, match=f"{quantity} cannot be computed: the shapes of .*{name}.* do not fit"):
        Truth(X, Y).line(quantity, own | {name: own[name].T})


def test_an_entry_whose_products_are_all_0_is_known_to_be_0():
    """A hidden unit is off on exactly the examples where an input is not 0, as happens with sparse data."""
    X, Y = np.eye(2), np.array([[1.0, 0.0]])
    parameters = Parameters(
        np.array([[0.5, -0.5], [-0.3, 0.7]]), np.zeros((2, 1)), np.array([[0.3, 0.7]]), np.zeros((1, 1))
    )
    truth = Truth(X, Y).quantities(parameters)["dW1"]
    assert truth.high[0, 1] == truth.radius[0, 1] == 0
    assert truth.radius[0, 0] > 0


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("share", "sharp"), [(0.9e-3, True), (1.1e-3, False)])
def test_a_radius_is_sharp_below_a_thousandth_of_the_dtypes_spacing(
    dtype: DtypeName, share: float, sharp: bool
) -> None:
    radius = share * float(np.spacing(np.array(3.0, dtype)))
    assert Enclosure(np.array([3.0]), np.zeros(1), np.array([radius])).is_sharp(np.dtype(dtype)) == sharp


@pytest.mark.parametrize(
    ("value", "written"), [(1.3, "1.3e+00"), (1.36, "1e+00"), (1.24, "1e+00"), (1.48, "1.5e+00 +/- 4.0e-02")]
)
def test_a_digit_is_written_if_both_ends_of_the_enclosure_round_to_it(value: float, written: str) -> None:
    assert Enclosure(np.array([value]), np.zeros(1), np.array([0.04])).digits((0,), 2) == written


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_what_is_cut_off_for_the_product_of_integers_is_inside_the_ball(sign: float) -> None:
    X, dZ1 = np.array([[sign]]), 1 / 3
    with ctx.workprec(20):  # far fewer bits than 1/3 has
        dW1 = _Lines(Truth(X, np.ones((1, 1)))._data, "relu").dW1(arb_mat([[dZ1]]))[0, 0]
    with ctx.workprec(200):
        assert dW1.contains(sign * arb_mat([[dZ1]])[0, 0])


def test_bits_that_do_not_suffice_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.judging.truth, "PRECISIONS", (64, 128, 256))
    monkeypatch.setattr(Enclosure, "is_sharp", lambda enclosure, dtype: False)
    one = np.ones((1, 1))
    with pytest.raises(ArithmeticError, match=r"^256 bits do not suffice$"):
        Truth(one, one).quantities(Parameters(one, one, one, one))


@pytest.mark.parametrize("known", ["Z2", "A2"])
def test_a_missing_input_of_a_line_is_worked_out_from_what_is_known(known: str) -> None:
    Z2, Y, A1 = np.array([[0.5, -1.0]]), np.array([[1.0, 0.0]]), np.array([[1.0, 2.0]])
    own = {"A1": A1, known: Z2 if known == "Z2" else 1 / (1 + np.exp(-Z2))}
    dW2 = (1 / (1 + np.exp(-Z2)) - Y) / 2 @ A1.T
    assert Truth(Z2, Y).line("dW2", own).error(dW2) < 1e-15


@pytest.mark.parametrize("examples", [3, 4])
def test_inputs_that_are_no_matrix_are_refused(examples: int) -> None:
    with pytest.raises(ValueError, match="shape"):
        Truth(np.ones(3), np.ones((1, examples)))
