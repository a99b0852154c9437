"""What NumPy's own functions do when they meet a Tensor: the table behind both its protocols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import NoDerivativeError

__all__ = ["HANDLERS", "call_ufunc", "handler", "implements"]

HANDLERS: dict[Any, Callable[..., Any]] = {}


def implements(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the decorated function what NumPy's `functions` do when they meet a Tensor."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        HANDLERS.update(dict.fromkeys(functions, function))
        return function

    return register


def handler(function: Any, name: str) -> Callable[..., Any]:
    """What `function` does with a Tensor, or an error that says that there is no derivative."""
    found = HANDLERS.get(function)
    if found is None:
        name = name.replace("numpy", "np")
        raise NoDerivativeError(
            f"minigrad has no derivative for {name}, so a Tensor cannot go through it. Write it "
            f"with functions that minigrad.ops() lists, add a record with minigrad.primitive, or "
            f"call it on .detach().numpy() if no gradient is wanted"
        )
    return found


def call_ufunc(ufunc: Any, method: str, inputs: Any, keywords: dict[str, Any]) -> Any:
    """What a ufunc, or one of its methods, does when it meets a Tensor."""
    if "out" in keywords and isinstance(keywords["out"][0], np.ndarray):
        return _into_array(ufunc, method, inputs, keywords)
    if method == "__call__":
        return handler(ufunc, f"np.{ufunc.__name__}")(*inputs, **keywords)
    return handler((ufunc, method), f"np.{ufunc.__name__}.{method}")(*inputs, **keywords)


_SIGNS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def _into_array(ufunc: Any, method: str, inputs: Any, keywords: dict[str, Any]) -> Any:
    """What ``array += tensor`` does: the values are written, unless a graph would be lost."""
    if any(getattr(x, "requires_grad", False) for x in inputs):
        raise NoDerivativeError(
            f"np.{ufunc.__name__}(..., out=array), or array {_SIGNS.get(ufunc.__name__, '')}= "
            f"tensor: an array keeps no graph, and this tensor requires grad; make a new tensor of "
            f"both, without out=, or .detach() it"
        )
    return getattr(ufunc, method)(*[getattr(x, "_data", x) for x in inputs], **keywords)
