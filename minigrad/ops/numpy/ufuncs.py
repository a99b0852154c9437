"""``reduce``, ``accumulate`` and ``reduceat`` of NumPy's functions of two arguments.

Sums, products and extremes have ops of their own. The others are what the words say: the function
applied to one entry after the other, ``hypot(hypot(x₀, x₁), x₂)``; so they have a gradient where
the function has one. NumPy's own result says first what is wrong with a call.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.tensor import Tensor, as_tensor, detached, wrap
from ..common import named, refuse
from ..reduce.cumulative import cumprod, cumsum
from ..reduce.reductions import logsumexp
from ..reduce.running import cummax, cummin
from ..rules import fold
from ..shape.axes import cast

__all__ = ["ufunc_methods"]

_NOT_GIVEN = np._NoValue


def _one_by_one(ufunc: np.ufunc, x: Any, where: Any, initial: Any) -> Any:
    """The function of one entry after the other on the last axis; what `where` leaves out changes
    nothing. initial: None to begin with the first entry."""
    parts = list(x.unbind(-1))
    if initial is None:
        total, parts = parts[0], parts[1:]
    else:
        total = np.broadcast_to(cast(initial, x.dtype), x.shape[:-1])
    for k, part in enumerate(parts):
        more = ufunc(total, part)
        total = more if where is True else np.where(where[..., k], more, total)
    return total


def _reduce(ufunc: np.ufunc) -> Callable[..., Any]:
    def reduce(
        array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False,
        initial: Any = _NOT_GIVEN, where: Any = True,
    ) -> Any:
        refuse(f"np.{ufunc.__name__}.reduce", out=out)
        x, where = as_tensor(array), detached(where)
        options: Any = {} if initial is _NOT_GIVEN else {"initial": detached(initial)}
        plain = ufunc.reduce(
            x._data, axis=axis, dtype=dtype, keepdims=bool(keepdims), where=where, **options
        )
        graph = x.requires_grad or (isinstance(initial, Tensor) and initial.requires_grad)
        if not graph:
            return wrap(plain, None)
        if x.size == 0:
            return plain + np.sum(x)  # 0, which puts the result on the graph of x
        if where is not True:
            where = fold(np.broadcast_to(where, x.shape), axis)[0]
        if initial is _NOT_GIVEN:
            initial = ufunc.identity
        flat = fold(cast(x, dtype), axis)[0]
        return np.reshape(_one_by_one(ufunc, flat, where, initial), np.shape(plain))

    return reduce


def _reduce_as(ufunc: np.ufunc, function: Callable[..., Any]) -> Callable[..., Any]:
    """reduce as another function, which takes ``where`` and ``initial`` too."""

    def reduce(
        array: Any, axis: Any = 0, dtype: Any = None, out: Any = None, keepdims: bool = False,
        initial: Any = _NOT_GIVEN, where: Any = True,
    ) -> Any:
        refuse(f"np.{ufunc.__name__}.reduce", out=out)
        options = {} if initial is _NOT_GIVEN or initial is None else {"initial": initial}
        options |= {} if where is True else {"where": where}
        if dtype is not None and function in (np.sum, np.prod):
            options["dtype"] = dtype
        elif dtype is not None:
            array = cast(array, dtype)
        return function(array, axis=axis, keepdims=bool(keepdims), **options)

    return reduce


def _logsumexp(x: Any, axis: Any, keepdims: bool, where: Any = True, initial: Any = None) -> Any:
    """ln Σ eˣ of what `where` chooses, and of `initial`."""
    x = as_tensor(x)
    if where is not True:
        x = np.where(np.broadcast_to(detached(where), x.shape), x, np.asarray(-np.inf, x.dtype))
    result = logsumexp(x, axis=axis, keepdims=keepdims)
    return result if initial is None else np.logaddexp(cast(initial, x.dtype), result)


def _accumulate(ufunc: np.ufunc, running: Callable[..., Any] | None) -> Callable[..., Any]:
    def accumulate(array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
        refuse(f"np.{ufunc.__name__}.accumulate", out=out)
        x = as_tensor(array)
        plain = ufunc.accumulate(x._data, axis, dtype)
        if not x.requires_grad:
            return wrap(plain, None)
        x = cast(x, dtype)
        if running is not None:
            return running(x, axis=axis)
        if x.size == 0:
            return plain + np.sum(x)
        return np.stack(list(itertools.accumulate(x.unbind(axis), ufunc)), axis=axis)

    return accumulate


def _reduceat(ufunc: np.ufunc) -> Callable[..., Any]:
    def reduceat(
        array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None
    ) -> Any:
        refuse(f"np.{ufunc.__name__}.reduceat", out=out)
        x, starts = as_tensor(array), detached(indices)
        plain = ufunc.reduceat(x._data, starts, axis, dtype)
        if not x.requires_grad:
            return wrap(plain, None)
        if plain.size == 0:
            return plain + np.sum(x)
        x, starts = np.moveaxis(cast(x, dtype), axis, 0), np.asarray(starts).astype(int).tolist()
        ends = [*starts[1:], x.shape[0]]
        parts = [
            ufunc.reduce(x[a:b]) if a < b else x[a] for a, b in zip(starts, ends, strict=True)
        ]
        return np.moveaxis(np.stack(parts), 0, axis)

    return reduceat


_REDUCTIONS: dict[Any, Callable[..., Any]] = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min,
    np.logaddexp: _logsumexp, np.logical_and: np.all, np.logical_or: np.any,
}
_RUNNING: dict[Any, Callable[..., Any]] = {
    np.add: cumsum, np.multiply: cumprod, np.maximum: cummax, np.minimum: cummin
}


def _outer(function: Callable[..., Any]) -> Callable[..., Any]:
    """``np.add.outer(x, y)``: every entry of x with every entry of y."""
    return lambda x, y: function(np.reshape(x, (*np.shape(x), *[1] * np.ndim(y))), y)


def ufunc_methods(ufunc: np.ufunc, call: Callable[..., Any]) -> dict[Any, Callable[..., Any]]:
    """What the methods of a ufunc of two arguments do with Tensors, where it does what `call` does.
    """
    methods: dict[Any, Callable[..., Any]] = {}
    if ufunc.signature is not None or ufunc.nin != 2:
        return methods
    methods[ufunc, "outer"] = _outer(call)
    if ufunc.nout == 1:
        other = _REDUCTIONS.get(ufunc)
        for function in (
            _reduce_as(ufunc, other) if other else _reduce(ufunc),
            _accumulate(ufunc, _RUNNING.get(ufunc)),
            _reduceat(ufunc),
        ):
            method, function.__name__ = function.__name__, f"{ufunc.__name__}.{function.__name__}"
            methods[ufunc, method] = named(function.__name__)(function)
    return methods
