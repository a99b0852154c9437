"""Functions of the user's, applied to parts of an array: along an axis, over axes, by condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ...engine.dispatch import CALLING
from ...engine.tensor import as_tensor, detached
from ..common import composite
from ..shape.axes import cast, reshape, transpose

__all__ = ["apply_along_axis", "apply_over_axes", "piecewise"]

CALLING.update((np.apply_along_axis, np.apply_over_axes, np.piecewise))


@composite(np.apply_along_axis)
def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    """``func1d(vector, *args, **kwargs)`` of every vector along axis, whose place it takes."""
    arr = as_tensor(arr)
    axis = normalize_axis_index(axis, arr.ndim)
    moved = np.moveaxis(arr, axis, -1)
    lead = moved.shape[:-1]
    results = [as_tensor(func1d(moved[i], *args, **kwargs)) for i in np.ndindex(lead)]
    if not results:
        raise ValueError(f"an array of shape {arr.shape} has no vector along axis {axis}")
    first = results[0]
    every = np.stack([cast(r, first.dtype) for r in results])
    new = range(len(lead), len(lead) + first.ndim)
    order = [*range(axis), *new, *range(axis, len(lead))]
    return transpose(reshape(every, shape=lead + first.shape), axes=order)


@composite(np.apply_over_axes)
def apply_over_axes(func: Callable[[Any, int], Any], a: Any, axes: Any) -> Any:
    """``func(a, axis)`` for one axis after the other; an axis that it takes
    away stays, of length 1."""
    value = as_tensor(a)
    for axis in np.atleast_1d(detached(axes)).tolist():
        axis = axis + np.ndim(a) if axis < 0 else axis
        result = func(value, axis)
        if result.ndim != value.ndim:
            result = np.expand_dims(result, axis)
        if result.ndim != value.ndim:
            raise ValueError(
                f"func returned shape {result.shape} for shape {value.shape}; wanted as many axes, "
                f"or one less"
            )
        value = result
    return value


@composite(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """funclist[i] where condlist[i] is true, each called with those entries of x alone.

    A function more than there are conditions is for what is left; else that is 0. Numbers and
    Tensors in `funclist` stand for constants. The dtype is that of x.
    """
    x, functions = as_tensor(x), list(funclist)
    condlist = detached(condlist)
    one = np.ndim(condlist) == 0 or (
        x.ndim != 0 and not isinstance(detached(condlist[0]), list | np.ndarray)
    )
    conditions = [np.asarray(detached(c), bool) for c in ([condlist] if one else condlist)]
    if len(functions) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    elif len(functions) != len(conditions):
        n = len(conditions)
        raise ValueError(f"received {len(functions)} functions for {n} conditions: wanted {n} or "
                         f"{n + 1}")
    found: list[Any] = [np.zeros(1, x.dtype)]
    place, used = np.zeros(x.shape, int), 1
    for condition, function in zip(conditions, functions, strict=True):
        entries = x[condition]
        if entries.size == 0:
            continue
        value = function(entries, *args, **kw) if callable(function) else function
        found.append(np.ravel(np.broadcast_to(cast(value, x.dtype), entries.shape)))
        place[condition] = used + np.arange(entries.size).reshape(entries.shape)
        used += entries.size
    return np.concatenate(found)[place]
