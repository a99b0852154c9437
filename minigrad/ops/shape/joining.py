"""Arrays put together along an axis, and taken apart again. Each is the derivative of the other.

Recurrent nets live on these: gates are split from one product, outputs are stacked over time. A
split leaves one node on the tape however many parts it has, and its gradient is one concatenation.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.arguments import apply
from ...engine.op import OPS
from ...engine.primitive import primitive
from ...engine.tensor import Tensor, as_tensor, detached
from ..common import composite, existing, one_of, refuse
from ..index.indexing import index_add
from .axes import atleast_1d, atleast_2d, atleast_3d, reshape, transpose

__all__ = [
    "append", "array_split", "block", "column_stack", "concatenate", "dsplit", "dstack", "hsplit",
    "hstack", "split", "stack", "unbind", "unstack", "vsplit", "vstack",
]


# -- together


def _uncat(g: Any, xs_shape: Sequence[tuple[int, ...]], axis: int | None) -> Sequence[Any]:
    if axis is None:
        flat = _uncat(g, [(int(np.prod(s)),) for s in xs_shape], 0)
        return [np.reshape(part, s) for part, s in zip(flat, xs_shape, strict=True)]
    places = list(accumulate(s[axis] for s in xs_shape))[:-1]
    return _split(g, indices_or_sections=places, axis=axis)  # type: ignore[no-any-return]  # a tuple


def _apart(g: Any, axis: int) -> Any:
    return _unstack(g, axis=axis)


@primitive(
    "(n),(m)->(n+m)", moves_data=True, name="concatenate", joint=_uncat,
    samples=lambda rng: one_of(
        rng,
        ((rng.normal(size=(2, 1)), rng.normal(size=(2, 3))), {"axis": -1}),
        ((rng.normal(size=2), rng.normal(size=0), rng.normal(size=1)), {"axis": 0}),
        ((rng.normal(size=(2, 1)), rng.normal(size=3)), {"axis": None}),
    ),
)
def _concatenate(*xs: Any, axis: int | None = 0) -> Any:
    """the arrays one after the other along axis"""
    return np.concatenate(xs, axis=axis)


@primitive(
    "(n),(n)->(2,n)", moves_data=True, name="stack", joint=_apart,
    samples=lambda rng: (
        (rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), {"axis": one_of(rng, 0, 1, -1)}),
)
def _stack(*xs: Any, axis: int = 0) -> Any:
    """the arrays along a new axis"""
    return np.stack(xs, axis=axis)


def _items(arrays: Any) -> Sequence[Any]:
    """The arrays of a sequence; a tensor is a sequence of its slices, as in NumPy."""
    return _unstack(arrays, axis=0) if isinstance(arrays, Tensor) else arrays  # type: ignore[no-any-return]  # a sequence


def _cast(result: Any, dtype: Any, casting: str) -> Any:
    return result if dtype is None else result.astype(dtype, casting=casting)


@composite(np.concatenate)
def concatenate(
    arrays: Any, /, axis: int | None = 0, out: Any = None, *, dtype: Any = None,
    casting: str = "same_kind",
) -> Any:
    """The arrays one after the other along an axis that they have; None: each flattened first."""
    refuse("np.concatenate", out=out)
    return _cast(apply(_CONCATENATE, _items(arrays), {"axis": axis}), dtype, casting)


@composite(np.stack)
def stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """Arrays of one shape along a new axis."""
    refuse("np.stack", out=out)
    return _cast(apply(_STACK, _items(arrays), {"axis": axis}), dtype, casting)


def _atleast(function: Any, arrays: Any) -> list[Any]:
    return [function(a) for a in _items(arrays)]


@composite(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """The arrays one below the other; vectors are rows."""
    return concatenate(_atleast(atleast_2d, tup), 0, dtype=dtype, casting=casting)


@composite(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """The arrays side by side: along the second axis, vectors along their only one."""
    arrays = _atleast(atleast_1d, tup)
    axis = 0 if arrays and arrays[0].ndim == 1 else 1
    return concatenate(arrays, axis, dtype=dtype, casting=casting)


@composite(np.dstack)
def dstack(tup: Any) -> Any:
    """The arrays along the third axis."""
    return concatenate(_atleast(atleast_3d, tup), 2)


@composite(np.column_stack)
def column_stack(tup: Any) -> Any:
    """The arrays side by side; vectors are columns."""
    arrays = [as_tensor(a) for a in _items(tup)]
    return concatenate([a if a.ndim > 1 else transpose(atleast_2d(a)) for a in arrays], 1)


@composite(np.append)
def append(arr: Any, values: Any, axis: int | None = None) -> Any:
    """`values` after `arr` along axis; None: both flattened first."""
    return concatenate([as_tensor(arr), as_tensor(values)], axis)


@composite(np.block)
def block(arrays: Any) -> Any:
    """An array of blocks: the innermost lists side by side, those around them one axis further."""
    depth = _depth(arrays)
    leaves: list[Any] = []
    _collect(arrays, depth, leaves)
    ndim = max(depth, *(leaf.ndim for leaf in leaves))

    def build(part: Any, level: int) -> Any:
        if level == depth:
            return reshape(part := as_tensor(part), shape=(1,) * (ndim - part.ndim) + part.shape)
        return concatenate([build(p, level + 1) for p in part], level - depth)

    return build(arrays, 0)


def _depth(arrays: Any) -> int:
    depth = 0
    while isinstance(arrays, list):
        if not arrays:
            raise ValueError("a list of blocks is empty")
        arrays, depth = arrays[0], depth + 1
    return depth


def _collect(arrays: Any, depth: int, leaves: list[Any]) -> None:
    if isinstance(arrays, list) != (depth > 0) or (depth and not arrays):
        raise ValueError("the lists of blocks are nested to different depths, or one is empty")
    if depth == 0:
        leaves.append(as_tensor(arrays))
    else:
        for part in arrays:
            _collect(part, depth - 1, leaves)


# -- apart


def _slices(bounds: Sequence[Any], axis: int) -> list[tuple[slice, ...]]:
    before = (slice(None),) * axis
    return [(*before, slice(a, b)) for a, b in pairwise(bounds)]


@lru_cache(maxsize=256)  # a cell splits alike at every step
def _equal_slices(shape: tuple[int, ...], sections: int, axis: int) -> list[tuple[slice, ...]]:
    axis = normalize_axis_index(axis, len(shape))
    return _slices(_bounds(sections, shape[axis]), axis)


def _bounds(sections: Any, n: int) -> list[Any]:
    """Where the parts of an axis of length n begin, and where the last one ends."""
    if not isinstance(sections, int):
        if np.ndim(sections):
            return [0, *sections, None]
        sections = operator.index(sections)
    if sections <= 0 or n % sections:
        raise ValueError(f"an axis of length {n} does not split into {sections} equal parts")
    return list(range(0, n + 1, n // sections or 1)) if n else [0] * (sections + 1)


def _join(g: Any, x_shape: tuple[int, ...], indices_or_sections: Any, axis: int) -> Any:
    """The gradients of the parts, one after the other, or added where the parts overlap."""
    if isinstance(indices_or_sections, int):
        return np.concatenate(g, axis=axis)
    bounds = _bounds(indices_or_sections, x_shape[axis])
    places = [*bounds[:-1], x_shape[axis]]
    if places == sorted(places) and all(0 <= p <= x_shape[axis] for p in places):
        return np.concatenate(g, axis=axis)
    before = (slice(None),) * (axis % len(x_shape))
    total: Any = 0
    for part, (a, b) in zip(g, pairwise(bounds), strict=True):
        total = total + index_add(part, index=(*before, slice(a, b)), shape=x_shape)
    return total


@primitive(
    "(n)->(k),(m)", moves_data=True, name="split", multiple=True, vjps=(_join,),
    samples=lambda rng: ((rng.normal(size=(2, 6)),), {
        "indices_or_sections": one_of(rng, 3, [1, 4], [4, 2], [2, -1]),
        "axis": one_of(rng, 1, -1)}),
)
def _split(x: Any, *, indices_or_sections: Any, axis: int = 0) -> Any:
    """x cut along axis into equal parts, or at the given places"""
    x = np.asarray(x)
    if isinstance(indices_or_sections, int):
        slices = _equal_slices(x.shape, indices_or_sections, axis)
    else:
        axis = normalize_axis_index(axis, x.ndim)
        slices = _slices(_bounds(indices_or_sections, x.shape[axis]), axis)
    return tuple([x[where] for where in slices])


@composite(np.split)
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """The array cut along an axis: into so many equal parts, or before each given place.

    Raises ValueError where the parts would not be equal; array_split allows that.
    """
    places, axis = detached(indices_or_sections), operator.index(axis)
    return list(apply(_SPLIT, (ary,), {"indices_or_sections": places, "axis": axis}))


@composite(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """The array cut along an axis; with a number of parts, the first ones may be one longer."""
    sections = detached(indices_or_sections)
    if np.ndim(sections):
        return split(ary, sections, axis)
    sections = operator.index(sections)
    if sections <= 0:
        raise ValueError(f"number of parts: received {sections}, wanted at least 1")
    ary = as_tensor(ary)
    normalize_axis_index(axis, ary.ndim)
    size, longer = divmod(ary.shape[axis], sections)
    sizes = [size + 1] * longer + [size] * (sections - longer)
    return split(ary, list(accumulate(sizes))[:-1], axis)


def _split_along(ary: Any, sections: Any, axis: int) -> list[Any]:
    if np.ndim(ary) <= axis:
        raise ValueError(f"wanted at least {axis + 1} axes, received {np.ndim(ary)}")
    return split(ary, sections, axis)


@composite(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """split along the second axis, of a vector along its only one."""
    return _split_along(ary, indices_or_sections, 0 if np.ndim(ary) == 1 else 1)


@composite(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """split of a matrix, or more, along the first axis."""
    if np.ndim(ary) < 2:
        raise ValueError(f"wanted at least 2 axes, received {np.ndim(ary)}")
    return split(ary, indices_or_sections, 0)


@composite(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    """split along the third axis."""
    return _split_along(ary, indices_or_sections, 2)


@primitive(
    "(k,n)->(n),(n)", moves_data=True, name="unstack", multiple=True,
    vjps=(lambda g, axis: np.stack(g, axis=axis),),
    samples=lambda rng: ((rng.normal(size=(2, 3, 2)),), {"axis": one_of(rng, 0, 1, -1)}),
)
def _unstack(x: Any, *, axis: int = 0) -> Any:
    """the slices of x along axis, without that axis"""
    return tuple(np.moveaxis(np.asarray(x), axis, 0))


@composite(*existing("unstack"), methods=["unbind"])
def unstack(x: Any, /, axis: int = 0) -> tuple[Any, ...]:
    """The slices of x along `axis`, without that axis: one node, whatever their number.

    >>> import minigrad as mg
    >>> [float(part) for part in mg.tensor([1.0, 2.0]).unbind()]
    [1.0, 2.0]
    """
    return apply(_UNSTACK, (x,), {"axis": axis})  # type: ignore[no-any-return]  # a tuple


unbind = unstack

_CONCATENATE, _STACK, _SPLIT, _UNSTACK = (
    OPS[name] for name in ("concatenate", "stack", "split", "unstack")
)
