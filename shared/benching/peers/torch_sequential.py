"""The same training with PyTorch's ready-made layers, and the loop of every tutorial."""

import torch
from torch import nn

from shared.benching import floors
from shared.benching.peers import Steps
from shared.network import Array, Parameters, Settings

LIBRARY: floors.Library = "torch"
LAYOUT = floors.LINEAR


def begin(parameters: Parameters, X: Array, Y: Array, settings: Settings) -> Steps:
    """Build the model, its loss and its optimizer."""
    W1, b1, W2, b2 = (torch.tensor(V) for V in parameters)
    inputs, labels = torch.tensor(X).T.contiguous(), torch.tensor(Y).T.contiguous()
    model = nn.Sequential(nn.Linear(len(X), settings.hidden), nn.ReLU(), nn.Linear(settings.hidden, 1))
    model = model.to(inputs.dtype)
    model.load_state_dict({"0.weight": W1, "0.bias": b1.ravel(), "2.weight": W2, "2.bias": b2.ravel()})
    loss_of, optimizer = nn.BCEWithLogitsLoss(), torch.optim.SGD(model.parameters(), lr=settings.learning_rate)

    def steps(count: int) -> list[float]:
        costs = []
        for _ in range(count):
            optimizer.zero_grad()
            loss = loss_of(model(inputs), labels)
            loss.backward()
            optimizer.step()
            costs.append(loss.item())
        return costs

    return steps
