"""Wrong: train never sets the gradients to zero, so that each update of W1, b1, W2 and b2 has all those before it."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits


def loss_of(params, X, Y):
    W1, b1, W2, b2 = params
    return binary_cross_entropy_with_logits(W2 @ torch.relu(W1 @ X + b1) + b2, Y)


def leaves(*arrays):
    return [torch.tensor(a, requires_grad=True) for a in arrays]


def gradients(W1, b1, W2, b2, X, Y):
    params = leaves(W1, b1, W2, b2)
    loss = loss_of(params, torch.tensor(X), torch.tensor(Y))
    loss.backward()
    dW1, db1, dW2, db2 = (p.grad for p in params)
    return {"cost": loss.item(), "dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
    params = leaves(W1, b1, W2, b2)
    X, Y = torch.tensor(X), torch.tensor(Y)
    costs = []
    for _ in range(iterations):
        loss = loss_of(params, X, Y)
        costs.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for p in params:
                p -= learning_rate * p.grad
    W1, b1, W2, b2 = params
    return {"costs": costs, "W1": W1, "b1": b1, "W2": W2, "b2": b2}
