"""Order statistics, averages and covariances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..op import DISTINCT
from ..primitive import primitive
from ..tensor import detached
from .common import composite, refuse
from .rules import AXES, Axis, count, kept

__all__ = ["average", "corrcoef", "cov", "median", "percentile", "quantile"]


def _neighbours(g: Any, x: Any, axis: Axis, q: float) -> Any:
    """The cotangent of a quantile: to the entries on both sides of it, by how near they are.

    Entries of one value share alike.
    """
    axis = tuple(axis) if isinstance(axis, list) else axis
    wanted = kept(np.shape(x), axis)
    x, g = detached(x), np.reshape(g, wanted)
    if x.size == 0:
        return np.zeros(x.shape, g.dtype)
    place = q * (count(x.shape, axis) - 1)
    upper = place - math.floor(place)
    total: Any = 0
    sides: Any = ((1 - upper, "lower"), (upper, "higher"))
    for weight, method in sides:
        reached = x == np.quantile(x, q, axis=axis, keepdims=True, method=method)
        ties = np.maximum(reached.sum(axis=axis, keepdims=True), 1).astype(g.dtype)
        total = total + np.where(reached, g * weight / ties, 0)
    return total


@primitive(
    "(n)->()", samples=AXES, domains=(DISTINCT,), numpy=[np.median], methods=["median"],
    vjps=(lambda g, x, axis: _neighbours(g, x, axis, 0.5),),
)
def median(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """the middle entry, or the mean of the two in the middle"""
    return np.median(x, axis=axis, keepdims=keepdims)


@primitive(
    "(n)->()", samples={**AXES, "q": "fraction"}, domains=(DISTINCT,), name="quantile",
    vjps=(_neighbours,),
)
def _quantile(x: Any, *, q: float, axis: Axis = None, keepdims: bool = False) -> Any:
    """the value below which a fraction q of the entries lies, interpolated"""
    try:
        return np.quantile(x, q, axis=axis, keepdims=keepdims)
    except IndexError:  # NumPy's words are about an index of its own
        raise IndexError("there is no quantile of no entries") from None


def _quantiles(a: Any, q: Any, axis: Axis, keepdims: bool) -> Any:
    q = np.asarray(q)
    if q.ndim == 0:
        return _quantile(a, q=float(q), axis=axis, keepdims=keepdims)
    each = [_quantile(a, q=float(p), axis=axis, keepdims=keepdims) for p in q.reshape(-1)]
    return np.reshape(np.stack(each), (*q.shape, *each[0].shape))


def _linear_only(function: str, method: str, **options: Any) -> None:
    refuse(function, **options)
    if method != "linear":
        refuse(function, "only 'linear' has a derivative here", method=method)


@composite(np.quantile, methods=["quantile"])
def quantile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, **options: Any,
) -> Any:
    """The q-quantiles, q from 0 to 1, interpolated linearly; those of several q come first."""
    _linear_only("quantile", method, out=out, overwrite_input=overwrite_input, **options)
    return _quantiles(a, q, axis, keepdims)


@composite(np.percentile)
def percentile(
    a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, **options: Any,
) -> Any:
    """``quantile(a, q / 100)``"""
    _linear_only("percentile", method, out=out, overwrite_input=overwrite_input, **options)
    return _quantiles(a, np.true_divide(q, 100), axis, keepdims)


@composite(np.average)
def average(
    a: Any, axis: Axis = None, weights: Any = None, returned: bool = False, *,
    keepdims: bool = False,
) -> Any:
    """Σ w x / Σ w along axis; weights of another shape lie along the axis alone.

    returned: give (average, Σ w).
    """
    keepdims, axis = bool(keepdims), tuple(axis) if isinstance(axis, list) else axis
    if weights is None:
        result = np.mean(a, axis=axis, keepdims=keepdims)
        total = np.full(np.shape(result), np.size(a) / max(np.size(result), 1), result.dtype)
        return (result, total) if returned else result
    if np.shape(weights) != np.shape(a):
        weights = _along(weights, np.shape(a), axis)
    total = np.sum(weights, axis=axis, keepdims=keepdims)
    if np.any(detached(total) == 0):
        raise ZeroDivisionError("average: weights sum to zero, and there is no average")
    result = np.sum(np.multiply(a, weights), axis=axis, keepdims=keepdims) / total
    return (result, np.broadcast_to(total, np.shape(result))) if returned else result


def _along(weights: Any, shape: tuple[int, ...], axis: Axis) -> Any:
    """Weights for the axes that are averaged, broadcast over the others."""
    if axis is None:
        raise TypeError(
            f"a has shape {shape} and weights {np.shape(weights)}; pass axis, or weights for all"
        )
    axes = [a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))]
    wanted = tuple(shape[a] for a in axes)
    if np.shape(weights) != wanted:
        raise ValueError(
            f"a has shape {shape} and weights {np.shape(weights)}; along axis={axis}, wanted "
            f"{wanted}"
        )
    weights = np.transpose(weights, np.argsort(axes).tolist())
    full = tuple(n if a in axes else 1 for a, n in enumerate(shape))
    return np.broadcast_to(np.reshape(weights, full), shape)


@composite(np.cov)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> Any:
    """The covariances of the variables, which are the rows of m (and y): (n, T) → (n, n)."""
    refuse("cov", fweights=fweights, aweights=aweights, dtype=dtype)
    rows = [
        np.transpose(a) if not rowvar and np.ndim(a) == 2 else np.reshape(a, (-1, np.shape(a)[-1]))
        for a in (m, y) if a is not None
    ]
    x = np.concatenate(rows, axis=0)
    x = x - np.mean(x, axis=1, keepdims=True)
    ddof = (0 if bias else 1) if ddof is None else ddof
    if x.shape[1] <= ddof:
        raise ValueError(f"{x.shape[1]} observations leave nothing after ddof={ddof}")
    return np.squeeze(np.matmul(x, np.transpose(x)) / (x.shape[1] - ddof))


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """The correlations of the variables: covariances over the standard deviations, from -1 to 1."""
    refuse("corrcoef", dtype=dtype)
    c = np.atleast_2d(cov(x, y, rowvar))
    deviation = np.sqrt(np.diagonal(c))
    correlation = c / np.expand_dims(deviation, 1) / deviation
    return np.clip(np.reshape(correlation, () if np.size(c) == 1 else c.shape), -1, 1)
