"""Wrong: the loop over the examples starts at 1, so that the first one is missing in every sum over the examples."""

import math


def gradients(W1, b1, W2, b2, X, Y):
    n_h, n_x, m = len(W1), len(X), len(Y[0])
    W1, b1, W2, b2, X, Y = (a.tolist() for a in (W1, b1, W2, b2, X, Y))
    dW1 = [[0.0] * n_x for _ in range(n_h)]
    db1 = [0.0] * n_h
    dW2 = [0.0] * n_h
    db2 = 0.0
    for k in range(1, m):
        x = [X[j][k] for j in range(n_x)]
        z = [b1[i][0] + sum(w * v for w, v in zip(W1[i], x, strict=True)) for i in range(n_h)]
        a = [v if v > 0 else 0.0 for v in z]
        s = b2[0][0] + sum(w * v for w, v in zip(W2[0], a, strict=True))
        p = 1 / (1 + math.exp(-s))
        db2 += (p - Y[0][k]) / m
        for i in range(n_h):
            dW2[i] += (p - Y[0][k]) * a[i] / m
            if z[i] > 0:
                d = (p - Y[0][k]) * W2[0][i] / m
                db1[i] += d
                dW1[i] = [old + d * v for old, v in zip(dW1[i], x, strict=True)]
    return {"dW1": dW1, "db1": [[v] for v in db1], "dW2": [dW2], "db2": [[db2]]}
