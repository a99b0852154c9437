"""Moments, norms and distances as PyTorch has them.

A standard deviation divides by n - 1, and the norm of a matrix is that of all entries as a vector.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.tensor import detached
from ..common import composite
from ..reduce import reductions
from ..reduce.norms import matrix_norm, vector_norm
from ..rules import Axis
from .words import either

__all__ = ["cdist", "dist", "norm", "renorm", "std", "var"]


def _freedom(dim: Any, unbiased: bool, correction: float | None) -> tuple[Axis, float]:
    """The axes, and what is taken off the number of entries."""
    if isinstance(dim, bool):  # PyTorch's x.std(unbiased), by position
        dim, unbiased = None, dim
    axis = tuple(dim) or None if isinstance(dim, list | tuple) else dim
    return axis, float(unbiased) if correction is None else correction


@either
@composite()
def var(
    input: Any, dim: Axis = None, unbiased: bool = True, keepdim: bool = False, *,
    correction: float | None = None,
) -> Any:
    """Σ (x - mean)² / (n - correction) along dim.

    unbiased: correction=1, which is the default, or with False correction=0.

    >>> float(var(np.array([1.0, 3.0])))
    2.0
    """
    axis, ddof = _freedom(dim, unbiased, correction)
    return reductions.var(input, axis=axis, ddof=ddof, keepdims=keepdim)


@either
@composite()
def std(
    input: Any, dim: Axis = None, unbiased: bool = True, keepdim: bool = False, *,
    correction: float | None = None,
) -> Any:
    """√var along dim, with its arguments; slope 0 at 0.

    >>> float(std(np.array([1.0, 3.0])))
    1.4142
    """
    axis, ddof = _freedom(dim, unbiased, correction)
    return reductions.std(input, axis=axis, ddof=ddof, keepdims=keepdim)


@either
@composite(metadata=["p"])
def norm(
    input: Any, p: Any = "fro", dim: Axis = None, keepdim: bool = False, dtype: Any = None
) -> Any:
    """(Σ |x|ᵖ)^(1/p) over all entries, or along dim, for several axes as for one.

    p: a number, ±inf, or "fro" for 2; "nuc" is the sum of the singular values of the matrices
        along two axes.

    >>> float(norm(np.array([[3.0, -4.0], [0.0, 0.0]]), 1))
    7.0
    """
    if dtype is not None:
        input = input.astype(dtype)
    axis = tuple(dim) or None if isinstance(dim, list | tuple) else dim
    if p == "nuc":
        first, second = range(2) if axis is None and np.ndim(input) == 2 else _pair(axis)
        moved = np.moveaxis(input, (first, second), (-2, -1))
        result = matrix_norm(moved, ord="nuc", keepdims=keepdim)
        return np.moveaxis(result, (-2, -1), (first, second)) if keepdim else result
    if p in ("fro", None):
        p = 2
    elif isinstance(p, str):
        raise ValueError(f"p={p!r}; wanted a number, 'fro' or 'nuc'")
    return vector_norm(input, ord=float(detached(p)), axis=axis, keepdims=keepdim)


def _pair(axis: Any) -> tuple[int, int]:
    if not isinstance(axis, tuple) or len(axis) != 2:
        raise ValueError(f"p='nuc' is a norm of matrices; wanted dim=(i, j), received {axis}")
    return axis


@composite()
def dist(input: Any, other: Any, p: float = 2) -> Any:
    """``norm(input - other, p)``; the two broadcast.

    >>> float(dist(np.array([1.0, 2.0]), np.array([4.0, 6.0])))
    5.0
    """
    return norm(np.subtract(input, other), p)


@composite()
def cdist(x1: Any, x2: Any, p: float = 2) -> Any:
    """The distance of every row of x1 (..., P, M) to every row of x2 (..., R, M): (..., P, R).

    Raises ValueError for what are no rows.

    >>> cdist(np.array([[0.0], [1.0]]), np.array([[3.0]]))
    array([[3.],
           [2.]])
    """
    for name, x in (("x1", x1), ("x2", x2)):
        if np.ndim(x) < 2:
            raise ValueError(f"{name} has shape {np.shape(x)}, wanted rows (..., P, M)")
    gaps = np.expand_dims(x1, -2) - np.expand_dims(x2, -3)  # (..., P, R, M)
    return vector_norm(gaps, ord=float(p), axis=-1)


@either
@composite()
def renorm(input: Any, p: float, dim: int, maxnorm: float) -> Any:
    """`input`, with its slices along dim scaled to p-norm maxnorm where theirs is larger.

    >>> renorm(np.array([[3.0, 4.0], [0.3, 0.4]]), 2, 0, 1.0).round(4)
    array([[0.6, 0.8],
           [0.3, 0.4]])
    """
    axis = normalize_axis_index(dim, np.ndim(input))
    others = tuple(a for a in range(np.ndim(input)) if a != axis)
    size = vector_norm(input, ord=float(p), axis=others, keepdims=True)
    large = detached(size) > maxnorm
    return input * np.where(large, maxnorm / (np.where(large, size, 1) + 1e-7), 1)

