"""How to build your own Neural Network from scratch in Python"""

import numpy as np


def sigmoid(x):
    return 1.0 / (1 + np.exp(-x))


def relu(x):
    return x * (x > 0)


class NeuralNetwork:
    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.rand(self.input.shape[1], 4)
        self.bias1 = np.zeros((1, 4))
        self.weights2 = np.random.rand(4, 1)
        self.bias2 = np.zeros((1, 1))
        self.y = y
        self.output = np.zeros(self.y.shape)

    def feedforward(self):
        self.layer1 = relu(np.dot(self.input, self.weights1) + self.bias1)
        self.output = sigmoid(np.dot(self.layer1, self.weights2) + self.bias2)

    def backprop(self):
        d = self.y - self.output
        d_weights2 = np.dot(self.layer1.T, d) / len(self.y)
        d1 = np.dot(d, self.weights2.T) * (self.layer1 > 0)
        d_weights1 = np.dot(self.input.T, d1) / len(self.y)
        self.weights1 += d_weights1
        self.weights2 += d_weights2
        self.bias1 += d1.sum(0, keepdims=True) / len(self.y)
        self.bias2 += d.sum(0, keepdims=True) / len(self.y)


if __name__ == "__main__":
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
    y = np.array([[0], [1], [1], [0]])
    nn = NeuralNetwork(X, y)
    for i in range(1500):
        nn.feedforward()
        nn.backprop()
