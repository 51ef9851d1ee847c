"""Complex step: the imaginary part of the cost at V + ih, over h, is the derivative to the last digit."""

import numpy as np

h = 1e-30


def cost(p, X, Y):
    z = p["W1"] @ X + p["b1"]
    s = p["W2"] @ np.where(z.real > 0, z, 0) + p["b2"]
    e = np.exp(np.where(s.real > 0, -s, s))
    return (np.where(s.real > 0, s, 0) + np.log(1 + e) - Y * s).mean()


def gradients(W1, b1, W2, b2, X, Y):
    p = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    grads = {name: np.empty_like(V) for name, V in p.items()}
    for name, V in p.items():
        for index in np.ndindex(V.shape):
            shifted = V.astype(complex)
            shifted[index] += 1j * h
            grads[name][index] = cost({**p, name: shifted}, X, Y).imag / h
    return grads
