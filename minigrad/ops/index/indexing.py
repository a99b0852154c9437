"""x[index] in every form, and its derivative: values added at an index.

Where an index repeats, contributions add up. Where it does not (slices, masks), they are written,
which is much faster.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.declared import declare
from ...engine.foreign import is_foreign, operand
from ...engine.lazy import Lazy
from ...engine.primitive import primitive
from ...engine.selections import Chosen
from ...engine.tensor import Tensor, detached
from ...engine.unbroadcast import wider
from ...engine.views import mark_view
from ..common import one_of

__all__ = [
    "check_rows", "embedding", "getitem", "index_add", "is_basic", "is_outside", "placed",
    "plain_index", "repeats", "sum_rows",
]

# Types whose values pick no entry twice and cannot change: most indices are made of these alone.
_BASIC = frozenset({int, np.int64, np.int32, slice, type(None), type(Ellipsis)})


def is_basic(index: Any) -> bool:
    """Whether an index is made of integers, slices, None and ... alone, so that it gives a view."""
    return _BASIC.issuperset(map(type, index)) if type(index) is tuple else type(index) in _BASIC


def repeats(index: Any) -> bool:
    """Whether an index holds integer arrays, so that an entry can be picked twice."""
    if is_basic(index):
        return False
    parts = index if isinstance(index, tuple) else (index,)
    return any(type(p) not in _BASIC and np.asarray(p).dtype.kind != "b" for p in parts)


def plain_index(index: Any) -> Any:
    """The plain values of an index, as they are now: later writes to its arrays do not matter."""
    if isinstance(index, tuple):
        return tuple([plain_index(part) for part in index])
    index = detached(index)
    if isinstance(index, Tensor):  # which stands for its values while a step is traced
        return index
    if isinstance(index, list):
        return np.array(index) if index else np.zeros(0, np.intp)
    if isinstance(index, np.ndarray) or is_foreign(index):
        return np.array(operand(index))
    return index


def is_outside(index: np.ndarray[Any, Any], size: int) -> bool:
    """Whether some index is below 0, or not below `size`."""
    unsigned = index.astype(np.uint64, copy=False)  # in which -1 is huge
    return index.size > 0 and bool(np.maximum.reduce(unsigned, axis=None) >= size)


def check_rows(index: np.ndarray[Any, Any], size: int) -> None:
    """Refuse what names no rows of a table of `size` rows, counted from the front."""
    if index.dtype.kind not in "iu":
        raise TypeError(f"index must be integers, not {index.dtype}")
    if is_outside(index, size):
        raise IndexError(f"index holds {index.min()} to {index.max()}, wanted 0 to {size - 1}")


_SELDOM = 8  # a row with at most so many contributions is added up together with others
_FEW = 128  # a sum of so many loses no digits to speak of


def sum_rows(pairs: list[tuple[Any, Any]], shape: tuple[int, ...]) -> Any:
    """The rows (V, ...) of g summed by index, 0 ≤ index < V: one sum for each row that has many
    contributions; for the others together one for the first contributions, one for the second
    ones, and so on. Both are far faster than np.add.at."""
    size = int(np.prod(shape[1:]))
    index = _joined([i.reshape(-1) for i, _ in pairs])
    g = _joined([g.reshape(i.size, size) for i, g in pairs])
    total = np.zeros((shape[0], size), g.dtype)
    order = np.argsort(index, kind="stable")
    rows, starts, counts = np.unique(index[order], return_index=True, return_counts=True)
    narrow = g.dtype == np.float16
    seldom = (counts <= _SELDOM) & (not narrow)
    for row, start, count in zip(rows[~seldom], starts[~seldom], counts[~seldom], strict=True):
        picked = g.take(order[start : start + count], axis=0, mode="clip")  # all are in range
        dtype = wider(g.dtype) if narrow or count > _FEW else None
        np.add.reduce(picked, axis=0, dtype=dtype, out=total[row])
    for k in range(counts[seldom].max(initial=0)):
        here = seldom & (counts > k)
        total[rows[here]] += g[order[starts[here] + k]]
    return total.reshape(shape)


def _joined(arrays: list[Any]) -> Any:
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def placed(g: Any, index: Any, shape: tuple[int, ...]) -> Chosen:
    """The cotangent of what an index picked, at its place; nothing depends on the rest."""
    chosen = np.zeros(shape, bool)
    chosen[index] = True
    return Chosen(index_add(g, index=index, shape=shape), chosen)


def _put_back(g: Any, x_shape: tuple[int, ...], index: Any) -> Chosen:
    return placed(g, index, x_shape)


def _row_pair(g: Any, x_shape: tuple[int, ...], index: Any) -> Any:
    """Which rows were picked, and their cotangents: x[3], x[tokens]; None for other indices."""
    if type(index) is int:
        index = np.array([index])
    elif not (isinstance(index, np.ndarray | Tensor) and index.dtype.kind in "iu"):
        return None
    return np.where(index < 0, index + x_shape[0], index), g  # counted from the front


def _mark(entry: Any, x: Any, index: Any) -> None:
    if is_basic(index):  # one entry too: to NumPy a number, to PyTorch a view
        mark_view(entry, x, index)


@primitive(
    "(n)->(m)", moves_data=True, samples={"index": "index"}, vjps=(_put_back,),
    lazy={"x": Lazy(_row_pair, sum_rows)}, marks=_mark,
)
def getitem(x: Any, *, index: Any) -> Any:
    """x[index]"""
    return np.asarray(x)[index]


def _getitem_method(self: Tensor, index: Any) -> Any:
    """``x[index]`` with NumPy's meaning of slices, None, ..., masks, integer arrays and Tensors."""
    return getitem(self, index=index if is_basic(index) else plain_index(index))


