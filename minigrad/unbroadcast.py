"""The one place where broadcasting is undone, and where every rule's result is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import GradientError, NoDerivativeError, describe

if TYPE_CHECKING:
    from .tape import Node

__all__ = ["fit"]


def fit(c: Any, parent: Node, node: Node, i: int) -> Any:
    """A rule's result in the shape and dtype of its argument.

    What broadcasting repeated is summed: out = x + b with x (B, H) and b (H,) gives b the cotangent
    Σ_B g. Raises GradientError for a shape that broadcasting cannot have made."""
    if not hasattr(c, "shape"):
        given, c = c, np.asarray(c)
        if c.dtype.kind not in "biufc":
            raise GradientError(
                f"the rule of op {node.op.name!r} for argument {node.op.argument(i)!r} returned "  # type: ignore[union-attr]  # no leaf
                f"{describe(given)}, wanted an array of shape {parent.shape}"
            )
    if c.shape[1:] == parent.shape and isinstance(c, np.ndarray):
        c = np.add.reduce(c, 0)  # a bias added to a batch: the most common case, and faster
    elif c.shape != parent.shape:
        extra = len(c.shape) - len(parent.shape)
        pairs = list(zip(c.shape[max(extra, 0) :], parent.shape, strict=False))
        if extra < 0 or any(want not in (have, 1) for have, want in pairs):
            op: Any = node.op
            raise GradientError(
                f"the rule of op {op.name!r} for argument {op.argument(i)!r} returned shape "
                f"{c.shape}, but the argument has shape {parent.shape}; a rule returns its "
                f"argument's shape, or one that broadcasting made of it"
            )
        repeated = [extra + k for k, (have, want) in enumerate(pairs) if have != want]
        c = np.reshape(np.sum(c, axis=(*range(extra), *repeated)), parent.shape)
    if c.dtype == parent.dtype:
        return c
    if c.dtype.kind == "c" and parent.dtype.kind == "f":
        raise NoDerivativeError(
            f"the result of {node} is complex, and minigrad differentiates real numbers only: a "
            f"real gradient would lose its imaginary part; keep real and imaginary parts in two "
            f"Tensors"
        )
    return c.astype(parent.dtype)
