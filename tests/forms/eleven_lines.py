import numpy as np

X = np.array([[0, 0, 1, 1], [0, 1, 1, 1], [1, 0, 1, 1], [1, 1, 1, 1], [0.5, 0.2, 0.1, 1]], dtype=float)
y = np.array([[0, 1, 1, 0, 1]], dtype=float).T
np.random.seed(1)
W1 = 2 * np.random.random((4, 6)) - 1
b1 = np.zeros((1, 6))
W2 = 2 * np.random.random((6, 1)) - 1
b2 = np.zeros((1, 1))
alpha = 0.5
for j in range(60000):
    z1 = np.dot(X, W1) + b1
    l1 = np.maximum(z1, 0)
    l2 = 1 / (1 + np.exp(-(np.dot(l1, W2) + b2)))
    l2_delta = (l2 - y) / len(y)
    l1_delta = l2_delta.dot(W2.T) * (z1 > 0)
    W2 -= alpha * l1.T.dot(l2_delta)
    b2 -= alpha * l2_delta.sum(axis=0, keepdims=True)
    W1 -= alpha * X.T.dot(l1_delta)
    b1 -= alpha * l1_delta.sum(axis=0, keepdims=True)
print(l2)
