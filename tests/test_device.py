"""Where frameworks compute: --device and --matmul-precision; and narrow products, told by their errors."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cases import BY_NAME
from programs import forgetting, one_by_one, run

from shared.judging.operands import kept_bits, spacing

FULL, NARROW = BY_NAME["4096-8-1-relu-float64"], BY_NAME["4096-8-1-relu-float32"]
COMPARE = Path(__file__).parent.parent / "compare.py"


def compare(*options: str) -> subprocess.CompletedProcess:
    """Run the comparison as users do: a device is chosen for a whole process."""
    command = [sys.executable, str(COMPARE), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def has_cuda(name: str) -> bool:
    library = importlib.import_module(name)
    if name == "torch":
        return library.cuda.is_available()
    return any(device.platform == "gpu" for device in library.devices())


@pytest.mark.parametrize(("bits", "kind"), [(10, "TF32"), (7, "bfloat16")])
def test_narrow_products_are_named(bits, kind):
    values = run(NARROW, product=forgetting(bits))
    explanation = NARROW.explain(NARROW.standard.judge_all(values), "Z1", values)
    assert f"the errors are those of {kind} products: operands of " in explanation


@pytest.mark.parametrize("bits", [4, 7, 10, 13, 16])
def test_the_bits_that_operands_keep_are_estimated_to_the_nearest_whole_number(bits):
    rng = np.random.default_rng(bits)
    A, B = rng.standard_normal((5, 300)), rng.standard_normal((300, 70))
    assert round(kept_bits(A, B, forgetting(bits)(A, B) - A @ B)) == bits


def drawn(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize("bits", [7, 10])
def test_the_estimate_of_the_bits_is_right_on_average_to_a_fiftieth(bits):
    pairs = [(drawn(seed, 100, 300), drawn(50 + seed, 300, 100)) for seed in range(8)]
    estimates = [kept_bits(A, B, forgetting(bits)(A, B) - A @ B) for A, B in pairs]
    assert abs(np.mean(estimates) - bits) < 1 / 50


def test_without_a_bit_after_the_first_there_are_only_powers_of_two():
    V = np.array([1.0, -1.0, 1.5, -1.999, 2.0, 0.3, 1e-300, 0.0])
    assert spacing(V).tolist() == [1, 1, 1, 1, 2, 0.25, 2.0**-997, 0]


@pytest.mark.parametrize("tamper", [lambda Z1: Z1 * np.float32(1.5), lambda Z1: Z1 + np.float32(1)])
def test_another_mistake_is_not_taken_for_narrow_products(tamper):
    values = run(NARROW, tamper={"Z1": tamper})
    assert "products" not in NARROW.explain(NARROW.standard.judge_all(values), "Z1", values)


def test_float64_programs_are_not_told_of_narrow_products():
    values = run(FULL, product=forgetting(10))
    assert "products" not in FULL.explain(FULL.standard.judge_all(values), "Z1", values)


def test_sums_of_whole_operands_keep_more_bits_than_any_narrow_product():
    W1, X = NARROW.parameters.W1, NARROW.X
    error = one_by_one(list)(W1, X) - W1.astype(float) @ X.astype(float)
    assert kept_bits(W1, X, error) > 13


@pytest.mark.parametrize(("name", "library"), [("torch", "PyTorch"), ("jax", "JAX")])
def test_a_device_that_is_not_there_gets_one_line(name, library):
    if has_cuda(name):
        pytest.skip(f"{library} finds a CUDA device here")
    result = compare("--frameworks", f"numpy,{name}", "--device", "cuda")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith(f"error: --device cuda: {library} ")
    assert result.stderr.endswith("; choose --device cpu\n")


def test_the_header_and_the_record_say_where_frameworks_compute(tmp_path):
    options = [
        "--frameworks",
        "torch",
        "--matmul-precision",
        "highest",
        "--iterations",
        "20",
        "--json",
        str(tmp_path / "r.json"),
    ]
    result = compare(*options)
    settings = json.loads((tmp_path / "r.json").read_text())["settings"]
    assert (result.returncode, settings["device"], settings["matmul_precision"]) == (0, "cpu", "highest")
    assert "device    cpu for PyTorch and JAX, matrix products of highest precision" in result.stdout


@pytest.mark.parametrize("name", ["torch", "jax"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_on_a_cuda_device_products_of_highest_precision_agree(name, dtype):
    if not has_cuda(name):
        pytest.skip(f"{name} finds no CUDA device here")
    result = compare("--frameworks", name, "--device", "cuda", "--matmul-precision", "highest", "--dtype", dtype)
    assert result.stdout.endswith("all agree\n")


def test_on_a_cuda_device_the_default_products_of_jax_are_named():
    if not has_cuda("jax"):
        pytest.skip("jax finds no CUDA device here")
    result = compare("--frameworks", "jax", "--device", "cuda", "--dtype", "float32", "--iterations", "20")
    assert (result.returncode, "TF32 products" in result.stdout) == (1, True)
