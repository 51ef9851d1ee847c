"""What the contract promises beyond right numbers: types, unchanged inputs, kinks, saturation, repeatability."""

import subprocess
import sys
import time

import numpy as np
import pytest
from cases import BY_NAME, FORMS, SMALL

import implementations
from shared.comparing.answers import answers_to_step
from shared.network import Parameters, Settings

pytestmark = pytest.mark.mostly_slow(6)

RATE = 0.05
BOTH = ("float64", "float32")
MIDDLE = next(case for case in SMALL if case.name == "7-5-1")
TIE = next(case for case in SMALL if case.name == "5-3-1-tie")


def trained(implementation, case, iterations=7):
    settings = Settings(RATE, iterations, len(case.parameters.W1), 1, case.X.dtype.name, case.activation)
    return implementation.train(case.parameters, case.X, case.Y, settings)


@pytest.mark.mostly_slow(7)
@pytest.mark.parametrize("form", FORMS)
def test_dtype_in_is_dtype_out(implementation, form):
    case = MIDDLE.in_form(*form)
    given = case.answers(implementation)
    given |= implementation.step(case.parameters, case.X, case.Y, RATE, case.activation)._asdict()
    training = trained(implementation, case)
    given |= {"costs": training.costs, **training.parameters._asdict()}
    assert {name: V.dtype for name, V in given.items() if name != "cost"} == dict.fromkeys(
        (name for name in given if name != "cost"), case.X.dtype
    )


@pytest.mark.parametrize("form", FORMS)
def test_inputs_are_never_modified(implementation, form):
    case = MIDDLE.in_form(*form)
    originals = [V.copy() for V in (*case.parameters, case.X, case.Y)]
    implementation.forward(case.parameters, case.X, case.activation)
    implementation.cost(case.parameters, case.X, case.Y, case.activation)
    implementation.gradients(case.parameters, case.X, case.Y, case.activation)
    implementation.step(case.parameters, case.X, case.Y, RATE, case.activation)
    trained(implementation, case)
    for V, original in zip((*case.parameters, case.X, case.Y), originals, strict=True):
        np.testing.assert_array_equal(V, original)


@pytest.mark.parametrize("dtype", BOTH)
def test_outputs_share_no_memory_with_inputs(implementation, dtype):
    case = MIDDLE.in_form(dtype, "relu")
    inputs = (*case.parameters, case.X, case.Y)
    outputs = [
        *implementation.forward(case.parameters, case.X),
        *implementation.gradients(case.parameters, case.X, case.Y),
        *implementation.step(case.parameters, case.X, case.Y, RATE),
        *trained(implementation, case, iterations=1).parameters,
    ]
    assert not any(np.shares_memory(a, b) for a in inputs for b in outputs)


@pytest.mark.parametrize("dtype", BOTH)
def test_outputs_can_be_written_to(implementation, dtype):
    case = MIDDLE.in_form(dtype, "relu")
    outputs = (*case.answers(implementation).values(), *trained(implementation, case).parameters)
    assert all(V.flags.writeable for V in outputs if isinstance(V, np.ndarray))


@pytest.mark.parametrize("dtype", BOTH)
def test_read_only_inputs_are_welcome(implementation, dtype):
    case = MIDDLE.in_form(dtype, "relu")
    for V in (*case.parameters, case.X, case.Y):
        V.flags.writeable = False
    assert np.isfinite(trained(implementation, case).costs).all()


@pytest.mark.parametrize(("activation", "slope"), [("relu", 0.0), ("leaky_relu", 0.01)])
@pytest.mark.parametrize("dtype", BOTH)
def test_the_slope_at_an_exact_tie_is_the_left_one(implementation, dtype, activation, slope):
    case = TIE.in_form(dtype, activation)
    given = case.answers(implementation)
    at_zero = given["Z1"] == 0
    assert at_zero[:, 4:6].all()
    np.testing.assert_array_equal(given["dZ1"][at_zero], given["dA1"][at_zero] * given["dA1"].dtype.type(slope))


