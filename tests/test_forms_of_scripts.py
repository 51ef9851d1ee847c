"""Scripts and objects as strangers write them, in NumPy and PyTorch, which an earlier doctor refused or misnamed."""

import json

import numpy as np
import pytest
from test_strangers import ONE_BY_ONE

import compare as compare_module
from shared.checking.catalogue.entries import CATALOGUE
from shared.checking.limits import limit_of
from shared.checking.simplifying import abbreviated, ast
from shared.checking.source import without_comments
from shared.checking.written_numbers import as_written

pytestmark = pytest.mark.usefixtures("few_problems")

GIVEN_A_GENERATOR = """import numpy as np
def read_csv(path):
    return np.loadtxt(path, delimiter=",")

def fit(X, y, hidden, lr, epochs, rng):
    w = [rng.normal(0, 1, (X.shape[1], hidden)), rng.normal(0, 1, hidden)]
    b = [np.zeros(hidden), 0.0]
    for epoch in range(epochs):
        u = X @ w[0] + b[0]
        a = u * (u > 0)
        err = (1 / (1 + np.exp(-(a @ w[1] + b[1]))) - y) / len(X)
        back = np.outer(err, w[1]) * (u > 0)
        w[1] = w[1] - lr * (a.T @ err)
        b[1] = b[1] - lr * err.sum()
        w[0] = w[0] - lr * (X.T @ back)
        b[0] = b[0] - lr * back.sum(axis=0)
    return w, b
"""
GLOBALS = """import numpy as np
rng = np.random.RandomState(1)
Wxh, bh, Who, bo = rng.randn(6, 10) * 0.1, np.zeros(10), rng.randn(10) * 0.1, 0.0

def train_on_batch(x, t, lr):
    global Wxh, bh, Who, bo
    a = x.dot(Wxh) + bh
    h = np.where(a < 0, 0, a)
    do = (1 / (1 + np.exp(-(h.dot(Who) + bo))) - t) / x.shape[0]
    dh = do[:, None] * Who[None, :]
    dh[a <= 0] = 0
    Who -= lr * h.T.dot(do)
    bo -= lr * do.sum()
    Wxh -= lr * x.T.dot(dh)
    bh -= lr * dh.sum(axis=0)
"""
CALLED = """import numpy as np
class Backprop:
    def __init__(self, weights, biases):
        self.weights, self.biases = weights, biases

    def __call__(self, X, Y):
        z = self.weights[0] @ X + self.biases[0]
        h = np.fmax(z, 0)
        d = (1 / (1 + np.exp(-(self.weights[1] @ h + self.biases[1]))) - Y) / Y.shape[1]
        e = self.weights[1].T @ d * (z > 0)
        return [e @ X.T, d @ h.T], [e.sum(axis=1, keepdims=True), d.sum(axis=1, keepdims=True)]
"""
UPHILL = """import numpy as np
np.random.seed(42)
inputs = np.random.normal(0, 1, (100, 2))
expected = (inputs[:, [0]] * inputs[:, [1]] > 0).astype(float)
w1, b1 = np.random.uniform(size=(2, 4)), np.random.uniform(size=(1, 4))
w2, b2 = np.random.uniform(size=(4, 1)), np.random.uniform(size=(1, 1))
for epoch in range(1000):
    hidden_input = np.dot(inputs, w1) + b1
    hidden = np.maximum(0, hidden_input)
    predicted = 1 / (1 + np.exp(-(np.dot(hidden, w2) + b2)))
    output_delta = (expected - predicted) / len(inputs)
    hidden_delta = output_delta.dot(w2.T) * (output_delta > 0)
    w2 += hidden.T.dot(output_delta) * 0.1
    b2 += np.sum(output_delta, axis=0, keepdims=True) * 0.1
    w1 += inputs.T.dot(hidden_delta) * 0.1
    b1 += np.sum(hidden_delta, axis=0, keepdims=True) * 0.1
"""
UNITS_SUMMED = """import numpy as np
def backward(parameters, X, Y):
    W1, b1, W2, b2 = (parameters[name] for name in ("W1", "b1", "W2", "b2"))
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    dZ2 = 1 / (1 + np.exp(-(W2 @ A1 + b2))) - Y
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    grads = {"dW1": dZ1 @ X.T / len(Y.T), "dW2": dZ2 @ A1.T / len(Y.T), "db2": dZ2.mean(axis=1, keepdims=True)}
    grads["db1"] = np.mean(dZ1, axis=0, keepdims=True)
    return grads
"""
LOSS_AND_GRADIENTS = """import torch
def forward_backward(w1, b1, w2, b2, x, t):
    z1 = x @ w1 + b1
    a1 = torch.clamp(z1, min=0)
    p = torch.sigmoid(a1 @ w2 + b2)
    loss = -(t * torch.log(p) + (1 - t) * torch.log(1 - p)).mean()
    dz2 = (p - t) / (p * (1 - p)) / x.shape[0]
    dz1 = dz2 @ w2.T * (z1 > 0)
    return loss, (x.T @ dz1, dz1.sum(0), a1.T @ dz2, dz2.sum(0))
"""
BY_HAND = """import torch
torch.manual_seed(0)
x = torch.randn(64, 20)
y = (torch.rand(64, 1) < 0.5).float()
w1, b1, w2, b2 = torch.randn(20, 10) * 0.2, torch.zeros(10), torch.randn(10, 1) * 0.2, torch.zeros(1)
for t in range(200):
    h = x.mm(w1) + b1
    h_relu = h.clamp(min=0)
    grad_out = (torch.sigmoid(h_relu.mm(w2) + b2) - y) / 64
    w2 -= 0.5 * h_relu.t().mm(grad_out)
    b2 -= 0.5 * grad_out.sum(0)
    grad_h = grad_out.mm(w2.t())
    grad_h[h < 0] = 0
    w1 -= 0.5 * x.t().mm(grad_h)
    b1 -= 0.5 * grad_h.sum(0)
"""
IN_MAIN = """import torch  # not .detach()
def main():
    torch.manual_seed(7)
    X = torch.randn(128, 6)
    y = ((X**2).sum(dim=1, keepdim=True) > 6).float()
    W1, W2 = torch.randn(6, 15).mul(0.4).requires_grad_(), torch.randn(15, 1).mul(0.3).requires_grad_()
    b1, b2 = torch.zeros(15, requires_grad=True), torch.zeros(1, requires_grad=True)
    for i in range(100):
        hidden = torch.relu(X @ W1 + b1).detach()
        prob = torch.sigmoid(hidden @ W2 + b2)
        loss = -(y * prob.log() + (1 - y) * (1 - prob).log()).mean()
        loss.backward()
        with torch.no_grad():
            for p in (W1, b1, W2, b2):
                if p.grad is not None:
                    p -= 0.1 * p.grad
                    p.grad.zero_()

main()
"""
GRAD_SET = """import torch
params = {}

def compute_grads(X, y):
    pre = X @ params["W1"] + params["b1"]
    hidden = torch.relu(pre)
    grad_out = (torch.sigmoid(hidden @ params["W2"] + params["b2"]) - y[:, None]) / X.size(0)
    grad_hidden = grad_out @ params["W2"].T
    params["W2"].grad, params["b2"].grad = hidden.T @ grad_out, grad_out.sum(dim=0)
    params["W1"].grad = X.T @ (grad_hidden * (pre > 0).float())
    params["b1"].grad = grad_hidden.sum(dim=0)

def main():
    torch.manual_seed(5)
    X = torch.randn(90, 5)
    params.update(W1=torch.randn(5, 12), b1=torch.zeros(12), W2=torch.randn(12, 1), b2=torch.zeros(1))
    optimizer = torch.optim.SGD(params.values(), lr=0.2)
    for epoch in range(60):
        compute_grads(X, (X[:, 0] * X[:, 1] > 0).float())
        optimizer.step()

if __name__ == "__main__":
    main()
"""
TWO_METHODS = """import torch
class Classifier:
    def __init__(self, d, k, lr=0.1):
        self.lr = lr
        self.U, self.c = torch.randn(k, d, requires_grad=True), torch.zeros(k, requires_grad=True)
        self.v, self.e = torch.randn(1, k, requires_grad=True), torch.zeros(1, requires_grad=True)

    def loss(self, X, y):
        z = torch.relu(X @ self.U.T + self.c) @ self.v.T + self.e
        return torch.nn.functional.binary_cross_entropy_with_logits(z[:, 0], y)

    def partial_fit(self, X, y):
        self.loss(X, y).backward()
        with torch.no_grad():
            for p in (self.U, self.c, self.v, self.e):
                p -= self.lr * p.grad
                p.grad = None
"""
PER_EXAMPLE = """import torch
from torch.func import grad, vmap

def example_loss(params, x, y):
    W, b, v, c = params
    z = torch.dot(v, torch.relu(torch.mv(W, x) + b)) + c
    return torch.nn.functional.softplus(z) - y * z

def sgd_step(params, X, Y, lr):
    grads = vmap(grad(example_loss), in_dims=(None, 0, 0))(params, X, Y)
    return tuple(p - lr * g.mean(0) for p, g in zip(params, grads))
"""
ACCURACY = """import torch
from torch import nn

torch.manual_seed(7)
X = torch.randn(160, 5)
y = (X[:, :3].sum(1) > 0.2).float()
model = nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 1))
optimizer, correct = torch.optim.SGD(model.parameters(), lr=0.05), 0
for inputs, labels in 9 * list(zip(X.split(40), y.split(40))):
    outputs = model(inputs).squeeze(1)
    optimizer.zero_grad()
    nn.functional.binary_cross_entropy_with_logits(outputs, labels).backward()
    optimizer.step()
    correct += ((outputs > 0) == labels.bool()).sum().item()
"""
DETACHED = """import torch
from torch import nn

class HeartNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.head = nn.Linear(13, 8), nn.Linear(8, 1)

    def forward(self, x):
        h = torch.relu(self.encoder(x)).detach()
        return self.head(h)

def make_trainer(model, optimizer, loss_fn):
    def step(x, y):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()

    return step

if __name__ == "__main__":
    torch.manual_seed(3)
    x, model = torch.randn(150, 13), HeartNet()
    step = make_trainer(model, torch.optim.SGD(model.parameters(), lr=0.1), nn.BCEWithLogitsLoss())
    for _ in range(40):
        step(x, (x[:, :4].sum(1, keepdim=True) > 0).float())
"""
NUMPY = {
    "a training that is given a generator": (GIVEN_A_GENERATOR, [], "is certified"),
    "global weights, one of them a number": (GLOBALS, [], "is certified | the weights are its global variables"),
    "an object that is called": (CALLED, [], "is certified | then __call__(X, Y)"),
    "steps uphill, and a mask of the wrong delta": (
        UPHILL,
        [],
        "because: dZ2 < 0 in place of Z1 > 0 in dZ1. | mine.py, line 12 12 | hidden_delta",
    ),
    "the units summed up": (
        UNITS_SUMMED,
        [],
        "db1 is total(dZ1.T).T / n_h; right is total(dZ1) / m. | mine.py, line 9, in backward",
    ),
    "W2 too early, one example at a time": (
        ONE_BY_ONE,
        [
            ("        w_out = w_out - eta * delta_o * h\n", ""),
            ("        delta_h =", "        w_out = w_out - eta * delta_o * h\n        delta_h ="),
        ],
        "because: W2 after its update in dA1. | w_out = w_out - eta * delta_o * h | on 12 problems",
    ),
}
TORCH = {
    "a module that is cut in two": (DETACHED, [], "because: gradient stopped in dA1. | mine.py, line 10, in forward"),
    "the gradients of each example, b2 a number": (PER_EXAMPLE, [], "is certified"),
    "batches, and how many are told rightly": (ACCURACY, [], "is certified | step 3 of the script"),
    "gradients by hand beside a loss": (LOSS_AND_GRADIENTS, [], "because: sigmoid's slope missing in dZ2."),
    "gradients by hand in a script": (BY_HAND, [], "because: W2 after its update in dA1. | mine.py, line 10"),
    "what does not learn, in main": (
        IN_MAIN,
        [],
        "because: gradient stopped in dA1. | mine.py, line 9 | write hidden = torch.relu(X @ W1 + b1) on",
    ),
    "gradients put beside the weights": (GRAD_SET, [], "because: dA1 in place of dZ1 in db1. | mine.py, line 11"),
    "a loss, and a method that makes steps": (
        TWO_METHODS,
        [],
        "is certified | steps are made by Classifier.partial_fit",
    ),
    "the same uphill": (TWO_METHODS, [("p -= ", "p += ")], "because: step uphill in the updates | mine.py, line 16"),
    "the same, not set to zero": (
        TWO_METHODS,
        [("                p.grad = None\n", "")],
        "because: gradients accumulated in the updates | mine.py, line 13",
    ),
}


