"""Mistakes of the updates and of the list of costs, each written out in a line of NumPy.

V is any of the parameters, dV its gradient, and dVs holds its gradients of all steps so far.
"""

from written_out.network import DECAYS

STEP = "V - learning_rate * dV"

ANY_PARAMETER = {
    "momentum 0.9": "V - learning_rate * sum(0.9**age * past_dV for age, past_dV in enumerate(reversed(dVs)))",
    "momentum 0.9 as an average": "V - learning_rate * average(0.9, dVs)",
    "Nesterov momentum 0.9": "V - learning_rate * (dV + 0.9 * average(0.9, dVs) / (1 - 0.9))",
    "Adam": (
        "V - learning_rate * average(0.9, dVs) / (1 - 0.9 ** (step + 1))"
        " / (np.sqrt(average(0.999, np.square(dVs)) / (1 - 0.999 ** (step + 1))) + 1e-8)"
    ),
    "AdamW": (
        "V - learning_rate * 0.01 * V - learning_rate * average(0.9, dVs) / (1 - 0.9 ** (step + 1))"
        " / (np.sqrt(average(0.999, np.square(dVs)) / (1 - 0.999 ** (step + 1))) + 1e-8)"
    ),
    "RMSprop": "V - learning_rate * dV / (np.sqrt(average(0.99, np.square(dVs))) + 1e-8)",
    "Adagrad": "V - learning_rate * dV / (np.sqrt(np.sum(np.square(dVs), axis=0)) + 1e-10)",
    **{f"weight decay {decay}": f"V - learning_rate * (dV + {decay} * V)" for decay in DECAYS},
    "step uphill": "V + learning_rate * dV",
    "step missing": "V",
    "learning rate not used": "V - dV",
    "step twice as long": "V - 2 * learning_rate * dV",
    "step divided by m": "V - learning_rate * dV / m",
    "step multiplied by m": "V - learning_rate * dV * m",
    "learning rate divided by the number of the step": "V - learning_rate / (step + 1) * dV",
    "learning rate falling by 1% a step": "V - learning_rate * 0.99**step * dV",
    "gradients accumulated": "V - learning_rate * np.sum(dVs, axis=0)",
    "gradient of the step before": "V - learning_rate * dVs[max(step - 1, 0)]",
    "gradient of the first step": "V - learning_rate * dVs[0]",
    "one step too few": f"V if step == 0 else {STEP}",
    "one step too many": f"trained(2) if step == 0 else {STEP}",
    "update after every example": "trained_on_batches(1)",
    **{f"update after every batch of {size}": f"trained_on_batches({size})" for size in (32, 64, 128)},
    "step of another length": "V - learning_rate * 0.5 ** (step // 2) * dV",
}

W1 = {"W2 after its update": "V - learning_rate * ((W2 - learning_rate * dW2).T @ dZ2 * (Z1 > 0)) @ X.T"}

b1 = {
    "W2 after its update": "V - learning_rate * ((W2 - learning_rate * dW2).T @ dZ2 * (Z1 > 0)) @ np.ones((m, 1))",
    "db2 in place of db1": "V - learning_rate * db2",
}

costs = {
    "costs added up": "[np.sum(costs[: i + 1]) for i in range(step + 1)]",
    "mean of the costs so far": "[np.mean(costs[: i + 1]) for i in range(step + 1)]",
    "first cost repeated": "[costs[0]] * (step + 1)",
}

UPDATES = {"W1": ANY_PARAMETER | W1, "b1": ANY_PARAMETER | b1, "W2": ANY_PARAMETER, "b2": ANY_PARAMETER, "costs": costs}
