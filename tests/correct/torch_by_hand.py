"""PyTorch tensors, derivatives by hand; inside it works on rows, and the weights' gradients have the weights' shape."""

import torch


@torch.no_grad()
def gradients(W1, b1, W2, b2, X, Y):
    W1, b1, W2, b2, X, Y = map(torch.as_tensor, (W1, b1, W2, b2, X, Y))
    x, y = X.mT, Y.mT
    hpreact = x @ W1.mT + b1.mT
    h = torch.relu(hpreact)
    logits = h @ W2.mT + b2
    prob = torch.sigmoid(logits)

    dlogits = (prob - y) / y.numel()
    dW2 = dlogits.mT @ h
    db2 = dlogits.sum(0, keepdim=True)
    dh = dlogits @ W2
    dhpreact = dh.masked_fill(hpreact <= 0, 0.0)
    dW1 = dhpreact.mT @ x
    db1 = dhpreact.sum(0, keepdim=True).mT
    layers = {"Z1": hpreact, "A1": h, "Z2": logits, "A2": prob, "dZ2": dlogits, "dA1": dh, "dZ1": dhpreact}
    return {**layers, "dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
