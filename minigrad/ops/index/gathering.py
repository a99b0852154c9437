"""Entries picked along an axis, and written to or added at picked places.

NumPy's take family and PyTorch's gather family differ in what an index may be: take, compress and
choose follow NumPy (negative indices count from the end); gather, scatter_add and index_select
follow PyTorch (indices from 0 to n - 1, anything else raises).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.declared import declare
from ...engine.primitive import primitive
from ...engine.selections import Chosen
from ...engine.tensor import Tensor, as_tensor, detached
from ...engine.unbroadcast import wider
from ..common import composite, one_of, refuse
from ..elementwise.selection import as_mask, where
from ..pytorch.words import either
from ..rules import passed
from ..shape.axes import ravel
from .indexing import getitem, index_add, placed, plain_index, repeats

__all__ = [
    "choose", "compress", "delete", "extract", "gather", "index_put", "index_select",
    "masked_fill", "scatter_add", "select", "take", "take_along_axis",
]


def _checked(index: Any, n: int) -> Any:
    """An index of integers from 0 to n - 1, or an error that says what it holds."""
    index = np.asarray(index)
    if index.dtype.kind not in "iu":
        raise TypeError(f"index must be integers, not {index.dtype}")
    if index.size and (index.min() < 0 or index.max() >= n):
        raise IndexError(f"index holds {index.min()} to {index.max()}, wanted 0 to {n - 1}")
    return index


def _along(index: Any, axis: int, shape: Sequence[int]) -> tuple[Any, ...]:
    """The index that picks `index` along one axis, and every place of `shape` along the others."""
    grid: list[Any] = list(np.ix_(*map(np.arange, shape)))
    grid[axis] = index
    return tuple(grid)


# -- take

_MODES = {
    "raise": lambda index, n: index,
    "wrap": lambda index, n: index % n,
    "clip": lambda index, n: np.clip(index, 0, n - 1),
}


def _untake(g: Any, x_shape: tuple[int, ...], indices: Any, axis: int | None, mode: str) -> Any:
    shape = (int(np.prod(x_shape)),) if axis is None or not x_shape else x_shape
    n = shape[axis or 0]
    index = _MODES[mode](np.asarray(indices), n)
    before = (slice(None),) * ((axis or 0) % len(shape))
    c = placed(g, (*before, index) if before else index, shape)
    return c if shape == x_shape else c.moved(lambda a: np.reshape(a, x_shape))


@primitive(
    "(n)->(k)", moves_data=True, name="take", vjps=(_untake,),
    samples=lambda rng: ((rng.normal(size=(3, 4)),), one_of(
        rng,
        {"indices": np.array([[2, 0], [2, -1]]), "axis": one_of(rng, 0, 1, -1, None)},
        {"indices": np.array([5, -7, 1]), "axis": 1, "mode": one_of(rng, "wrap", "clip")},
        {"indices": 1, "axis": 0},
    )),
)
def _take(x: Any, *, indices: Any, axis: int | None = None, mode: Any = "raise") -> Any:
    """the entries of x (flattened where axis is None) at integer indices along axis"""
    return np.take(x, indices, axis=axis, mode=mode)


@composite(np.take, methods=["take"])
def take(
    a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: str = "raise"
) -> Any:
    """The entries of `a` (flattened where axis is None) at integer `indices` along axis.

    mode: what an index outside the axis means: "raise", "wrap" (modulo n) or "clip".
    """
    refuse("np.take", out=out)
    index = np.asarray(plain_index(indices))
    if index.size == 0 and not hasattr(indices, "dtype"):  # an empty list or tuple
        index = index.astype(np.intp)
    if index.dtype.kind not in "biu":
        raise TypeError(f"indices must be integers, not {index.dtype}")
    index = index.astype(np.intp, copy=False)  # NumPy counts a mask as 0 and 1
    return _take(as_tensor(a), indices=index, axis=axis, mode=mode)


@primitive(
    "(n)->(k)", moves_data=True, name="take_along_axis",
    vjps=(lambda g, x_shape, indices, axis: placed(g, _along(indices, axis, x_shape), x_shape),),
    samples=lambda rng: ((rng.normal(size=(2, 3)),), one_of(
        rng,
        {"indices": np.array([[0, 0, -1, 2], [1, 2, 1, 1]]), "axis": 1},
        {"indices": np.array([[1, 0, 1]]), "axis": -2},
        {"indices": np.array([[1], [0]]), "axis": 0},
    )),
)
def _take_along_axis(x: Any, *, indices: Any, axis: int) -> Any:
    """the entries of x at indices that vary with the place along the other axes"""
    return np.take_along_axis(x, indices, axis)


@composite(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    """The entries of `arr` at indices that vary with the place along the other axes.

    axis None: `arr` is flattened first. `indices` and `arr` broadcast along the other axes.
    """
    arr = as_tensor(arr)
    return _take_along_axis(
        ravel(arr) if axis is None else arr, indices=plain_index(indices), axis=axis or 0
    )


@composite(np.compress)
def compress(condition: Any, a: Any, axis: int | None = None, out: Any = None) -> Any:
    """The entries of `a` (flattened where axis is None) along axis where `condition` is true."""
    refuse("np.compress", out=out)
    condition = np.asarray(detached(condition))
    if condition.ndim != 1:
        raise ValueError(f"condition has shape {condition.shape}, wanted one axis")
    return take(a, np.flatnonzero(condition), axis)


@composite(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """The entries of `arr` where `condition` is true, as one axis."""
    return take(arr, np.flatnonzero(detached(condition)))


@composite(np.delete)
def delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    """`arr` (flattened where axis is None) without the places `obj` along axis."""
    arr = as_tensor(arr)
    n = arr.size if axis is None else arr.shape[axis]
    return take(arr, np.delete(np.arange(n), plain_index(obj)), axis)


# -- gather and scatter


def _grid(index: Any, axis: int) -> tuple[Any, ...]:
    return _along(index, axis, np.shape(index))


def _fits(index: Any, axis: int, shape: tuple[int, ...]) -> Any:
    """`index` if PyTorch's gather could use it on an array of `shape`."""
    axis = normalize_axis_index(axis, len(shape))
    index = _checked(index, shape[axis])
    if index.ndim != len(shape) or any(
        k > n for d, (k, n) in enumerate(zip(index.shape, shape, strict=True)) if d != axis
    ):
        raise ValueError(
            f"index has shape {index.shape}, wanted {len(shape)} axes, none but axis {axis} longer "
            f"than in {shape}"
        )
    return index


