import numpy as np


def backprop(Ws, bs, x, y):
    zs, acts = [], [x]
    for W, b in zip(Ws, bs):
        zs.append(W @ acts[-1] + b)
        acts.append(np.maximum(zs[-1], 0) if len(zs) < len(Ws) else 1 / (1 + np.exp(-zs[-1])))
    delta = (acts[-1] - y) / x.shape[1]
    gW, gb = [None] * 2, [None] * 2
    gW[1], gb[1] = delta @ acts[1].T, delta.sum(1, keepdims=True)
    delta = (Ws[1].T @ delta) * (zs[0] > 0)
    gW[0], gb[0] = delta @ acts[0].T, delta.sum(1, keepdims=True)
    return gW, gb
