"""Medians, quantiles and percentiles, of all entries or of those that are not NaN.

A quantile lies between two neighbours in the sorted entries, and its cotangent goes to both, by how
near they are. NumPy's methods differ in the place only, and NumPy says where that is: it is the
quantile of 0, 1, ..., n - 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...engine.domain import DISTINCT, Domain
from ...engine.primitive import primitive
from ...engine.tensor import Tensor, as_tensor, detached
from ..common import composite, one_of, refuse
from ..rules import AXES, Axis, fold, passed

__all__ = [
    "median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile",
]

# α and β of the methods whose place, n q + α + q (1 - α - β) - 1, moves with q.
# Hyndman and Fan, Sample quantiles in statistical packages (1996).
_MOVING = {
    "linear": (1.0, 1.0), "interpolated_inverted_cdf": (0.0, 1.0), "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0), "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8),
}


def _places(sizes: Any, q: float, method: str) -> Any:
    """Where the quantile of each so many entries lies, from 0 to n - 1."""
    each, which = np.unique(np.maximum(sizes, 1), return_inverse=True)
    places = [np.quantile(np.arange(float(n)), q, method=method) for n in each]  # type: ignore[call-overload]  # a name
    return np.array(places)[which].reshape(np.shape(sizes))


def _speed(sizes: Any, q: float, method: str) -> Any:
    """How fast the place moves with q: 0 for methods that jump, and beyond the ends."""
    if method not in _MOVING:
        return np.zeros(np.shape(sizes))
    a, b = _MOVING[method]
    place = sizes * q + (a + q * (1 - a - b)) - 1
    return np.where((place >= 0) & (place <= sizes - 1), sizes + (1 - a - b), 0)


def _reached(x: Any, value: Any, dtype: Any) -> Any:
    """The entries that are `value`, as shares of 1."""
    same = (x == value) | (np.isnan(x) & np.isnan(value))
    return (same / np.maximum(same.sum(axis=-1, keepdims=True), 1)).astype(dtype)


def _neighbours(
    x: Any, q: float, method: str, nan: bool, dtype: Any
) -> tuple[Any, Any, Any, Any]:
    """On the last axis the entries below and above the quantile, as shares of 1; the share of the
    upper one, and its slope by q."""
    sizes = (~np.isnan(x)).sum(axis=-1) if nan else np.full(x.shape[:-1], x.shape[-1])
    place = _places(sizes, q, method)
    below = np.minimum(np.floor(place).astype(int), np.maximum(sizes - 2, 0))
    above = np.minimum(below + 1, np.maximum(sizes - 1, 0))
    in_order = np.sort(x, axis=-1)
    sides = []
    for index in (below, above):
        value = np.take_along_axis(in_order, index[..., None], -1)
        if not nan:
            value = np.where(np.isnan(in_order[..., -1:]), np.nan, value)
        sides.append(_reached(x, value, dtype) * (sizes > 0)[..., None])
    share, speed = (place - below)[..., None], _speed(sizes, q, method)[..., None]
    return sides[0], sides[1], share.astype(dtype), speed.astype(dtype)


def _each(q: Any, percent: bool) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Every entry of q with its index, as a fraction of 1."""
    for place in np.ndindex(np.shape(q)):
        one = q[place] if place else q
        yield place, one / 100 if percent else one


def _by_entries(
    g: Any, x: Any, q: Any, axis: Axis, method: str, nan: bool, percent: bool, weights: Any
) -> Any:
    axis = tuple(axis) if isinstance(axis, list) else axis
    plain = detached(x)
    if plain.size == 0:
        return np.zeros(plain.shape, g.dtype)
    flat, unfold = fold(plain, axis)
    lead = (*flat.shape[:-1], 1)
    q = q if hasattr(q, "shape") else np.asarray(q)
    g = np.reshape(g, (*np.shape(q), *lead))
    total: Any = np.zeros(flat.shape, g.dtype)
    chosen = np.zeros(flat.shape, bool)
    for place, one in _each(q, percent):
        part = g[place] if place else g
        if weights is not None:
            reached = _weighted(flat, plain, detached(one), axis, nan, weights)
            total, chosen = total + part * reached, chosen | (reached > 0)
            continue
        now = float(detached(one))
        low, high, share, speed = _neighbours(flat, now, method, nan, g.dtype)
        if isinstance(one, Tensor):
            share = share + speed * (one - now)  # adds 0, whose slope second derivatives need
        total = total + part * (low * (1 - share) + high * share)
        chosen |= (low * (1 - detached(share)) + high * detached(share)) > 0
    return passed(unfold(total), unfold(chosen))


def _weighted(flat: Any, x: Any, q: Any, axis: Axis, nan: bool, weights: Any) -> Any:
    """The entry that is the weighted quantile, shared among its equals."""
    function: Any = np.nanquantile if nan else np.quantile
    value = function(x, q, axis=axis, method="inverted_cdf", weights=weights)
    return _reached(flat, np.reshape(value, (*flat.shape[:-1], 1)), flat.dtype)


