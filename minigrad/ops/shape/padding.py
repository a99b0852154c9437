"""Entries added around an array, in all of NumPy's modes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.primitive import primitive
from ...engine.tensor import Tensor, as_tensor, detached, wrap
from ...errors import NoDerivativeError
from ..common import composite, one_of
from ..index.indexing import getitem, index_add

__all__ = ["pad"]

_PICKING = ("edge", "reflect", "symmetric", "wrap")
_STATISTICS: dict[str, Any] = {
    "maximum": np.max, "mean": np.mean, "median": np.median, "minimum": np.min
}
_MODES = ("constant", "empty", "linear_ramp", *_PICKING, *_STATISTICS)


def _widths(pad_width: Any, ndim: int) -> tuple[tuple[int, int], ...]:
    """(before, after) of every axis, from any form that np.pad takes."""
    if isinstance(pad_width, dict):
        pairs = np.zeros((ndim, 2), int)
        for axis, width in pad_width.items():
            pairs[axis] = width
    else:
        pairs = np.asarray(detached(pad_width))
        if pairs.dtype.kind not in "iu":
            raise TypeError(f"pad_width must be integers, not {pairs.dtype}")
    return tuple((before, after) for before, after in np.broadcast_to(pairs, (ndim, 2)).tolist())


# -- a constant, or entries picked from the array


def _unpad(g: Any, x_shape: tuple[int, ...], pad_width: Any, mode: str) -> Any:
    if mode == "constant":
        inside = tuple(slice(b, b + n) for (b, _), n in zip(pad_width, x_shape, strict=True))
        return getitem(g, index=inside)
    # Along each axis a pad picks entries; padding their numbers tells which.
    picked = [np.pad(np.arange(n), w, mode) for n, w in zip(x_shape, pad_width, strict=True)]  # type: ignore[call-overload]  # checked by the forward
    return index_add(g, index=np.ix_(*picked), shape=x_shape)


@primitive(
    "(n)->(m)", vjps=(_unpad,), name="pad",
    samples=lambda rng: ((rng.normal(size=(2, 3)),), one_of(
        rng,
        {"pad_width": ((0, 2), (1, 0)), "constant_values": 2.0},
        {"pad_width": ((1, 0), (4, 3)), "mode": one_of(rng, *_PICKING)},
        {"pad_width": ((2, 1), (2, 1)), "mode": one_of(rng, "constant", *_PICKING)},
    )),
)
def _pad(x: Any, *, pad_width: Any, mode: Any = "constant", constant_values: Any = 0) -> Any:
    """x with entries around it: constant, or picked from x (edge, reflect, symmetric, wrap)"""
    if np.ndim(x) == 0:
        return np.array(x)
    options = {"constant_values": constant_values} if mode == "constant" else {}
    return np.pad(x, pad_width, mode, **options)


# -- computed from the array, one axis after the other


def _part(x: Any, axis: int, first: Any, last: Any) -> Any:
    return x[(*[slice(None)] * axis, slice(first, last))]


def _of_statistic(x: Any, axis: int, widths: Any, statistic: Any, lengths: Any) -> list[Any]:
    """Before and after: a statistic of the entries at that end, `lengths` of them, or all."""
    n = x.shape[axis]
    before, after = (n if m is None else min(m, n) for m in lengths)
    ends = _part(x, axis, None, before), _part(x, axis, n - after, None)
    return [
        np.repeat(statistic(end, axis=axis, keepdims=True), width, axis=axis)
        for end, width in zip(ends, widths, strict=True)
    ]


def _of_ramp(x: Any, axis: int, widths: Any, ends: Any) -> list[Any]:
    """Before and after: from an end value in even steps towards the edge."""
    ramps = []
    for edge, width, end, step in (
        (_part(x, axis, None, 1), widths[0], ends[0], 1),
        (_part(x, axis, -1, None), widths[1], ends[1], -1),
    ):
        share = (np.arange(width)[::step] / max(width, 1)).astype(x.dtype)
        share = np.reshape(share, (-1, *[1] * (x.ndim - axis - 1)))
        ramps.append(end * (1 - share) + edge * share)
    return ramps


def _of_odd(x: Any, axis: int, widths: Any, mode: str) -> list[Any]:
    """Before and after: the array turned about its edges, as often as it takes."""
    n, skip = x.shape[axis], int(mode == "reflect")
    left, right = widths
    if n == skip:  # there is nothing but the edge
        return [np.repeat(x, width, axis=axis) for width in widths]
    whole, before, after = x, 0, 0
    while before < left or after < right:
        length = whole.shape[axis]
        length = (length - skip) // (n - skip) * (n - skip)  # whole periods
        first, last = _part(whole, axis, None, 1), _part(whole, axis, -1, None)
        m = min(length, left - before)
        if m:
            turned = np.flip(_part(whole, axis, skip, skip + m), axis)
            whole, before = np.concatenate([2 * first - turned, whole], axis), before + m
        end, m = whole.shape[axis] - skip, min(length, right - after)
        if m:
            turned = np.flip(_part(whole, axis, end - m, end), axis)
            whole, after = np.concatenate([whole, 2 * last - turned], axis), after + m
    return [_part(whole, axis, None, left), _part(whole, axis, left + n, None)]


def _computed(x: Any, pairs: Any, mode: str, options: dict[str, Any]) -> Any:
    """`x` padded along its axes in turn, the later ones with what has been added before."""
    for axis, widths in enumerate(pairs):
        if not any(widths):
            continue
        if x.shape[axis] == 0:
            raise ValueError(f"axis {axis} is empty, and mode={mode!r} has no entry to go by")
        parts = _added(x, axis, widths, mode, options)
        x = np.concatenate([parts[0], x, parts[1]], axis=axis)
    return x


def _added(x: Any, axis: int, widths: Any, mode: str, options: dict[str, Any]) -> list[Any]:
    if mode in _PICKING:
        return _of_odd(x, axis, widths, mode)
    value = options.get("end_values", 0) if mode == "linear_ramp" else options.get("stat_length")
    value = np.asarray(detached(value))
    pair = np.broadcast_to(value, (x.ndim, 2))[axis]
    if mode == "linear_ramp":
        return _of_ramp(x, axis, widths, pair.astype(x.dtype))
    return _of_statistic(x, axis, widths, _STATISTICS[mode], pair)


@composite(np.pad, metadata=["pad_width", "constant_values", "end_values", "stat_length"])
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """`array` with entries added around it.

    pad_width: how many: an int, (before, after) for every axis, a pair per axis, or a dictionary
        from axes to these.
    mode: "constant" (constant_values=, default 0), "edge", "linear_ramp" (from end_values=, default
        0), "maximum", "mean", "median", "minimum" (of stat_length= entries, default all),
        "reflect", "symmetric" (reflect_type="even" or "odd"), "wrap" or "empty".

    Raises NoDerivativeError for a function as mode, and for constants that require grad.
    """
    array = as_tensor(array)
    if callable(mode):
        raise NoDerivativeError(
            "np.pad(..., mode=function) writes into an array, and cannot be recorded for a Tensor; "
            "join the parts with np.concatenate"
        )
    if mode not in _MODES:
        raise ValueError(f"mode={mode!r}, wanted one of {_MODES}")
    for name, value in kwargs.items():
        if isinstance(value, Tensor) and value.requires_grad:
            raise NoDerivativeError(
                f"np.pad(..., {name}=...) of a Tensor that requires grad has no derivative here; "
                f"join the parts with np.concatenate, or pass {name}.detach()"
            )
    pairs, options = _widths(pad_width, array.ndim), {k: detached(v) for k, v in kwargs.items()}
    plain = np.pad(detached(array), pairs or 0, mode, **options)  # NumPy's errors too
    if not array.requires_grad:
        return wrap(plain, None)
    if mode == "empty":
        return _pad(array, pad_width=pairs)
    if mode == "constant" or (mode in _PICKING and options.get("reflect_type") != "odd"):
        options.pop("reflect_type", None)
        return _pad(array, pad_width=pairs, mode=mode, **options)
    return _computed(array, pairs, mode, options)
