"""What NumPy's own functions do when they meet a Tensor: the table behind both its protocols."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import NoDerivativeError

__all__ = ["HANDLERS", "handler", "implements"]

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
