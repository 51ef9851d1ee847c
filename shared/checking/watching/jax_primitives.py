"""JAX, watched: nothing is compiled, and every primitive is told as it is carried out, forwards and backwards.

NumPy carries out what it knows, in place of a compiler that would take its time for each of them. Where a primitive
stands, JAX itself knows: what goes backwards stands where the same went forwards, if no rule of custom_vjp computes it.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from shared.checking.watching.operations import Constant
from shared.checking.watching.places import Sources, name_at
from shared.checking.watching.recorder import Recorder

RENAMED = {
    **{"sub": "subtract", "mul": "multiply", "div": "divide", "neg": "negative", "pow": "power", "add_any": "add"},
    **{"max": "maximum", "min": "minimum", "not": "logical_not", "and": "logical_and", "or": "logical_or"},
    **{"gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal", "eq": "equal", "ne": "not_equal"},
}
SAME = ("add", "exp", "log", "log1p", "expm1", "tanh", "abs", "sign", "sqrt", "square", "sin", "cos", "floor", "ceil")
ENTRY_BY_ENTRY = {name: getattr(np, RENAMED.get(name, name)) for name in (*RENAMED, *SAME)}
ENTRY_BY_ENTRY |= {"rsqrt": lambda V: 1 / np.sqrt(V)}
"""What NumPy carries out for JAX, by JAX's names."""
IN_NUMPY = {
    **RENAMED,
    **{"reduce_sum": "sum", "reduce_max": "max", "reduce_min": "min", "reduce_prod": "prod"},
    **{"select_n": "select", "integer_pow": "power", "logistic": "sigmoid", "dot_general": "matmul"},
    **dict.fromkeys(("convert_element_type", "broadcast_in_dim", "copy", "stage", "stop_gradient"), "copy"),
}
"""NumPy's names."""
WITH_INTEGERS = ("convert_element_type", "broadcast_in_dim", "select_n", "reshape", "squeeze", "transpose", "stage")
"""What changes no numbers. A copy of a process has none of the threads that JAX carries out the others with."""


def named(primitive: str, parameters: Mapping[str, Any]) -> str:
    """Give a primitive's name in NumPy; a product of matrices has the axes that are summed over in its name."""
    axes = parameters["dimension_numbers"][0] if primitive == "dot_general" else ((1,), (0,))
    return IN_NUMPY.get(primitive, primitive) if axes == ((1,), (0,)) else f"dot {axes}"


def in_numpy(primitive: str, V: Sequence[np.ndarray], parameters: Mapping[str, Any]) -> Any:
    """Carry out a primitive.

    Raises
    ------
    KeyError
        If it is not known here.
    """
    if any(array.dtype.kind not in ("fbi" if primitive in WITH_INTEGERS else "fb") for array in V):
        raise KeyError(primitive)
    match primitive:
        case "copy" | "stage" | "stop_gradient":
            return V[0]
        case "convert_element_type":
            return V[0].astype(parameters["new_dtype"])
        case "broadcast_in_dim":
            sizes = dict(zip(parameters["broadcast_dimensions"], V[0].shape, strict=True))
            shape = parameters["shape"]
            return np.broadcast_to(V[0].reshape([sizes.get(axis, 1) for axis in range(len(shape))]), shape)
        case "logistic" | "erf":
            from scipy import special  # it takes as long to import as everything else that a file is examined with

            return special.expit(V[0]) if primitive == "logistic" else special.erf(V[0])
        case "select_n" if len(V) == 3:
            return np.where(V[0], V[2], V[1])
        case "integer_pow":
            return V[0] ** parameters["y"]
        case "reshape":
            return V[0].reshape(parameters["new_sizes"])
        case "squeeze":
            return V[0].squeeze(tuple(parameters["dimensions"]))
        case "transpose":
            return V[0].transpose(parameters["permutation"])
        case "dot_general" if parameters["dimension_numbers"][1] == ((), ()):
            return np.tensordot(V[0], V[1], parameters["dimension_numbers"][0])
    if primitive.startswith("reduce_") and primitive in IN_NUMPY:
        return getattr(np, IN_NUMPY[primitive])(V[0], axis=tuple(parameters["axes"]))
    return ENTRY_BY_ENTRY[primitive](*V)


def aligned(V: np.ndarray) -> np.ndarray:
    """Copy an array to where JAX takes it as it is: it copies large ones in threads, which a copied process lacks."""
    room = np.empty(V.nbytes + 64, np.uint8)
    begin = -room.ctypes.data % 64
    copied = room[begin : begin + V.nbytes].view(V.dtype).reshape(V.shape)
    copied[...] = V
    return copied


def is_plain(inputs: Sequence[Any], parameters: Mapping[str, Any]) -> bool:
    """Tell whether a result has the precision of what it meets, as a number of Python's has: JAX calls it weak."""
    return bool(parameters.get("weak_type", all(getattr(V, "weak_type", False) for V in inputs)))


def as_a_plain_number(V: Any) -> Any:
    """Give an array of JAX's as one that has the precision of what it meets."""
    return type(V)(V.aval.update(weak_type=True), V.sharding, V._arrays, committed=False)


def within_a_pass_back(frame: FrameType | None, sources: Sources) -> FrameType | None:
    """Find the user's own function that JAX runs on its way back, such as a rule of custom_vjp."""
    while frame and not frame.f_code.co_name.startswith("backward_pass"):
        if sources.is_own(frame.f_code.co_filename):
            return frame
        frame = frame.f_back
    return None


@contextmanager
def watched(recorder: Recorder) -> Iterator[None]:
    """While it lasts, JAX compiles nothing, and what it carries out is written down, if JAX is there."""
    if "jax" not in sys.modules:
        yield
        return
    import jax
    from jax._src import core  # what a debugger of JAX would have to use, too
    from jax._src import source_info_util as information

    trace: Any = core.EvalTrace
    as_jax_does = trace.process_primitive

    def told(self: Any, primitive: Any, inputs: Any, parameters: Any) -> Any:
        if primitive.name == "device_put":
            return as_jax_does(self, primitive, inputs, parameters)
        try:
            made = in_numpy(primitive.name, [np.asarray(V) for V in inputs], parameters)
            made = jax.device_put(aligned(np.asarray(made)), may_alias=True)
            result = as_a_plain_number(made) if is_plain(inputs, parameters) else made
        except (KeyError, TypeError):  # integers and keys, of which random numbers are made
            result = as_jax_does(self, primitive, inputs, parameters)
        here: Any = information.current()
        goes_back = "transpose" in str(here.name_stack)
        if goes_back and (by_hand := within_a_pass_back(sys._getframe(1), recorder.sources)):
            place, name = recorder.sources.place(by_hand), name_at(by_hand, recorder.sources)
        else:
            place, name = recorder.sources.place_in(information.user_frames(here.traceback) if here.traceback else ())
            name = "" if goes_back else name  # which is that of what went forwards
        if place:
            operands = [recorder.operand(getattr(V, "val", V), is_converted=hasattr(V, "val")) for V in inputs]
            operands += [Constant(parameters["y"])] if primitive.name == "integer_pow" else []
            options: dict[str, Any] = {"axis": list(parameters["axes"])} if "axes" in parameters else {}
            options |= {"goes_back": True} if goes_back else {}
            recorder.write(named(primitive.name, parameters), operands, result, place, name, options)
        return result

    trace.process_primitive = told
    try:
        with np.errstate(all="ignore"), jax.disable_jit():
            yield
    finally:
        trace.process_primitive = as_jax_does
