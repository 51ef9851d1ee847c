"""What a user's module holds: its functions and classes, and what its source says about names."""

import ast
import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from types import ModuleType
from typing import Any

from shared.checking.sandbox.binding.words import gradient_of, numbered, roles_of, weight_of

FORWARD = (
    "forward",
    "feed",
    "predict",
    "propagat",
    "hypothesis",
    "activations",
    "compute_output",
    "think",
    "run",
    "fwd",
)
BACKWARD = ("back", "grad", "bprop", "bwd", "deriv", "loss", "cost", "nabla")
TRAINING = ("train", "fit", "model", "learn", "optimi", "descent", "main", "network", "run", "nn")
THIRD = re.compile(r"(?i)(d|grad_?)?(w|weights?|theta|fc|linear)_?3")
"""The weights of a third layer."""
CLASSES = re.compile(r"(?i)^(\w*(softmax|one_?hot|to_categorical|crossentropyloss|nll_?loss)\w*|cross_entropy)$")
"""What a network with several outputs has in its source."""
OF_BATCHES = re.compile(r"(?i:batch|^[xy]_?b$)|^X")
"""The variables of a loop over batches."""
UPDATING = ("update", "apply", "step", "optimi")
PARTS = (*FORWARD[:-3], *BACKWARD, *UPDATING, "train", "fit", "model", "accura", "score", "evaluat")
"""What has a part in a training that can be right or wrong."""


