"""A peer of the benchmark that can be spoiled: the variable MISTAKE says how."""

import os

import numpy as np

from implementations import numpy_manual
from shared.benching import floors

LIBRARY = "numpy"
LAYOUT = floors.COLUMNS


def begin(parameters, X, Y, settings):
    mistake = os.environ["MISTAKE"]
    rate = settings.learning_rate * (1 + 1e-6 * (mistake == "rate"))
    memory = 0.01 * (mistake == "momentum")
    current, velocity = parameters, [np.zeros_like(V) for V in parameters]

    def steps(count):
        nonlocal current, velocity
        costs = []
        for _ in range(count):
            costs.append(numpy_manual.cost(current, X, Y))
            d = numpy_manual.gradients(current, X, Y)
            velocity = [memory * v - rate * dV for v, dV in zip(velocity, (d.dW1, d.db1, d.dW2, d.db2), strict=True)]
            current = type(current)(*(V + v for V, v in zip(current, velocity, strict=True)))
        if mistake == "exception":
            raise RuntimeError("no more")
        if mistake == "death":
            os._exit(7)
        return costs[: count - (mistake == "costs missing")]

    return steps
