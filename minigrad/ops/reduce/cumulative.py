"""Running sums and products along an axis, and differences, their inverse."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.declared import implements
from ...engine.primitive import primitive
from ...engine.tensor import as_tensor
from ...engine.unbroadcast import wider
from ..common import composite, existing, refuse
from ..shape.axes import cast
from .scaled import running_slope

__all__ = ["cumprod", "cumsum", "diff", "ediff1d"]

AXIS = {"axis": "optional_axis"}  # None stands for the flattened array


def _backwards(x: Any, axis: int) -> Any:
    return x[(slice(None),) * (axis % x.ndim) + (slice(None, None, -1),)]


def _sum_of_later(g: Any, x_shape: tuple[int, ...], axis: int | None) -> Any:
    axis = axis or 0
    total = _backwards(np.cumsum(_backwards(g, axis), axis, dtype=wider(g.dtype)), axis)
    return np.reshape(total, x_shape).astype(g.dtype)


@primitive(
    "(n)->(n)", samples=AXIS, numpy=[np.cumsum], methods=["cumsum"], vjps=(_sum_of_later,)
)
def cumsum(x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    """x₁ + ... + xₖ for each k along axis"""
    return np.cumsum(x, axis, dtype)


def _cumprod_slope(g: Any, x: Any, axis: int | None) -> Any:
    shape = x.shape
    if axis is None or not shape:
        x, axis = np.reshape(x, (-1,)), 0
    slope = running_slope(np.moveaxis(g, axis, -1), np.moveaxis(x, axis, -1))
    return np.reshape(np.moveaxis(slope, -1, axis), shape)


@primitive(
    "(n)->(n)", samples=AXIS, numpy=[np.cumprod], methods=["cumprod"], vjps=(_cumprod_slope,)
)
def cumprod(x: Any, *, axis: int | None = None, dtype: Any = None) -> Any:
    """x₁ · ... · xₖ for each k along axis"""
    return np.cumprod(x, axis, dtype)


def _cumulative(function: Any, start: int) -> Any:
    """The array API's form of a running sum or product, which can begin with that of nothing."""

    def call(
        x: Any, /, *, axis: int | None = None, dtype: Any = None, out: Any = None,
        include_initial: bool = False,
    ) -> Any:
        refuse(function.__name__, out=out)
        if axis is None:
            if x.ndim > 1:
                raise ValueError(f"{function.__name__} of {x.ndim} axes needs one: pass axis=")
            axis = 0
        result = function(np.atleast_1d(x), axis=axis, dtype=dtype)
        if not include_initial:
            return result
        first = list(result.shape)
        first[axis] = 1
        return np.concatenate([np.full(first, start, result.dtype), result], axis=axis)

    return call


for _name, _function, _start in (("sum", cumsum, 0), ("prod", cumprod, 1)):
    implements(*existing(f"cumulative_{_name}"))(_cumulative(_function, _start))

# -- differences


def _differences_back(g: Any, x_shape: tuple[int, ...], n: int, axis: int) -> Any:
    """The n-th difference of the cotangent with zeros around it, with alternating sign."""
    if n == 0 or g.size == 0:
        return g if n == 0 else np.zeros(x_shape, g.dtype)
    gap = list(x_shape)
    gap[axis] = n
    zeros = np.zeros(gap, g.dtype)
    return (-1) ** n * _diff(np.concatenate([zeros, g, zeros], axis=axis), n=n, axis=axis)


@primitive(
    "(n)->(m)", name="diff", vjps=(_differences_back,),
    samples=lambda rng: (
        (rng.normal(size=(4, 5)),), {"n": int(rng.integers(0, 4)), "axis": int(rng.integers(-2, 2))}
    ),
)
def _diff(x: Any, *, n: int = 1, axis: int = -1) -> Any:
    """xₖ₊₁ - xₖ along axis, n times"""
    return np.diff(x, n, axis)


@composite(np.diff, methods=["diff"])
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    """The n-th differences along axis, of a with what is prepended and appended."""
    if n == 0 or (prepend is None and append is None):
        return _diff(a, n=n, axis=axis)
    if np.ndim(a) == 0:
        raise ValueError("wanted at least one axis, received 0")
    edge = list(np.shape(a))
    edge[normalize_axis_index(axis, len(edge))] = 1
    parts = [
        np.broadcast_to(p, edge) if np.ndim(p) == 0 else p
        for p in (prepend, a, append) if p is not None
    ]
    return _diff(np.concatenate(parts, axis=axis), n=n, axis=axis)


@composite(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """The differences of the flattened array, between what is put before and after them."""
    flat = np.ravel(as_tensor(ary))
    parts = [flat[1:] - flat[:-1]]
    if to_begin is not None:
        parts.insert(0, _end(to_begin, "to_begin", flat.dtype))
    if to_end is not None:
        parts.append(_end(to_end, "to_end", flat.dtype))
    return np.concatenate(parts)


def _end(values: Any, name: str, dtype: Any) -> Any:
    values = np.ravel(as_tensor(values))
    if not np.can_cast(values.dtype, dtype, "same_kind"):
        raise TypeError(f"{name} has dtype {values.dtype}, which {dtype} cannot hold")
    return cast(values, dtype)
