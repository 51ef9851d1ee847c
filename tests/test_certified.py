"""Nothing wrong is certified: what a script or a training does by itself, and what nothing else calls, is judged."""

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
    "a number for the rate, inside of a product": ("lr * (d @ X.T)", "0.3 * d @ X.T"),
    "one example at a time": ("    z1 = W1 @ X", "    X, y = (V[:, epoch % 40, None] for V in both)\n    z1 = W1 @ X"),
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
    "one example at a time": [("lr, m, v = 0.3, 40, 0", "lr, m, v, both = 0.3, 1, 0, (X, y)")],
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


def test_weights_that_are_updated_too_early_are_pointed_at_and_no_right_line_is(answer):
    update = "    W2 -= lr * (g @ a1.T)\n"
    status, said = answer(SCRIPT, (update, ""), ("    d = W2.T", f"{update}    d = W2.T"))
    assert (status, said.split(" examined ")[0].split(" in ")[1:]) == (1, ["dA1."])
    assert f"14 | {update.strip()}" in said


ADDED_UP = (
    SCRIPT.split("lr, m")[0]
    + """for epoch in range(200):
    dW1, db1, dW2, db2 = 0 * W1, 0 * b1, 0 * W2, 0 * b2
    for k in range(40):
        x = X[:, [k]]
        z1 = W1 @ x + b1
        a1 = np.maximum(0, z1)
        g = 1 / (1 + np.exp(-(W2 @ a1 + b2))) - y[:, [k]]
        d = W2.T @ g * (z1 > 0)
        dW1, db1, dW2, db2 = dW1 + d @ x.T, db1 + d, dW2 + g @ a1.T, db2 + g
    W1 -= 0.3 * dW1 / 40
    b1 -= 0.3 * db1 / 40
    W2 -= 0.3 * dW2 / 40
    b2 -= 0.3 * db2 / 40
"""
)


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("0.3 * db1 / 40", "-0.3 * db1 / 40"), "wrong, because: sign wrong in db1."),
        (("W2", "W2"), "certified"),
    ],
)
def test_gradients_that_are_added_up_example_by_example_are_those_of_all(answer, change, said):
    assert f"mine.py is {said}" in answer(ADDED_UP, change)[1]


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
    ("change", "said"),
    [
        (("p - 0", "p + 0"), "wrong, because: step uphill"),
        (("", ""), "certified"),
        (("f = lambda p:", "def f(p): return"), "certified"),
    ],
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


MODEL = """
def nn_model(X, Y, n_h, num_iterations=1000):
    W1, b1 = np.random.randn(n_h, len(X)), np.zeros((n_h, 1))
    parameters = {"W1": W1, "b1": b1, "W2": np.random.randn(1, n_h), "b2": np.zeros((1, 1))}
    costs = []
    for i in range(num_iterations):
        A2, cache = forward_propagation(X, parameters)
        grads = backward_propagation(parameters, cache, X, Y)
        if i % 100 == 0:
            costs.append(compute_cost(A2, Y))
        parameters = update_parameters(parameters, grads)
    return parameters, costs
"""
OF_MODEL = {
    f"step uphill in the updates of {ALL_FOUR}": (
        "(parameters, grads)\n    return",
        "(parameters, grads, -1.2)\n    return",
    ),
    "mean over examples missing in cost": ("append(compute_cost(A2, Y))", "append(compute_cost(A2, Y) * 70)"),
}


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize("kind", OF_MODEL)
def test_a_training_that_is_wrong_beside_a_right_backprop_is_told(answer, kind):
    status, said = answer(COURSE + MODEL, OF_MODEL[kind])
    assert (status, f"mine.py is wrong, because: {kind}." in said) == (1, True), said


def test_a_training_that_draws_its_weights_is_examined_and_said_to_be(answer):
    status, said = answer(COURSE + MODEL)
    assert (status, said.partition(":")[0]) == (0, "mine.py is certified")
    assert "the first steps of nn_model are examined as it makes them" in said
    assert "not examined: predict" in said


PAIRS = """import numpy as np
def update(params, X, y, lr):
    (W1, b1), (W2, b2) = params
    A1 = np.maximum(0, X @ W1 + b1)
    dZ2 = (1 / (1 + np.exp(-(A1 @ W2 + b2))) - y[:, None]) / len(X)
    dZ1 = dZ2 @ W2.T * (A1 > 0)
    grads = [(X.T @ dZ1, dZ1.sum(0)), (A1.T @ dZ2, dZ2.sum(0))]
    return [(W - lr * dW, b - lr * db) for (W, b), (dW, db) in zip(params, grads)]
"""


def test_an_update_that_returns_a_pair_for_each_layer_is_certified(answer):
    status, said = answer(PAIRS)
    assert (status, "weights are stored (in, out)" in said, "2,500 steps of train" in said) == (0, True, True), said


BATCHES = """import numpy as np
def backward(W1, b1, W2, b2, X, Y):
    Z1 = W1 @ X + b1
    dZ2 = (1 / (1 + np.exp(-(W2 @ np.maximum(0, Z1) + b2))) - Y) / X.shape[1]
    dZ1 = W2.T @ dZ2 * (Z1 > 0)
    return dZ1 @ X.T, dZ1.sum(1, keepdims=True), dZ2 @ np.maximum(0, Z1).T, dZ2.sum(1, keepdims=True)
def fit(X, Y, W1, b1, W2, b2, learning_rate, epochs):
    for _ in range(epochs):
        order = np.random.permutation(X.shape[1])
        for k in range(0, X.shape[1], 16):
            batch = order[k : k + 16]
            dW1, db1, dW2, db2 = backward(W1, b1, W2, b2, X[:, batch], Y[:, batch])
            W1, b1 = W1 - learning_rate * dW1, b1 - learning_rate * db1
            W2 = W2 - learning_rate * dW2
            b2 = b2 - learning_rate * db2
    return W1, b1, W2, b2
"""


@pytest.mark.mostly_slow(2)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("rate * db2", "rate * db2 * (0.5 if k else 1)"),
            "wrong, because: step of another length in the update of b2.",
        ),
        (("db2", "db2"), "certified"),
    ],
)
def test_each_of_the_batches_of_a_training_is_judged_by_itself(answer, change, said):
    told = answer(BATCHES, change)[1]
    assert f"mine.py is {said}" in told
    assert "judged as what it is: batches of examples" in told
    assert "2-3-1, 16 examples, batch" in told
