"""Programs as people have them: what is to be called is found, and the gradients are read, whatever the form.

tests/forms holds backprops in the styles of courses, books, articles and libraries; all are right but samson_zhang,
whose bias gradients are one sum for all units.
"""

import json
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from shared.checking.conventions import quantities_of
from shared.checking.examination import recognised
from shared.checking.problems import on_paper
from shared.checking.sandbox.binding import paper
from shared.checking.sandbox.binding.search import Search
from shared.checking.sandbox.binding.survey import Survey
from shared.checking.sandbox.binding.words import gradient_of, meanings, weight_of
from shared.checking.sandbox.program import CheckError, Program
from shared.checking.sandbox.source import carry_out, cells
from shared.checking.watching.operations import Input

pytestmark = pytest.mark.mostly_slow(5)

FORMS = Path(__file__).parent / "forms"
GIVEN = on_paper().given()
SCRIPTS = ("eleven_lines", "script_minus")
SLOW = ("jax_list", "torch_train_fn")
TORCH_SCRIPT = FORMS / "torch_script.py"
ENTRIES = {
    "andrewng_ex4": ("nnCostFunction", "returned"),
    "batch_tuple": ("train_step", "returned update"),
    "bias_columns": ("nn_gradients", "returned"),
    "constants_file": ("propagate", "returned"),
    "course_layers_only": ("linear_activation_backward", "returned"),
    "dict_by_layer": ("compute_gradients", "returned"),
    "dropout_args": ("backward_propagation_with_dropout", "returned"),
    "fit_class": ("MLP.fit", "update"),
    "flat_weights_first": ("backprop", "returned"),
    "global_weights": ("backward", "update"),
    "grads_attr": ("TwoLayer.compute_gradients", "held"),
    "kwargs_order": ("backprop", "returned"),
    "layers_class": ("Network.backward", "held"),
    "layers_with_outputs": ("Network.backward", "held"),
    "list_of_layers": ("backward", "returned"),
    "lists_Ws_bs": ("backprop", "returned"),
    "model_two_returns": ("model", "own"),
    "namedtuple_params": ("grad", "returned"),
    "nielsen": ("Network.backprop", "returned"),
    "planar_course": ("backward_propagation", "returned"),
    "polycode": ("NeuralNetwork.backprop", "traced update"),
    "train_method": ("NN.back_propagation", "update"),
    "train_step_fn": ("train_step", "returned update"),
    "wildml": ("build_model", "own"),
    "torch_by_hand": ("backward", "returned"),
    "torch_lossfn": ("loss_fn", "grad"),
    "torch_module": ("train", "autograd"),
    "torch_sequential": ("model", "outputs"),
    "torch_training_step": ("Classifier.training_step", "autograd"),
    "torch_train_fn": ("train", "own"),
    "jax_list": ("loss", "grad"),
    "jax_loss": ("loss", "grad"),
}


def loaded(path):
    """Carry out a file as the doctor does, in this process."""
    loader = SourceFileLoader(f"form_{path.stem}", str(path))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    sys.modules[loader.name] = module
    carry_out(path, vars(module))
    return Survey(module, path.read_text())


def bound(path, entry=""):
    return Search(loaded(path), entry).find()


@pytest.fixture
def form(tmp_path):
    """Write a file and search in it."""

    def search(source, entry=""):
        (tmp_path / "form.py").write_text(dedent(source))
        return Search(loaded(tmp_path / "form.py"), entry)

    return search


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in ENTRIES])
def test_a_program_is_taken_as_it_is(name):
    binding = bound(FORMS / f"{name}.py")
    assert binding
    assert (binding.plan.entry, binding.plan.how) == ENTRIES[name]
    assert binding.reading.right == 4


def test_every_form_is_tried():
    assert {path.stem for path in FORMS.glob("*.py")} == {*ENTRIES, *SCRIPTS, TORCH_SCRIPT.stem, "samson_zhang"}


def test_a_gradient_of_the_wrong_shape_is_taken_by_its_name_so_that_the_doctor_can_tell():
    binding = bound(FORMS / "samson_zhang.py")
    assert binding.plan.entry == "backward_prop"
    assert (binding.reading.of["db1"], binding.reading.misfits) == ("db1", 1)