class Survey:
    """The functions, classes and names of a module."""

    def __init__(self, module: ModuleType, source: str):
        self.module = module
        try:
            self.tree = ast.parse(source)
        except SyntaxError:  # a notebook's cells may not make one text
            self.tree = ast.parse("")
        self.definitions = {node.name: node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)}
        top = {getattr(node, "name", "") for node in self.tree.body} | set(_assigned(self.tree))
        names = [name for name in vars(module) if name in top and not name.startswith("__")]
        found = {name: getattr(module, name) for name in names}
        self.classes = {name: V for name, V in found.items() if inspect.isclass(V) and V.__module__ == module.__name__}
        self.functions = {name: V for name, V in found.items() if _is_function(V)}
        for cls, name in ((cls, name) for cls, own in self.classes.items() for name in vars(own)):
            if isinstance(vars(self.classes[cls])[name], staticmethod | classmethod):  # it needs no object
                self.functions[f"{cls}.{name}"] = getattr(self.classes[cls], name)
                self.definitions |= {f"{cls}.{name}": self.definitions[name]} if name in self.definitions else {}
        self._kept = {name: copy(V) if isinstance(V, dict) else V for name, V in found.items() if _holds(V)}
        self.uses_torch = any(name.split(".")[0] == "torch" for name in _imported(self.tree))
        self.uses_jax = any(name.split(".")[0] == "jax" for name in _imported(self.tree))

    def module_as_it_was(self) -> ModuleType:
        """Return the module with the arrays that it had: a call in another layout may leave some of other shapes."""
        vars(self.module).update({name: copy(V) if isinstance(V, dict) else V for name, V in self._kept.items()})
        return self.module

    def weights(self) -> Iterator[Any]:
        """Go through what may hold weights in the module, by its name."""
        held = (V for name, V in vars(self.module).items() if "weights" in roles_of(name))
        yield from (V for V in held if isinstance(V, dict | list | tuple))

    def keys(self) -> dict[str, str]:
        """For W1 b1 W2 b2, the key by which the source takes it out of a dict, or the attribute that it is."""
        used = Counter(
            node.slice.value
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and type(node.slice.value) is str
        )
        attributes = sorted({node.attr for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)})
        named = (*(key for key, _ in used.most_common()), *attributes)
        codes = {key: weight_of(key) for key in named if not gradient_of(key)}
        found: dict[str, str] = {}
        for key, role in numbered(codes).items():
            found.setdefault(role, key)
        return {name: found.get(name, name) for name in ("W1", "b1", "W2", "b2")}

    def nested(self) -> tuple[tuple[str, str, str], ...]:
        """For each layer of a dict of dicts, its name, and the names of weights and biases in it."""
        pairs = {(node.value.slice.value, node.slice.value) for node in ast.walk(self.tree) if _is_nested(node)}  # type: ignore[attr-defined]
        layers = sorted({layer for layer, _ in pairs}, key=str)
        names = {key: kind for _, key in pairs for kind in (str(key).lower()[:1],)}
        W = next((key for key, kind in names.items() if kind in ("w", "k", "t")), None)
        b = next((key for key, kind in names.items() if kind == "b"), None)
        return tuple((layer, W, b) for layer in layers[:2]) if W and b and len(layers) == 2 else ()

    def returned(self, name: str) -> list[str]:
        """Name what a function returns: by its return statement or its callers; "" for what has no name."""
        node = self.definitions.get(name)
        returns = [each for each in ast.walk(node) if isinstance(each, ast.Return)] if node else []
        values = returns[-1].value if returns else None
        parts = values.elts if isinstance(values, ast.Tuple | ast.List) else [values] if values else []
        names = [_name(part) for part in parts]
        for call in ast.walk(self.tree):
            if isinstance(call, ast.Assign) and _called(call.value) == name:
                targets = call.targets[0].elts if isinstance(call.targets[0], ast.Tuple) else [call.targets[0]]
                if len(targets) == len(names):
                    names = [own or _name(target) for own, target in zip(names, targets, strict=True)]
        return names

    def is_for_each_example(self, name: str, above: tuple[str, ...] = ()) -> bool:
        """Tell whether a function is called with the variables of a loop over examples, or of what is called so.

        Where nothing calls it or its caller, parameters show it: x, but not X. `above` is where the question came from.
        """
        callers = [f for f in self.callers_of(name) if f not in (*above, name)]
        within = [f for f in callers if not self.callers_of(f) or self.is_for_each_example(f, (*above, name))]
        loops = ((node, node.target) for node in ast.walk(self.tree) if isinstance(node, ast.For))
        for scope, taken in (*loops, *((self.definitions[f], self.definitions[f].args) for f in within)):
            variables = {getattr(node, "id", getattr(node, "arg", "")) for node in ast.walk(taken)}
            if any(map(OF_BATCHES.search, variables)):
                continue
            for call in ast.walk(scope):
                if isinstance(call, ast.Call) and _called(call) == name:
                    given = [argument.id for argument in call.args if isinstance(argument, ast.Name)]
                    subscripts = [a.slice.id for a in call.args if _is_taken_by_name(a)]  # type: ignore[attr-defined]
                    if len(variables & {*given, *subscripts}) >= (1 if subscripts else 2):
                        return True
        is_called = any(isinstance(node, ast.Call) and _called(node) == name for node in ast.walk(self.tree))
        parameters = [each.arg for each in self.definitions[name].args.args] if name in self.definitions else []
        return "x" in parameters and not any(map(OF_BATCHES.search, parameters)) and not is_called

    def mentions(self, *words: str) -> bool:
        """Tell whether any of these names stands in the source."""
        return bool(self._names() & set(words))

    def _names(self) -> set[str]:
        """Give all names in the source, of variables, attributes and keys of dicts."""
        names = {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)}
        constants = (node.value for node in ast.walk(self.tree) if isinstance(node, ast.Constant))
        return names | {value for value in constants if isinstance(value, str)}

    def other_network(self) -> str:
        """Say what the source's network has that the one that is examined has not; empty if nothing shows it."""
        names = sorted(self._names())
        thirds = [name for name in names if THIRD.fullmatch(name)]
        if thirds or sum(_called(node) == "Linear" for node in ast.walk(self.tree)) > 2:
            return f"more than two layers{f' ({thirds[0]})' if thirds else ''}"
        named = self.classes_in_source()
        return f"an output for each class ({named})" if named else ""

    def classes_in_source(self) -> str:
        """Give what shows that there is an output for each class; empty if nothing does."""
        indices = (ast.unparse(node) for node in ast.walk(self.tree) if _takes_classes(node))
        return next((name for name in sorted(self._names()) if CLASSES.search(name)), next(indices, ""))

    def callers_of(self, name: str) -> list[str]:
        """Name the functions that call one."""
        return [other for other in self.definitions if name in self.calls_of(other)]

    def handed_over(self) -> set[str]:
        """Name what is passed to calls, such as loss in jax.grad(loss)."""
        calls = (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return {each.id for call in calls for each in call.args if isinstance(each, ast.Name)}

    def calls_of(self, name: str) -> set[str]:
        """Name the functions that a function calls."""
        node = self.definitions.get(name)
        return {_called(each) for each in ast.walk(node) if isinstance(each, ast.Call)} if node else set()


def _holds(value: Any) -> bool:
    """Tell whether something is an array, or a dict that may hold some."""
    return isinstance(value, dict) or hasattr(value, "dtype")


def _is_nested(node: ast.AST) -> bool:
    """Tell whether this is weights["layer1"]["W"]."""
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.value, ast.Subscript)
        and isinstance(node.value.slice, ast.Constant)
    )


def _is_taken_by_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name)


def _takes_classes(node: ast.AST) -> bool:
    """Tell whether labels are used as indices: probabilities[range(m), y]."""
    places = node.slice.elts if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) else []
    return len(places) == 2 and _called(places[0]) in ("range", "arange") and isinstance(places[1], ast.Name)


def _called(node: ast.AST) -> str:
    function = node.func if isinstance(node, ast.Call) else None
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return ast.unparse(node) if node.attr == "grad" else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _assigned(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def _is_function(value: Any) -> bool:
    return callable(value) and not inspect.isclass(value) and parameters_of(value) is not None


def parameters_of(function: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """Return the parameters that a function may be given by name; None if nobody knows them."""
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None
    return [
        each for each in found if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    ]


def is_like(name: str, words: tuple[str, ...]) -> bool:
    """Tell whether a function's name has one of these words in it."""
    return any(word in name.lower() for word in words)
