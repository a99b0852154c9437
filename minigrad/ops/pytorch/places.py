"""Entries at places: read, added to, written over or left out, as PyTorch has it.

All give a new tensor. What is written over gets no gradient, what is written gets its own. Indices
count from 0 to n - 1, anything else raises; `select`, `narrow` and `take_along_dim` count from the
end too.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.tensor import Tensor, detached
from ..common import composite
from ..index import indexing
from ..index.gathering import _checked, _fits, _grid, index_put, scatter_add
from .words import either

__all__ = [
    "index_add", "index_copy", "index_fill", "masked_scatter", "masked_select", "narrow", "scatter",
    "scatter_reduce", "select", "select_scatter", "slice_scatter", "take_along_dim",
]


def _whole(value: Any, name: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}, wanted an integer") from None


def _along(axis: int, index: Any) -> tuple[Any, ...]:
    """The index that takes `index` along one axis and all of the axes before it."""
    return (*(slice(None),) * axis, index)


# -- whole slices


def _slices(input: Any, dim: int, index: Any) -> tuple[int, Any]:
    """The axis, and the places along it, one axis of them."""
    axis = normalize_axis_index(dim, np.ndim(input))
    index = indexing.plain_index(index)
    if np.ndim(index) > 1:
        raise ValueError(f"index has shape {np.shape(index)}, wanted one axis")
    return axis, np.atleast_1d(_checked(index, np.shape(input)[axis]))


def _source(input: Any, axis: int, index: Any, source: Any) -> None:
    wanted = list(np.shape(input))
    wanted[axis] = len(index)
    if list(np.shape(source)) != wanted:
        raise ValueError(
            f"source has shape {np.shape(source)}, wanted {tuple(wanted)}: that of input, with a "
            f"slice for each index along axis {axis}"
        )


@either
@composite()
def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Any:
    """`input` with alpha · source[..., k] added at [..., index[k]] along dim; what repeats adds up.

    >>> index_add(np.zeros(3), 0, np.array([2, 2]), np.array([1.0, 10.0]))
    array([ 0.,  0., 11.])
    """
    axis, index = _slices(input, dim, index)
    _source(input, axis, index, source)
    added = source if isinstance(alpha, int | float) and alpha == 1 else np.multiply(alpha, source)
    return input + indexing.index_add(added, index=_along(axis, index), shape=np.shape(input))


@either
@composite()
def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """`input` with source[..., k] written at [..., index[k]] along dim; where an index repeats, the
    last one stays.

    >>> index_copy(np.zeros(3), 0, np.array([2, 0]), np.array([1.0, 10.0]))
    array([10.,  0.,  1.])
    """
    axis, index = _slices(input, dim, index)
    _source(input, axis, index, source)
    return index_put(input, _along(axis, index), source)


@either
@composite()
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """`input` with a number written at [..., index[k]] along dim.

    Raises ValueError for a value that is not one number.

    >>> index_fill(np.zeros(3), 0, np.array([2, 0]), 5)
    array([5., 0., 5.])
    """
    axis, index = _slices(input, dim, index)
    if np.ndim(value):
        raise ValueError(f"value has shape {np.shape(value)}, wanted a single number")
    return index_put(input, _along(axis, index), value)


@either
@composite()
def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    """The entries start to start + length - 1 along dim; start may count from the end.

    Raises IndexError for a part that the axis does not have.

    >>> narrow(np.arange(5), 0, 1, 3)
    array([1, 2, 3])
    """
    axis = normalize_axis_index(dim, np.ndim(input))
    n, first, length = np.shape(input)[axis], _whole(start, "start"), _whole(length, "length")
    first = first + n if first < 0 else first
    if not 0 <= first <= n or not 0 <= length <= n - first:
        raise IndexError(
            f"start {start} and length {length} leave axis {axis}, which has {n} entries"
        )
    return input[_along(axis, slice(first, first + length))]


def _one(input: Any, dim: int, index: Any) -> tuple[Any, ...]:
    axis = normalize_axis_index(dim, np.ndim(input))
    n, place = np.shape(input)[axis], _whole(index, "index")
    if not -n <= place < n:
        raise IndexError(f"index is {place}, and axis {axis} has {n} entries")
    return _along(axis, place)


@either
@composite()
def select(input: Any, dim: int, index: Any) -> Any:
    """The slice at one index along dim, without that axis; the index may count from the end.

    >>> select(np.array([[1, 2], [3, 4]]), 1, -1)
    array([2, 4])
    """
    return input[_one(input, dim, index)]


def _written(input: Any, place: tuple[Any, ...], src: Any) -> Any:
    wanted = np.broadcast_to(0, np.shape(input))[place].shape
    if np.shape(src) != wanted:
        raise ValueError(f"src has shape {np.shape(src)}, wanted {wanted}")
    return index_put(input, place, src)


@either
@composite()
def select_scatter(input: Any, src: Any, dim: int, index: int) -> Any:
    """`input` with `src` in the place of ``select(input, dim, index)``.

    >>> select_scatter(np.zeros((2, 2)), np.array([1.0, 2.0]), 1, 0)
    array([[1., 0.],
           [2., 0.]])
    """
    return _written(input, _one(input, dim, index), src)


@either
@composite()
def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None,
    step: int = 1,
) -> Any:
    """`input` with `src` in the place of the entries start:end:step along dim.

    >>> slice_scatter(np.zeros(4), np.array([1.0, 2.0]), step=2)
    array([1., 0., 2., 0.])
    """
    axis = normalize_axis_index(dim, np.ndim(input))
    return _written(input, _along(axis, slice(start, end, step)), src)


# -- entry by entry


def _dtype(input: Any) -> Any:
    return np.asarray(detached(input)).dtype


def _no_more(index: Any, src: Any) -> Any:
    """The part of `src` that an index of gather's kind refers to."""
    if np.ndim(src) != index.ndim or any(np.subtract(index.shape, np.shape(src)) > 0):
        raise ValueError(f"index has shape {index.shape}, and src only {np.shape(src)}")
    return src[tuple(map(slice, index.shape))]


