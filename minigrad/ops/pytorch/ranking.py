"""Entries by their rank along an axis, as PyTorch has them: values, and the indices they are at.

The indices have no gradient; that of the values goes to the entries at the indices, and to no
other. NaN counts as larger than any number. Equal entries keep their order. (PyTorch leaves that
open, but for `mode`, `cummax` and `cummin`, which give the last index, here too.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.tensor import Tensor, detached, wrap
from ...engine.unbroadcast import wider
from ..common import composite
from ..reduce.running import latest
from .words import either

__all__ = [
    "Extremes", "Ranked", "aminmax", "argsort", "cummax", "cummin", "kthvalue", "logcumsumexp",
    "max", "median", "min", "mode", "msort", "nanmedian", "nanquantile", "quantile", "sort", "topk",
]

Array = np.ndarray[Any, Any]


class Ranked(NamedTuple):
    """Values, and where they are along the axis."""

    values: Any
    indices: Any


class Extremes(NamedTuple):
    """The smallest and the largest entries."""

    min: Any
    max: Any


def _like(input: Any, indices: Array) -> Any:
    """A Tensor where `input` is one."""
    return wrap(indices, None) if isinstance(input, Tensor) else indices


def _ranked(
    input: Any, dim: int, choose: Callable[[Array, int], Array], keepdim: bool = True
) -> Ranked:
    """The entries at the indices along dim that `choose` makes of (array, axis).

    A number is a vector of one entry, as in PyTorch.
    """
    shape = np.shape(input)
    axis = normalize_axis_index(dim, len(shape) or 1)
    x = input if shape else np.reshape(input, 1)
    indices = choose(np.asarray(detached(x)), axis)
    values = np.take_along_axis(x, indices, axis)
    if not keepdim or (not shape and indices.size == 1):
        values, indices = np.squeeze(values, axis), np.squeeze(indices, axis)
    return Ranked(values, _like(input, indices))


def _order(x: Array, axis: int, descending: bool = False) -> Array:
    """The indices that sort; of equal entries the first comes first, in both directions."""
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    mirrored = np.argsort(np.flip(x, axis), axis=axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - mirrored, axis)


@either
@composite()
def sort(input: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> Ranked:
    """``(values, indices)``: the entries along dim in order, NaN as the largest.

    Equal entries keep their order whatever `stable` says.

    >>> values, indices = sort(np.array([3.0, 1.0, 2.0]), descending=True)
    >>> values, indices
    (array([3., 2., 1.]), array([0, 2, 1]))
    """
    return _ranked(input, dim, lambda x, axis: _order(x, axis, descending))


@either
@composite()
def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = True) -> Any:
    """The indices of ``sort(input, dim, descending)``.

    >>> argsort(np.array([3.0, 1.0, 2.0]), descending=True)
    array([0, 2, 1])
    """
    return sort(input, dim, descending).indices


@composite()
def msort(input: Any) -> Any:
    """The entries along the first axis in ascending order.

    >>> msort(np.array([3.0, 1.0, 2.0]))
    array([1., 2., 3.])
    """
    return sort(input, 0).values


@either
@composite()
def topk(
    input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> Ranked:
    """``(values, indices)``: the k largest entries along dim, the largest first.

    largest: False for the k smallest, the smallest first. They come in order whatever `sorted`
        says. Raises ValueError unless 0 ≤ k ≤ the length of the axis.

    >>> topk(np.array([3.0, 1.0, 2.0]), 2).values
    array([3., 2.])
    """

    def choose(x: Array, axis: int) -> Array:
        if not 0 <= k <= x.shape[axis]:
            raise ValueError(f"k is {k}, wanted 0 to {x.shape[axis]}, the length of axis {axis}")
        return np.take(_order(x, axis, descending=largest), np.arange(k), axis)

    return _ranked(input, dim, choose)


@either
@composite()
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> Ranked:
    """``(values, indices)``: the k-th smallest entry along dim, k from 1 to the length of the axis.

    Raises ValueError unless 1 ≤ k ≤ the length of the axis.

    >>> float(kthvalue(np.array([3.0, 1.0, 2.0]), 2).values)
    2.0
    """

    def choose(x: Array, axis: int) -> Array:
        if not 1 <= k <= x.shape[axis]:
            raise ValueError(f"k is {k}, wanted 1 to {x.shape[axis]}, the length of axis {axis}")
        return np.take(_order(x, axis), [k - 1], axis)

    return _ranked(input, dim, choose, keepdim)


def _some(x: Array, axis: int) -> None:
    if not x.shape[axis]:
        raise ValueError(f"axis {axis} of shape {x.shape} has no entries to choose from")


def _lower(x: Array, axis: int) -> Array:
    """The index of the lower one in the middle; where there is a NaN, of the first one."""
    _some(x, axis)
    middle = np.take(_order(x, axis), [(x.shape[axis] - 1) // 2], axis)
    missing = np.isnan(x)
    return np.where(
        missing.any(axis, keepdims=True), np.argmax(missing, axis, keepdims=True), middle
    )


def _lower_present(x: Array, axis: int) -> Array:
    """The index of the lower one in the middle of those that are not NaN."""
    _some(x, axis)
    present = np.sum(~np.isnan(x), axis, keepdims=True)
    place: Any = np.maximum(present - 1, 0) // 2
    return np.take_along_axis(_order(x, axis), place, axis)


def _middle(
    input: Any, dim: int | None, keepdim: bool, choose: Callable[[Array, int], Array]
) -> Any:
    if dim is not None:
        return _ranked(input, dim, choose, keepdim)
    if not np.size(input):
        return np.sum(input) + np.nan
    flat = np.reshape(input, -1)
    x = np.asarray(detached(flat))
    value = x[choose(x, 0)]
    reached = (x == value) | (np.isnan(x) & np.isnan(value))
    return np.max(flat[reached])  # all are equal, and the slope of max shares among them


@either
@composite()
def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The entry in the middle, the lower one of two: of all entries, or ``(values, indices)`` along
    dim. NaN where there is one. (``np.median`` gives the mean of two.)

    >>> float(median(np.array([3.0, 1.0, 2.0, 4.0])))
    2.0
    """
    return _middle(input, dim, keepdim, _lower)