@pytest.mark.parametrize("name", ["fit_class", "nielsen", "planar_course", "train_step_fn"])
def test_the_gradients_are_exactly_those_that_the_program_computes(name):
    binding = bound(FORMS / f"{name}.py")
    problem = paper.numbers(4, 3, 7)
    arrays = [binding.layout.of(key, problem[key]) for key in paper.NAMES]
    values = binding.call("gradients", arrays, lambda name, V: V)
    for quantity, right in paper.right(problem).items():
        if quantity in paper.GRADIENTS:
            given = np.asarray(values[quantity])
            given = given if given.shape == right.shape else given.T
            np.testing.assert_allclose(given.reshape(right.shape), right, rtol=1e-13, atol=1e-16)


def test_a_large_rate_makes_an_update_give_its_gradient_to_the_last_bit():
    source = FORMS / "train_step_fn.py"
    binding, V = bound(source), paper.numbers()
    arrays = [binding.layout.of(key, V[key]) for key in paper.NAMES]
    W1, b1, W2, b2, X, Y = arrays
    z1 = X @ W1 + b1
    a1 = z1 * (z1 > 0)
    g = (1 / (1 + np.exp(-(a1 @ W2 + b2))) - Y) / len(Y)
    np.testing.assert_array_equal(binding.call("gradients", arrays, lambda name, V: V)["dW2"], a1.T @ g)


def test_steps_of_a_class_are_made_with_the_rate_that_is_asked_for():
    binding, V = bound(FORMS / "fit_class.py"), paper.numbers()
    arrays = [binding.layout.of(key, V[key]) for key in paper.NAMES]
    weights = binding.call("train", [*arrays, 0.25, 1], lambda name, V: V)
    right = V["W1"] - 0.25 * paper.right(V)["dW1"]
    np.testing.assert_allclose(weights["W1"].T, right, rtol=1e-13)


def test_biases_in_a_list_are_two_when_both_have_one_number(form):
    binding = form("""
        import numpy as np
        def backprop(Ws, bs, x, y):
            z = x @ Ws[0] + bs[0]
            a = np.maximum(0, z)
            d2 = (1 / (1 + np.exp(-(a @ Ws[1] + bs[1]))) - y) / len(x)
            d1 = d2 @ Ws[1].T * (z > 0)
            return [x.T @ d1, a.T @ d2], [d1.sum(axis=0), d2.sum(axis=0)]
        """).find()
    problem = paper.numbers(3, 1, 5)
    arrays = [binding.layout.of(key, problem[key]) for key in paper.NAMES]
    values = binding.call("gradients", arrays, lambda name, V: V)
    np.testing.assert_allclose(values["db2"], paper.right(problem)["db2"].ravel(), rtol=1e-13)


@pytest.mark.slow
def test_a_named_tuple_has_the_names_that_the_source_uses(form):
    source = """
        import jax
        import jax.numpy as jnp
        def update(params, x, y, lr):
            def loss(params):
                z = jax.nn.relu(x @ params.w1 + params.b1) @ params.w2 + params.b2
                return jnp.mean(jax.nn.softplus(z) - y * z)
            return jax.tree_util.tree_map(lambda p, g: p - lr * g, params, jax.grad(loss)(params))
        """
    binding = form(source).find()
    assert (binding.plan.form, binding.reading.right) == ("named", 4)


def test_no_rate_is_too_large_for_float32(form):
    source = (FORMS / "train_step_fn.py").read_text().replace("return ", "lr = np.float32(lr)\n    return ")
    assert "np.float32(lr)" in source
    binding = form(source).find()
    assert (binding.rate, binding.reading.right) == (2.0**60, 4)


ORDERED = """
    import numpy as np
    def {name}({parameters}):
        Z1 = W1 @ X + b1
        A1 = np.maximum(0, Z1)
        A2 = 1 / (1 + np.exp(-(W2 @ A1 + b2)))
        dZ2 = (A2 - Y) / X.shape[1]
        dZ1 = W2.T @ dZ2 * (Z1 > 0)
        return dZ1 @ X.T, dZ1.sum(1, keepdims=True), dZ2 @ A1.T, dZ2.sum(1, keepdims=True)
    """