@either
@composite()
def scatter(
    input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None,
    reduce: str | None = None,
) -> Any:
    """`input` with src[i, j] written at [i, index[i, j]] for dim 1, likewise for any other dim.

    src, value: an array as in scatter_add, or one number. reduce: "add" or "multiply" instead of
    writing. Where an index repeats an entry the last one written stays.

    Raises TypeError unless one of src and value is given, ValueError for another word.

    >>> scatter(np.zeros(3), 0, np.array([2, 0]), np.array([1.0, 10.0]))
    array([10.,  0.,  1.])
    """
    if (src is None) == (value is None):
        raise TypeError("scatter takes either src or value")
    given = value if src is None else src
    index = _fits(indexing.plain_index(index), dim, np.shape(input))
    if np.ndim(given) == 0:
        given = given if isinstance(given, Tensor) else np.asarray(given, _dtype(input))
        part = np.broadcast_to(given, index.shape)
    else:
        part = _no_more(index, given)
    if reduce is None:
        return index_put(input, _grid(index, dim), part)
    if reduce not in ("add", "multiply"):
        raise ValueError(f"reduce={reduce!r}; wanted None, 'add' or 'multiply'")
    return scatter_reduce(input, dim, index, part, "sum" if reduce == "add" else "prod")


_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


@either
@composite()
def scatter_reduce(
    input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True
) -> Any:
    """`input` with src[i, j] taken together with what is at [i, index[i, j]], for dim 1, likewise
    for any other dim.

    reduce: "sum", "prod", "mean", "amax" or "amin"; at ties equal shares of the gradient.
    include_self: False leaves out what `input` has at places to which something comes.

    Raises ValueError for another word.

    >>> scatter_reduce(np.array([1.0, 2.0]), 0, np.array([0, 0]), np.array([5.0, 3.0]), "amax")
    array([5., 2.])
    """
    if reduce not in _REDUCTIONS:
        raise ValueError(f"reduce={reduce!r}; wanted one of {_REDUCTIONS}")
    shape = np.shape(input)
    index = _fits(indexing.plain_index(index), dim, shape)
    grid, part = _grid(index, dim), _no_more(index, src)
    left_out = np.zeros(shape, bool)
    left_out[grid] = not include_self
    if reduce == "prod":
        return _product(np.where(left_out, 1, input), grid, part)
    shares = (~left_out).astype(int)  # how many entries make each result
    if reduce in ("amax", "amin"):
        mine, theirs = _winners(input, part, grid, left_out, reduce)
        shares, left_out, part = mine.astype(int), ~mine, np.where(theirs, part, 0)
        np.add.at(shares, grid, theirs)
    else:
        np.add.at(shares, grid, 1)
    total = scatter_add(np.where(left_out, 0, input), dim, index, part)
    if reduce == "sum":
        return total
    mean = np.divide if total.dtype.kind == "f" else np.floor_divide
    return mean(total, shares.astype(total.dtype))


