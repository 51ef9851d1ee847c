"""The same training with scikit-learn's MLPClassifier."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from shared.benching import floors
from shared.benching.peers import Steps
from shared.network import Array, Parameters, Settings

LIBRARY: floors.Library = "numpy"
LAYOUT = floors.ROWS


def begin(parameters: Parameters, X: Array, Y: Array, settings: Settings) -> Steps:
    """Build the model. The classifier accepts no initial weights: it draws its own, which are then replaced."""
    W1, b1, W2, b2 = parameters
    inputs, labels = np.ascontiguousarray(X.T), Y.ravel()
    model = MLPClassifier(
        hidden_layer_sizes=settings.hidden,
        solver="sgd",
        learning_rate_init=settings.learning_rate,
        batch_size=len(labels),
        momentum=0,
        alpha=0,
        shuffle=False,
        warm_start=True,
        n_iter_no_change=np.inf,
        max_iter=1,
        random_state=0,
    )
    warnings.simplefilter("ignore", ConvergenceWarning)  # reaching max_iter is expected
    model.fit(inputs, labels)
    model.coefs_ = [np.ascontiguousarray(W1.T), np.ascontiguousarray(W2.T)]
    model.intercepts_ = [b1.ravel(), b2.ravel()]

    def steps(count: int) -> Array:
        model.set_params(max_iter=count).fit(inputs, labels)
        return np.array(model.loss_curve_[-count:])

    return steps
