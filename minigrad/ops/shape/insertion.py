"""Entries in new places, as NumPy puts them: inserted, cycled, cut off, seen through windows.

NumPy itself tells where: what it makes of the entries' numbers is an index into the entries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view as _windows

from ...engine.tensor import as_tensor, detached
from ..common import composite
from ..index.indexing import plain_index
from .axes import cast

__all__ = ["insert", "resize", "sliding_window_view", "trim_zeros"]


def _placed(x: Any, function: Callable[[Any], Any]) -> Any:
    """The entries of x where `function` puts their numbers."""
    return np.ravel(x)[function(np.arange(x.size).reshape(x.shape))]


@composite(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    """`arr` (flattened where axis is None) with `values` before the places `obj` along axis, in the
    dtype of `arr`."""
    arr = as_tensor(arr)
    values = cast(values, arr.dtype)
    numbers = np.arange(values.size).reshape(values.shape) + arr.size
    both = np.concatenate([np.ravel(arr), np.ravel(values)])
    place = plain_index(obj)
    return both[np.insert(np.arange(arr.size).reshape(arr.shape), place, numbers, axis)]


@composite(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """The entries one after the other, and again from the first, until the shape is full."""
    a, new_shape = as_tensor(a), detached(new_shape)
    if a.size == 0:
        return as_tensor(np.resize(a._data, new_shape))
    return _placed(a, lambda numbers: np.resize(numbers, new_shape))


@composite(np.trim_zeros)
def trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """Without the zeros at the front ("f" in trim) and at the back ("b") of every axis, or of
    those in `axis`."""
    filt = as_tensor(filt)
    if not set(trim.lower()) <= {"f", "b"}:
        raise ValueError(f"trim={trim!r}, wanted letters of 'fb'")
    axes = range(filt.ndim) if axis is None else normalize_axis_tuple(axis, filt.ndim)
    used = np.argwhere(filt._data)
    index: list[Any] = [slice(None)] * filt.ndim
    for a in axes:
        first, last = (used[:, a].min(), used[:, a].max() + 1) if len(used) else (None, 0)
        if first is None:
            index[a] = slice(0, 0)
        else:
            index[a] = slice(
                first if "f" in trim.lower() else None, last if "b" in trim.lower() else None
            )
    return filt[tuple(index)]


@composite(_windows)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Any:
    """All windows of a shape into x, along every axis or those in `axis`; the axes of the windows
    come last. An entry's gradient is the sum over the windows that it is in."""
    shape, axis = plain_index(window_shape), plain_index(axis)
    return _placed(as_tensor(x), lambda numbers: _windows(numbers, shape, axis))
