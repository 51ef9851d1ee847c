"""PyTorch does the derivatives of the lines as the notation has them (tests/patched.py makes mistakes in the loss)."""

import torch
from torch.nn import BCEWithLogitsLoss


def gradients(W1, b1, W2, b2, X, Y):
    W1, b1, W2, b2 = (torch.tensor(V, requires_grad=True) for V in (W1, b1, W2, b2))
    X, Y = torch.tensor(X), torch.tensor(Y)
    Z2 = W2 @ torch.relu(W1 @ X + b1) + b2
    loss = BCEWithLogitsLoss()(Z2, Y)
    loss.backward()
    return {"cost": loss.detach(), "dW1": W1.grad, "db1": b1.grad, "dW2": W2.grad, "db2": b2.grad}
