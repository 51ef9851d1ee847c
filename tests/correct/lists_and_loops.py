"""Plain Python over the examples and the units; nested lists; only the longest sums are left to sumprod."""

import math


def sumprod(u, v):
    return math.fsum(a * b for a, b in zip(u, v, strict=True))


def gradients(W1, b1, W2, b2, X, Y):
    W1, b1, W2, b2, X, Y = (a.tolist() for a in (W1, b1, W2, b2, X, Y))
    n_x, m, n_h = len(X), len(X[0]), len(W1)
    dW1 = [[0.0] * n_x for _ in range(n_h)]
    db1 = [[0.0] for _ in range(n_h)]
    dW2 = [[0.0] * n_h]
    db2 = [[0.0]]
    cost = 0.0
    for k in range(m):
        x = [row[k] for row in X]
        y = Y[0][k]
        z = [sumprod(W1[i], x) + b1[i][0] for i in range(n_h)]
        h = [max(0.0, zi) for zi in z]
        s = sumprod(W2[0], h) + b2[0][0]
        p = 1 / (1 + math.exp(-s)) if s >= 0 else math.exp(s) / (1 + math.exp(s))
        cost += (max(s, 0) - s * y + math.log1p(math.exp(-abs(s)))) / m
        d = (p - y) / m
        db2[0][0] += d
        for i in range(n_h):
            dW2[0][i] += d * h[i]
            if z[i] > 0:
                e = d * W2[0][i]
                db1[i][0] += e
                row = dW1[i]
                for j in range(n_x):
                    row[j] += e * x[j]
    return {"cost": cost, "dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
