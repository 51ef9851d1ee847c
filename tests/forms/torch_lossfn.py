import torch
import torch.nn.functional as F


def loss_fn(W1, b1, W2, b2, X, Y):
    hidden = torch.relu(W1 @ X + b1)
    logits = W2 @ hidden + b2
    return F.binary_cross_entropy_with_logits(logits, Y)