@primitive(
    "(n)->(k)", moves_data=True, name="gather",
    vjps=(lambda g, x_shape, axis, index: placed(g, _grid(index, axis), x_shape),),
    samples=lambda rng: ((rng.normal(size=(3, 4)),), one_of(
        rng,
        {"axis": 1, "index": rng.integers(0, 4, (2, 5))},
        {"axis": -2, "index": rng.integers(0, 3, (4, 3))},
    )),
)
def _gather(x: Any, *, axis: int, index: Any) -> Any:
    """out[i, j] = x[i, index[i, j]] along the last axis, likewise along any other"""
    x = np.asarray(x)
    return x[_grid(_fits(index, axis, x.shape), axis)]


@either
@composite()
def gather(input: Any, dim: int, index: Any) -> Any:
    """out[i, j, k] = input[i, index[i, j, k], k] for dim 1, likewise for any other.

    index: integers from 0 to input.shape[dim] - 1 with as many axes as input, none longer but along
        `dim`; the result has its shape. Repeated entries add up in the gradient.
    Raises IndexError, TypeError or ValueError for any other index.

    >>> gather(np.array([[1.0, 2.0], [3.0, 4.0]]), 1, np.array([[0], [1]]))
    array([[1.],
           [4.]])
    """
    return _gather(input, axis=dim, index=plain_index(index))


