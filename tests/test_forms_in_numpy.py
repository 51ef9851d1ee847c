"""More ways in which people write a backprop in NumPy: objects, dicts, steps and scripts, each with a right answer."""

import json

import pytest

import compare as compare_module

pytestmark = pytest.mark.usefixtures("few_problems")

VALUES_WITH_GRADIENTS = """import numpy as np
class Value:
    def __init__(self, v):
        self.v, self.g = v, None

def propagate(w1, b1, w2, b2, x, t):
    w1, b1, w2, b2 = map(Value, (w1, b1, w2, b2))
    h = (x @ w1.v + b1.v).clip(0)
    s = h @ w2.v + b2.v
    loss = np.mean(np.logaddexp(0, s) - t * s)
    g = (1 / (1 + np.exp(-s)) - t) / len(x)
    w2.g, b2.g = h.T @ g, g.sum(0)
    g = g @ w2.v.T * (h > 0)
    w1.g, b1.g = x.T @ g, g.sum(0)
    return loss, w1.g, b1.g, w2.g, b2.g
"""
PAIRS = """import numpy as np
class Net:
    def __init__(self, n_features, n_units):
        rng = np.random.default_rng(3)
        self.layers = [
            (rng.normal(0, 0.3, (n_features, n_units)), np.zeros(n_units)),
            (rng.normal(0, 0.3, (n_units, 1)), np.zeros(1)),
        ]

    def loss_and_grads(self, X, y):
        (W1, b1), (W2, b2) = self.layers
        z = X @ W1 + b1
        a = np.maximum(z, 0)
        s = a @ W2 + b2
        err = (1 / (1 + np.exp(-s)) - y) / len(X)
        back = (err @ W2.T) * (z > 0)
        return np.mean(np.logaddexp(0, s) - y * s), [(X.T @ back, back.sum(axis=0)), (a.T @ err, err.sum(axis=0))]
"""
LETTERS = """import numpy as np
class Net:
    def __init__(self, d, h):
        r = np.random.default_rng(0)
        self.p = {"U": r.normal(0, 1, (d, h)), "a": np.zeros(h), "v": r.normal(0, 1, h), "c": np.zeros(1)}

    def gradients(self, x, y):
        z = x @ self.p["U"] + self.p["a"]
        h = np.fmax(z, 0)
        g = (1 / (1 + np.exp(-(h @ self.p["v"] + self.p["c"]))) - y) / len(x)
        back = np.outer(g, self.p["v"]) * (z > 0)
        return {"U": x.T @ back, "a": back.sum(0), "v": h.T @ g, "c": g.sum(keepdims=True)}

    def fit(self, X, y, lr=0.1, epochs=10):
        for _ in range(epochs):
            for i in range(0, len(X), 32):
                g = self.gradients(X[i : i + 32], y[i : i + 32])
                for k in self.p:
                    self.p[k] -= lr * g[k]
"""
GLOBAL_RATE = """import numpy as np
lr = 0.01

def step(X, y, w1, b1, w2, b2):
    z = X @ w1 + b1
    a = np.fmax(z, 0)
    d2 = 1 / (1 + np.exp(-(a @ w2 + b2))) - y.reshape(-1, 1)
    d1 = d2 @ w2.T
    d1[z <= 0] = 0
    w2 = w2 - lr * a.T @ d2 / len(X)
    b2 = b2 - lr * d2.mean(axis=0)
    w1 = w1 - lr * X.T @ d1 / len(X)
    b1 = b1 - lr * d1.mean(axis=0)
    return w1, b1, w2, b2
"""
FROM_0 = """import numpy as np
def forward(params, X):
    Z0 = params["W0"] @ X + params["b0"]
    A0 = np.maximum(Z0, 0)
    A1 = 1 / (1 + np.exp(-(params["W1"] @ A0 + params["b1"])))
    return A1, (Z0, A0)

def backward(params, cache, A1, X, Y):
    Z0, A0 = cache
    dZ1 = (A1 - Y) / X.shape[1]
    dZ0 = (params["W1"].T @ dZ1) * (Z0 > 0)
    grads = {"W1": dZ1 @ A0.T, "b1": dZ1.sum(axis=1, keepdims=True)}
    return {**grads, "W0": dZ0 @ X.T, "b0": dZ0.sum(axis=1, keepdims=True)}
"""
FROZEN = """from dataclasses import dataclass
import numpy as np
@dataclass(frozen=True)
class Params:
    w1: np.ndarray
    b1: np.ndarray
    w2: np.ndarray
    b2: np.ndarray

@dataclass(frozen=True)
class Acts:
    z1: np.ndarray
    a1: np.ndarray
    a2: np.ndarray

def forward(params: Params, x):
    z1 = x @ params.w1 + params.b1
    a1 = np.maximum(z1, 0)
    return Acts(z1, a1, 1 / (1 + np.exp(-(a1 @ params.w2 + params.b2))))

def backward(params: Params, acts: Acts, x, y):
    d2 = (acts.a2 - y) / len(x)
    d1 = (d2 @ params.w2.T) * (acts.z1 > 0)
    return Params(x.T @ d1, d1.sum(axis=0), acts.a1.T @ d2, d2.sum(axis=0))
"""
DESCRIBED = """import numpy as np
NN_ARCHITECTURE = [{"activation": "relu"}, {"activation": "sigmoid"}]
FUNCTIONS = {"relu": lambda Z: np.maximum(0, Z), "sigmoid": lambda Z: 1 / (1 + np.exp(-Z))}
SLOPES = {"relu": lambda dA, Z: dA * (Z > 0), "sigmoid": lambda dA, A: dA * A * (1 - A)}

def full_forward(X, params_values, nn_architecture):
    A, memory = X, {}
    for k, layer in enumerate(nn_architecture, 1):
        memory[f"A{k - 1}"] = A
        Z = params_values[f"W{k}"] @ A + params_values[f"b{k}"]
        A = FUNCTIONS[layer["activation"]](Z)
        memory[f"Z{k}"] = Z if layer["activation"] == "relu" else A
    return A, memory

def full_backward(Y_hat, Y, memory, params_values, nn_architecture):
    grads, dA = {}, -(Y / Y_hat - (1 - Y) / (1 - Y_hat))
    for k, layer in reversed(list(enumerate(nn_architecture, 1))):
        dZ = SLOPES[layer["activation"]](dA, memory[f"Z{k}"])
        grads[f"dW{k}"] = dZ @ memory[f"A{k - 1}"].T / Y.shape[1]
        grads[f"db{k}"] = dZ.sum(axis=1, keepdims=True) / Y.shape[1]
        dA = params_values[f"W{k}"].T @ dZ
    return grads
"""
OPTIMIZER = """import numpy as np
class SGD:
    def __init__(self, params, lr):
        self.params, self.lr = params, lr

    def step(self):
        for p, g in self.params:
            p -= self.lr * g

def train(W1, b1, W2, b2, X, Y, learning_rate=0.1, iterations=100):
    pairs = [(V, np.zeros_like(V)) for V in (W1, b1, W2, b2)]
    optimizer, costs = SGD(pairs, learning_rate), []
    for _ in range(iterations):
        for _, g in pairs:
            g[:] = 0
        Z1 = W1 @ X + b1
        Z2 = W2 @ np.maximum(Z1, 0) + b2
        costs.append(np.mean(np.logaddexp(0, Z2) - Y * Z2))
        dZ2 = (1 / (1 + np.exp(-Z2)) - Y) / Y.shape[1]
        dZ1 = W2.T @ dZ2 * (Z1 > 0)
        moved = dZ1 @ X.T, dZ1.sum(1, keepdims=True), dZ2 @ np.maximum(Z1, 0).T, dZ2.sum(1, keepdims=True)
        for (_, g), V in zip(pairs, moved):
            g += V
        optimizer.step()
    return W1, b1, W2, b2, costs
"""
AVERAGED = """import numpy as np
rng = np.random.RandomState(42)
X = rng.randn(2, 60)
Y = (np.sum(X ** 2, axis=0, keepdims=True) > 1.5).astype(int)
p = {"W1": rng.randn(4, 2), "b1": np.zeros((4, 1)), "W2": rng.randn(1, 4), "b2": np.zeros((1, 1))}
v = {k: np.zeros_like(V) for k, V in p.items()}
learning_rate, beta = 0.1, 0.9
for i in range(50):
    A1 = np.maximum(0, p["W1"] @ X + p["b1"])
    dZ2 = (1 / (1 + np.exp(-(p["W2"] @ A1 + p["b2"]))) - Y) / 60
    dZ1 = p["W2"].T @ dZ2 * (A1 > 0)
    grads = {"W1": dZ1 @ X.T, "b1": dZ1.sum(1, keepdims=True), "W2": dZ2 @ A1.T, "b2": dZ2.sum(1, keepdims=True)}
    for k in p:
        v[k] = beta * v[k] + (1 - beta) * grads[k]
        p[k] = p[k] - learning_rate * v[k]
"""
ADDED_UP = """import numpy as np
rng = np.random.RandomState(0)
inputs = rng.randn(6, 3)
targets = np.array([0., 1., 1., 0., 1., 0.])
w1, b1, w2, b2 = rng.randn(4, 3), np.zeros(4), rng.randn(4), 0.0
lr = 0.1
for epoch in range(20):
    loss = 0
    for x, y in zip(inputs, targets):
        z = w1 @ x + b1
        a = np.maximum(z, 0)
        p = 1 / (1 + np.exp(-(w2 @ a + b2)))
        loss += -(y * np.log(p) + (1 - y) * np.log(1 - p))
        d = p - y
        back = w2 * d * (z > 0)
        w2 = w2 - lr * d * a
        b2 = b2 - lr * d
        w1 = w1 - lr * np.outer(back, x)
        b1 = b1 - lr * back
    print(loss / 6)
"""
LISTS = """import numpy as np
rng = np.random.default_rng(1)
def main(epochs=5, lr=0.2):
    X = rng.normal(size=(30, 2))
    y = (X[:, 0] > 0) * 1.0
    W, b = [rng.normal(size=(2, 6)), rng.normal(size=6)], [np.zeros(6), 0.0]
    for epoch in range(epochs):
        z = X @ W[0] + b[0]
        h = np.maximum(z, 0)
        d = (1 / (1 + np.exp(-(h @ W[1] + b[1]))) - y) / len(y)
        back = np.outer(d, W[1]) * (z > 0)
        W[1] = W[1] - lr * h.T @ d
        b[1] = b[1] - lr * d.sum()
        W[0] = W[0] - lr * X.T @ back
        b[0] = b[0] - lr * back.sum(axis=0)

if __name__ == "__main__":
    main()
"""
IN_PLACE = """import numpy as np
def loss(W1, b1, W2, b2, X, y):
    h = np.maximum(0, X @ W1 + b1)
    probs = 1 / (1 + np.exp(-(h @ W2 + b2)))
    scores = probs
    scores -= y
    cost = -np.mean(y * np.log(probs) + (1 - y) * np.log(1 - probs))
    back = scores @ W2.T
    back[h <= 0] = 0
    return cost, [X.T @ back / len(X), back.mean(0), h.T @ scores / len(X), scores.mean(0)]
"""
OF_TANH = """import numpy as np
def gradients(W1, b1, W2, b2, X, Y):
    A1 = np.tanh(W1 @ X + b1)
    dZ2 = 1 / (1 + np.exp(-(W2 @ A1 + b2))) - Y
    dZ1 = W2.T @ dZ2 * (1 - A1**2)
    m = X.shape[1]
    return dZ1 @ X.T / m, dZ1.sum(1, keepdims=True) / m, dZ2 @ A1.T / m, dZ2.sum(1, keepdims=True) / m
"""
LITERAL = ("p[k] - learning_rate * v[k]", "p[k] - 0.01 * grads[k]")
ALL = "W1, b1, W2 and b2"
FORMS = {
    "gradients under one name in several objects": (VALUES_WITH_GRADIENTS, [], "is certified: all 5 quantities"),
    "weights in pairs": (PAIRS, [], "is certified"),
    "weights in pairs, a sum over the wrong axis": (
        PAIRS,
        [("back.sum(axis=0)", "back.sum(axis=1)")],
        "because: sum over the wrong axis without keepdims in db1.",
    ),
    "gradients under the letters of the weights": (LETTERS, [], "is certified | update after every batch of 32"),
    "a batch's size in the place of m": (
        LETTERS,
        [("- y) / len(x)", "- y) / 32")],
        "because: division by 32 instead of m in dZ2. | judged as what it is: batches of examples",
    ),
    "new weights, by a rate that is a global variable": (GLOBAL_RATE, [], "is certified: all 4 quantities"),
    "the same, one mean over everything": (
        GLOBAL_RATE,
        [("d1.mean(axis=0)", "d1.mean()")],
        "because: mean over both axes for every unit in db1.",
    ),
    "layers counted from 0": (FROM_0, [], "is certified"),
    "layers counted from 0, a transpose missing": (
        FROM_0,
        [("(Z0 > 0)", "(Z0 < 0)")],
        "because: Z1 < 0 in place of Z1 > 0 in dZ1.",
    ),
    "what forward keeps, by a name of its own": (FROZEN, [], "is certified | backward(params, acts, x, y)"),
    "layers in words": (DESCRIBED, [], "is certified: all 4 quantities"),
    "an optimizer beside the training": (OPTIMIZER, [], "is certified: all 9 quantities"),
    "gradients never set to 0": (
        OPTIMIZER,
        [("            g[:] = 0\n", "            g += 0\n")],
        f"because: gradients accumulated in the updates of {ALL}.",
    ),
    "a running average": (AVERAGED, [], "is certified | judged as what it is: momentum 0.9 as an average"),
    "a learning rate that nothing takes": (
        AVERAGED,
        [LITERAL, ("beta = 0.1, 0.9", "beta = 0.02, 0.9")],
        f"because: step 0.5 times as long in the updates of {ALL}.",
    ),
    "losses added up": (ADDED_UP, [], "is certified: all 9 quantities"),
    "probabilities changed in place before the cost": (
        IN_PLACE,
        [],
        "in place of A2 in cost. | np.log(probs) + (1",
    ),
    "hidden units of another kind": (
        OF_TANH,
        [],
        "is wrong for relu, and right for the hidden units that it has: tanh",
    ),
    "a sum that is 0 throughout": (
        LETTERS,
        [("back.sum(0)", "1 // len(x) * back.sum(0)")],
        "because: nothing but zeros in db1. | 1 // len(x) * back",
    ),
    "a number in a list": (LISTS, [], "is certified | the script itself"),
}


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize("form", FORMS)
def test_a_program_is_told_rightly_in_the_form_that_it_has(says, form):
    says(*FORMS[form])


