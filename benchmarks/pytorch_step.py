"""What keeps PyTorch's step from its floor: the step of implementations/torch_autograd.py with one thing left out.

    python benchmarks/pytorch_step.py

The floor is the two large products, W1 X and dZ1 X'. All variants take turns; shown are medians over the rounds, and
the median ratio to the floor of the same round.
"""

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 -- F is what PyTorch's users call it

from implementations import torch_autograd
from shared.data import dataset, default_data, weights

ROUNDS, STEPS, RATE = 15, 100, 0.0075

Step = Callable[[], object]


def main() -> None:
    """Print a table for each dtype."""
    examples = dataset.load(*default_data.paths()).train
    for dtype in ("float64", "float32"):
        X, Y = (torch.tensor(V.astype(dtype)) for V in (examples.X, examples.Y))
        variants = steps(X, Y, weights.draw(len(X), 8, 1, dtype))
        times = {name: [] for name in variants}
        for _ in range(ROUNDS):
            for name, step in variants.items():
                times[name].append(microseconds(step))
        print(f"{dtype:42} us  times the floor")
        for name, microseconds_each in times.items():
            ratios = [a / b for a, b in zip(microseconds_each, times["the floor: two products"], strict=True)]
            print(f"{name:38}{statistics.median(microseconds_each):6.0f}  {statistics.median(ratios):.2f}")


def microseconds(step: Step) -> float:
    """Time one step, on average over STEPS of them."""
    start = time.perf_counter()
    for _ in range(STEPS):
        step()
    return (time.perf_counter() - start) / STEPS * 1e6


def steps(X: torch.Tensor, Y: torch.Tensor, parameters: weights.Parameters) -> dict[str, Step]:
    """Make the variants of a step; each trains parameters of its own."""
    dZ1 = torch.randn(8, X.shape[1], dtype=X.dtype)
    W1 = torch.tensor(parameters.W1)

    def new() -> tuple[list[torch.Tensor], torch.optim.Optimizer]:
        tensors = torch_autograd.tensors(parameters, requires_grad=True)
        return tensors, torch.optim.SGD(tensors, lr=RATE)

    def variant(cost: Callable[..., torch.Tensor], by_hand: bool = False) -> Step:
        tensors, optimizer = new()

        def step() -> None:
            optimizer.zero_grad()
            cost(*tensors).backward()
            if by_hand:
                with torch.no_grad():
                    for V in tensors:
                        V.sub_(V.grad, alpha=RATE)
            else:
                optimizer.step()

        return step

    def as_written(*tensors: torch.Tensor) -> torch.Tensor:
        _, _, Z2 = torch_autograd.propagate(list(tensors), X, "relu")
        return torch_autograd.cross_entropy(Z2, Y)

    def one_call_for_each_layer(W1, b1, W2, b2) -> torch.Tensor:
        Z2 = torch.addmm(b2, W2, F.relu(torch.addmm(b1, W1, X)))
        return torch_autograd.cross_entropy(Z2, Y)

    def mean_inside_the_loss(*tensors: torch.Tensor) -> torch.Tensor:
        _, _, Z2 = torch_autograd.propagate(list(tensors), X, "relu")
        return F.binary_cross_entropy_with_logits(Z2, Y)

    def linear_cost(*tensors: torch.Tensor) -> torch.Tensor:
        _, _, Z2 = torch_autograd.propagate(list(tensors), X, "relu")
        return torch.sum(Z2)

    tensors, optimizer = new()
    return {
        "as it is": lambda: torch_autograd.descend(tensors, X, Y, optimizer, "relu"),
        "addmm for @ and +": variant(one_call_for_each_layer),
        "mean inside the loss": variant(mean_inside_the_loss),
        "update by hand, no torch.optim.SGD": variant(as_written, by_hand=True),
        "a cost without a loss: the sum of Z2": variant(linear_cost),
        "both: no SGD, no loss": variant(linear_cost, by_hand=True),
        "the floor: two products": lambda: (W1 @ X, dZ1 @ X.T),
    }


if __name__ == "__main__":
    main()
