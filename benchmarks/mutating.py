"""A mutant of a file: how it is made, and how it takes the place of the right code. mutants.py tries tests on it."""

import contextlib
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType
from typing import Any

from cosmic_ray import plugins
from cosmic_ray.mutating import mutate_code

PAIRS = {
    "Binary": "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Mul Mod_Mul Pow_Mul LShift_RShift RShift_LShift BitAnd_BitOr "
    "BitOr_BitAnd",
    "Comparison": "Eq_NotEq NotEq_Eq Lt_LtE Lt_GtE LtE_Lt LtE_Gt Gt_GtE Gt_LtE GtE_Gt GtE_Lt Is_IsNot IsNot_Is",
    "Unary": "Delete_Not Delete_USub Delete_Invert",
}
SINGLE = (
    "NumberReplacer AddNot ReplaceAndWithOr ReplaceOrWithAnd ReplaceTrueWithFalse ReplaceFalseWithTrue "
    "ReplaceContinueWithBreak ZeroIterationForLoop ExceptionReplacer RemoveDecorator"
)
OPERATORS = SINGLE.split()
OPERATORS += [f"Replace{kind}Operator_{pair}" for kind, pairs in PAIRS.items() for pair in pairs.split()]


def mutants(text: str) -> Iterator[tuple[str, str]]:
    """Yield every mutant of a text that is still Python: its name, and the mutated text."""
    for name in OPERATORS:
        operator, occurrence = plugins.get_operator(f"core/{name}")(), 0
        while mutated := mutate_code(text, operator, occurrence):
            with contextlib.suppress(SyntaxError):  # {**q} may have become {*q}
                compile(mutated, name, "exec")
                yield f"{name} {occurrence}", mutated
            occurrence += 1


def read_from(path: Path, text: bytes) -> None:
    """Let Python import a module from a text in place of its file; nothing that is compiled from now on is kept."""
    read_file = SourceFileLoader.get_data

    def get_data(self: Any, wanted: str) -> bytes:
        if Path(wanted).name.startswith(f"{path.stem}.cpython"):
            raise OSError  # what was compiled from the right file, wherever it is kept
        return text if Path(wanted) == path else read_file(self, wanted)

    SourceFileLoader.get_data, SourceFileLoader.set_data = get_data, lambda *_, **__: None


def matched(old: CodeType, new: CodeType, at_import: bool) -> dict[CodeType, CodeType] | None:
    """Match the functions of two versions of a module; None if what is done at import differs."""
    olds, news = ([c for c in code.co_consts if isinstance(c, CodeType)] for code in (old, new))
    if (at_import and signature(old) != signature(new)) or len(olds) != len(news):
        return None
    matches = {} if at_import or old == new else {old: new}
    for one, other in zip(olds, news, strict=True):
        function = bool(one.co_flags & 1) and not (
            at_import and one.co_name.startswith("<") and "lambda" not in one.co_name
        )
        inner = matched(one, other, at_import and not function)
        if inner is None:
            return None
        matches |= inner
    return matches


def signature(code: CodeType) -> tuple[Any, ...]:
    """What a piece of code does itself, without the functions in it."""
    return code.co_code, code.co_names, [repr(c) for c in code.co_consts if not isinstance(c, CodeType)]
