import torch
from torch import nn

model = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 1))
loss_fn = nn.BCEWithLogitsLoss()
