"""Equal eigenvalues or singular values: what is known of a gradient that comes through them.

Within a group of equal values any rotation of the vectors would do as well, and LAPACK chooses one.
What does not depend on the choice can still have a gradient:

- of the values alone, those of a group share alike, as the entries that reach a maximum do;
- of a function of the matrix, V f(w) Vᵀ with cotangent G, it is f′(w) VᵀGV within the group. The
  cotangents that arrive are Vᵀ g_V = 2 f(w) VᵀGV, which is symmetric, and g_w = f′(w) diag VᵀGV. So
  the first one is what is wanted, but for a factor, which its diagonal and g_w tell.

Anything else depends on the choice, or cannot be told from what does, and raises GradientError.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.tensor import Tensor, detached
from ...errors import GradientError

__all__ = ["equal_pairs", "shared", "within_groups"]


def equal_pairs(values: Any) -> Any:
    """Which of the values (..., n) are equal up to rounding: (..., n, n), true on the diagonal."""
    values = np.asarray(detached(values))
    n = values.shape[-1]
    size = np.abs(values).max(axis=-1, initial=0.0)[..., None, None]
    gaps = np.abs(values[..., None, :] - values[..., :, None])
    return (gaps <= 4 * n * np.finfo(values.dtype).eps * size) | np.eye(n, dtype=bool)


def shared(g: Any, same: Any) -> Any:
    """The cotangents of the values (..., n): in each group of equal ones, their mean."""
    number = same.sum(axis=-1)
    if not (number > 1).any():
        return g
    mean = np.squeeze((same / number[..., None]).astype(g.dtype) @ np.expand_dims(g, -1), -1)
    return np.where(number > 1, mean, g)


def within_groups(g: Any, m: Any, same: Any, op: str) -> Any:
    """The gradient within each group (..., n, n), from the cotangents of the values (..., n) and
    m = Vᵀ g_V; zero outside the groups, and where a value is equal to no other."""
    found = np.zeros(m.shape, m.dtype)
    for place in np.argwhere((same.sum(axis=-1) > 1).any(axis=-1)):
        if isinstance(g, Tensor) or isinstance(m, Tensor):
            _raise(op, "and a second derivative would need more than is known")
        where = tuple(place)
        for group in {tuple(np.flatnonzero(row)) for row in same[where] if row.sum() > 1}:
            block = np.ix_(group, group)
            found[where][block] = _one_group(g[where][list(group)], m[where][block], op)
    return found


def _one_group(g: Any, m: Any, op: str) -> Any:
    """rate · m with the rate that makes its diagonal g, if there is one."""
    diagonal, tolerance = np.diagonal(m), np.sqrt(np.finfo(m.dtype).eps)
    if not (m.any() or g.any()):
        return m
    size, length = np.abs(m).max(), diagonal @ diagonal
    rate = g @ diagonal / length if length > 0 else np.nan
    fits = np.abs(m - m.T).max() <= tolerance * size
    fits &= bool(np.abs(g - rate * diagonal).max() <= tolerance * np.abs(g).max())
    apart = np.abs(m - np.diag(diagonal)).max() > tolerance * size
    if not (fits and (apart or g.any())):
        _raise(op, "and the result depends on which ones LAPACK chose")
    return rate * (m + m.T) / 2


def _raise(op: str, why: str) -> None:
    what = "eigenvalues" if op == "eigh" else "singular values"
    raise GradientError(
        f"{op}: two {what} are equal, {why}: their vectors have no derivative there; use the "
        f"{what} only, or a function of the matrix that needs no vectors"
    )