def _gather_source(g: Any, source_shape: tuple[int, ...], axis: int, index: Any) -> Any:
    picked = getitem(g, index=_grid(index, axis))
    if np.shape(index) == source_shape:
        return picked
    return placed(picked, tuple(map(slice, np.shape(index))), source_shape)


@primitive(
    "(n),(k)->(n)", name="scatter_add", vjps=(lambda g: g, _gather_source),
    samples=lambda rng: ((rng.normal(size=(3, 4)), rng.normal(size=(2, 5))), one_of(
        rng,
        {"axis": 1, "index": rng.integers(0, 4, (2, 5))},
        {"axis": -2, "index": rng.integers(0, 3, (2, 4))},
    )),
)
def _scatter_add(x: Any, source: Any, *, axis: int, index: Any) -> Any:
    """x with source[i, j] added at [i, index[i, j]]"""
    x, source = np.asarray(x), np.asarray(source)
    index = _fits(index, axis, x.shape)
    if index.ndim != source.ndim or any(np.subtract(index.shape, source.shape) > 0):
        raise ValueError(f"index has shape {index.shape}, and source only {source.shape}")
    dtype = np.result_type(x, source)
    out = np.array(x, wider(dtype))
    added = source[tuple(map(slice, index.shape))]
    np.add.at(out, _grid(index, axis), added.astype(out.dtype, copy=False))  # faster in one dtype
    return out.astype(dtype, copy=False)


@either
@composite()
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """input with src[i, j, k] added at [i, index[i, j, k], k] for dim 1; the reverse of gather.

    index: as in gather; entries of `src` beyond its shape are not used.

    >>> scatter_add(np.zeros(3), 0, np.array([2, 2]), np.array([1.0, 10.0]))
    array([ 0.,  0., 11.])
    """
    return _scatter_add(input, src, axis=dim, index=plain_index(index))


