"""PyTorch's functional gradients of the logits loss: where label and logit are low, dZ2 is 1/m - (1 - A2)/m."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits


def cost(W1, b1, W2, b2, X, Y):
    return binary_cross_entropy_with_logits(W2 @ torch.relu(W1 @ X + b1) + b2, Y)


def gradients(*arrays):
    found = torch.func.grad(cost, argnums=(0, 1, 2, 3))(*map(torch.tensor, arrays))
    return dict(zip(("dW1", "db1", "dW2", "db2"), found, strict=True))
