"""Where in a file a function, class or method is defined."""

import ast
from functools import lru_cache
from pathlib import Path

__all__ = ["line_of"]


def line_of(path, name):
    """The line of `name` in a Python file, or None where it defines no such thing.

    name: "unroll", "LSTMCell.step", or with its package, "rnn.bptt.ledger".
    """
    found = _lines(Path(path))
    parts = name.removesuffix("()").split(".")
    return next((found[own] for k in range(len(parts))
                 if (own := ".".join(parts[k:])) in found), None)


@lru_cache
def _lines(path):
    lines = {}

    def visit(body, prefix):
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                lines.setdefault(f"{prefix}{node.name}", node.lineno)
                if isinstance(node, ast.ClassDef):
                    visit(node.body, f"{prefix}{node.name}.")

    visit(ast.parse(path.read_text("utf-8")).body, "")
    return lines
