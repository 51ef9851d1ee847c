"""The doctor on files in many styles, written by somebody who had not seen the catalogue: small problems only."""

import re
from pathlib import Path

import patched
import pytest

from shared.checking import checkup, problems
from shared.checking.diagnosis import WAVERS
from shared.checking.sandbox.program import Program

HERE = Path(__file__).parent
CORRECT = sorted(path.name for path in (HERE / "correct").glob("*.py"))

# What each wrong file ought to be told.
WRONG = {
    "absolute_error.py": ["mean absolute error in cost"],
    "absolute_weights.py": ["sum of absolute weights times 0.01 in dW2 and dW1"],
    "adamw.py": ["AdamW in the updates of W1, b1, W2 and b2"],
    "balanced_classes.py": ["classes weighed alike in dZ2"],
    "batches_of_ten.py": ["update after every batch of 10 in the updates of W1, b1, W2 and b2"],
    "bce_loss.py": ["log kept above -100 in cost"],
    "bce_sum.py": ["mean over examples missing, with log kept above -100, in cost"],
    "bce_sum_clamp.py": [
        "mean over examples missing, with log kept above -100, in cost",
        "slope 1 at 0 in dZ1",
    ],
    "bias_decay.py": ["weight decay 0.01 in dW2, db2, dW1 and db1"],
    "bias_mean_twice.py": ["mean over examples taken twice in db1"],
    "bias_one_sum.py": ["sum over both axes, with keepdims, in db1"],
    "bias_sum_in_slots.py": ["mean over examples missing in db2 and db1"],
    "cache_mixup.py": ["mask of Z2 in dZ1"],
    "clipped_gradients.py": ["clipping to norm 1 in dW2, db2, dW1 and db1"],
    "clipped_logit.py": ["sigmoid of Z2 clipped at 30 in A2"],
    "cost_minus.py": ["half of label 0 subtracted in cost"],
    "cost_not_reset.py": ["costs added up in costs"],
    "cost_one_term.py": ["half of label 0 missing in cost"],
    "course_mean_twice.py": ["mean over examples taken twice in dZ2"],
    "course_one_mean_lost.py": ["mean over examples missing in dW1"],
    "course_sign.py": ["sign wrong in dZ2"],
    "course_two_means_lost.py": ["mean over examples missing in dW1 and db1"],
    "course_two_means_of_inputs.py": ["division by n_x instead of m in dW1 and db1"],
    "detached.py": ["gradient stopped in dA1"],
    "dropout.py": [f"A1 and dZ1: {WAVERS}"],
    "einsum_letter_lost.py": ["sum over the units for every unit in dW1"],
    "epsilon_division.py": ["log of a probability plus 1e-08 in dA2 and dZ2"],
    "example_by_example.py": ["update after every example in the updates of W1, b1, W2 and b2"],
    "fixed_rate.py": ["learning rate not used in the updates of W1, b1, W2 and b2"],
    "float32_accumulator.py": ["result kept in float32 in dW2"],
    "float32_sigmoid.py": ["dZ2: computed in float32, or made from what was"],
    "frozen_biases.py": ["step missing in the updates of b1 and b2"],
    "guarded_slope.py": ["A2 (1 - A2) plus 1e-08 in dA2 and dZ2"],
    "half_logit.py": ["sigmoid of Z2 / 2 in A2"],
    "half_precision.py": ["X in half precision in Z1 and dW1"],
    "half_rate.py": ["step 0.5 times as long in the updates of W1, b1, W2 and b2"],
    "hinge.py": ["derivative of the hinge loss in dZ2"],
    "in_place_relu.py": [
        "relu applied in place in Z1",
        "A1 >= 0 in place of Z1 > 0 in dZ1",
    ],
    "jax_leaky.py": ["slope 0.01 on the left in A1"],
    "jax_sum.py": ["mean over examples missing in cost"],
    "label_count.py": ["mean over examples missing in dZ2"],
    "labels_minus_one.py": ["labels -1 and 1 in dZ2"],
    "late_schedule.py": ["step of another length in the updates of W1, b1, W2 and b2"],
    "layer_updates.py": ["W2 after its update in dA1"],
    "logit_at_ten.py": ["sigmoid of Z2 clipped at 10 in A2"],
    "loop_from_one.py": ["first example missing in dW1"],
    "mask_after_relu.py": ["mask missing in dZ1"],
    "mask_before_bias.py": ["mask of W1 X in dZ1"],
    "mask_epsilon.py": ["mask of Z1 above 1e-06 in dZ1"],
    "mask_of_gradient.py": ["mask of dA1 in dZ1"],
    "mask_unequal.py": ["mask of Z1 unequal to 0 in dZ1"],
    "mean_in_loop.py": ["division by m inside the loop in dZ2"],
    "mean_of_everything.py": ["mean over both axes in db1"],
    "mean_without_axis.py": ["mean over both axes for every unit in db1"],
    "momentum.py": ["momentum 0.9 in the updates of W1, b1, W2 and b2"],
    "momentum_95.py": ["momentum 0.95 in the updates of W1, b1, W2 and b2"],
    "nan_to_num.py": ["infinity times 0 taken for 0 in dZ2"],
    "never_added.py": ["nothing but zeros in dW1"],
    "never_zeroed.py": ["earlier calls added in dW2, db2, dW1 and db1"],
    "new_weights.py": ["W2 after its update in the updates of W1 and b1"],
    "no_zero_grad.py": ["gradients accumulated in the updates of W1, b1, W2 and b2"],
    "odd_decay.py": ["weight decay 0.003 in dW2 and dW1"],
    "odd_decay_in_train.py": ["weight decay 0.003 in the updates of W1 and b1"],
    "one_step_long.py": ["one step too many in the updates of W1, b1, W2 and b2"],
    "one_step_short.py": ["one step too few in the updates of W1, b1, W2 and b2"],
    "ones_first.py": ["bias taken for the first weight in Z1"],
    "overflow.py": ["exp(Z2) that overflows in A2"],
    "overwritten_outer.py": ["last example only in dW1"],
    "penalty_and_guard.py": [
        "penalty on the weights 0.35/m, with log of a probability plus 1e-08, in cost",
        "weight decay 0.35/m in dW2 and dW1",
    ],
    "pos_weight.py": ["label 1 weighed 2 times in cost"],
    "probability_guard.py": ["clipped at 1e-05 in A2", "log of a probability clipped at 1e-05 in cost"],
    "range_from_one.py": ["first example missing in dZ2"],
    "rate_over_m.py": ["step divided by m in the updates of W1, b1, W2 and b2"],
    "reshape_for_transpose.py": ["result reshaped instead of transposed in dW1"],
    "root_of_m.py": ["factor m^0.5 in dW1"],
    "rows_inside.py": ["mean over examples missing in db1"],
    "sigmoid_prime_of_output.py": ["sigmoid's slope at A2 in dZ2"],
    "sign.py": ["sign wrong in dZ2"],
    "slope_plus.py": ["slope A2 (1 + A2) in dZ2"],
    "smoothed_labels.py": ["labels smoothed by 0.1 in cost and dZ2"],
    "softmax_over_examples.py": ["softmax over the examples in A2", "softmax over the examples in A2 of forward"],
    "squared_error_delta.py": ["sigmoid's slope kept in dZ2"],
    "stale_gradient.py": ["gradient of the first step in the updates of W1, b1, W2 and b2"],
    "standardised_again.py": ["X standardised over the examples (with 1e-08 added) in Z1 and dW1"],
    "tanh_derivative.py": ["1 - A1^2 in dZ1"],
    "torch_broadcast.py": ["every output against every label in cost"],
    "torch_sigmoid_twice.py": ["sigmoid applied twice in cost"],
    "torch_softplus.py": ["softplus that is straight above 20 in cost"],
    "uneven_batches.py": ["mean of the means of uneven batches of 4 in dZ2"],
    "unit_index.py": ["W2 of the unit before in dA1"],
    "weight_decay.py": ["weight decay 0.001 in dW2 and dW1"],
    "weights_for_gradients.py": ["new weights in place of the gradient in dW2, db2, dW1 and db1"],
    "whole_numbers.py": ["dW1 is trunc(dZ1 @ X.T); right is dZ1 @ X.T"],
    "x_size.py": ["factor 1/n_x in dW2, db2, dW1 and db1"],
    "z_for_a.py": ["Z1 in place of A1 in dW2"],
}

