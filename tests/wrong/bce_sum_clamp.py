"""BCELoss, summed, behind a relu that is written as a clamp, whose slope at 0 is 1."""

import torch


def gradients(W1, b1, W2, b2, X, Y):
    w1, b1, w2, b2 = (torch.tensor(p, requires_grad=True) for p in (W1, b1, W2, b2))
    hidden = torch.clamp(w1 @ torch.tensor(X) + b1, min=0)
    loss = torch.nn.BCELoss(reduction="sum")(torch.sigmoid(w2 @ hidden + b2), torch.tensor(Y))
    loss.backward()
    return {"cost": loss, "dW1": w1.grad, "db1": b1.grad, "dW2": w2.grad, "db2": b2.grad}