@either
@composite()
def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median of the entries that are not NaN; NaN where there is none.

    >>> float(nanmedian(np.array([3.0, np.nan, 2.0, 4.0])))
    3.0
    """
    return _middle(input, dim, keepdim, _lower_present)


@either
@composite()
def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: Any = "linear",
) -> Any:
    """``np.quantile(input, q, dim)``, by any method of NumPy's.

    >>> float(quantile(np.array([1.0, 3.0]), 0.25))
    1.5
    """
    return np.quantile(input, q, axis=dim, keepdims=keepdim, method=interpolation)


@either
@composite()
def nanquantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: Any = "linear",
) -> Any:
    """The quantiles of the entries that are not NaN.

    >>> float(nanquantile(np.array([1.0, np.nan, 3.0]), 0.5))
    2.0
    """
    return np.nanquantile(input, q, axis=dim, keepdims=keepdim, method=interpolation)


def _most_frequent(row: Array) -> Array:
    """The last index of the most frequent value of a vector, of several such the smallest."""
    values, counts = np.unique(row, return_counts=True, equal_nan=False)
    value = values[np.argmax(counts)]
    same = np.flatnonzero((row == value) | (np.isnan(value) & np.isnan(row)))
    return same[-1:]


@either
@composite()
def mode(input: Any, dim: int = -1, keepdim: bool = False) -> Ranked:
    """``(values, indices)``: the most frequent entry along dim (of several such the smallest), and
    the last place where it is.

    >>> float(mode(np.array([3.0, 1.0, 3.0])).values)
    3.0
    """

    def choose(x: Array, axis: int) -> Array:
        _some(x, axis)
        return np.apply_along_axis(_most_frequent, axis, x)

    return _ranked(input, dim, choose, keepdim)


# -- extremes


@either
@composite()
def max(input: Any, dim: int, keepdim: bool = False) -> Ranked:
    """``(values, indices)``: the largest entry along dim, and the first place where it is.

    Where there is a NaN it is the NaN.

    >>> int(max(np.array([3.0, 1.0, 3.0]), 0).indices)
    0
    """
    return _ranked(input, dim, lambda x, axis: np.argmax(x, axis, keepdims=True), keepdim)


@either
@composite()
def min(input: Any, dim: int, keepdim: bool = False) -> Ranked:
    """``(values, indices)``: the smallest entry along dim, and the first place where it is.

    Where there is a NaN it is the NaN.

    >>> int(min(np.array([3.0, 1.0, 3.0]), 0).indices)
    1
    """
    return _ranked(input, dim, lambda x, axis: np.argmin(x, axis, keepdims=True), keepdim)


@either
@composite()
def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> Extremes:
    """``(min, max)`` along dim, or of all entries; equal shares of the gradient at ties.

    >>> float(aminmax(np.array([3.0, 1.0, 2.0])).max)
    3.0
    """
    return Extremes(
        np.min(input, axis=dim, keepdims=keepdim), np.max(input, axis=dim, keepdims=keepdim)
    )


def _running(extreme: np.ufunc) -> Callable[[Array, int], Array]:
    return lambda x, axis: latest(extreme.accumulate(x, axis), x, axis)


@either
@composite()
def cummax(input: Any, dim: int) -> Ranked:
    """``(values, indices)``: the largest entry so far along dim, and the last place where it was.

    >>> cummax(np.array([1.0, 3.0, 2.0, 3.0]), 0)
    Ranked(values=array([1., 3., 3., 3.]), indices=array([0, 1, 1, 3]))
    """
    return _ranked(input, dim, _running(np.maximum))


@either
@composite()
def cummin(input: Any, dim: int) -> Ranked:
    """``(values, indices)``: the smallest entry so far along dim, and the last place where it was.

    >>> cummin(np.array([3.0, 1.0, 2.0, 1.0]), 0).indices
    array([0, 1, 1, 3])
    """
    return _ranked(input, dim, _running(np.minimum))


@either
@composite()
def logcumsumexp(input: Any, dim: int) -> Any:
    """ln (eˣ¹ + ... + eˣᵏ) for each k along dim, without overflow.

    >>> logcumsumexp(np.array([1000.0, 1000.0]), 0)   # ln 2 more
    array([1000.    , 1000.6931])
    """
    if np.ndim(input) == 0:
        return input + 0
    x = input if isinstance(input, Tensor) else np.asarray(input)
    dtype = np.result_type(x.dtype, np.float16)
    return np.logaddexp.accumulate(x.astype(wider(dtype)), axis=dim).astype(dtype)
