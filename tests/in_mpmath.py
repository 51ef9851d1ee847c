"""The exact curve by another route: training in the space of weights with mpmath's numbers, formula by formula.

The digits are those of mpmath's context at the call: `with mpmath.workdps(80)`.
"""

import mpmath
import numpy as np
from mpmath import mpf

from shared.network import Parameters, Settings

STEPS = 30

numbers = np.vectorize(mpf, otypes=[object])


def network(dtype="float64", n_x=5, n_h=3, m=4, seed=0):
    random = np.random.default_rng(seed)
    shapes = ((n_h, n_x), (n_h, 1), (1, n_h), (1, 1))
    parameters = Parameters(*(random.standard_normal(shape).astype(dtype) for shape in shapes))
    return parameters, random.standard_normal((n_x, m)).astype(dtype), (np.arange(m)[None, :] % 3 == 1).astype(dtype)


def settings(activation="relu", iterations=STEPS, learning_rate=0.3):
    return Settings(activation=activation, iterations=iterations, learning_rate=learning_rate)


sigmoid = np.vectorize(lambda z: 1 / (1 + mpmath.exp(-z)), otypes=[object])
tanh = np.vectorize(mpmath.tanh, otypes=[object])
loss = np.vectorize(lambda z, y: mpmath.log(1 + mpmath.exp(z)) - y * z, otypes=[object])


def hidden(Z1, activation):
    if activation == "sigmoid":
        return sigmoid(Z1), sigmoid(Z1) * (1 - sigmoid(Z1))
    if activation == "tanh":
        A1 = tanh(Z1)
        return A1, 1 - A1 * A1
    slope = np.where(Z1 > 0, mpf(1), {"relu": mpf(0), "leaky_relu": mpf(1) / 100}[activation])
    return slope * Z1, slope


def cost_and_gradients(weights, X, Y, activation):
    W1, b1, W2, b2 = weights
    Z1 = W1 @ X + b1
    A1, slope = hidden(Z1, activation)
    Z2 = W2 @ A1 + b2
    dZ2 = (sigmoid(Z2) - Y) / Y.size
    dZ1 = (W2.T @ dZ2) * slope
    gradients = dZ1 @ X.T, dZ1.sum(axis=1, keepdims=True), dZ2 @ A1.T, dZ2.sum(axis=1, keepdims=True)
    return np.mean(loss(Z2, Y)), gradients


def by_mpmath(parameters, X, Y, settings):
    """Return the cost before each step, and the weights before each step and after the last."""
    weights, costs = [tuple(map(numbers, parameters))], []
    for _ in range(settings.iterations):
        cost, gradients = cost_and_gradients(weights[-1], numbers(X), numbers(Y), settings.activation)
        pairs = zip(weights[-1], gradients, strict=True)
        weights.append(tuple(V - mpf(settings.learning_rate) * dV for V, dV in pairs))
        costs.append(cost)
    return costs, weights


def assert_encloses(enclosure, exact):
    exact = np.asarray(exact)
    assert exact.shape == enclosure.high.shape
    assert np.all(abs(numbers(enclosure.high) + numbers(enclosure.low) - exact) <= numbers(enclosure.radius))


def assert_right(curve, parameters, X, Y, settings):
    """The curve and the weights are enclosed, and sharply."""
    costs, weights = by_mpmath(parameters, X, Y, settings)
    assert_encloses(curve.costs, costs)
    assert np.all(curve.costs.radius <= 0.5e-15 * curve.costs.high)
    for name, exact in zip(Parameters._fields, weights[-1], strict=True):
        assert_encloses(curve.parameters[name], exact)
        assert np.all(curve.parameters[name].radius < 1e-15)


def curvature(A1, slope, activation):
    """The second derivative of the hidden activation."""
    return slope * {"sigmoid": 1 - 2 * A1, "tanh": -2 * A1}.get(activation, 0 * A1)
