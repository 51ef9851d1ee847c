"""PyTorch's tensors, watched: a mode that is told of every function, and hooks that autograd calls as it goes back.

Both only look: the function is called with what it was given, and a gradient goes on as it is.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from shared.checking.watching.numpy_arrays import index_of
from shared.checking.watching.operations import Input, Operand, Result
from shared.checking.watching.recorder import Recorder

IN_NUMPY = {
    **{"sub": "subtract", "mul": "multiply", "div": "divide", "truediv": "divide", "neg": "negative", "pow": "power"},
    **{"gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal", "eq": "equal", "ne": "not_equal"},
    **{"mm": "matmul", "t": "transpose", "T": "transpose", "mT": "transpose", "adjoint": "transpose"},
    **{"view": "reshape", "unsqueeze": "squeeze", "flatten": "ravel", "clamp": "clip", "clamp_min": "maximum"},
    **dict.fromkeys(("clone", "detach", "contiguous", "data", "tensor", "as_tensor", "from_numpy", "cpu"), "copy"),
    **dict.fromkeys(("to", "float", "double", "type", "type_as"), "astype"),
}
"""Functions of PyTorch that have another name in NumPy."""
SHOWN = {"dim": "axis", "keepdim": "keepdims", "reduction": "reduction", "min": "min", "max": "max"}
"""The options that a formula needs, and what NumPy calls them."""


class Tensors:
    """What is done with tensors, and what autograd passes back to them."""

    def __init__(self, recorder: Recorder):
        self.recorder = recorder
        self.followed = set[Operand]()
        self.used: dict[Operand, int] = {}

    def carry_out(self, function: Any, inputs: tuple[Any, ...], options: dict[str, Any], frame: FrameType) -> Any:
        """Call a function, and write it down."""
        name, is_swapped, in_place = named(function)
        if not inputs or name == "grad":
            return function(*inputs, **options)
        parts, shown = inputs, {SHOWN[key]: value for key, value in options.items() if key in SHOWN}
        if name in ("getitem", "setitem"):
            arrays, shown["index"] = index_of(inputs[1])
            parts = (inputs[0], *arrays, *inputs[2:])
        operands = [self.recorder.operand(value) for value in parts]
        for value, operand in zip(parts, operands, strict=True):
            self.follow(value, operand)
            if getattr(value, "requires_grad", False) and value.is_leaf:
                self.recorder.trained[id(value)] = value
        result = function(*inputs, **options)
        number, target = len(self.recorder.operations), inputs[0] if in_place else result
        shown |= {"in_place": True} if in_place and name != "setitem" else {}
        if hasattr(target, "detach"):
            self.recorder.add_known(name, operands[::-1] if is_swapped else operands, target, frame, shown)
        if len(self.recorder.operations) > number:
            self.used.update(dict.fromkeys(operands, number))
            self.follow(target, Result(number))
        return result

    def follow(self, value: Any, operand: Operand) -> None:
        """Let autograd say what it passes back to a tensor, if it will."""
        is_new = isinstance(operand, Input | Result) and operand not in self.followed
        if is_new and hasattr(value, "register_hook") and value.requires_grad:
            value.register_hook(lambda gradient: self.passed_back(gradient, operand))
            self.followed.add(operand)

    def passed_back(self, gradient: Any, operand: Operand) -> None:
        """Write a derivative down; it stands where the tensor was used last, since that is what it went through."""
        operations = self.recorder.operations
        user = operations[self.used[operand]] if operand in self.used else None
        if user and user.place:
            leaf = operand.name if isinstance(operand, Input) else operations[operand.number].name  # type: ignore[union-attr]
            self.recorder.write("grad", [operand], gradient, user.place, f"{leaf}.grad" if leaf else "")


def named(function: Any) -> tuple[str, bool, bool]:
    """Give a function's name in NumPy, whether its operands come the other way round, and whether it changes one."""
    name = function.__self__.__name__ if function.__name__ == "__get__" else function.__name__
    plain = name.strip("_")
    is_dunder = name.startswith("__") and name.endswith("__")
    in_place = plain == "setitem" or (is_dunder and plain.startswith("i")) or (name.endswith("_") and not is_dunder)
    is_swapped = is_dunder and plain.startswith("r")
    plain = plain[1:] if is_dunder and (is_swapped or plain[:1] == "i") else plain
    return IN_NUMPY.get(plain, plain), is_swapped, in_place


@contextmanager
def watched(recorder: Recorder) -> Iterator[None]:
    """While it lasts, tensors are watched, if PyTorch is there."""
    if "torch" not in sys.modules:
        yield
        return
    from torch.overrides import TorchFunctionMode

    torch: Any = sys.modules["torch"]
    tensors, from_numpy = Tensors(recorder), torch.from_numpy

    class Mode(TorchFunctionMode):
        def __torch_function__(
            self, function: Callable[..., Any], types: Any, inputs: Any = (), options: Mapping[str, Any] | None = None
        ) -> Any:
            return tensors.carry_out(function, inputs, dict(options or {}), sys._getframe(1))

    torch.from_numpy = lambda V: tensors.carry_out(from_numpy, (V,), {}, sys._getframe(1))  # no mode is told of it
    try:
        with Mode():
            yield
    finally:
        torch.from_numpy = from_numpy
