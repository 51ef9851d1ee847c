"""Programs in the styles of strangers, which an earlier doctor refused or accused."""

import numpy as np
import pytest

import compare as compare_module
from shared.checking.problems import on_paper
from shared.checking.sandbox.binding.steps import learning_rates
from shared.checking.written_numbers import constant

pytestmark = pytest.mark.usefixtures("few_problems")

ONE_BY_ONE = """import random
import numpy as np
random.seed(1)
np.random.seed(1)
data = [([0., 0., 1.], 0), ([0., 1., .5], 1), ([1., 0., .25], 1), ([1., 1., -1.], 0), ([.3, .9, .1], 1)]
w_hidden, b_hidden = np.random.uniform(-1, 1, (4, 3)), np.zeros(4)
w_out, b_out = np.random.uniform(-1, 1, 4), 0.0
eta = 0.2
for epoch in range(400):
    random.shuffle(data)
    for features, target in data:
        x = np.array(features)
        net = w_hidden.dot(x) + b_hidden
        h = np.maximum(net, 0)
        o = 1.0 / (1.0 + np.exp(-(w_out.dot(h) + b_out)))
        delta_o = o - target
        delta_h = delta_o * w_out * (net > 0)
        w_out = w_out - eta * delta_o * h
        b_out = b_out - eta * delta_o
        w_hidden = w_hidden - eta * np.outer(delta_h, x)
        b_hidden = b_hidden - eta * delta_h
"""
COLUMNS = [
    ("np.random.uniform(-1, 1, 4), 0.0", "np.random.uniform(-1, 1, (1, 4)), np.zeros((1, 1))"),
    ("np.zeros(4)", "np.zeros((4, 1))"),
    ("np.array(features)", "np.array(features).reshape(-1, 1)"),
    ("delta_o * w_out *", "w_out.T * delta_o *"),
    ("delta_o * h", "delta_o * h.T"),
    ("np.outer(delta_h, x)", "delta_h @ x.T"),
]
MOMENTUM = """import argparse
import numpy as np

def main():
    options = argparse.ArgumentParser()
    options.add_argument("--lr", type=float, default=0.1)
    args = options.parse_args()
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, size=(200, 2))
    y = (x[:, :1] ** 2 + x[:, 1:] ** 2 < 0.5).astype(float)
    p = dict(W1=rng.normal(size=(2, 6)), b1=np.zeros((1, 6)), W2=rng.normal(size=(6, 1)), b2=np.zeros((1, 1)))
    v = {k: np.zeros_like(a) for k, a in p.items()}
    for i in range(0, 200, 25):
        xb, yb = x[i : i + 25], y[i : i + 25]
        z1 = np.einsum("ni,io->no", xb, p["W1"]) + p["b1"]
        h = np.maximum(z1, 0)
        ds = (1 / (1 + np.exp(-(np.einsum("ni,io->no", h, p["W2"]) + p["b2"]))) - yb) / len(xb)
        dh = ds @ p["W2"].T * (z1 > 0)
        grads = dict(W1=xb.T @ dh, b1=dh.sum(0, keepdims=True), W2=h.T @ ds, b2=ds.sum(0, keepdims=True))
        for k in p:
            v[k] = 0.9 * v[k] - args.lr * grads[k]
            p[k] += v[k]

if __name__ == "__main__":
    main()
"""
ONE_UNIT = """import numpy as np
def gradients(W1, b1, w2, b2, X, y):
    H = np.maximum(X @ W1.T + b1, 0)
    d = (1 / (1 + np.exp(-(H @ w2 + b2))) - y) / len(y)
    dH = np.outer(d, w2) * (H > 0)
    return dH.T @ X, dH.sum(0), H.T @ d, d.sum()
"""
TOO_EARLY = """import numpy as np
class Network:
    def __init__(self, n_inputs, n_hidden, learning_rate):
        self.wih, self.bih = np.random.randn(n_hidden, n_inputs), np.zeros((n_hidden, 1))
        self.who, self.bho = np.random.randn(1, n_hidden), np.zeros((1, 1))
        self.lr = learning_rate

    def train(self, inputs, targets):
        z = self.wih @ inputs + self.bih
        hidden = np.maximum(z, 0)
        errors = (1 / (1 + np.exp(-(self.who @ hidden + self.bho))) - targets) / inputs.shape[1]
        self.who -= self.lr * errors @ hidden.T
        self.bho -= self.lr * errors.sum(axis=1, keepdims=True)
        back = self.who.T @ errors * (z > 0)
        self.wih -= self.lr * back @ inputs.T
        self.bih -= self.lr * back.sum(axis=1, keepdims=True)
"""
NO_AXIS = """import numpy as np
def back_prop(theta, X, Y):
    W1, b1, W2, b2 = theta
    Z1 = W1 @ X + b1
    A1 = np.maximum(Z1, 0)
    dZ2 = (1 / (1 + np.exp(-(W2 @ A1 + b2))) - Y) / X.shape[1]
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    return dZ1 @ X.T, np.sum(dZ1), dZ2 @ A1.T, np.sum(dZ2)

def gradient_descent(X, Y, n_hidden, alpha, iterations):
    draw = np.random.default_rng(0).normal
    theta = draw(size=(n_hidden, len(X))), np.zeros((n_hidden, 1)), draw(size=(1, n_hidden)), np.zeros((1, 1))
    for _ in range(iterations):
        theta = tuple(p - alpha * g for p, g in zip(theta, back_prop(theta, X, Y)))
    return theta
"""
BY_GRAD = """import torch
import torch.nn.functional as F

def net(params, x):
    w1, b1, w2, b2 = params
    return F.linear(torch.relu(F.linear(x, w1, b1)), w2, b2)

def train(params, x, y, lr=0.1, steps=100):
    for _ in range(steps):
        grads = torch.autograd.grad(F.binary_cross_entropy_with_logits(net(params, x), y), params)
        params = [(p - lr * g).detach().requires_grad_() for p, g in zip(params, grads)]
    return params
"""
ZEROED = """
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(1)
x = torch.randn(48, 3)
y = (x[:, :1] > 0.2).float()
model = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(4):
    for xb, yb in DataLoader(TensorDataset(x, y), batch_size=16):
        F.binary_cross_entropy_with_logits(model(xb), yb).backward()
        optimizer.zero_grad()
        optimizer.step()
"""
AT_TOP = """
torch.manual_seed(0)
x = torch.randn(50, 3)
y = (x[:, :1] > 0).float()
params = [torch.randn(5, 3) * .5, torch.zeros(5), torch.randn(1, 5) * .5, torch.zeros(1)]
params = train([p.requires_grad_() for p in params], x, y)
"""
BY_HAND = """import torch
class TwoLayer:
    def __init__(self, n_in, n_hid):
        g = torch.Generator().manual_seed(0)
        self.U, self.c = torch.randn(n_hid, n_in, generator=g, dtype=torch.float64), torch.zeros(n_hid, 1).double()
        self.v, self.d = torch.randn(1, n_hid, generator=g, dtype=torch.float64), torch.zeros(1, 1).double()

    def __call__(self, x):
        self.x, self.s = x, self.U @ x + self.c
        self.h = torch.relu(self.s)
        self.p = torch.sigmoid(self.v @ self.h + self.d)

    def backward(self, y):
        e = (self.p - y).div(y.shape[1])
        self.gv, self.gd = e @ self.h.t(), e.sum(1, keepdim=True)
        r = (self.v.t() @ e) * self.s.gt(0)
        self.gU, self.gc = r @ self.x.t(), r.sum(1, keepdim=True)

    def step(self, lr):
        self.U.sub_(lr * self.gU)
        self.c.sub_(lr * self.gc)
        self.v.sub_(lr * self.gv)
        self.d.sub_(lr * self.gd)

def fit(x, y, hidden=8, lr=0.2, epochs=60):
    net = TwoLayer(x.shape[0], hidden)
    for _ in range(epochs):
        net(x)
        net.backward(y)
        net.step(lr)
    return net
"""
MODULE = """import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, d_in=4, d_hidden=8):
        super().__init__()
        self.hidden, self.out = nn.Linear(d_in, d_hidden), nn.Linear(d_hidden, 1)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x))).flatten()
"""
TWO_OUTPUTS = [("d_hidden, 1", "d_hidden, 2"), (".flatten()", "\ncriterion = nn.CrossEntropyLoss()")]
OWN_RULE = """import torch
class Relu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, d):
        return d.clamp(min=0)

def loss(W1, b1, W2, b2, X, Y):
    return torch.nn.functional.binary_cross_entropy_with_logits(W2 @ Relu.apply(W1 @ X + b1) + b2, Y)
"""
NUMPY = {
    "one example at a time, and numbers for labels and b2": (ONE_BY_ONE, [], "is certified"),
    "one example at a time, as a column": (ONE_BY_ONE, COLUMNS, "is certified"),
    "momentum over batches, and the rate an option": (MOMENTUM, [], "judged as what it is: momentum 0.9"),
    "W2 a vector and b2 a number": (ONE_UNIT, [], "is certified"),
    "W2 updated too early": (TOO_EARLY, [], "is wrong, because: W2 after its update in dA1."),
    "the sum of db1 without an axis": (NO_AXIS, [], "is wrong, because: sum over both axes in db1."),
}
TORCH = {
    "a training by torch.autograd.grad": (BY_GRAD, [], "2,500 steps of train"),
    "the same in a script": (BY_GRAD + AT_TOP, [("def train", "def fit"), ("= train(", "= fit(")], "is certified"),
    "by hand, in attributes of one letter": (BY_HAND, [], "is certified"),
    "the same, gradients with usual names": (
        BY_HAND,
        [(f"self.g{letter}", f"self.d{name}") for letter, name in (("U", "W1"), ("c", "b1"), ("v", "W2"), ("d", "b2"))],
        "is certified",
    ),
    "a module without a loss, its outputs a vector": (MODULE, [], "is certified"),
    "two outputs in a module": (MODULE, TWO_OUTPUTS, "of its two outputs the second is A2"),
    "gradients set to zero before the step": (
        BY_GRAD.partition("def ")[0] + ZEROED,
        [],
        "is wrong, because: step missing in the updates of W1, b1, W2 and b2.",
    ),
    "a wrong rule of autograd's": (OWN_RULE, [], "mine.py, line 10, in backward"),
}