# Of these, the derivation is right, and gives way somewhere.
LIMITS = {
    "bce_loss.py",
    "clipped_logit.py",
    "epsilon_division.py",
    "float32_accumulator.py",
    "float32_sigmoid.py",
    "guarded_slope.py",
    "logit_at_ten.py",
    "nan_to_num.py",
    "overflow.py",
    "probability_guard.py",
    "torch_softplus.py",
}

# What to write instead, as the program was seen to divide by m, and where examples are turned on the way.
CURES = {
    "course_mean_twice.py": ["dZ2 = A2 - Y"],
    "course_one_mean_lost.py": ["dW1 = dZ1 @ X.T / m"],
    "course_sign.py": ["dZ2 = A2 - Y"],
    "course_two_means_lost.py": [
        "dW1 = dZ1 @ X.T / m",
        "db1 = dZ1.sum(axis=1, keepdims=True) / m",
    ],
    "never_zeroed.py": [
        "dW2 = dZ2 @ A1.T  # added to zeros, anew in every call; / m here unless dZ2 has it",
        "db2 = dZ2.sum(axis=1, keepdims=True)  # / m here unless dZ2 has it",
        "dW1 = dZ1 @ X.T  # / m here unless dZ2 has it",
        "db1 = dZ1.sum(axis=1, keepdims=True)  # / m here unless dZ2 has it",
    ],
    "rows_inside.py": [
        "db1 = dZ1.sum(axis=0, keepdims=True).T / m  # examples are rows here, weights and gradients as in the call"
    ],
}