@either
@composite()
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The slices of input at the integers `index` (k), 0 to n - 1, along dim.

    Raises ValueError for an index of more than one axis.

    >>> index_select(np.array([[1, 2, 3]]), 1, np.array([2, 0]))
    array([[3, 1]])
    """
    index = plain_index(index)
    if np.ndim(index) > 1:
        raise ValueError(f"index has shape {np.shape(index)}, wanted one axis")
    normalize_axis_index(dim, np.ndim(input))
    return _take(
        input, indices=np.atleast_1d(_checked(index, np.shape(input)[dim])), axis=dim
    )


# -- writing, out of place


def _kept_values(g: Any, index: Any) -> Any:
    """The cotangent of the entries that index_put left as they were."""
    kept = np.ones(g.shape, bool)
    kept[index] = False
    return passed(g, kept)


def _written_values(g: Any, value_shape: tuple[int, ...], index: Any) -> Any:
    """The cotangent of the entries that index_put wrote; of several written to one place, only
    the last is there to be seen."""
    written = getitem(g, index=index)
    if repeats(index):
        order = np.full(g.shape, -1)
        numbers = np.arange(written.size).reshape(written.shape)
        order[index] = numbers
        written = passed(written, order[index] == numbers)
    missing = len(value_shape) - len(written.shape)  # NumPy takes axes of length 1 in front
    if missing <= 0:
        return written
    shape = (1,) * missing + written.shape
    if isinstance(written, Chosen):
        return written.moved(lambda a: np.reshape(a, shape))
    return np.reshape(written, shape)


@primitive(
    "(n),(k)->(n)", name="index_put", vjps=(_kept_values, _written_values),
    samples=lambda rng: ((rng.normal(size=(3, 4)), rng.normal(size=4)), {"index": one_of(
        rng, 1, [0, 2, 0], np.array([True, False, True]), (slice(None), [1, 3, 3, 0]))}),
)
def _index_put(x: Any, value: Any, *, index: Any) -> Any:
    """x with x[index] = value"""
    value = np.asarray(value)
    out = np.array(x)
    if not np.can_cast(value.dtype, out.dtype, "same_kind"):
        raise TypeError(f"value has dtype {value.dtype}, which {out.dtype} cannot hold")
    out[index] = value
    return out


@composite()
def index_put(input: Any, index: Any, value: Any, accumulate: bool = False) -> Any:
    """input with ``input[index] = value``, as a new tensor; any index that ``input[index]`` takes.

    accumulate: add instead of write, and add up where the index repeats an entry. Without it, the
        last value written to an entry stays.

    >>> index_put(np.zeros(3), [0, 0], np.array([1.0, 2.0]))
    array([2., 0., 0.])
    >>> index_put(np.zeros(3), [0, 0], np.array([1.0, 2.0]), accumulate=True)
    array([3., 0., 0.])
    """
    index = plain_index(index)
    if not accumulate:
        return _index_put(input, value, index=index)
    value = np.broadcast_to(value, np.broadcast_to(False, np.shape(input))[index].shape)
    return input + index_add(value, index=index, shape=np.shape(input))


@composite()
def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """input with `value` where `mask` is true; the dtype of input stays, mask and input broadcast.

    Raises ValueError for a value that is not one number.

    >>> masked_fill(np.array([1.0, 2.0]), np.array([True, False]), -np.inf)
    array([-inf,   2.])
    """
    mask = as_mask(mask, "mask")
    if np.ndim(value):
        raise ValueError(f"value has shape {np.shape(value)}, wanted a single number")
    dtype = input.dtype if isinstance(input, Tensor) else np.asarray(input).dtype
    if not isinstance(value, Tensor):
        value = np.asarray(value)
    return where(mask, value.astype(dtype, casting="same_kind"), input)


# -- choosing between arrays


@composite(np.select)
def select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Entry by entry, the choice for the first condition that is true, or else `default`."""
    conditions = [as_mask(c, "a condition") for c in condlist]
    if len(conditions) != len(choicelist) or not conditions:
        raise ValueError(
            f"received {len(conditions)} conditions and {len(choicelist)} choices, wanted as many, "
            f"and at least one"
        )
    values = [_value(v) for v in (*choicelist, default)]
    dtype = np.result_type(*[detached(v) for v in values])  # plain numbers adapt to the arrays
    result = values.pop()
    for condition, value in zip(reversed(conditions), reversed(values), strict=True):
        result = where(condition, value, result)
    return result if result.dtype == dtype else result.astype(dtype)


def _value(value: Any) -> Any:
    return value if isinstance(value, Tensor | int | float | complex) else np.asarray(value)


def _choose(g: Any, xs_shape: Sequence[Any], a: Any, mode: str) -> list[Any]:
    index = _MODES[mode](np.asarray(a), len(xs_shape))
    return [passed(g, index == k) for k in range(len(xs_shape))]


@primitive(
    "(n),(n)->(n)", moves_data=True, joint=_choose, name="choose",
    samples=lambda rng: ((rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=(2, 1))), {
        "a": rng.integers(-2, 5, (2, 3)), "mode": one_of(rng, "wrap", "clip")}),
)
def _np_choose(*xs: Any, a: Any, mode: Any = "raise") -> Any:
    """entry by entry, the array whose number is in a"""
    return np.choose(a, xs, mode=mode)


@composite(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """Entry by entry, the one of `choices` whose number is in `a`.

    mode: what a number that is not 0 to n - 1 means: "raise", "wrap" (modulo n) or "clip".
    """
    refuse("np.choose", out=out)
    return as_tensor(_np_choose(*choices, a=plain_index(a), mode=mode))


def _compress(self: Tensor, condition: Any, axis: int | None = None) -> Any:
    """The entries along axis (of all, where it is None) where `condition` is true."""
    return compress(condition, self, axis)


declare(methods={"compress": _compress})
