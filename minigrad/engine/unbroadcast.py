"""The one place where broadcasting is undone, and where every rule's result is checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import GradientError, NoDerivativeError, describe
from .node import Node

__all__ = ["fit", "reduced", "total", "wider"]

# A sum of many small numbers loses digits, and in float16 stops growing at 2,048 ones.
_WIDER = {np.dtype(np.float16): np.float32, np.dtype(np.float32): np.float64}


def wider(dtype: Any) -> Any:
    """The dtype in which many numbers of a dtype are summed."""
    return _WIDER.get(dtype, dtype)


def total(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """``np.sum(x, axis)`` in the dtype of x, and in a wider one on the way."""
    if x.dtype not in _WIDER:
        return np.sum(x, axis=axis, keepdims=keepdims)
    with np.errstate(over="ignore"):  # a sum too large for float16 is ∞
        return np.sum(x, axis=axis, dtype=wider(x.dtype), keepdims=keepdims).astype(x.dtype)


def reduced(reduction: Any, c: Any, shape: tuple[int, ...]) -> Any:
    """`c` in the shape that broadcasting made it of, by a reduction over what was repeated."""
    extra = len(c.shape) - len(shape)
    if c.shape[extra:] == shape:
        return reduction(c, axis=tuple(range(extra))) if extra else c
    axes = [extra + k for k, n in enumerate(shape) if c.shape[extra + k] != n]
    return np.reshape(reduction(c, axis=(*range(extra), *axes)), shape)


def fit(c: Any, parent: Node, node: Node, i: int) -> Any:
    """A rule's result in the shape and dtype of its argument.

    What broadcasting repeated is summed: out = x + b with x (B, H) and b (H,) gives b the cotangent
    Σ_B g. Raises GradientError for a shape that broadcasting cannot have made."""
    if getattr(c, "shape", None) == parent.shape and c.dtype == parent.dtype:
        return c
    op: Any = node.op
    if not hasattr(c, "shape"):
        given, c = c, np.asarray(c)
        if c.dtype.kind not in "biufc":
            raise GradientError(
                f"the rule of op {op.name!r} for argument {op.argument(i)!r} returned "
                f"{describe(given)}, wanted an array of shape {parent.shape}"
            )
    if c.shape != parent.shape:
        extra = len(c.shape) - len(parent.shape)
        pairs = zip(c.shape[max(extra, 0) :], parent.shape, strict=False)
        if extra < 0 or any(want not in (have, 1) for have, want in pairs):
            raise GradientError(
                f"the rule of op {op.name!r} for argument {op.argument(i)!r} returned shape "
                f"{c.shape}, but the argument has shape {parent.shape}; a rule returns its "
                f"argument's shape, or one that broadcasting made of it"
            )
        c = reduced(total, c, parent.shape)
    if c.dtype == parent.dtype:
        return c
    if c.dtype.kind == "c" and parent.dtype.kind == "f":
        raise NoDerivativeError(
            f"the result of {node} is complex, and minigrad differentiates real numbers only: a "
            f"real gradient would lose its imaginary part; keep real and imaginary parts in two "
            f"Tensors"
        )
    return c.astype(parent.dtype)