@pytest.mark.parametrize("dtype", BOTH)
@pytest.mark.parametrize("label", [0.0, 1.0])
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_cost_is_finite_up_to_the_largest_numbers_of_Z2(implementation, dtype, label, sign):  # noqa: N802
    largest = np.finfo(dtype).max * np.array(0.99, dtype)
    zero = np.zeros((1, 1), dtype)
    parameters = Parameters(zero, zero, zero, np.full((1, 1), sign * largest, dtype))
    X, Y = np.zeros((1, 3), dtype), np.full((1, 3), label, dtype)
    wanted = 0.0 if (sign > 0) == (label == 1) else float(largest)
    assert implementation.cost(parameters, X, Y) == pytest.approx(wanted)


@pytest.mark.parametrize("form", FORMS)
def test_two_runs_are_bitwise_equal(implementation, form):
    case = MIDDLE.in_form(*form)
    first, second = trained(implementation, case), trained(implementation, case)
    for a, b in zip((*first.parameters, first.costs), (*second.parameters, second.costs), strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("form", FORMS)
def test_training_for_one_iteration_is_one_step(implementation, form):
    case = MIDDLE.in_form(*form)
    updated = trained(implementation, case, iterations=1).parameters._asdict()
    judged = case.judge.after_step(case.parameters, RATE).judge_all(updated)
    assert {j.verdict for j in judged.values()} == {"agrees"}


@pytest.mark.parametrize("iterations", [1, 49, 50, 51, 120])
def test_there_is_a_cost_for_each_iteration_and_progress_reaches_the_last(implementation, iterations):
    case, seen = MIDDLE.in_form("float64", "relu"), []
    settings = Settings(RATE, iterations, 5)
    training = implementation.train(case.parameters, case.X, case.Y, settings, seen.append)
    assert training.costs.shape == (iterations,)
    assert seen[-1] == iterations
    assert seen == sorted(set(seen))


def test_the_first_cost_is_the_untrained_networks(implementation):
    case = BY_NAME["7-5-1-relu-float64"]
    assert case.standard.judge("cost", float(trained(implementation, case).costs[0])).verdict == "agrees"


def test_a_run_does_not_change_what_the_next_one_starts_from():
    case = MIDDLE.in_form("float64", "relu")
    alone = trained(implementations.load("numpy"), case)
    for name in implementations.REGISTRY:
        trained(implementations.load(name), case)
    assert trained(implementations.load("numpy"), case).costs.tobytes() == alone.costs.tobytes()


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("name", implementations.REGISTRY)
def test_loading_one_implementation_imports_no_other_framework(name):
    others = {"torch", "jax"} - {name.removesuffix("_gram")}
    code = f"import sys, implementations; implementations.load({name!r}); print({others!r} & set(sys.modules))"
    assert python(code) == "set()"


def test_the_suite_leaves_another_programs_jax_in_float32():
    code = """
import numpy as np, jax, implementations
from shared.data import weights
parameters = weights.draw(3, 2, 1, "float64")
implementations.load("jax").gradients(parameters, np.ones((3, 4)), np.ones((1, 4)))
print(jax.config.jax_enable_x64, jax.numpy.ones(1).dtype)
"""
    assert python(code) == "False float32"


@pytest.mark.parametrize("dtype", BOTH)
def test_a_step_of_size_0_changes_nothing(implementation, dtype):
    case = MIDDLE.in_form(dtype, "relu")
    stayed = implementation.step(case.parameters, case.X, case.Y, 0.0)
    for V, before in zip(stayed, case.parameters, strict=True):
        np.testing.assert_array_equal(V, before)


def test_a_step_goes_down(implementation):
    case = MIDDLE.in_form("float64", "relu")
    stepped = Parameters(**answers_to_step(implementation, case.parameters, case.X, case.Y, RATE, "relu").values)
    assert implementation.cost(stepped, case.X, case.Y) < case.answers(implementation)["cost"]


def test_the_time_reported_is_no_more_than_the_clock_saw(implementation):
    iterations, start = 50, time.perf_counter()
    training = trained(implementation, MIDDLE.in_form("float64", "relu"), iterations)
    seen = time.perf_counter() - start
    assert 0 < training.seconds_per_step * iterations <= seen
    assert 0 <= training.seconds_to_compile <= seen
