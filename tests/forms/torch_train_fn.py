import torch
from torch import nn, optim


class Net(nn.Module):
    def __init__(self, in_features, hidden):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(in_features, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, x):
        return self.net(x).squeeze(1)


def train(X, y, hidden=8, lr=0.01, epochs=100):
    torch.manual_seed(0)
    model = Net(X.shape[1], hidden)
    opt = optim.SGD(model.parameters(), lr=lr)
    crit = nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        opt.zero_grad()
        loss = crit(model(X), y)
        loss.backward()
        opt.step()
    return model
