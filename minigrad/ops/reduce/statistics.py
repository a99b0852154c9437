"""Averages, covariances and correlations."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ...engine.tensor import as_tensor, detached
from ...engine.unbroadcast import wider
from ..common import composite
from ..rules import Axis
from ..shape.axes import cast

__all__ = ["average", "corrcoef", "cov"]


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
    products = np.multiply(a, weights)
    dtype = products.dtype if products.dtype.kind == "f" else np.dtype(float)
    wide = wider(dtype)  # sums of many weights keep their digits
    total = np.sum(weights, axis=axis, dtype=wide, keepdims=keepdims)
    if np.any(detached(total) == 0):
        raise ZeroDivisionError("average: weights sum to zero, and there is no average")
    result = np.sum(products, axis=axis, dtype=wide, keepdims=keepdims) / total
    result = cast(result, dtype)
    if not returned:
        return result
    return result, np.broadcast_to(cast(total, dtype), np.shape(result))


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


# -- covariances


def _variables(m: Any, rowvar: bool, dtype: Any, name: str) -> Any:
    """The variables in rows: (n, T)."""
    m = as_tensor(m)
    if m.ndim > 2:
        raise ValueError(f"{name} has {m.ndim} axes, wanted at most 2")
    m = np.atleast_2d(m if m.dtype == dtype else m.astype(dtype))
    return m if rowvar else np.transpose(m)


def _weights(weights: Any, name: str, n: int) -> Any:
    """One weight for each of n observations, none negative."""
    plain = np.asarray(detached(weights))
    if plain.ndim > 1 or plain.shape != (n,):
        raise RuntimeError(f"{name} has shape {plain.shape}, wanted ({n},): one per observation")
    if (plain < 0).any():
        raise ValueError(f"{name} holds {plain.min()}, and weights cannot be negative")
    return as_tensor(weights).astype(np.result_type(plain, np.float64))


@composite(np.cov)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> Any:
    """The covariances of the variables, which are the rows of m and y (columns, without rowvar).

    ddof: what is taken off the number of observations; by default 1, and 0 with `bias`.
    fweights, aweights: how often each observation was made, and how much it counts; the gradient
        reaches both. Raises RuntimeError for weights of another shape, ValueError for negative
        ones, TypeError for fweights that are no whole numbers.
    """
    if ddof is not None and ddof != int(ddof):
        raise ValueError(f"ddof={ddof!r}, wanted an integer")
    if dtype is None:
        given = [detached(a) for a in (m, y) if a is not None]
        dtype = np.result_type(*[np.asarray(a).dtype for a in given], np.float64)
    x = _variables(m, rowvar or np.ndim(m) == 1, dtype, "m")
    if x.shape[0] == 0:
        return as_tensor(np.zeros((0, 0)))
    if y is not None:
        x = np.concatenate([x, _variables(y, rowvar or np.ndim(y) < 2 or len(y) == 1, dtype, "y")])
    ddof = (0 if bias else 1) if ddof is None else ddof
    w = None
    if fweights is not None:
        w = _weights(fweights, "fweights", x.shape[1])
        if np.any(detached(w) != np.round(detached(w))):
            raise TypeError("fweights counts observations: wanted whole numbers")
    if aweights is not None:
        aweights = _weights(aweights, "aweights", x.shape[1])
        w = aweights if w is None else w * aweights
    mean, total = average(x, 1, w, returned=True)
    freedom, total = x.shape[1] - ddof, total[0]
    if w is not None:
        freedom = total - ddof * (1 if aweights is None else np.sum(w * aweights) / total)
    if detached(freedom) <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=3)
        freedom = 0.0
    x = x - np.expand_dims(mean, 1)
    products = np.matmul(x, np.transpose(x if w is None else x * w))
    factor = as_tensor(np.true_divide(1, freedom))
    return np.squeeze(products * factor.astype(products.dtype))


@composite(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """The correlations of the variables: covariances over the standard deviations, from -1 to 1."""
    c = cov(x, y, rowvar, dtype=dtype)
    if np.ndim(c) == 0:
        return c / c  # a single variable
    deviation = np.sqrt(np.diagonal(c))
    return np.clip(c / np.expand_dims(deviation, 1) / deviation, -1, 1)
