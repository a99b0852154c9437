"""The text of a derivative rule, as it stands in the record of its op, and the line where."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

__all__ = ["rule_text"]

_PACKAGES = Path(__file__).parents[3]


@lru_cache(maxsize=1024)
def rule_text(rule: Callable[..., Any]) -> tuple[str, str]:
    """The source of a rule, of a lambda without what stands around it; and ``file.py:line``.

    Two empty strings where Python has no source, as for functions typed into a console.
    """
    code = getattr(rule, "__code__", None)
    if code is None:
        return "", ""
    file, line = Path(code.co_filename), code.co_firstlineno
    if file.is_relative_to(_PACKAGES):
        file = file.relative_to(_PACKAGES)
    try:
        if code.co_name == "<lambda>":
            text = _lambda(code)
        else:
            text = textwrap.dedent(inspect.getsource(code)).rstrip()
    except (OSError, SyntaxError, TypeError):
        return "", ""
    return text, f"{file.as_posix()}:{line}" if text else ""


def _lambda(code: Any) -> str:
    """The text of a lambda: it is found by the places of its body, as several may share a line."""
    lines, _ = inspect.findsource(code)
    source = "".join(lines)
    places = set(code.co_positions())
    for found in _lambdas(source):
        body = found.body
        place = (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset)
        if found.lineno == code.co_firstlineno and place in places:
            return ast.get_source_segment(source, found) or ""
    return ""


@lru_cache(maxsize=64)
def _lambdas(source: str) -> list[ast.Lambda]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Lambda)]