@pytest.mark.parametrize("order", ["X, Y, W1, W2, b1, b2", "W1, W2, b1, b2, X, Y", "Y, X, b2, W2, b1, W1, lambd=0.7"])
def test_arguments_come_in_any_order(form, order):
    assert form(ORDERED.format(name="backprop", parameters=order)).find().reading.right == 4


ONE_EXAMPLE = """
    import numpy as np
    class Net:
        def __init__(self, n_in, n_hidden):
            self.W1, self.b1 = np.ones((n_hidden, n_in)), np.zeros(n_hidden)
            self.W2, self.b2 = np.ones((1, n_hidden)), np.zeros(1)
        def backprop(self, x, y):
            z = self.W1 @ x + self.b1
            a = np.maximum(0, z)
            d2 = 1 / (1 + np.exp(-(self.W2 @ a + self.b2))) - y
            d1 = self.W2.T @ d2 * (z > 0)
            return np.outer(d1, x), d1, np.outer(d2, a), d2
        def fit(self, X, Y, lr, epochs):
            for _ in range(epochs):
                for i in range(len(X)):
                    dW1, db1, dW2, db2 = self.backprop(X[i], Y[i])
                    self.W1 -= lr * dW1
                    self.b1 -= lr * db1
                    self.W2 -= lr * dW2
                    self.b2 -= lr * db2
    """


@pytest.mark.parametrize("entry", ["Net.backprop", "Net.fit"])
@pytest.mark.parametrize("change", [("", ""), (" * (z > 0)", ""), ("- y", "+ y")])
def test_what_takes_one_example_is_asked_for_one_with_a_mistake_in_it_too(form, entry, change):
    binding = form(ONE_EXAMPLE.replace(*change), entry).find()
    assert (binding.plan.entry, binding.plan.one_by_one, binding.reading.misfits) == (entry, True, 0)
    if not any(change):
        problem = paper.numbers(4, 3, 7)
        arrays = [binding.layout.of(key, problem[key]) for key in paper.NAMES]
        values = binding.call("gradients", arrays, lambda name, V: V)
        np.testing.assert_allclose(np.abs(values["db1"]).ravel(), np.abs(paper.right(problem)["db1"]).ravel())


def test_a_loop_over_batches_shows_no_single_examples(form):
    batches = ONE_EXAMPLE.replace("for i in range(len(X))", "for xb, yb in batches").replace("X[i], Y[i]", "xb, yb")
    assert not form(batches).survey.is_for_each_example("backprop")
    assert form(ONE_EXAMPLE).survey.is_for_each_example("backprop")


UPDATE = "def update(self, x, y, lr):\n            dW1, db1, dW2, db2 = self.backprop(x, y)"


@pytest.mark.parametrize(("old", "new", "each"), [("", "", True), ("(x, y", "(X, y", False)])
def test_the_caller_of_a_backprop_shows_that_it_takes_one_example(form, old, new, each):
    text = ONE_EXAMPLE.split("def fit")[0] + UPDATE
    assert form(text.replace(old, new)).survey.is_for_each_example("backprop") == each


@pytest.fixture
def columns():
    """A backprop of one example, a column, that nothing calls."""
    text = ONE_EXAMPLE.split("return")[0].replace("(n_hidden)", "((n_hidden, 1))").replace("zeros(1)", "zeros((1, 1))")
    return text + 'return {"dW1": d1 @ x.T, "db1": d1, "dW2": d2 @ a.T, "db2": d2}\n        '


def test_a_mean_over_examples_shows_that_it_takes_them_all(form, columns):
    assert form(columns + UPDATE).find().plan.one_by_one
    mean = columns.replace("- y", "- y) / x.shape[1]").replace("d2 = 1", "d2 = (1")
    assert not form(mean + UPDATE).find().plan.one_by_one


def test_sums_over_examples_show_that_what_nothing_calls_takes_them_all(form, columns):
    assert form(columns).find().plan.one_by_one
    sums = columns.replace(": d1,", ": d1.sum(1, keepdims=True),").replace(": d2}", ": d2.sum(1, keepdims=True)}")
    assert not form(sums).find().plan.one_by_one


