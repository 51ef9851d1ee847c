"""Plain lists, every sum exact with fsum."""

from math import exp, fsum, log1p


def softplus(z):
    return z + log1p(exp(-z)) if z > 0 else log1p(exp(z))


def sig(z):
    return 1 / (1 + exp(-z)) if z >= 0 else exp(z) / (1 + exp(z))


def gradients(W1, b1, W2, b2, X, Y):
    W1, b1, W2, b2, X, Y = (v.tolist() for v in (W1, b1, W2, b2, X, Y))
    H, N, M = range(len(W1)), range(len(X)), range(len(Y[0]))
    Z1 = [[fsum([W1[i][j] * X[j][k] for j in N] + [b1[i][0]]) for k in M] for i in H]
    Z2 = [fsum([W2[0][i] * max(0.0, Z1[i][k]) for i in H] + [b2[0][0]]) for k in M]
    cost = fsum(softplus(z) - y * z for z, y in zip(Z2, Y[0], strict=True)) / len(M)
    d = [(sig(z) - y) / len(M) for z, y in zip(Z2, Y[0], strict=True)]
    e = [[W2[0][i] * d[k] if Z1[i][k] > 0 else 0.0 for k in M] for i in H]
    return {
        "cost": cost,
        "Z1": Z1,
        "dZ1": e,
        "dW1": [[fsum(e[i][k] * X[j][k] for k in M) for j in N] for i in H],
        "db1": [[fsum(r)] for r in e],
        "dW2": [[fsum(d[k] * max(0.0, Z1[i][k]) for k in M) for i in H]],
        "db2": [[fsum(d)]],
    }
