"""Wrong: the loss is the mean absolute error."""

import torch


def gradients(W1, b1, W2, b2, X, Y):
    W1, b1, W2, b2 = (torch.tensor(v, requires_grad=True) for v in (W1, b1, W2, b2))
    X, Y = torch.tensor(X), torch.tensor(Y)
    p = torch.sigmoid(W2 @ torch.relu(W1 @ X + b1) + b2)
    loss = (p - Y).abs().mean()
    loss.backward()
    return {"cost": loss, "dW1": W1.grad, "db1": b1.grad, "dW2": W2.grad, "db2": b2.grad}