def examined(path: Path) -> checkup.Checkup:
    with Program(path, 60) as program:
        return checkup.check(program, problems.small())


def test_every_wrong_file_is_expected_to_be_told_something() -> None:
    assert sorted(WRONG) == patched.NAMES


@pytest.mark.mostly_slow(40)
@pytest.mark.parametrize("name", CORRECT)
def test_a_correct_file_is_certified(name: str) -> None:
    found = examined(HERE / "correct" / name)
    assert found.verdict == "certified", [finding.diagnosis.name for finding in found.findings]


@pytest.mark.mostly_slow(41)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_told_its_mistake(name: str, tmp_path: Path) -> None:
    found = examined(patched.wrong_program(name, tmp_path))
    assert found.verdict == ("certified, with limits" if name in LIMITS else "wrong")
    assert [finding.name for finding in found.findings] == WRONG[name]


@pytest.mark.mostly_slow(7)
@pytest.mark.parametrize("name", CURES)
def test_a_cure_says_what_it_depends_on(name: str, tmp_path: Path) -> None:
    (finding,) = examined(patched.wrong_program(name, tmp_path)).findings
    assert list(finding.cures) == CURES[name]


@pytest.mark.mostly_slow(4)
@pytest.mark.parametrize(
    "name", ["course_one_mean_lost.py", "course_sign.py", "course_mean_twice.py", "rows_inside.py"]
)
def test_a_file_that_writes_its_cure_is_certified(name: str, tmp_path: Path) -> None:
    path = patched.wrong_program(name, tmp_path)
    (line,) = examined(path).findings[0].cures
    mended = re.sub(rf"(?m)^    {line.split()[0]} = .*$", f"    {line}", path.read_text())
    (tmp_path / name).write_text(mended)
    assert examined(tmp_path / name).verdict == "certified"
