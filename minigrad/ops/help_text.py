"""What ``help(x.sum)`` says beside the formula: whose meaning the method has, and whose words."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from ..engine.declared import METHODS, Over
from .pytorch.words import WORDS

__all__ = ["tell"]


def tell(name: str, method: Any) -> None:
    """Add to a method's help the lines that say whether NumPy or PyTorch has it, and how.

    A function that is a method under two names says it of its own.
    """
    doc = inspect.cleandoc(getattr(method, "__doc__", None) or "")
    own = getattr(method, "__name__", "") == name and name.strip("_") == name
    if doc and own and (line := _whose(name, method)) not in doc:
        method.__doc__ = doc + ("\n\n" if "\n\n" in doc else "\n") + line


def _whose(name: str, method: Any) -> str:
    rows = [f"{row.call}: {row.gives} ({row.whose})" for row in WORDS if f".{name}(" in row.call]
    if rows:  # NumPy and PyTorch differ: the words of a call decide
        return "\n".join(rows)
    of_pytorch = METHODS["PyTorch"].get(name)
    if isinstance(of_pytorch, Over):
        return f"As np.{name}{_words(method)}." if of_pytorch.function is None else ""
    if of_pytorch is not None:
        return "As PyTorch's."
    return f"As np.{name}." if name in METHODS["NumPy"] and hasattr(np, name) else ""


def _words(method: Any) -> str:
    """PyTorch's words for NumPy's arguments, where it has them."""
    form = getattr(method, "form", None)
    if form is None:
        return ""
    own = form.op.params if form.op else inspect.signature(form.call).parameters
    words = [word for word, meant in form.words.items() if meant in own and word != "dims"]
    return f"; understands PyTorch's {' and '.join(words)} too" if words else ""
