"""Wrong: the optimizer of train is AdamW, where it must be plain gradient descent, in W1, b1, W2 and b2."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits


def leaves(*arrays):
    return [torch.tensor(V, requires_grad=True) for V in arrays]


def cost_of(params, X, Y):
    W1, b1, W2, b2 = params
    return binary_cross_entropy_with_logits(W2 @ torch.relu(W1 @ torch.tensor(X) + b1) + b2, torch.tensor(Y))


def gradients(W1, b1, W2, b2, X, Y):
    params = leaves(W1, b1, W2, b2)
    return torch.autograd.grad(cost_of(params, X, Y), params)


def train(W1, b1, W2, b2, X, Y, learning_rate, iterations):
    params, costs = leaves(W1, b1, W2, b2), []
    optimizer = torch.optim.AdamW(params, learning_rate)
    for _ in range(iterations):
        optimizer.zero_grad()
        cost = cost_of(params, X, Y)
        cost.backward()
        optimizer.step()
        costs.append(cost.item())
    return {"costs": costs, **dict(zip(("W1", "b1", "W2", "b2"), params, strict=True))}
