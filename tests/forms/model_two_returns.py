import numpy as np


def model(X, Y, n_h=4, learning_rate=0.5, num_iterations=1000, print_cost=True):
    rng = np.random.default_rng()
    n_x, m = X.shape
    W1 = rng.normal(size=(n_h, n_x)) * np.sqrt(2 / n_x)
    b1 = np.zeros((n_h, 1))
    W2 = rng.normal(size=(1, n_h)) * np.sqrt(1 / n_h)
    b2 = np.zeros((1, 1))
    costs = []
    for i in range(num_iterations):
        Z1 = W1 @ X + b1
        A1 = np.maximum(0, Z1)
        Z2 = W2 @ A1 + b2
        A2 = 1 / (1 + np.exp(-Z2))
        cost = -np.mean(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))
        costs.append(cost)
        dZ2 = (A2 - Y) / m
        dW2 = dZ2 @ A1.T
        db2 = dZ2.sum(axis=1, keepdims=True)
        dZ1 = (W2.T @ dZ2) * (Z1 > 0)
        dW1 = dZ1 @ X.T
        db1 = dZ1.sum(axis=1, keepdims=True)
        W1 -= learning_rate * dW1
        b1 -= learning_rate * db1
        W2 -= learning_rate * dW2
        b2 -= learning_rate * db2
        if print_cost and i % 100 == 0:
            print(i, cost)
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}, costs
