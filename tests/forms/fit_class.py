import numpy as np


class MLP:
    """one hidden layer"""

    def __init__(self, n_input, n_hidden, n_output=1, lr=0.1, n_epochs=1000, random_state=0):
        rng = np.random.RandomState(random_state)
        self.lr, self.n_epochs = lr, n_epochs
        self.W_h = rng.normal(0, 0.1, (n_input, n_hidden))
        self.b_h = np.zeros(n_hidden)
        self.W_o = rng.normal(0, 0.1, (n_hidden, n_output))
        self.b_o = np.zeros(n_output)

    def _forward(self, X):
        z_h = X @ self.W_h + self.b_h
        a_h = np.where(z_h > 0, z_h, 0)
        z_o = a_h @ self.W_o + self.b_o
        return a_h, 1 / (1 + np.exp(-z_o))

    def fit(self, X, y):
        for _ in range(self.n_epochs):
            a_h, a_o = self._forward(X)
            delta_o = (a_o - y) / X.shape[0]
            delta_h = (delta_o @ self.W_o.T) * (a_h > 0)
            self.W_o -= self.lr * a_h.T @ delta_o
            self.b_o -= self.lr * delta_o.sum(axis=0)
            self.W_h -= self.lr * X.T @ delta_h
            self.b_h -= self.lr * delta_h.sum(axis=0)
        return self

    def predict(self, X):
        return (self._forward(X)[1] > 0.5).astype(int)
