"""A 2-2-1 network with every number worked out on paper.

X = [1    0.5]   W1 = [ 0.5  -0.25]   b1 = [0.25]   W2 = [2  -1]   b2 = [0]   Y = [1  0]
    [2   -1  ]        [-1     0.5 ]        [0.5 ]

Z1 = [0.25   0.75]   A1 = [0.25  0.75]   Z2 = [0  1.5]   A2 = [1/2  s], s = sigmoid(1.5) = 0.8175744761936437
     [0.5   -0.5 ]        [0.5   0   ]

cost = (log(2) + log(1 + exp(1.5))) / 2 = (0.6931471805599453 + 1.7014132779827524) / 2
dZ2  = [(1/2 - 1) / 2   (s - 0) / 2] = [-1/4  s/2]
dW2  = [-1/16 + 3s/8   -1/8]         db2 = -1/4 + s/2
dA1  = [-1/2   s  ]   dZ1 = [-1/2  s]   dW1 = [-1/2 + s/2   -1 - s]   db1 = [-1/2 + s]
       [ 1/4  -s/2]         [ 1/4  0]         [ 1/4          1/2  ]         [ 1/4    ]
"""

import numpy as np
import pytest
from cases import BY_NAME

from shared.network import QUANTITIES

S = 0.8175744761936437

ON_PAPER = {
    "Z1": [[0.25, 0.75], [0.5, -0.5]],
    "A1": [[0.25, 0.75], [0.5, 0.0]],
    "Z2": [[0.0, 1.5]],
    "A2": [[0.5, S]],
    "cost": (0.6931471805599453 + 1.7014132779827524) / 2,
    "dZ2": [[-1 / 4, S / 2]],
    "dW2": [[-1 / 16 + 3 * S / 8, -1 / 8]],
    "db2": [[-1 / 4 + S / 2]],
    "dA1": [[-1 / 2, S], [1 / 4, -S / 2]],
    "dZ1": [[-1 / 2, S], [1 / 4, 0.0]],
    "dW1": [[-1 / 2 + S / 2, -1 - S], [1 / 4, 1 / 2]],
    "db1": [[-1 / 2 + S], [1 / 4]],
}

CASE = BY_NAME["2-2-1-worked-relu-float64"]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_truth_is_the_number_on_paper(quantity):
    truth, paper = CASE.standard.right[quantity][0], np.array(ON_PAPER[quantity])
    assert np.all(truth.error(paper) <= 4 * np.spacing(np.abs(paper)))  # the paper's numbers have 16 digits


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_implementation_gives_the_number_on_paper(implementation, quantity):
    values = CASE.answers(implementation)
    np.testing.assert_array_max_ulp(np.asarray(values[quantity]), np.array(ON_PAPER[quantity]), maxulp=4)