def test_a_cost_that_does_not_come_back_is_said_not_to_be_examined(says):
    says(DESCRIBED + "\ndef loss_of(Y_hat):\n    return 0\n", [], "not examined, since it does not come back")


def test_a_step_uphill_is_placed_in_its_cell(tmp_path, capsys):
    cells = [
        "%matplotlib inline\nimport jax, jax.numpy as jnp",
        "def predict(p, x):\n    h = jnp.maximum(0., x @ p['W1'] + p['b1'])\n"
        "    return jax.nn.sigmoid(h @ p['W2'] + p['b2'])\n",
        "def loss(p, x, y):\n    q = predict(p, x)\n    return -jnp.mean(y * jnp.log(q) + (1 - y) * jnp.log(1 - q))\n"
        "def update(p, x, y, lr=0.1):\n    g = jax.grad(loss)(p, x, y)\n    return {k: p[k] + lr * g[k] for k in p}\n",
    ]
    book = {"cells": [{"cell_type": "code", "source": text} for text in cells], "nbformat": 4}
    (tmp_path / "mine.ipynb").write_text(json.dumps(book))
    compare_module.main(["check", str(tmp_path / "mine.ipynb")])
    said = capsys.readouterr().out
    assert f"because: step uphill in the updates of {ALL}." in said
    assert "mine.ipynb, cell 3, line 6, in update" in said


def test_what_a_notebook_never_sets_to_0_is_placed_in_its_cell(tmp_path, capsys):
    cells = [
        "import torch",
        "model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))",
        "def train(model, X, y, lr=0.1, epochs=10):\n    optimizer = torch.optim.SGD(model.parameters(), lr=lr)\n"
        "    for epoch in range(epochs):\n"
        "        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(X), y)\n"
        "        loss.backward()\n        optimizer.step()\n",
    ]
    book = {"cells": [{"cell_type": "code", "source": text} for text in cells], "nbformat": 4}
    (tmp_path / "mine.ipynb").write_text(json.dumps(book))
    compare_module.main(["check", str(tmp_path / "mine.ipynb")])
    assert "mine.ipynb, cell 3, line 5, in train\n       5 |         loss.backward()" in capsys.readouterr().out
