"""Wrong programs that are a right one but for a line or two: what stands in the right one, and what they write."""

from pathlib import Path

HERE = Path(__file__).parent
BCE = "BCEWithLogitsLoss()(Z2, Y)"
COST = "np.mean(np.logaddexp(0, Z2) - Y * Z2)"
SUM = "np.sum(dZ1, axis=1, keepdims=True) / m"
STEP = 'p = {name: p[name] - learning_rate * now["grads"][name] for name in p}'

PATCHES = {
    "course_lines.py": {
        "bias_one_sum.py": {"np.sum(dZ2, axis=1, ": "np.sum(dZ2, ", "np.sum(dZ1, axis=1, ": "np.sum(dZ1, "},
        "course_mean_twice.py": {"dZ2 = A2 - Y": "dZ2 = (A2 - Y) / m"},
        "course_one_mean_lost.py": {"dZ1 @ X.T / m": "dZ1 @ X.T"},
        "course_sign.py": {"dZ2 = A2 - Y": "dZ2 = Y - A2"},
        "course_two_means_lost.py": {"dZ1 @ X.T / m": "dZ1 @ X.T", SUM: SUM.removesuffix(" / m")},
        "course_two_means_of_inputs.py": {"dZ1 @ X.T / m": "dZ1 @ X.T / len(X)", SUM: SUM.replace("/ m", "/ len(X)")},
        "tanh_derivative.py": {"(Z1 > 0)": "(1 - np.power(A1, 2))"},
        "x_size.py": {"X.shape[1]": "X.size"},
    },
    "early_mean.py": {
        "absolute_weights.py": {
            "dZ2 @ A1.T": "dZ2 @ A1.T + 0.01 * np.sign(W2)",
            "dZ1 @ X.T": "dZ1 @ X.T + 0.01 * np.sign(W1)",
        },
        "balanced_classes.py": {
            "(A2 - Y) / m": "np.where(Y == 1, 0.5 / max(Y.sum(), 1), 0.5 / max((1 - Y).sum(), 1)) * (A2 - Y)"
        },
        "clipped_logit.py": {"np.exp(-Z2)": "np.exp(-np.clip(Z2, -30, 30))"},
        "cost_minus.py": {COST: "-np.sum(Y * np.log(A2) - (1 - Y) * np.log(1 - A2)) / m"},
        "cost_one_term.py": {COST: "-np.sum(Y * np.log(A2)) / m"},
        "half_logit.py": {"np.exp(-Z2)": "np.exp(-Z2 / 2)"},
        "hinge.py": {"(A2 - Y) / m": "(1 - 2 * Y) * ((2 * Y - 1) * Z2 < 1) / m"},
        "loop_from_one.py": {"dZ1 @ X.T": "sum(np.outer(dZ1[:, k], X[:, k]) for k in range(1, m)) + 0 * W1"},
        "mask_before_bias.py": {"(Z1 > 0)": "(W1 @ X > 0)"},
        "mask_epsilon.py": {"(Z1 > 0)": "(Z1 > 1e-6)"},
        "nan_to_num.py": {"(A2 - Y) / m": "np.nan_to_num((-Y / A2 + (1 - Y) / (1 - A2)) * A2 * (1 - A2)) / m"},
        "odd_decay.py": {"dZ2 @ A1.T": "dZ2 @ A1.T + 0.003 * W2", "dZ1 @ X.T": "dZ1 @ X.T + 0.003 * W1"},
        "overflow.py": {"1 / (1 + np.exp(-Z2))": "np.exp(Z2) / (1 + np.exp(Z2))"},
        "penalty_and_guard.py": {
            COST: "-np.mean(Y * np.log(A2 + 1e-8) + (1 - Y) * np.log(1 - A2 + 1e-8))"
            " + 0.35 / (2 * m) * (np.sum(W1**2) + np.sum(W2**2))",
            "dZ2 @ A1.T": "dZ2 @ A1.T + 0.35 / m * W2",
            "dZ1 @ X.T": "dZ1 @ X.T + 0.35 / m * W1",
        },
        "reshape_for_transpose.py": {"dZ1 @ X.T": "(X @ dZ1.T).reshape(W1.shape)"},
        "root_of_m.py": {"dZ1 @ X.T": "dZ1 @ X.T * np.sqrt(m)"},
        "slope_plus.py": {"(A2 - Y) / m": "(-Y / A2 + (1 - Y) / (1 - A2)) / m * A2 * (1 + A2)"},
        "smoothed_labels.py": {"m = X.shape[1]": "m, Y = X.shape[1], 0.9 * Y + 0.05"},
        "standardised_again.py": {
            "m = X.shape[1]": "m, X = X.shape[1], (X - X.mean(1, keepdims=True)) / (X.std(1, keepdims=True) + 1e-8)"
        },
        "whole_numbers.py": {"dZ1 @ X.T": "(dZ1 @ X.T).astype(int)"},
    },
    "torch_columns.py": {
        "absolute_error.py": {BCE: "(torch.sigmoid(Z2) - Y).abs().mean()"},
        "bce_loss.py": {BCE: "torch.nn.BCELoss()(torch.sigmoid(Z2), Y)"},
        "bce_sum.py": {BCE: 'torch.nn.BCELoss(reduction="sum")(torch.sigmoid(Z2), Y)'},
        "bce_sum_clamp.py": {
            BCE: 'torch.nn.BCELoss(reduction="sum")(torch.sigmoid(Z2), Y)',
            "torch.relu(W1 @ X + b1)": "torch.clamp(W1 @ X + b1, min=0)",
        },
        "torch_sigmoid_twice.py": {BCE: "BCEWithLogitsLoss()(torch.sigmoid(Z2), Y)"},
        "torch_softplus.py": {BCE: "(torch.nn.functional.softplus(Z2) - Y * Z2).mean()"},
    },
    "weights_in_a_dict.py": {
        "batches_of_ten.py": {
            STEP: """for s in range(0, X.shape[1], 10):
            grads = gradients(**p, X=X[:, s : s + 10], Y=Y[:, s : s + 10])["grads"]
            p = {name: p[name] - learning_rate * grads[name] for name in p}"""
        },
        "cost_not_reset.py": {'append(now["cost"])': 'append(sum(costs[-1:]) + now["cost"])'},
        "example_by_example.py": {
            STEP: """for k in range(X.shape[1]):
            grads = gradients(**p, X=X[:, k : k + 1], Y=Y[:, k : k + 1])["grads"]
            p = {name: p[name] - learning_rate * grads[name] for name in p}"""
        },
        "fixed_rate.py": {"rate, iterations": "rate, iterations, alpha=0.25", "learning_rate * now": "alpha * now"},
        "frozen_biases.py": {"name in p}": 'name in ("W1", "W2")} | {"b1": b1, "b2": b2}'},
        "half_rate.py": {"learning_rate * now": "learning_rate / 2 * now"},
        "late_schedule.py": {
            "for _": "for i",
            "learning_rate * now": "(learning_rate if i < 50 else learning_rate / 2) * now",
        },
        "momentum_95.py": {
            ", []": ", []\n    v = dict.fromkeys(p, 0)",
            STEP: 'v = {name: 0.95 * v[name] + now["grads"][name] for name in p}\n'
            "        p = {name: p[name] - learning_rate * v[name] for name in p}",
        },
        "one_step_long.py": {"range(iterations)": "range(iterations + 1)"},
        "rate_over_m.py": {"learning_rate * now": "learning_rate / X.shape[1] * now"},
        "stale_gradient.py": {
            "for _": "for i",
            STEP: STEP.replace('now["grads"]', "first"),
            "costs.append": 'first = first if i else now["grads"]\n        costs.append',
        },
    },
}
WRONG = {name: (right, patch) for right, wrong in PATCHES.items() for name, patch in wrong.items()}
NAMES = sorted([*WRONG, *(path.name for path in (HERE / "wrong").glob("*.py"))])


def wrong_program(name: str, folder: Path) -> Path:
    """Give the path of a wrong program: that of tests/wrong, or a right one with its patch, written into a folder."""
    if name not in WRONG:
        return HERE / "wrong" / name
    right, patch = WRONG[name]
    text = (HERE / "correct" / right).read_text()
    for old, new in patch.items():
        assert text.count(old) == 1, f"{right} has {text.count(old)} times: {old}"
        text = text.replace(old, new)
    (folder / name).write_text(text)
    return folder / name