def test_labels_are_given_as_they_belong_to_their_examples_though_the_loss_is_wrong(form):
    text = """
    import torch
    def loss(w1, b1, w2, b2, x, y):
        probabilities = torch.sigmoid(torch.relu(x @ w1 + b1) @ w2 + b2)
        return ((probabilities.squeeze(1) - y) ** 2).mean()
    """
    assert form(text).find().layout.flat_labels


OUTPUT = """
    import numpy as np
    W1, b1, W2, b2 = np.ones((3, 2)), np.zeros((1, 2)), np.ones((2, 1)), np.zeros((1, 1))
    def predict(X):
        return forward(X) > 0.5
    def forward(X):
        global z1, a1
        z1 = X @ W1 + b1
        a1 = np.maximum(0, z1)
        return 1 / (1 + np.exp(-(a1 @ W2 + b2)))
    def backward(X, y, output):
        global W1, b1, W2, b2
        d2 = (output - y) / len(X)
        d1 = d2 @ W2.T * (z1 > 0)
        W2 = W2 - 0.1 * a1.T @ d2
        b2 = b2 - 0.1 * d2.sum(axis=0, keepdims=True)
        W1 = W1 - 0.1 * X.T @ d1
        b1 = b1 - 0.1 * d1.sum(axis=0, keepdims=True)
    def train(X, y):
        backward(X, y, forward(X))
    """


@pytest.mark.parametrize("change", [("", ""), ("forward", "evaluate")])
def test_what_forward_returned_is_the_output_that_backward_takes(form, change):
    found = form(OUTPUT.replace(*change)).find()
    assert (found.plan.calls[0].name, found.reading.right) == (change[1] or "forward", 4)
    module = found.survey.module_as_it_was()
    assert (module.W1.shape, module.W2.shape) == ((3, 2), (2, 1))


def test_a_loss_of_global_data_is_left_to_its_script(form):
    text = OUTPUT.split("def predict")[0] + "def loss(W1):\n        return W1, b1, W2, b2"
    assert form(text).find() is None


SOFTMAX = """
    import numpy as np
    def backward(W1, b1, W2, b2, X, y):
        n = len(X)
        h = np.maximum(0, X @ W1 + b1)
        e = np.exp(h @ W2 + b2)
        probs = e / e.sum(axis=1, keepdims=True)
        {line}
        probs /= n
        back = probs @ W2.T * (h > 0)
        return X.T @ back, back.sum(0), h.T @ probs, probs.sum(0)
    """


@pytest.mark.parametrize(
    ("line", "labels", "wrong"),
    [
        ("probs[range(n), y] -= 1", "classes", set()),
        ("one_hot = y; probs -= one_hot", "one-hot", set()),
        ("probs[range(n), y] -= 1; probs[:, 0] *= 2", "classes", {"dW2", "db2"}),
    ],
)
def test_two_softmax_outputs_are_read_as_one_sigmoid(form, line, labels, wrong):
    binding = form(SOFTMAX.format(line=line)).find()
    assert (binding.labels, "of its two outputs" in binding.sentence()) == (labels, True)
    problem = paper.numbers(3, 2, 7)
    arrays = [binding.layout.of(key, problem[key]) for key in paper.NAMES]
    values, right = binding.call("gradients", arrays, lambda name, V: V), paper.right(problem)
    off = {q for q in paper.GRADIENTS if not np.allclose(np.asarray(values[q]).T.ravel(), right[q].ravel(), rtol=1e-12)}
    assert off == wrong


NEURONS = """
    from math import exp
    def forward_propagate(network, row):
        for layer in network:
            outputs = []
            for neuron in layer:
                z = neuron["weights"][-1] + sum(w * x for w, x in zip(neuron["weights"][:-1], row))
                neuron["output"] = 1 / (1 + exp(-z)) if layer is network[-1] else max(0, z)
                outputs.append(neuron["output"])
            row = outputs
    def backward_propagate_error(network, expected):
        last = network[1][0]
        last["delta"] = last["output"] - expected[0]
        for j, neuron in enumerate(network[0]):
            neuron["delta"] = last["delta"] * last["weights"][j] * (neuron["output"] > 0)
    def update_weights(network, row, l_rate):
        inputs = row[:-1]
        for layer in network:
            for neuron in layer:
                for j, x in enumerate(inputs):
                    neuron["weights"][j] -= l_rate * neuron["delta"] * x
                neuron["weights"][-1] -= l_rate * neuron["delta"]
            inputs = [neuron["output"] for neuron in layer]
    """


