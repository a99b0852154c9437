"""Reductions that leave out NaN: what is left out has slope 0."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.domain import DISTINCT
from ...engine.primitive import primitive
from ...engine.tensor import detached
from ..common import composite, refuse
from ..elementwise.arithmetic import singular
from ..rules import AXES, Axis, keepdims_shape, passed, safe_sum, share, spread, winners
from .reductions import freedom, prod_slope

__all__ = [
    "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum",
    "nanvar",
]


def _without(x: Any, value: float) -> Any:
    """`x` with a value in the place of NaN."""
    return np.where(np.isnan(detached(x)), value, x)


def _present(g: Any, x: Any) -> Any:
    """The cotangent of the entries that are not NaN."""
    return passed(g, ~np.isnan(detached(x)))


def _number(x: Any, axis: Axis) -> Any:
    """How many entries are not NaN, keepdims."""
    return np.sum(~np.isnan(detached(x)), axis=axis, keepdims=True)


@primitive(
    "(n)->()", samples=AXES, numpy=[np.nansum],
    vjps=(lambda g, x, axis: _present(spread(g, x.shape, axis), x),),
)
def nansum(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Σ of what is not NaN, along axis"""
    return np.nansum(x, axis=axis, dtype=dtype, keepdims=keepdims)


def _mean_slope(g: Any, x: Any, axis: Axis) -> Any:
    number = np.maximum(_number(x, axis), 1)
    return _present(share(np.reshape(g, keepdims_shape(x.shape, axis)), number), x)


@primitive("(n)->()", samples=AXES, numpy=[np.nanmean], vjps=(_mean_slope,))
def nanmean(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """the mean of what is not NaN, along axis"""
    return np.nanmean(x, axis=axis, dtype=dtype, keepdims=keepdims)


def _nanprod_slope(g: Any, x: Any, axis: Axis) -> Any:
    slope = prod_slope(_without(x, 1), axis)
    return _present(spread(g, x.shape, axis) * slope, x)


@primitive("(n)->()", samples=AXES, numpy=[np.nanprod], vjps=(_nanprod_slope,))
def nanprod(x: Any, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    """Π of what is not NaN, along axis"""
    return np.nanprod(x, axis=axis, dtype=dtype, keepdims=keepdims)


@primitive(
    "(n)->()", samples=AXES, domains=(DISTINCT,), numpy=[np.nanmax], vjps=(winners,)
)
def nanmax(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """the maximum of what is not NaN, along axis; equal shares at ties"""
    return np.nanmax(x, axis=axis, keepdims=keepdims)


@primitive(
    "(n)->()", samples=AXES, domains=(DISTINCT,), numpy=[np.nanmin], vjps=(winners,)
)
def nanmin(x: Any, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """the minimum of what is not NaN, along axis; equal shares at ties"""
    return np.nanmin(x, axis=axis, keepdims=keepdims)


def _spread_slope(
    g: Any, x: Any, axis: Axis, ddof: float, correction: float | None
) -> tuple[Any, Any]:
    """g / (n - ddof), and what the entries differ by from their mean."""
    number, ddof = _number(x, axis), freedom(ddof, correction)
    known = _without(x, 0)
    mean = share(safe_sum(known, axis), np.maximum(number, 1))
    each = share(np.reshape(g, keepdims_shape(x.shape, axis)), np.maximum(number - ddof, 0))
    return each, known - mean


def _var_slope(g: Any, x: Any, axis: Axis, ddof: float, correction: float | None) -> Any:
    g, centred = _spread_slope(g, x, axis, ddof, correction)
    return _present(2 * g * centred, x)


def _std_slope(
    g: Any, out: Any, x: Any, axis: Axis, ddof: float, correction: float | None
) -> Any:
    g, centred = _spread_slope(g, x, axis, ddof, correction)
    number = _number(x, axis)
    # Centred again: of a constant array only the rounding of its mean is left, and out is as small.
    rest = safe_sum(np.where(np.isnan(detached(x)), 0, centred), axis)
    centred = centred - share(rest, np.maximum(number, 1))
    alone = number == 1  # and out 0, as one entry deviates from nothing
    if x.dtype == np.float16:  # in which NumPy's sum of many squares stops growing
        out = np.nanstd(x, axis=axis, dtype=np.float32, ddof=freedom(ddof, correction))
    out = np.where(alone, 1, np.reshape(out, keepdims_shape(x.shape, axis)))
    flat = np.broadcast_to(detached(out) == 0, x.shape)
    return _present(g * singular(centred / out, at=flat), x)


@primitive("(n)->()", samples=AXES, numpy=[np.nanvar], vjps=(_var_slope,))
def nanvar(
    x: Any, *, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False,
    correction: float | None = None,
) -> Any:
    """the variance of what is not NaN, along axis"""
    return np.nanvar(x, axis=axis, dtype=dtype, ddof=freedom(ddof, correction), keepdims=keepdims)


@primitive(
    "(n)->()", samples=AXES, domains=(DISTINCT,), numpy=[np.nanstd],
    vjps=(_std_slope,),
)
def nanstd(
    x: Any, *, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False,
    correction: float | None = None,
) -> Any:
    """the standard deviation of what is not NaN, along axis; slope 0 at 0"""
    return np.nanstd(x, axis=axis, dtype=dtype, ddof=freedom(ddof, correction), keepdims=keepdims)


@composite(np.nancumsum)
def nancumsum(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """Running sums along axis, with NaN as 0."""
    refuse("nancumsum", out=out)
    return np.cumsum(_without(a, 0), axis=axis, dtype=dtype)


@composite(np.nancumprod)
def nancumprod(a: Any, axis: int | None = None, dtype: Any = None, out: Any = None) -> Any:
    """Running products along axis, with NaN as 1."""
    refuse("nancumprod", out=out)
    return np.cumprod(_without(a, 1), axis=axis, dtype=dtype)
