"""The text of a derivative rule, as it stands in its file."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Iterable
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
    text, by_line = _parsed(source.co_filename)
    nodes = by_line.get(source.co_firstlineno, [])
    found = _lambda(source, nodes) if source.co_name == "<lambda>" else _returned(nodes)
    return " ".join((ast.get_source_segment(text, found) or "").split()) if found else _called(rule)


def _called(rule: Callable[..., Any]) -> str:
    name = getattr(rule, "__name__", type(rule).__name__)
    return f"{name}({', '.join(inspect.signature(rule).parameters)})"


def _lambda(source: Any, nodes: Iterable[ast.AST]) -> ast.expr:
    """The body of the lambda that was compiled to `source`: the innermost with its first place."""
    first = min(_places(source))
    inside = [
        node.body for node in nodes if isinstance(node, ast.Lambda)
        and (node.body.lineno, node.body.col_offset) <= first
        and first < (node.body.end_lineno, node.body.end_col_offset)
    ]
    return inside[-1]


def _returned(nodes: Iterable[ast.AST]) -> ast.expr | None:
    """What a function returns that does nothing else."""
    (node,) = (node for node in nodes if isinstance(node, ast.FunctionDef))
    last = node.body[-1]
    alone = len(node.body) == 1 + bool(ast.get_docstring(node))
    return last.value if alone and isinstance(last, ast.Return) else None


def _places(source: Any) -> list[tuple[int, int]]:
    """Line and column of what a lambda computes: its first instruction has no place of its own."""
    places = source.co_positions()
    return [(line, column) for line, _, column, end in places if end and column != end]


@functools.cache
def _parsed(file: str) -> tuple[str, dict[int, list[ast.AST]]]:
    """The text of a file, and its functions and lambdas by the line on which they begin."""
    text = Path(file).read_text(encoding="utf-8")
    by_line: dict[int, list[ast.AST]] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Lambda | ast.FunctionDef):
            first = [node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))]
            by_line.setdefault(min(first), []).append(node)
    return text, by_line