def test_a_network_of_lists_of_neurons_is_asked_neuron_by_neuron(form):
    assert form(NEURONS).find().reading.right == 4


@pytest.mark.slow
@pytest.mark.parametrize("returned", ["loss.item(), W1.grad, b1.grad, W2.grad, b2.grad", "loss.detach()"])
def test_a_loss_that_went_back_itself_leaves_its_gradients(form, returned):
    binding = form(f"""
        import torch
        def backward(W1, b1, W2, b2, X, Y):
            for weights in (W1, b1, W2, b2):
                weights.requires_grad_()
            Z2 = W2 @ torch.relu(W1 @ X + b1) + b2
            loss = torch.nn.functional.binary_cross_entropy_with_logits(Z2, Y)
            loss.backward()
            return {returned}
        """).find()
    assert binding.reading.right == 4


def test_costs_beside_new_weights_are_no_bias(form):
    source = ORDERED.format(name="train", parameters="W1, b1, W2, b2, X, Y, lr, steps").replace("W2.T @ dZ2", "X[0]")
    new = "W1 - lr * dZ1 @ X.T, b1 - lr * dZ1.sum(1, keepdims=True), W2 - lr * dZ2 @ A1.T, b2 - lr * dZ2.sum(1)"
    binding = form(f"{source.rpartition('return')[0]}return [0.5] * steps, [{new}]").find()
    assert (binding.reading.right, binding.plan.how) == (2, "returned update")
    problem = paper.numbers()
    arrays = [binding.layout.of(key, problem[key]) for key in paper.NAMES]
    assert np.all(binding.call("train", [*arrays, 0.25, 2], lambda name, V: V)["b1"] != 0.5)  # as many costs as units


def test_what_the_user_names_is_called(form):
    both = ORDERED.format(name="first_gradients", parameters="X, Y, W1, W2, b1, b2")
    both += ORDERED.format(name="second_gradients", parameters="X, Y, W1, W2, b1, b2")
    search = form(both)
    assert search.find().plan.entry == "first_gradients"
    assert search.find().others == ["second_gradients"]
    assert form(both, "second_gradients").find().plan.entry == "second_gradients"


def test_a_vector_is_asked_in_the_layout_in_which_it_gave_its_gradients(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text((FORMS / "flat_weights_first.py").read_text())
    with Program(path, 20) as program:
        assert not recognised(program, on_paper())[0].transposed


def test_the_output_of_the_network_is_told_from_those_of_its_layers():
    names = ["dense1.output", "dense2.output", "output", "cache.A2"]
    assert quantities_of(names) == dict(zip(names, [None, None, "A2", "A2"], strict=True))
    assert quantities_of(["cache.output"]) == {"cache.output": "A2"}


def test_where_nothing_can_be_bound_the_parameters_are_named(form):
    search = form("def backward(alpha_beta, whatever):\n    return 1\n")
    assert search.find() is None
    said = "nothing gives four gradients: for backward nobody knows what alpha_beta, whatever are; name what to call"
    assert search.why_not().startswith(said)


def test_where_nothing_can_be_bound_the_adapter_is_written(form):
    search = form("def backward(net, X, y, whatever):\n    return 1\n")
    assert search.find() is None
    weights = "{'W1': W1, 'b1': b1, 'W2': W2, 'b2': b2}"
    call = f"return backward(net={weights}, X=X, y=Y, whatever=...)"
    assert search.why_not().endswith(f"def gradients(W1, b1, W2, b2, X, Y): {call}")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def backward(parameters, X, Y):\n    return parameters['W3'] @ X\n", "more than two layers (W3)"),
        ("def loss(W1, X, y):\n    return W1[range(3), y]\n", "an output for each class (W1[range(3), y])"),
        ("def backward(W1, X, Y):\n    return softmax(W1 @ X) - Y\n", "an output for each class (softmax)"),
    ],
)
def test_another_network_is_refused_as_such(form, source, said):
    search = form(source)
    assert search.find() is None
    assert search.why_not().startswith(f"this is another network, with {said}; examined are two layers")