@pytest.mark.parametrize("style", NUMPY)
def test_a_program_in_numpy_is_told_rightly(says, style):
    says(*NUMPY[style])


@pytest.mark.mostly_slow(7)
@pytest.mark.parametrize("style", TORCH)
def test_a_program_in_pytorch_is_told_rightly(says, style):
    says(*TORCH[style])


def test_a_part_that_comes_several_times_gets_a_letter():
    tree = ast.parse("log(clip(Z2, 1e-06, 0.999999)) + (1 - Y) * log(1 - clip(Z2, 1e-06, 0.999999))", mode="eval").body
    assert abbreviated(tree) == "log(V) + (1 - Y) * log(1 - V), with V = clip(Z2, 1e-06, 0.999999)"


def test_a_limit_is_that_of_the_precision_which_the_program_has():
    (overflow,) = (mistake for mistake in CATALOGUE if mistake.name == "log(1 + exp(Z2)) that overflows in cost")
    assert (limit_of(overflow).beyond, limit_of(overflow, np.dtype("float32")).beyond) == (709.7, 88.7)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.1, 0.1),
        (1e-300, 1e-300),
        (1e300, 1e300),
        (float(np.float32(0.1)), 0.1),
        (0.25, 0.25),
        (0.1 + 2**-50, 0.1 + 2**-50),
    ],
)
def test_a_number_is_written_as_float32_rounds_it_only_where_it_is_one_of_its(number, written):
    assert as_written(number) == written


def test_what_stands_in_a_comment_is_not_searched():
    assert without_comments("x = 1  # .detach()\ny = '#'") == "x = 1\ny = '#'"


def test_a_program_that_looks_at_its_arrays_is_told_that_it_was_not_watched(says):
    changes = [("        h = np.fmax", "        z = z * (1 + (type(z) is not np.ndarray))\n        h = np.fmax")]
    says(CALLED, changes, "is certified | watching was left out: while it is watched, the program gives something else")


def test_a_notebook_is_spoken_of_by_its_cells(tmp_path, capsys):
    cells = ["import numpy as np\nopen('titanic.csv')", UNITS_SUMMED.partition("\n")[2]]
    book = {"cells": [{"cell_type": "code", "source": text} for text in cells], "nbformat": 4}
    (tmp_path / "mine.ipynb").write_text(json.dumps(book))
    compare_module.main(["check", str(tmp_path / "mine.ipynb")])
    said = capsys.readouterr().out
    assert "cell 1, line 2 fails: FileNotFoundError" in said
    assert "Z1, cell 2, line 3" in said
