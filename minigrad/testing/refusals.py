"""Functions that differences cannot check: random, of low precision inside, not differentiable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..engine.node import ancestors
from ..engine.tensor import Tensor
from .differences import CheckRefused, Slope

__all__ = ["refuse_low_precision", "refuse_nonlinear", "refuse_random"]

FloatArray = np.ndarray[Any, np.dtype[np.float64]]


def refuse_random(again: FloatArray, before: FloatArray, what: str) -> None:
    """Raise CheckRefused unless two calls with the same arguments gave the same."""
    change = np.abs(again - before).max(initial=0.0)
    # Not 0, because the rounding of a sum may depend on the alignment of its memory.
    if not change <= 1e-9 * np.abs(before).max(initial=0.0):
        raise CheckRefused(
            f"check_grads: {what} is not deterministic: two calls with the same arguments differ "
            f"by {change:.3g}; fix its random numbers, for example make the generator inside the "
            f"function"
        )


def refuse_nonlinear(
    slope: Callable[[FloatArray], Slope], lines: FloatArray, what: str
) -> None:
    """Raise CheckRefused where the slope along v + w is not the sum of those along v and w."""
    a, b, both = (slope(v) for v in (*lines, lines.sum(axis=0)))
    gap = np.abs(a.value + b.value - both.value)
    error = 1e-3 * (np.abs(a.value) + np.abs(b.value)) + 4 * (a.error + b.error + both.error)
    if (gap > error).any():
        raise CheckRefused(
            f"check_grads: {what} has no derivative at the given point: its slopes along two lines "
            f"do not add up to that along their sum, as at ties of many entries; move the point "
            f"away from them"
        )


def refuse_low_precision(outputs: Sequence[Tensor]) -> None:
    """Raise CheckRefused where float64 inputs lead to a result of lower precision on the tape."""
    for node in ancestors(y._node for y in outputs if y._node is not None):
        if isinstance(node.dtype, np.dtype) and np.finfo(node.dtype).eps > 1e-15:
            raise CheckRefused(
                f"check_grads: inside the function op {node} computes in {node.dtype}, which is "
                f"too coarse to tell a wrong derivative from a right one; check it in float64 "
                f"throughout"
            )