@pytest.mark.parametrize(
    ("name", "weight"),
    [
        *[(name, "W1") for name in ("dW1", "dE_dW1", "grad_w1", "dweight1", "theta1_grad", "dl_wrt_w1", "dWh", "gW1")],
        *[(name, "b2") for name in ("db2", "delta_b2", "dbo", "db_o", "grads.bias2_grad", "nabla_b2")],
        *[(name, None) for name in ("dA1", "dZ2", "delta2", "delta_hidden", "grad_h", "Z1", "cost", "0", "lr")],
    ],
)
def test_gradients_are_known_by_many_names(name, weight):
    assert gradient_of(name) == weight


def test_layers_are_counted_from_wherever_they_begin():
    assert meanings(["dW.0", "dW.1"]) == {"dW.0": "dW1", "dW.1": "dW2"}
    assert meanings(["layers.0.db", "layers.2.db"]) == {"layers.0.db": "db1", "layers.2.db": "db2"}
    assert weight_of("fc2.bias") == "b2"


# Files.


def notebook(path, *sources, kind="code"):
    made = [{"cell_type": kind, "source": source.splitlines(keepends=True)} for source in sources]
    path.write_text(json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}))
    return path


def test_a_notebook_is_taken_without_its_magics(tmp_path):
    path = notebook(
        tmp_path / "mine.ipynb",
        "%matplotlib inline\nimport numpy as np\n!pip install numpy\nfiles = !ls",
        "%%bash\nthis is not Python",
        "%%time\nkept = 1",
        dedent(ORDERED.format(name="gradients", parameters="W1, b1, W2, b2, X, Y")),
    )
    assert cells(path)[1] == "pass\nimport numpy as np\npass\nfiles = None"
    with Program(path, 20) as program:
        reply = program.call("gradients", *GIVEN.values(), watch=True)
    assert reply.values is not None, reply.failure
    place = reply.operations[0].place
    assert (cells(path)[3], place.cell, place.line) == ("pass\nkept = 1", 4, 4)
    assert str(place) == f"{path}, cell 4, line 4"


def test_an_error_in_a_notebook_has_its_cell(tmp_path):
    path = notebook(tmp_path / "mine.ipynb", "x = 1", "def gradients(W1, b1, W2, b2, X, Y):\n    return x / 0")
    with Program(path, 20) as program:
        assert "mine.ipynb, cell 2" in program.call("gradients", *GIVEN.values()).failure


@pytest.mark.parametrize("text", ["[1, 2]", "{", '{"cells": 3}'])
def test_what_is_no_notebook_is_told(tmp_path, text):
    (tmp_path / "mine.ipynb").write_text(text)
    with pytest.raises(CheckError, match="this is no notebook"), Program(tmp_path / "mine.ipynb", 20):
        pass