@pytest.fixture
def answer(tmp_path, capsys):
    """Examine a text, changed here and there, and give all that is said, as one line."""

    def examined(text, changes=()):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "mine.py").write_text(text)
        compare_module.main(["check", str(tmp_path / "mine.py")])
        return " ".join(capsys.readouterr().out.split())

    return examined


@pytest.mark.parametrize("style", NUMPY)
def test_a_program_in_numpy_is_taken_as_it_is(answer, style):
    text, changes, expected = NUMPY[style]
    assert expected in (said := answer(text, changes)), said


@pytest.mark.mostly_slow(8)
@pytest.mark.parametrize("style", TORCH)
def test_a_program_in_pytorch_is_taken_as_it_is(answer, style):
    text, changes, expected = TORCH[style]
    assert expected in (said := answer(text, changes)), said


def test_what_is_called_is_not_said_to_be_left_alone(answer):
    said = answer(NO_AXIS, [("gradient_descent", "train")])
    assert "the first steps of train are examined as it makes them" in said
    assert "left alone" not in said
    assert "not called" not in said


def test_a_mask_of_equal_entries_is_written_as_one():
    problem = on_paper()
    assert constant(np.ones((2, 5), bool), np.ones((2, 5), bool), problem, problem).value == 1


@pytest.mark.parametrize(
    "text",
    [
        "lr = 0.3",
        "def f(learning_rate: float = 0.3):",
        "f(x, alpha=0.3)",
        '{"lr": 0.3}',
        'a("--lr", type=float, default=0.3)',
    ],
)
def test_a_learning_rate_is_read_off_the_text(text):
    assert learning_rates({}, text) == [0.3]
    assert learning_rates({}, text.replace("lr", "size").replace("learning_rate", "n").replace("alpha", "m")) == []