declare(methods={"__getitem__": _getitem_method})


@primitive(
    "(m)->(n)", vjps=(lambda g, index: getitem(g, index=index),),
    samples=lambda rng: one_of(
        rng,
        ((rng.normal(size=(2, 3)),), {"index": [0, 0], "shape": (4, 3)}),
        ((rng.normal(size=3),), {"index": np.array([-1, 3, 0]), "shape": (4,)}),
        ((rng.normal(size=(2, 3)),), {"index": (slice(None, None, 2), [0, 2, 0]), "shape": (4, 3)}),
        ((rng.normal(size=(2, 3)),), {"index": np.array([True, False, True]), "shape": (3, 3)}),
    ),
)
def index_add(x: Any, *, index: Any, shape: tuple[int, ...]) -> Any:
    """zeros of the given shape, with x added at [index]"""
    x = np.asarray(x)
    if len(shape) > 1 and isinstance(index, np.ndarray) and index.dtype.kind in "iu":
        rows = np.arange(shape[0])[index]  # counted from the front, and in range
        return sum_rows([(rows, np.broadcast_to(x, rows.shape + shape[1:]))], shape)
    if repeats(index):
        out = np.zeros(shape, wider(x.dtype))
        x = np.broadcast_to(x, out[index].shape)  # of what does not fit np.add.at may read beyond
        np.add.at(out, index, x.astype(out.dtype, copy=False))  # faster in one dtype
        return out.astype(x.dtype)
    out = np.zeros(shape, x.dtype)
    out[index] = x
    return out


@primitive(
    "(n),(v,d)->(n,d)",
    vjps=(None, lambda g, weight_shape, index: placed(g, index, weight_shape)),
    lazy={"weight": Lazy(lambda g, index: (index, g), sum_rows)},
    samples=lambda rng: ((rng.integers(0, 5, (2, 2)), rng.normal(size=(5, 3))), {}),
)
def embedding(index: Any, weight: Any) -> Any:
    """weight[index]: one row (V, D) → (..., D) for each integer in index, 0 ≤ index < V"""
    weight, index = np.asarray(weight), np.asarray(index)
    if weight.ndim != 2:
        raise ValueError(f"weight must have shape (V, D), not {weight.shape}")
    check_rows(index, len(weight))
    return weight[index]