def test_what_fails_at_the_bottom_of_a_file_leaves_its_functions(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text((FORMS / "constants_file.py").read_text())
    with Program(path, 20) as program:
        assert program.bound.entry == "propagate"
        assert any("was left out" in remark for remark in program.remarks)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_first_steps_of_a_script_are_read_off_as_it_runs(tmp_path, name):
    (tmp_path / "mine.py").write_text((FORMS / f"{name}.py").read_text())
    with Program(tmp_path / "mine.py", 20) as program:
        problems = list(program.fitted([]))
        assert len(problems) == program.bound.steps == 3
        for problem in problems:
            turned = [V.T if V.ndim == 2 and key != "Y" else V for key, V in problem.given().items()]
            if name == "script_minus":
                turned = [turned[0], turned[1].ravel(), turned[2], turned[3].ravel(), *turned[4:]]
            reply = program.call("gradients", *map(np.ascontiguousarray, turned), watch=True)
            given, right = {key: np.asarray(V) for key, V in reply.values.items()}, paper.right(problem.given())
            for quantity in paper.GRADIENTS:
                np.testing.assert_allclose(given[quantity].T.ravel(), right[quantity].ravel(), rtol=1e-12)
            assert any(Input("W1") in each.operands for each in reply.operations)


def steps_of_torch(tmp_path, text):
    """Give the gradients of a script's steps, and those that are right for what the steps begin with."""
    (tmp_path / "mine.py").write_text(text)
    with Program(tmp_path / "mine.py", 60) as program:
        assert program.bound.entry == "the script"
        for problem in program.fitted([]):
            W1, b1, W2, b2, X, Y = problem.given().values()
            given = program.call("gradients", W1, b1.ravel(), W2, b2.ravel(), X.T, Y.T, watch=True)
            assert any({Input("X"), Input("W1")} <= set(each.operands) for each in given.operations)
            yield given.values, paper.right(problem.given())


def test_steps_of_a_pytorch_script_are_its_own_with_its_own_loss(tmp_path):
    steps = list(steps_of_torch(tmp_path, TORCH_SCRIPT.read_text()))
    assert len(steps) == 3
    for given, right in steps:
        np.testing.assert_allclose(given["dW1"], right["dW1"], rtol=1e-4, atol=1e-7)
        np.testing.assert_allclose(given["db2"], right["db2"].ravel(), rtol=1e-4, atol=1e-7)


def test_a_script_in_a_function_under_main_is_run(tmp_path):
    lines = (FORMS / "eleven_lines.py").read_text().replace("60000", "50").splitlines()[1:]
    body = "".join(f"    {line}\n" for line in lines)
    (tmp_path / "mine.py").write_text(
        f"import numpy as np\ndef main():\n{body}if __name__ == '__main__':\n    main()\n"
    )
    with Program(tmp_path / "mine.py", 20) as program:
        assert len(list(program.fitted([]))) == 3


@pytest.mark.parametrize(
    "change", [("np.dot(l1, W2) + b2", "np.dot(l1, W2)"), ("z1 = np.dot(X, W1) + b1", "z1 = X.sum() * np.ones((5, 6))")]
)
def test_another_network_in_a_script_is_refused(tmp_path, change):
    source = (FORMS / "eleven_lines.py").read_text().replace(*change).replace("b2 -= ", "c = ")
    (tmp_path / "mine.py").write_text(source.replace("60000", "50"))
    with pytest.raises(CheckError, match="could give gradients"), Program(tmp_path / "mine.py", 20):
        pass


def test_a_training_at_the_bottom_of_a_file_is_not_waited_for(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(dedent(ORDERED.format(name="gradients", parameters="W1, b1, W2, b2, X, Y")) + "while True: pass\n")
    with Program(path, 20) as program:
        assert program.remarks == ("line 10 takes long; it was left out",)
        assert program.call("gradients", *GIVEN.values()).values is not None


def test_helpers_with_names_of_ours_are_left_alone(tmp_path):
    path = tmp_path / "mine.py"
    usual = dedent(ORDERED.format(name="gradients", parameters="W1, b1, W2, b2, X, Y"))
    path.write_text(usual + "def forward(X, W1, b1): return X\ndef train(X, Y, n_h): return 1\n")
    with Program(path, 20) as program:
        assert program.functions == ("gradients",)
        assert [remark.partition(" is ")[0] for remark in program.remarks] == ["forward(X, W1, b1)", "train(X, Y, n_h)"]


def test_a_program_that_draws_its_weights_gets_problems_with_these(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text((FORMS / "model_two_returns.py").read_text())
    with Program(path, 20) as program:
        (problem,) = program.fitted([on_paper()])
        values = program.call("gradients", *problem.given().values()).values
    assert problem.name == "3-2-1, 5 examples, its own weights"
    assert not np.array_equal(problem.parameters.W1, on_paper().parameters.W1)
    np.testing.assert_allclose(values["dW1"], paper.right(problem.given())["dW1"], rtol=1e-13)


def test_a_program_with_sizes_of_its_own_gets_problems_of_these(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text((FORMS / "polycode.py").read_text())
    with Program(path, 20) as program:
        (problem,) = program.fitted([on_paper()])
    assert problem.sizes == {"n_x": 3, "n_h": 4, "m": 5}
