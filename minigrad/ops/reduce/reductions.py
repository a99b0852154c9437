"""Ops that reduce along axes: NumPy's names, ``axis``, ``dtype`` and ``keepdims``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.declared import implements
from ...engine.domain import DISTINCT
from ...engine.primitive import primitive
from ...engine.tensor import detached
from ..common import composite, refuse
from ..elementwise.arithmetic import singular
from ..rules import (
    AXES,
    Axis,
    count,
    floating,
    fold,
    keepdims_shape,
    passed,
    safe_mean,
    safe_sum,
    share,
    shares,
    spread,
    winners,
)
from .scaled import all_others

__all__ = [
    "amax", "amin", "freedom", "logsumexp", "mean", "prod", "ptp", "std", "sum", "trace", "var",
]


@primitive(
    "(n)->()", samples=AXES, numpy=[np.sum], methods=["sum"],
    vjps=(lambda g, x_shape, axis: spread(g, x_shape, axis),),
)
def sum(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Σ x along axis"""
    return np.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


@primitive(
    "(n)->()", samples=AXES, numpy=[np.mean], methods=["mean"],
    vjps=(lambda g, x_shape, axis: spread(share(g, max(count(x_shape, axis), 1)), x_shape, axis),),
)
def mean(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Σ x / n along axis"""
    return np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims)


# -- products


def prod_slope(x: Any, axis: Axis) -> Any:
    """For each entry the product of all others along axis."""
    flat, unfold = fold(x, axis)
    return unfold(all_others(flat))


@primitive(
    "(n)->()", samples=AXES, numpy=[np.prod], methods=["prod"],
    vjps=(lambda g, x, axis: spread(g, np.shape(x), axis) * prod_slope(x, axis),),
)
def prod(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Π x along axis"""
    return np.prod(x, axis=axis, dtype=dtype, keepdims=keepdims)


# -- extremes


@primitive(
    "(n)->()", samples=AXES, domains=(DISTINCT,), numpy=[np.max, np.amax],
    methods=["max", "amax"], vjps=(winners,),
)
def amax(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """max x along axis; equal shares at ties"""
    return np.max(x, axis=axis, keepdims=keepdims)


@primitive(
    "(n)->()", samples=AXES, domains=(DISTINCT,), numpy=[np.min, np.amin],
    methods=["min", "amin"], vjps=(winners,),
)
def amin(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """min x along axis; equal shares at ties"""
    return np.min(x, axis=axis, keepdims=keepdims)


@composite(np.ptp)
def ptp(a: Any, axis: Axis = None, out: Any = None, keepdims: bool = False) -> Any:
    """max - min along axis."""
    refuse("ptp", out=out)
    return amax(a, axis=axis, keepdims=keepdims) - amin(a, axis=axis, keepdims=keepdims)


# -- moments


def freedom(ddof: float, correction: float | None) -> float:
    """What a variance takes off the number of entries; NumPy has two names for it."""
    if correction is None:
        return ddof
    if ddof:
        raise ValueError(f"ddof={ddof} and correction={correction} mean the same; give one")
    return correction


def _per(shape: tuple[int, ...], axis: Axis, ddof: float, correction: float | None) -> float:
    """1 / (n - ddof), NaN where nothing is left."""
    left = count(shape, axis) - freedom(ddof, correction)
    return 1 / left if left > 0 else math.nan


def _var_slope(g: Any, x: Any, axis: Axis, ddof: float, correction: float | None) -> Any:
    g = spread(g * (2 * _per(x.shape, axis, ddof, correction)), x.shape, axis)
    return g * (x - safe_mean(x, axis))


@primitive(
    "(n)->()", samples=AXES, numpy=[np.var], methods=["var"], vjps=(_var_slope,),
)
def var(
    x: Any, *, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False,
    correction: float | None = None,
) -> Any:
    """Σ (x - mean)² / (n - ddof) along axis"""
    return np.var(x, axis=axis, dtype=dtype, ddof=freedom(ddof, correction), keepdims=keepdims)


def _std_slope(g: Any, out: Any, x: Any, axis: Axis, ddof: float, correction: float | None) -> Any:
    g = spread(g * _per(x.shape, axis, ddof, correction), x.shape, axis)
    centred, out = x - safe_mean(x, axis), np.reshape(out, keepdims_shape(x.shape, axis))
    if x.dtype == np.float16:  # in which NumPy's sum of many squares stops growing
        out = np.std(x, axis=axis, dtype=np.float32, ddof=freedom(ddof, correction), keepdims=True)
    # Centred again: of a constant array only the rounding of its mean is left, and out is as small.
    centred = centred - safe_mean(centred, axis)
    if count(x.shape, axis) == 1:
        return g * centred  # 0: one entry deviates from nothing
    return g * singular(centred / out, at=np.broadcast_to(detached(out) == 0, x.shape))


@primitive(
    "(n)->()", samples=AXES, domains=(DISTINCT,), numpy=[np.std], methods=["std"],
    vjps=(_std_slope,),
)
def std(
    x: Any, *, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False,
    correction: float | None = None,
) -> Any:
    """√var along axis; slope 0 at 0"""
    return np.std(x, axis=axis, dtype=dtype, ddof=freedom(ddof, correction), keepdims=keepdims)


# -- and others


def _softmax(g: Any, x: Any, axis: Axis) -> Any:
    """g eˣ / Σ eˣ; 0 in a row of -∞, and what is +∞ shares alike.

    Not by way of the output: beside a large one, ln Σ e^(x - max) has lost its digits.
    """
    shape = np.shape(x)
    top = np.max(detached(x), axis=axis, keepdims=True, initial=-np.inf)
    endless = np.isposinf(top)
    e = np.exp(np.where(endless, 0, x) - np.where(np.isfinite(top), top, 0))
    total = safe_sum(e, axis)
    slope = spread(g, shape, axis) * (e / np.where(detached(total) == 0, 1, total))
    if not endless.any():
        return slope
    part, wins = shares(g, top, x, axis)
    return np.where(endless, np.where(wins, part, 0), slope)


@primitive(
    "(n)->()", samples=AXES, methods=["logsumexp"], vjps=(_softmax,),
    functional="logsumexp(input, dim, keepdim)",
)
def logsumexp(x: Any, *, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Any:
    """ln Σ eˣ along axis, without overflow; -∞ where every x is, or there is none

    >>> logsumexp(np.array([[900.0, 900.0], [1000.0, 1000.0]]), axis=1)   # ln 2 more
    array([ 900.6931, 1000.6931])
    """
    x = floating(x)
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):  # ln 0 = -∞ is the answer
        out = (np.log(safe_sum(np.exp(x - top), axis)) + top).astype(x.dtype)
    return out if keepdims else np.sum(out, axis=axis)


def _on_diagonal(
    g: Any, x_shape: tuple[int, ...], offset: int, axis1: int, axis2: int
) -> Any:
    """Matrices with the cotangents on a diagonal and 0 elsewhere."""
    diagonal = np.eye(x_shape[axis1], x_shape[axis2], offset, dtype=bool)
    matrices = passed(np.expand_dims(g, (-2, -1)), diagonal)
    return matrices.moved(lambda a: np.moveaxis(a, (-2, -1), (axis1, axis2)))


@primitive(
    "(n,m)->()", numpy=[np.trace], methods=["trace"], vjps=(_on_diagonal,),
    samples=lambda rng: (
        (rng.normal(size=(3, 2, 4)),),
        {"offset": int(rng.integers(-1, 3)), "axis1": -1, "axis2": int(rng.integers(0, 2))},
    ),
)
def trace(x: Any, *, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Any:
    """Σ of a diagonal"""
    return np.trace(x, offset, axis1, axis2, dtype)


@implements(np.linalg.trace)
def _linalg_trace(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return trace(x, offset=offset, axis1=-2, axis2=-1, dtype=dtype)
