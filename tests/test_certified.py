"""Nothing wrong is certified: what a script does by itself, and the functions that nothing else calls, is judged."""

import pytest

import compare as compare_module

pytestmark = pytest.mark.usefixtures("few_problems")

SCRIPT = """import numpy as np
rng = np.random.default_rng(3)
X = rng.normal(size=(5, 40))
y = (X.sum(axis=0, keepdims=True) > 0).astype(float)
W1, b1 = rng.normal(size=(4, 5)) * 0.3, np.zeros((4, 1))
W2, b2 = rng.normal(size=(1, 4)) * 0.3, np.zeros((1, 1))
lr, m, v = 0.3, 40, 0
for epoch in range(200):
    z1 = W1 @ X + b1
    a1 = np.maximum(0, z1)
    z2 = W2 @ a1 + b2
    loss = np.mean(np.logaddexp(0, z2) - y * z2)
    g = (1 / (1 + np.exp(-z2)) - y) / m
    d = W2.T @ g * (z1 > 0)
    W1 -= lr * (d @ X.T)
    b1 -= lr * d.sum(axis=1, keepdims=True)
    W2 -= lr * (g @ a1.T)
    b2 -= lr * g.sum(axis=1, keepdims=True)
"""
ALL_FOUR = "W1, b1, W2 and b2"
WRONG = {
    f"learning rate not used in the updates of {ALL_FOUR}": ("-= lr * ", "-= "),
    f"step divided by m in the updates of {ALL_FOUR}": ("-= lr * ", "-= lr / m * "),
    "step uphill in the update of W1": ("W1 -=", "W1 +="),
    "step missing in the update of b1": ("    b1 -= lr * d.sum(axis=1, keepdims=True)\n", ""),
    "step 0.2 times as long in the update of W2": ("W2 -= lr", "W2 -= 0.06"),
    "mean over examples missing in cost": ("loss = np.mean", "loss = np.sum"),
}
RIGHT = {
    "as it is": ("", ""),
    "the rate falls": ("    z1 =", "    lr *= 0.99\n    z1 ="),
    "batches": ("    z1 =", "    X, y = (V[:, 10 * (epoch % 4) :][:, :10] for V in both)\n    z1 ="),
    "the mean in the update": (") - y) / m", ") - y)"),
    "gradients with the other sign": (") - y) / m", ") - y) / -m"),
    "rows, and as many units as inputs": ("size=(5, 40)", "size=(40, 4)"),
    "momentum": ("    W2 -= lr * (g @ a1.T)", "    v = 0.9 * v + g @ a1.T\n    W2 -= lr * v"),
}
FURTHER = {
    "batches": [("lr, m, v = 0.3, 40, 0", "lr, m, v, both = 0.3, 10, 0, (X, y)")],
    "rows, and as many units as inputs": [
        *[("X.sum(axis=0", "X.sum(axis=1"), ("size=(4, 5)", "size=(4, 4)"), ("zeros((4, 1))", "zeros((1, 4))")],
        *[("W1 @ X", "X @ W1"), ("size=(1, 4)", "size=(4, 1)"), ("W2 @ a1", "a1 @ W2"), ("W2.T @ g", "g @ W2.T")],
        *[
            ("d @ X.T", "X.T @ d"),
            ("g @ a1.T", "a1.T @ g"),
            ("sum(axis=1, keepdims=True)\n", "sum(axis=0, keepdims=True)\n"),
        ],
    ],
    "the mean in the update": [("-= lr", "-= lr / m")],
    "gradients with the other sign": [("-= lr", "+= lr")],
}


@pytest.fixture
def answer(tmp_path, capsys):
    """Examine a text, changed here and there, and give all that is said, as one line."""

    def examined(text, *changes):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "mine.py").write_text(text)
        status = compare_module.main(["check", str(tmp_path / "mine.py")])
        return status, " ".join(capsys.readouterr().out.split())

    return examined


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_step_of_a_script_is_named(answer, kind):
    status, said = answer(SCRIPT, WRONG[kind])
    assert (status, said.split(" examined ")[0]) == (1, f"mine.py is wrong, because: {kind}.")


@pytest.mark.mostly_slow(3)
@pytest.mark.parametrize("kind", RIGHT)
def test_a_right_script_is_certified_with_its_steps(answer, kind):
    status, said = answer(SCRIPT, RIGHT[kind], *FURTHER.get(kind, ()))
    assert (status, said.partition(":")[0]) == (0, "mine.py is certified"), said
    assert "W1 after a step" in said
    assert ("no plain gradient descent, and judged as what it is: momentum 0.9" in said) == (kind == "momentum")