def _winners(input: Any, part: Any, grid: Any, left_out: Any, reduce: str) -> tuple[Any, Any]:
    """Which entries of input, and which that come to them, are the extreme ones at their place."""
    extreme = np.maximum if reduce == "amax" else np.minimum
    x, y = np.asarray(detached(input)), np.asarray(detached(part))
    result = np.array(x)
    result[grid] = np.where(left_out[grid], y, x[grid])  # any of those that come, to begin with
    extreme.at(result, grid, y)
    return ~left_out & _same(x, result), _same(y, result[grid])


def _same(x: Any, y: Any) -> Any:
    return (x == y) | ((x != x) & (y != y))  # noqa: PLR0124  # NaN of any dtype


def _product(start: Any, grid: Any, part: Any) -> Any:
    """`start` times all factors that come to a place: those that come first, then those second."""
    grid = np.broadcast_arrays(*grid)
    target = np.ravel_multi_index(grid, np.shape(start)).ravel()
    order = np.argsort(target, kind="stable")
    first = np.searchsorted(target[order], target[order])
    turn = np.empty_like(order)
    turn[order] = np.arange(order.size) - first
    turn = turn.reshape(np.shape(part))
    for k in range(int(turn.max(initial=-1)) + 1):
        now = turn == k
        factors = np.ones(np.shape(start), start.dtype)
        start = start * index_put(factors, tuple(g[now] for g in grid), part[now])
    return start


# -- where a mask is true


def _mask(mask: Any) -> Any:
    mask = np.asarray(detached(mask))
    if mask.dtype != bool:
        raise TypeError(f"mask has dtype {mask.dtype}, wanted bool")
    return mask


@composite()
def masked_select(input: Any, mask: Any) -> Any:
    """The entries of `input` where `mask` is true, as one axis; the two broadcast.

    >>> masked_select(np.array([1.0, 2.0, 3.0]), np.array([True, False, True]))
    array([1., 3.])
    """
    input, mask = np.broadcast_arrays(input, _mask(mask))
    return input[detached(mask)]


@composite()
def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """`input` with the entries of `source`, in their order, written where `mask` is true.

    `mask` broadcasts to input's shape. Raises ValueError where `source` has too few entries.

    >>> masked_scatter(np.zeros(3), np.array([True, False, True]), np.array([1.0, 2.0, 9.0]))
    array([1., 0., 2.])
    """
    mask = _mask(mask)
    shape = np.broadcast_shapes(np.shape(input), mask.shape)
    input, mask = np.broadcast_to(input, shape), np.broadcast_to(mask, shape)
    n = int(mask.sum())
    if np.size(source) < n:
        raise ValueError(f"source has {np.size(source)} entries, and mask wants {n}")
    return index_put(input, mask, np.reshape(source, -1)[:n])


@either
@composite()
def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """The entries at indices that vary with the place along the other axes, which broadcast; dim
    None: of the flattened input.

    >>> take_along_dim(np.array([[1, 2], [3, 4]]), np.array([[0], [1]]), 1)
    array([[1],
           [4]])
    """
    indices = indexing.plain_index(indices)
    if dim is None:
        return np.take_along_axis(np.reshape(input, -1), np.reshape(indices, -1), 0)
    return np.take_along_axis(input, indices, dim)
