import numpy as np

np.random.seed(0)
N, D, H = 12, 3, 5
x = np.random.randn(N, D)
t = (np.random.rand(N, 1) > 0.5).astype(float)
w1 = np.random.randn(D, H)
b1 = np.random.randn(H)
w2 = np.random.randn(H, 1)
b2 = np.random.randn(1)
learning_rate = 1e-2
losses = []
for i in range(500):
    h = x.dot(w1) + b1
    h_relu = np.maximum(h, 0)
    y_pred = 1 / (1 + np.exp(-(h_relu.dot(w2) + b2)))
    loss = -np.mean(t * np.log(y_pred) + (1 - t) * np.log(1 - y_pred))
    losses.append(loss)
    grad_y = (y_pred - t) / N
    grad_w2 = h_relu.T.dot(grad_y)
    grad_b2 = grad_y.sum(0)
    grad_h = grad_y.dot(w2.T)
    grad_h[h < 0] = 0
    grad_w1 = x.T.dot(grad_h)
    grad_b1 = grad_h.sum(0)
    w1 = w1 - learning_rate * grad_w1
    b1 = b1 - learning_rate * grad_b1
    w2 = w2 - learning_rate * grad_w2
    b2 = b2 - learning_rate * grad_b2
