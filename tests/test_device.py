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

from shared.judging.operands import narrow_kind

pytestmark = pytest.mark.mostly_slow(3)

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


def drawn(X=lambda V: V):
    """Operands of a product, and a bias, in float32."""
    rng = np.random.default_rng(3)
    W1, b1 = rng.standard_normal((5, 300)) / 17, rng.standard_normal((5, 1))
    return tuple(V.astype(np.float32) for V in (W1, X(rng.standard_normal((300, 70))), b1))


def cut(V, bits):
    """Cut float32 numbers off after this many bits behind the first."""
    return (V.view(np.uint32) & np.uint32(0xFFFFFFFF << (23 - bits) & 0xFFFFFFFF)).view(np.float32)


def to_even(V, bits):
    """Round float32 numbers to this many bits behind the first."""
    halves = np.uint32((1 << (22 - bits)) - 1) + (V.view(np.uint32) >> np.uint32(23 - bits) & np.uint32(1))
    return cut((V.view(np.uint32) + halves).view(np.float32), bits)


def to_half(V):
    return V.astype(np.float16).astype(np.float32)


def three_products(A, B):
    (a, c), (b, d) = ((to_even(V, 7), to_even(V - to_even(V, 7), 7)) for V in (A, B))
    return a @ b + a @ d + c @ b


PRODUCTS = {
    "TF32 or fp16 products of 10 bits": lambda A, B: to_even(A, 10) @ to_even(B, 10),
    "TF32 products of 10 bits, their bits cut off": lambda A, B: cut(A, 10) @ cut(B, 10),
    "TF32 or fp16 products of 10 bits, of W1 alone": lambda A, B: to_even(A, 10) @ B,
    "bfloat16 products of 7 bits": lambda A, B: to_even(A, 7) @ to_even(B, 7),
    "bfloat16 products of 7 bits, their bits cut off": lambda A, B: cut(A, 7) @ cut(B, 7),
    "bfloat16 products of 7 bits, of X alone": lambda A, B: A @ to_even(B, 7),
    "bfloat16 products of 7 bits, with results as narrow": lambda A, B: to_even(to_even(A, 7) @ to_even(B, 7), 7),
    "bf16x3 products of 16 bits": three_products,
    "": one_by_one(list),
}


@pytest.mark.parametrize("kind", PRODUCTS)
def test_narrow_products_are_named_by_what_becomes_of_their_operands(kind):
    W1, X, b1 = drawn()
    assert narrow_kind(W1, X, b1, PRODUCTS[kind](W1, X) + b1) == kind


@pytest.mark.parametrize("pixels", [lambda V: (V > 0) * 1.0, lambda V: np.clip(np.rint(100 * V), 0, 255)])
def test_where_the_pixels_are_exact_in_a_format_its_products_are_named_all_the_same(pixels):
    W1, X, b1 = drawn(pixels)
    for kind in ("TF32 products of 10 bits, their bits cut off", "bfloat16 products of 7 bits"):
        assert narrow_kind(W1, X, b1, PRODUCTS[kind](W1, X) + b1) == kind


def test_tf32_is_told_from_fp16_by_what_is_small():
    W1, X, b1 = drawn()
    W1[:, ::3] *= np.float32(1e-6)
    assert narrow_kind(W1, X, b1, to_half(W1) @ to_half(X) + b1) == "fp16 products of 10 bits"
    assert narrow_kind(W1, X, b1, to_even(W1, 10) @ to_even(X, 10) + b1) == "TF32 products of 10 bits"


def test_halves_may_be_rounded_away_from_0():
    W1, X, b1 = drawn(
        lambda V: 2 * np.rint(400 * np.clip(V, -2, 2)) + np.copysign(2049, V)
    )  #  12 bits, the last of them a half
    away = np.copysign(2 * np.floor(np.abs(X) / 2 + 0.5), X)
    assert narrow_kind(W1, X, b1, to_even(W1, 10) @ away + b1) == "TF32 products of 10 bits"


def test_a_few_entries_are_not_named_by_chance():
    W1, X, b1 = (V[:1, :1] for V in drawn())
    assert narrow_kind(W1, X, b1, PRODUCTS["bfloat16 products of 7 bits"](W1, X) + b1) == ""


@pytest.mark.parametrize(("bits", "kind"), [(10, "TF32"), (7, "bfloat16")])
def test_a_program_with_narrow_products_is_told_which(bits, kind):
    values = run(NARROW, product=forgetting(bits))
    explanation = NARROW.explain(NARROW.standard.judge_all(values), "Z1", values)
    assert f"the errors are those of {kind} products of {bits} bits; float32 keeps 23 (--matmul" in explanation


@pytest.mark.parametrize("tamper", [lambda Z1: Z1 * np.float32(1.5), lambda Z1: Z1 + np.float32(1)])
def test_another_mistake_is_not_taken_for_narrow_products(tamper):
    values = run(NARROW, tamper={"Z1": tamper})
    assert "products" not in NARROW.explain(NARROW.standard.judge_all(values), "Z1", values)


def test_float64_programs_are_not_told_of_narrow_products():
    values = run(FULL, product=forgetting(10))
    assert "products" not in FULL.explain(FULL.standard.judge_all(values), "Z1", values)


@pytest.mark.mostly_slow(4)
@pytest.mark.parametrize(("name", "library"), [("torch", "PyTorch"), ("jax", "JAX")])
def test_a_device_that_is_not_there_gets_one_line(small, name, library):
    if has_cuda(name):
        pytest.skip(f"{library} finds a CUDA device here")
    result = compare("--frameworks", f"numpy,{name}", "--device", "cuda", *map(str, small))
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert result.stderr.startswith(f"error: --device cuda: {library} ")
    assert result.stderr.endswith("; choose --device cpu\n")


def test_the_header_and_the_record_say_where_frameworks_compute(small, tmp_path):
    options = ("--frameworks", "torch", "--matmul-precision", "highest", "--iterations", "20", *map(str, small))
    result = compare(*options, "--json", str(tmp_path / "r.json"))
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
    assert (result.returncode, "the errors are those of TF32" in result.stdout) == (1, True)
