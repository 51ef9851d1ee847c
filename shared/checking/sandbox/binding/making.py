"""What arguments are made of, and what stands around a call: tensors, a loss of PyTorch's, silence."""

import contextlib
import io
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from shared.checking.sandbox.binding.given import BIG, BIG32
from shared.checking.sandbox.binding.survey import Survey


def makers(survey: Survey, takes_weights: bool) -> list[tuple[Callable[[np.ndarray], Any], float]]:
    """Return what makes the arguments of arrays, and the learning rate from which an update can be read."""
    if not survey.uses_torch:
        return [(np.asarray, BIG), (np.asarray, BIG32)]
    import torch

    is_differentiated = [False, True] if takes_weights and survey.mentions("grad", "backward") else [False]
    tensors = [
        (partial(_tensor, dtype=dtype, requires_grad=each), rate)
        for dtype, rate in ((torch.float64, BIG), (torch.float32, BIG32))
        for each in is_differentiated
    ]
    return [*tensors, (np.asarray, BIG)]


def _tensor(array: np.ndarray, dtype: Any, requires_grad: bool) -> Any:
    """Make a tensor; classes stay whole numbers."""
    import torch

    is_class = array.dtype.kind == "i"
    return torch.tensor(array, dtype=None if is_class else dtype, requires_grad=requires_grad and not is_class)


def cross_entropy(survey: Survey) -> Callable[..., Any]:
    """Return PyTorch's loss for outputs that are probabilities or, if the source says so, logits."""

    def loss(output: Any, labels: Any) -> Any:
        from torch.nn import functional

        if output.ndim > 1 and output.shape[-1] > 1:
            return functional.cross_entropy(output, labels)
        labels = labels.reshape(output.shape).to(output.dtype)
        logits = survey.mentions("BCEWithLogitsLoss", "binary_cross_entropy_with_logits")
        if logits or not survey.mentions("sigmoid", "Sigmoid"):
            return functional.binary_cross_entropy_with_logits(output, labels)
        return functional.binary_cross_entropy(output, labels)

    return loss


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Let nothing that is tried be printed or warn."""
    nowhere = io.StringIO()
    with (
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
        np.errstate(all="ignore"),
        warnings.catch_warnings(action="ignore"),
    ):
        yield
