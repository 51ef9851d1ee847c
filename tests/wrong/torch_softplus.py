"""Wrong: softplus of PyTorch gives Z2 itself above its threshold of 20, so that cost and dZ2 lose a little there."""

import torch
from torch.nn.functional import softplus


def gradients(W1, b1, W2, b2, X, Y):
    leaves = [torch.tensor(V, requires_grad=True) for V in (W1, b1, W2, b2)]
    W1, b1, W2, b2 = leaves
    X, Y = torch.tensor(X), torch.tensor(Y)
    logits = W2 @ (W1 @ X + b1).clamp_min(0).relu() + b2
    cost = (softplus(logits) - Y * logits).mean()
    names = ("dW1", "db1", "dW2", "db2")
    return {"cost": cost.detach(), **dict(zip(names, torch.autograd.grad(cost, leaves), strict=True))}