def _by_fraction(
    g: Any, x: Any, q: Any, axis: Axis, method: str, nan: bool, percent: bool, weights: Any
) -> Any:
    """The gap between the neighbours, times how fast the place moves."""
    axis = tuple(axis) if isinstance(axis, list) else axis
    plain = detached(x)
    if plain.size == 0 or weights is not None:
        return np.zeros(np.shape(q), g.dtype)
    flat = fold(x, axis)[0]
    lead = (*flat.shape[:-1], 1)
    g = np.reshape(g, (*np.shape(q), *lead))
    slopes = []
    for place, one in _each(detached(q), percent):
        low, high, _, speed = _neighbours(detached(flat), float(one), method, nan, g.dtype)
        gap = np.sum(np.where(high > 0, flat, 0) * high, axis=-1, keepdims=True)
        gap = gap - np.sum(np.where(low > 0, flat, 0) * low, axis=-1, keepdims=True)
        slopes.append(np.sum((g[place] if place else g) * np.where(speed > 0, gap, 0) * speed))
    total = np.stack(slopes) if slopes else np.zeros(0, g.dtype)
    return np.reshape(total, np.shape(q)) / (100 if percent else 1)


_FUNCTIONS: dict[tuple[bool, bool], Any] = {
    (False, False): np.quantile, (True, False): np.nanquantile,
    (False, True): np.percentile, (True, True): np.nanpercentile,
}


def _draw(rng: np.random.Generator) -> Any:
    """Fractions whose places keep away from whole numbers, for tests."""
    method = one_of(rng, *_MOVING)
    x = rng.permutation(12)[:, None].repeat(2, 1) + rng.uniform(-0.3, 0.3, (12, 2))
    q = one_of(rng, np.array(0.47), np.array([0.31, 0.83]))
    return (x, q), {"axis": one_of(rng, 0, -2), "method": method, "nan": one_of(rng, False, True)}


@primitive(
    "(n),()->()", name="quantile", vjps=(_by_entries, _by_fraction), samples=_draw,
    domains=(DISTINCT, Domain(0.0, 1.0, distinct=True)),
)
def _quantile(
    x: Any, q: Any, *, axis: Axis = None, method: str = "linear", keepdims: bool = False,
    nan: bool = False, percent: bool = False, weights: Any = None,
) -> Any:
    """the value below which a fraction q of the entries lies"""
    options = {} if weights is None else {"weights": weights}
    function = _FUNCTIONS[nan, percent]
    try:
        found = function(x, q, axis=axis, method=method, keepdims=keepdims, **options)
    except IndexError:  # NumPy's words are about an index of its own
        if np.size(x):
            raise
        raise IndexError("there is no quantile of no entries") from None
    return np.asarray(found)


def _function(name: str, nan: bool, percent: bool, formula: str) -> Any:
    def call(
        a: Any, q: Any, axis: Axis = None, out: Any = None, overwrite_input: bool = False,
        method: str = "linear", keepdims: Any = False, *, weights: Any = None,
    ) -> Any:
        refuse(f"np.{name}", out=out)
        return _quantile(
            as_tensor(a), q, axis=axis, method=method, keepdims=keepdims is True, nan=nan,
            percent=percent, weights=detached(weights),
        )

    call.__name__, call.__doc__ = name, f"""{formula}, by any of NumPy's methods.

    q: a number, or an array of them, whose axes come first in the result.
    method: how to interpolate; "linear" by default. The result is differentiable in `a`, and in q
        too for the methods that interpolate; where it jumps, the slope is 0.
    weights: how much each entry counts, for method "inverted_cdf"; their slope is 0.
    Raises ValueError for fractions out of range and for methods that NumPy does not have.
    """
    return composite(_FUNCTIONS[nan, percent], methods=[] if percent else [name])(call)


quantile = _function("quantile", False, False, "The q-quantiles of `a`, q from 0 to 1")
percentile = _function("percentile", False, True, "The q-th percentiles of `a`, q from 0 to 100")
nanquantile = _function(
    "nanquantile", True, False, "The q-quantiles, q from 0 to 1, of what is not NaN in `a`"
)
nanpercentile = _function(
    "nanpercentile", True, True, "The q-th percentiles, q from 0 to 100, of what is not NaN in `a`"
)

# -- medians


def _middle(g: Any, x: Any, axis: Axis, nan: bool) -> Any:
    return _by_entries(g, x, 0.5, axis, "linear", nan, False, None)


@primitive(
    "(n)->()", samples=AXES, domains=(DISTINCT,), numpy=[np.median], methods=["median"],
    vjps=(lambda g, x, axis: _middle(g, x, axis, False),),
)
def median(
    x: Any, *, axis: Axis = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    """the middle entry, or the mean of the two in the middle"""
    return np.median(x, axis=axis, keepdims=keepdims)


@primitive(
    "(n)->()", samples=AXES, domains=(DISTINCT,), numpy=[np.nanmedian], methods=["nanmedian"],
    vjps=(lambda g, x, axis: _middle(g, x, axis, True),),
)
def nanmedian(
    x: Any, *, axis: Axis = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    """the median of what is not NaN"""
    return np.nanmedian(x, axis=axis, keepdims=keepdims)
