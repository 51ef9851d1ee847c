import numpy as np


class TwoLayer:
    def __init__(self, D, H):
        self.params = dict(
            W1=0.01 * np.random.randn(D, H), b1=np.zeros(H), W2=0.01 * np.random.randn(H, 1), b2=np.zeros(1)
        )
        self.grads = {}

    def forward(self, X):
        p = self.params
        self.X = X
        self.h = np.maximum(X @ p["W1"] + p["b1"], 0)
        self.scores = self.h @ p["W2"] + p["b2"]
        return self.scores

    def compute_gradients(self, y):
        p = self.params
        d = (1 / (1 + np.exp(-self.scores)) - y) / len(y)
        self.grads["W2"] = self.h.T @ d
        self.grads["b2"] = d.sum(0)
        dh = d @ p["W2"].T
        dh[self.h <= 0] = 0
        self.grads["W1"] = self.X.T @ dh
        self.grads["b1"] = dh.sum(0)
