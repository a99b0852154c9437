"""The expression of a short rule as text, so that generated code can say it in its place.

Only arithmetic with the cotangent is taken: it needs no name from where it was written, it is told
as well by the generated line where it fails, and its shape is known. All other rules are called.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable
from contextlib import suppress
from types import CodeType
from typing import Any

__all__ = ["expression_of"]

_ARITHMETIC = (
    ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UnaryOp, ast.USub, ast.UAdd,
    ast.Name, ast.Load, ast.Constant,
)


def expression_of(rule: Callable[..., Any]) -> str | None:
    """What a lambda of one line returns, if that is arithmetic of g and other parameters; or None.

    >>> import minigrad as mg
    >>> [expression_of(rule) for rule in mg.catalogue("multiply")[0].rules]
    ['g * y', 'g * x']
    >>> [expression_of(rule) for rule in mg.catalogue("tanh")[0].rules]
    [None]
    """
    code = getattr(rule, "__code__", None)
    if code is None or code.co_name != "<lambda>" or code.co_varnames[:1] != ("g",):
        return None
    parameters = code.co_varnames[: code.co_argcount]
    with suppress(SyntaxError):
        text = _text(code)
        parts = list(ast.walk(ast.parse(text, mode="eval").body))
        names = {part.id for part in parts if isinstance(part, ast.Name)}
        plain = all(isinstance(part, _ARITHMETIC) for part in parts)
        if plain and "g" in names <= set(parameters):
            again = eval(f"lambda {', '.join(parameters)}: {text}").__code__
            if (again.co_code, again.co_consts) == (code.co_code, code.co_consts):
                return text
    return None


def _text(code: CodeType) -> str:
    """What stands where Python says that the code comes from; the file may have changed since."""
    places: list[Any] = [p for p in code.co_positions() if p[2] != p[3]]  # not where it resumes
    if {number for first, last, *_ in places for number in (first, last)} != {code.co_firstlineno}:
        return ""
    line = linecache.getline(code.co_filename, code.co_firstlineno).encode()
    return line[min(p[2] for p in places) : max(p[3] for p in places)].decode(errors="replace")
