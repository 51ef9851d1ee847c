import torch
import torch.nn as nn


class BinaryClassifier(nn.Module):
    def __init__(self, input_dim, hidden_dim=16):
        super(BinaryClassifier, self).__init__()
        self.layer_1 = nn.Linear(input_dim, hidden_dim)
        self.relu = nn.ReLU()
        self.layer_out = nn.Linear(hidden_dim, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, inputs):
        x = self.relu(self.layer_1(inputs))
        return self.sigmoid(self.layer_out(x))


def train(model, X_train, y_train, lr=0.001, epochs=50):
    criterion = nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    history = []
    for e in range(epochs):
        optimizer.zero_grad()
        y_pred = model(X_train)
        loss = criterion(y_pred, y_train)
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    return history