TORCH = """import torch
torch.manual_seed(0)
X = torch.randn(40, 5)
y = (X.sum(1, keepdim=True) > 0).float()
model = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(200):
    optimizer.zero_grad()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(model(X), y)
    loss.backward()
    optimizer.step()
"""
ZERO = "    optimizer.zero_grad()\n"
OF_TORCH = {
    f"gradients accumulated in the updates of {ALL_FOUR}": [(ZERO, "")],
    f"step missing in the updates of {ALL_FOUR}": [(ZERO, ""), ("    optimizer.step", f"{ZERO}    optimizer.step")],
    "factor 2 in dW2, db2, dW1 and db1": [
        ("    loss.backward", "    loss.backward(retain_graph=True)\n    loss.backward")
    ],
    "step missing in the updates of W1 and b1": [("model.parameters", "model[2].parameters")],
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", OF_TORCH)
def test_a_wrong_loop_around_autograd_is_named(answer, kind):
    status, said = answer(TORCH, *OF_TORCH[kind])
    assert (status, said.split(" examined ")[0]) == (1, f"mine.py is wrong, because: {kind}.")


@pytest.mark.slow
@pytest.mark.parametrize(("change", "told"), [("Adam", "Adam"), ("SGD", "momentum 0.9")])
def test_another_optimizer_is_told_and_is_no_mistake(answer, change, told):
    options = ("lr=0.1", "lr=0.1, momentum=0.9" if change == "SGD" else "lr=0.1")
    status, said = answer(TORCH, ("SGD", change), options)
    assert status == 0
    assert f"judged as what it is: {told}" in said


JAX = """import jax
import jax.numpy as jnp
X = jax.random.normal(jax.random.PRNGKey(0), (5, 40))
y = (X.sum(axis=0, keepdims=True) > 0).astype(jnp.float32)
params = [0.3 * jax.random.normal(jax.random.PRNGKey(1), (4, 5)), jnp.zeros((4, 1))]
params += [0.3 * jax.random.normal(jax.random.PRNGKey(2), (1, 4)), jnp.zeros((1, 1))]
f = lambda p: jnp.mean(jax.nn.softplus(out(p)) - y * out(p))
out = lambda p: p[2] @ jax.nn.relu(p[0] @ X + p[1]) + p[3]
for i in range(100):
    params = jax.tree_util.tree_map(lambda p, g: p - 0.1 * g, params, jax.grad(f)(params))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"), [(("p - 0", "p + 0"), "wrong, because: step uphill"), (("", ""), "certified")]
)
def test_the_steps_of_a_script_in_jax_are_judged(answer, change, said):
    assert f"mine.py is {said}" in answer(JAX, change)[1]


COURSE = """import numpy as np
def forward_propagation(X, parameters):
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = np.maximum(0, Z1)
    A2 = 1 / (1 + np.exp(-(parameters["W2"] @ A1 + parameters["b2"])))
    return A2, {"Z1": Z1, "A1": A1, "A2": A2}
def compute_cost(A2, Y):
    return -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
def backward_propagation(parameters, cache, X, Y):
    dZ2 = (cache["A2"] - Y) / X.shape[1]
    dZ1 = parameters["W2"].T @ dZ2 * (cache["Z1"] > 0)
    dW2, db1, db2 = dZ2 @ cache["A1"].T, dZ1.sum(1, keepdims=True), dZ2.sum(1, keepdims=True)
    return {"dW1": dZ1 @ X.T, "db1": db1, "dW2": dW2, "db2": db2}
def update_parameters(parameters, grads, learning_rate=1.2):
    return {name: parameters[name] - learning_rate * grads["d" + name] for name in parameters}
def predict(parameters, X):
    return forward_propagation(X, parameters)[0] > 0
"""
IN_PLACE = (
    "    return {name: parameters[name] - learning_rate * grads",
    "    for name in parameters: parameters[name] = parameters[name] - learning_rate * grads",
)
BESIDE = {
    f"step uphill in the updates of {ALL_FOUR}": [("] - learning", "] + learning")],
    f"learning rate not used in the updates of {ALL_FOUR}": [("learning_rate * ", "")],
    "db2 in place of db1 in the update of b1": [('grads["d" + name]', 'grads["db2" if name == "b1" else "d" + name]')],
    f"step twice as long in the updates of {ALL_FOUR}": [
        IN_PLACE,
        (" for name in parameters}", ""),
        ("- lea", "- 2 * lea"),
    ],
    "mean over examples missing in cost": [("-np.mean", "-np.sum")],
}


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize("kind", BESIDE)
def test_an_update_and_a_cost_that_nothing_else_calls_are_judged(answer, kind):
    status, said = answer(COURSE, *BESIDE[kind])
    assert status == 1
    assert kind in said


def test_what_is_not_called_is_said_not_to_be_examined(answer):
    status, said = answer(COURSE)
    assert (status, said.partition(":")[0]) == (0, "mine.py is certified")
    assert "remark not called, and so not examined: predict" in said
