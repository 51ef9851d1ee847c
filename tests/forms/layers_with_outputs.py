import numpy as np


class Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.01 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)


class Network:
    def __init__(self, n_inputs, n_hidden):
        self.dense1 = Dense(n_inputs, n_hidden)
        self.dense2 = Dense(n_hidden, 1)

    def forward(self, X):
        self.dense1.forward(X)
        self.dense2.forward(np.maximum(0, self.dense1.output))
        self.output = 1 / (1 + np.exp(-self.dense2.output))

    def backward(self, X, y):
        self.dense2.backward((self.output - y) / len(y))
        dvalues = self.dense2.dinputs.copy()
        dvalues[self.dense1.output <= 0] = 0
        self.dense1.backward(dvalues)
