import torch


def forward(x, w1, b1, w2, b2):
    h = x.mm(w1) + b1
    h_relu = h.clamp(min=0)
    y_pred = torch.sigmoid(h_relu.mm(w2) + b2)
    return h_relu, y_pred


def backward(x, y, h_relu, y_pred, w2):
    n = x.shape[0]
    grad_y = (y_pred - y) / n
    grad_w2 = h_relu.t().mm(grad_y)
    grad_b2 = grad_y.sum(0)
    grad_h = grad_y.mm(w2.t())
    grad_h[h_relu <= 0] = 0
    return x.t().mm(grad_h), grad_h.sum(0), grad_w2, grad_b2
