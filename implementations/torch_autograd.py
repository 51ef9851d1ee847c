"""The network in PyTorch: the forward pass is written, autograd finds every derivative.

n_x inputs, n_h hidden units, 1 output unit, m examples, one example per column.
dV is the derivative of the cost with respect to V and has V's shape.
The equations are numbered, and derived, in docs/derivation.md.
"""

import time
from collections.abc import Iterable

import torch
import torch.nn.functional as F  # noqa: N812 -- F is what PyTorch's users call it
from jaxtyping import Float
from torch import Tensor

from shared.network import (
    LEAKY_SLOPE,
    Activation,
    Activations,
    Array,
    Device,
    Gradients,
    InputError,
    MatmulPrecision,
    Parameters,
    Progress,
    Settings,
    Training,
)


def use(device: Device, matmul_precision: MatmulPrecision = "default") -> None:
    """Compute on this device from now on, and with matrix products of this precision."""
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError(f"--device cuda: PyTorch {torch.__version__} finds no CUDA device here; choose --device cpu")
    torch.set_default_device(device)
    if matmul_precision != "default":
        torch.set_float32_matmul_precision(matmul_precision)


def activate(Z1: Tensor, activation: Activation) -> Tensor:
    """Apply the hidden layer's activation, entry by entry. At Z1 = 0 autograd takes the left half's slope."""
    match activation:
        case "relu":
            return F.relu(Z1)
        case "leaky_relu":
            return F.leaky_relu(Z1, LEAKY_SLOPE)
        case "sigmoid":
            return torch.sigmoid(Z1)
        case "tanh":
            return torch.tanh(Z1)


def tensors(arrays: Iterable[Array], requires_grad: bool = False) -> list[Tensor]:
    """Copy NumPy arrays: torch.from_numpy would share their memory."""
    return [torch.tensor(V, requires_grad=requires_grad) for V in arrays]


def propagate(parameters: list[Tensor], X: Tensor, activation: Activation) -> list[Tensor]:
    """Run the forward pass on tensors, as far as Z2, which is all that the cost needs."""
    W1, b1, W2, b2 = parameters
    Z1 = W1 @ X + b1  #                         (n_h, m)    eq 1
    A1 = activate(Z1, activation)  #            (n_h, m)    eq 2
    Z2 = W2 @ A1 + b2  #                        (1, m)      eq 3
    return [Z1, A1, Z2]


def forward(parameters: Parameters, X: Float[Array, "n_x m"], activation: Activation = "relu") -> Activations:
    """Run the forward pass: Z1, A1, Z2 and A2, input to output."""
    Z1, A1, Z2 = propagate(tensors(parameters), torch.tensor(X), activation)
    A2 = torch.sigmoid(Z2)  #                   (1, m)      eq 4
    return Activations(*(V.numpy(force=True) for V in (Z1, A1, Z2, A2)))


def cost(
    parameters: Parameters, X: Float[Array, "n_x m"], Y: Float[Array, "1 m"], activation: Activation = "relu"
) -> float:
    """Average the cross-entropy of A2 and Y over the examples."""
    _, _, Z2 = propagate(tensors(parameters), torch.tensor(X), activation)
    return cross_entropy(Z2, torch.tensor(Y)).item()


def cross_entropy(Z2: Tensor, Y: Tensor) -> Tensor:
    """-Y log(A2) - (1 - Y) log(1 - A2), averaged, from Z2: log(A2) is infinite where A2 rounds to 0.

    Each example's share is divided by m before the sum, so that the sum cannot overflow.
    """
    m = Y.shape[1]
    losses = F.binary_cross_entropy_with_logits(Z2, Y, reduction="none")  # (1, m)
    return torch.sum(losses / m)  #             scalar      eq 12


def gradients(
    parameters: Parameters, X: Float[Array, "n_x m"], Y: Float[Array, "1 m"], activation: Activation = "relu"
) -> Gradients:
    """Differentiate the cost with respect to everything: autograd walks back from the cost to each tensor named."""
    W1, b1, W2, b2 = tensors(parameters, requires_grad=True)
    Z1, A1, Z2 = propagate([W1, b1, W2, b2], torch.tensor(X), activation)
    value = cross_entropy(Z2, torch.tensor(Y))
    return Gradients(*(dV.numpy(force=True) for dV in torch.autograd.grad(value, [Z2, W2, b2, A1, Z1, W1, b1])))


def step(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    learning_rate: float,
    activation: Activation = "relu",
) -> Parameters:
    """Take one step of gradient descent, down the slope of the cost."""
    current = tensors(parameters, requires_grad=True)
    optimizer = torch.optim.SGD(current, lr=learning_rate)
    descend(current, torch.tensor(X), torch.tensor(Y), optimizer, activation)
    return Parameters(*(V.numpy(force=True) for V in current))


def descend(
    parameters: list[Tensor],
    X: Tensor,
    Y: Tensor,
    optimizer: torch.optim.Optimizer,
    activation: Activation,
) -> Tensor:
    """Update the parameters in place and return the cost before the update."""
    optimizer.zero_grad()
    _, _, Z2 = propagate(parameters, X, activation)
    value = cross_entropy(Z2, Y)
    value.backward()  # type: ignore[no-untyped-call]
    optimizer.step()  #                         V's shape   eq 13
    return value.detach()


def train(
    parameters: Parameters,
    X: Float[Array, "n_x m"],
    Y: Float[Array, "1 m"],
    settings: Settings,
    progress: Progress | None = None,
) -> Training:
    """Train by full-batch gradient descent: every step uses all examples."""
    current, inputs, labels = tensors(parameters, requires_grad=True), torch.tensor(X), torch.tensor(Y)
    optimizer = torch.optim.SGD(current, lr=settings.learning_rate)
    costs = torch.empty(settings.iterations, dtype=inputs.dtype)
    start = time.perf_counter()
    for i in range(settings.iterations):
        costs[i] = descend(current, inputs, labels, optimizer, settings.activation)
        if progress:
            progress(i + 1)
    costs[-1].item()  #                         waits until the device is done
    seconds = time.perf_counter() - start
    trained = Parameters(*(V.numpy(force=True) for V in current))
    return Training(trained, costs.numpy(force=True), seconds / settings.iterations, seconds_to_compile=0.0)
