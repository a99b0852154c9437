"""``where=`` and ``initial=`` of NumPy's reductions: what is left out gets slope 0.

A reduction of part of the entries is that of all, with the others replaced by what changes nothing:
0 in a sum, 1 in a product, ``initial`` in an extreme.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.declared import declare
from ...engine.domain import POSITIVE
from ...engine.primitive import primitive
from ...engine.tensor import Tensor, as_tensor, detached
from ...engine.unbroadcast import wider
from ...errors import NoDerivativeError
from ..elementwise import selection
from ..elementwise.arithmetic import singular
from ..shape.axes import cast
from . import reductions
from .reductions import freedom

__all__ = ["COMPOSED", "part_of"]


def _mask(x: Any, where: Any) -> Any:
    mask = where if np.ndim(where) else np.asarray(detached(where), bool)
    return np.broadcast_to(selection.as_mask(mask, "where"), x.shape)


def _chosen(x: Any, where: Any, other: Any) -> Any:
    """`x`, with another value in the place of what `where` leaves out."""
    if where is True:
        return x
    return selection.where(_mask(x, where), x, np.asarray(other, x.dtype))


def _number(initial: Any, dtype: Any) -> Any:
    if np.ndim(initial):
        raise ValueError(f"initial has shape {np.shape(initial)}, wanted a single number")
    return initial.astype(dtype) if isinstance(initial, Tensor) else np.asarray(initial, dtype)


def _sum(x: Any, where: Any = True, initial: Any = 0, **options: Any) -> Any:
    total = reductions.sum(_chosen(x, where, 0), **options)
    return total + _number(initial, total.dtype)


def _prod(x: Any, where: Any = True, initial: Any = 1, **options: Any) -> Any:
    total = reductions.prod(_chosen(x, where, 1), **options)
    return total * _number(initial, total.dtype)


def _extreme(extreme: Callable[..., Any], of_two: Callable[..., Any]) -> Callable[..., Any]:
    def call(x: Any, where: Any = True, initial: Any = None, **options: Any) -> Any:
        if initial is None:
            return extreme(x, **options)
        first = _number(initial, x.dtype)
        if x.size == 0:
            return np.sum(x, dtype=x.dtype, **options) + first
        return of_two(extreme(_chosen(x, where, detached(first)), **options), first)

    return call


def _count(x: Any, where: Any, dtype: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return cast(np.sum(_mask(x, where), axis=axis, keepdims=keepdims), dtype)


def _mean(x: Any, where: Any = True, dtype: Any = None, **options: Any) -> Any:
    x = x if x.dtype.kind == "f" else x.astype(float)
    total = _sum(x, where, dtype=wider(x.dtype) if dtype is None else dtype, **options)
    return cast(total / _count(x, where, total.dtype, **options), dtype or x.dtype)


def _var(
    x: Any, where: Any = True, dtype: Any = None, ddof: float = 0, axis: Any = None,
    keepdims: bool = False, mean: Any = None, correction: float | None = None,
) -> Any:
    x = x if dtype is None and x.dtype.kind == "f" else x.astype(dtype or float)
    ddof = freedom(ddof, correction)
    mean = _mean(x, where, axis=axis, keepdims=True) if mean is None else mean
    gap = _chosen(x - mean, where, 0)
    squares = np.sum(gap * gap, axis=axis, dtype=wider(x.dtype), keepdims=keepdims)
    left = _count(x, where, squares.dtype, axis, keepdims) - ddof
    return cast(squares / np.maximum(left, 0), x.dtype)


def _std(x: Any, where: Any = True, ddof: float = 0, **options: Any) -> Any:
    return _deviation(_var(x, where, ddof=ddof, **options))


@primitive(
    domains=(POSITIVE,), name="deviation",
    vjps=(lambda g, out: g * singular(0.5 / out, at=detached(out) == 0),),
)
def _deviation(x: Any) -> Any:
    """√x; slope 0 at 0, as of np.std"""
    return np.sqrt(x)


def part_of(function: Any) -> Callable[..., Any]:
    """What reads a call of a reduction of NumPy: None for one without where=, initial= and mean=,
    else the function to call, with its arguments."""

    def part(args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if len(args) < 5 and keywords.keys().isdisjoint(("where", "initial", "mean")):
            return None
        signature, most, known = _words(function)
        if len(args) <= most and keywords.keys().isdisjoint(("where", "initial", "mean")):
            return None
        given = signature.bind(*args, **keywords).arguments
        x = as_tensor(given.pop("a"))
        given = {k: v for k, v in given.items() if v is not np._NoValue}
        some = given.get("where", True) is not True
        start = None if function in _EXTREMES else 0  # of a sum or a product there is one
        if some and "initial" in known and given.get("initial", start) is None:
            raise ValueError(
                f"np.{function.__name__}(..., where=...) needs initial=, which is the result where "
                f"nothing is chosen"
            )
        given = {k: v for k, v in given.items() if v is not None}
        if unknown := given.keys() - known:
            raise NoDerivativeError(
                f"np.{function.__name__}(..., {min(unknown)}=...) cannot be recorded for a Tensor: "
                f"leave it out"
            )
        return COMPOSED[function], (x,), given

    return part


@functools.cache
def _words(function: Any) -> tuple[inspect.Signature, int, set[str]]:
    """NumPy's signature, how many arguments come before those of a part, and the known words."""
    signature = inspect.signature(function)
    before = [
        p.name for p in signature.parameters.values()
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.name not in ("where", "initial")
    ]
    known = {*inspect.signature(COMPOSED[function]).parameters, "axis", "keepdims", "dtype"}
    if function in (np.std, np.nanvar, np.nanstd):
        known |= {"ddof", "mean", "correction"}
    return signature, len(before), known


def _of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` of what is not NaN, among what `where` chooses."""

    def call(x: Any, where: Any = True, initial: Any = None, **options: Any) -> Any:
        options |= {} if initial is None else {"initial": initial}
        return function(x, where=_mask(x, where) & ~np.isnan(detached(x)), **options)

    return call


COMPOSED: dict[Any, Callable[..., Any]] = {
    np.sum: _sum, np.prod: _prod, np.mean: _mean, np.var: _var, np.std: _std,
    np.max: _extreme(reductions.amax, np.maximum), np.min: _extreme(reductions.amin, np.minimum),
    np.nansum: _of_numbers(_sum), np.nanprod: _of_numbers(_prod), np.nanmean: _of_numbers(_mean),
    np.nanvar: _of_numbers(_var), np.nanstd: _of_numbers(_std),
    np.nanmax: _of_numbers(_extreme(reductions.amax, np.maximum)),
    np.nanmin: _of_numbers(_extreme(reductions.amin, np.minimum)),
}
_EXTREMES = (np.max, np.min, np.amax, np.amin, np.nanmax, np.nanmin)
COMPOSED |= {np.amax: COMPOSED[np.max], np.amin: COMPOSED[np.min]}
declare(methods={f.__name__: f for f in COMPOSED if f.__name__.startswith("nan")})
