import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.1
        self.b = np.zeros((1, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0, keepdims=True)
        return grad @ self.W.T


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, grad):
        return grad * self.mask


class Network:
    def __init__(self, input_size, hidden_size, output_size):
        self.layers = [Dense(input_size, hidden_size), ReLU(), Dense(hidden_size, output_size)]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, y):
        grad = (self.out - y) / len(y)
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
