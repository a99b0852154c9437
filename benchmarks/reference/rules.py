"""The text of a derivative rule, as it stands in its file."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["written"]


def written(rule: Callable[..., Any]) -> str:
    """What a lambda, or a function that is no more than a return, computes, in one line; of any
    other function how it is called.

    >>> from minigrad import catalogue
    >>> cosh, tanh = catalogue(["cosh", "tanh"])
    >>> written(cosh.rules[0]), written(tanh.rules[0])
    ('g * np.sinh(x)', '_by_tanh(g, out)')
    """
    source = getattr(rule, "__code__", None)
    if source is None:
        return _called(rule)
    text, tree = _parsed(source.co_filename)
    found = _lambda(source, tree) if source.co_name == "<lambda>" else _returned(source, tree)
    return " ".join((ast.get_source_segment(text, found) or "").split()) if found else _called(rule)


def _called(rule: Callable[..., Any]) -> str:
    name = getattr(rule, "__name__", type(rule).__name__)
    return f"{name}({', '.join(inspect.signature(rule).parameters)})"


def _lambda(source: Any, tree: ast.Module) -> ast.expr:
    """The body of the lambda that was compiled to `source`."""
    first = min(_places(source))
    inside = [
        node.body for node in ast.walk(tree)
        if isinstance(node, ast.Lambda) and node.lineno == source.co_firstlineno
        and (node.body.lineno, node.body.col_offset) <= first
        and first < (node.body.end_lineno, node.body.end_col_offset)
    ]
    return inside[-1]  # the innermost


def _returned(source: Any, tree: ast.Module) -> ast.expr | None:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == source.co_name:
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if node.lineno == source.co_firstlineno and len(body) == 1:
                return body[0].value if isinstance(body[0], ast.Return) else None
    return None


def _places(source: Any) -> list[tuple[int, int]]:
    """Line and column of what a lambda computes: its first instruction has no place of its own."""
    places = source.co_positions()
    return [(line, column) for line, _, column, end in places if end and column != end]


@functools.cache
def _parsed(file: str) -> tuple[str, ast.Module]:
    text = Path(file).read_text(encoding="utf-8")
    return text, ast.parse(text)
