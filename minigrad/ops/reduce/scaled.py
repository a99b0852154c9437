"""Slopes of products: of each entry that of all others, without a division and without overflow.

On the way such a product may leave the range of floats, and 0 · ∞ would be NaN. So a number is a
pair (m, e) here, which means m · 2ᵉ, with |m| from ½ to 1, or 0, and any whole number e. Exponents
are constants; what is recorded is m, so that derivatives of every order follow. Where no product of
some of the entries can leave the range, e is None and m the number itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.tensor import detached
from ...engine.unbroadcast import wider

__all__ = ["all_others", "running_slope"]

Scaled = tuple[Any, Any]
_FAR = 40_000  # beyond the exponents of every dtype


def _wide(*arrays: Any) -> list[Scaled]:
    """The arrays in a wider dtype, and with exponents if their products need them."""
    wide = [a.astype(wider(a.dtype)) for a in arrays]
    # 64: for sums of products, and for the rounding of the logarithms
    if sum(_reach(detached(a)) for a in wide) < np.finfo(wide[0].dtype).maxexp - 64:
        return [(a, None) for a in wide]
    return [_scaled(a, 0) for a in wide]


def _reach(x: Any) -> float:
    """A bound on |log₂| of the product of any of the entries along the last axis that are not 0."""
    known = (x != 0) & np.isfinite(x)
    logs = np.log2(np.abs(x), where=known, out=np.zeros_like(x))
    return float(max(np.maximum(side * logs, 0).sum(axis=-1).max(initial=0) for side in (1, -1)))


def _scaled(m: Any, e: Any) -> Scaled:
    """m · 2ᵉ with its size in the exponent."""
    if e is None:
        return m, None
    size = np.where(np.isfinite(detached(m)), np.frexp(detached(m))[1], 0)
    return np.ldexp(m, -size), e + size.astype(np.int64)


def _number(x: Scaled) -> Any:
    return x[0] if x[1] is None else np.ldexp(x[0], np.clip(x[1], -_FAR, _FAR).astype(np.intc))


def _times(x: Scaled, y: Scaled) -> Scaled:
    return _scaled(x[0] * y[0], None if x[1] is None else x[1] + y[1])


def _plus(x: Scaled, y: Scaled) -> Scaled:
    if x[1] is None:
        return x[0] + y[0], None
    largest = np.maximum(x[1], y[1])
    e = np.where(detached(x[0]) == 0, y[1], np.where(detached(y[0]) == 0, x[1], largest))
    return _scaled(_number((x[0], x[1] - e)) + _number((y[0], y[1] - e)), e)


def _each(change: Any, x: Scaled) -> Scaled:
    return change(x[0]), None if x[1] is None else change(x[1])


def _joined(x: Scaled, y: Scaled) -> Scaled:
    e = None if x[1] is None else np.concatenate([x[1], y[1]], axis=-1)
    return np.concatenate([x[0], y[0]], axis=-1), e


def _filled(value: float, n: int, like: Scaled) -> Scaled:
    """n times a value, to be joined to `like`."""
    m = np.full((*like[0].shape[:-1], n), value, like[0].dtype)
    return m, None if like[1] is None else np.zeros(m.shape, np.int64)


def all_others(x: Any) -> Any:
    """For each entry the product of all others on the last axis.

    Up a binary tree of products and down again: the product of all but a node is that of all but
    its parent, times its sibling. So zeros need no special case, at any order.
    """
    (wide,) = _wide(x)
    return _number(_others(wide)).astype(x.dtype)


def _others(x: Scaled) -> Scaled:
    n, lead = x[0].shape[-1], x[0].shape[:-1]
    if n < 2:
        return _filled(1.0, n, x)
    if n % 2:
        x = _joined(x, _filled(1.0, 1, x))
    pairs = _each(lambda a: np.reshape(a, (*lead, (n + 1) // 2, 2)), x)
    both = _times(_each(lambda a: a[..., 0], pairs), _each(lambda a: a[..., 1], pairs))
    above = _each(lambda a: np.expand_dims(a, -1), _others(both))
    down = _times(above, _each(lambda a: a[..., ::-1], pairs))
    return _each(lambda a: np.reshape(a, (*lead, n + n % 2))[..., :n], down)


def running_slope(g: Any, x: Any) -> Any:
    """The slope of running products y along the last axis: yₖ₋₁ sₖ with sₖ = gₖ + xₖ₊₁ sₖ₊₁.

    Both recurrences are solved by doubling: after j rounds there are the terms of 2ʲ steps.
    """
    n, steps = x.shape[-1], 1
    s, factors = _wide(g, x)
    before = _each(lambda a: a[..., :n], _joined(_filled(1.0, 1, factors), factors))
    factor = _later(factors, 1)
    while steps < n:
        s = _plus(s, _times(factor, _later(s, steps)))
        factor = _times(factor, _later(factor, steps))
        earlier = _each(lambda a, k=steps: a[..., :-k], before)
        before = _times(before, _joined(_filled(1.0, steps, before), earlier))
        steps *= 2
    return _number(_times(before, s)).astype(x.dtype)


def _later(x: Scaled, steps: int) -> Scaled:
    """The entries `steps` further on along the last axis, and zeros after the end."""
    gap = _filled(0.0, min(steps, x[0].shape[-1]), x)
    return _joined(_each(lambda a: a[..., steps:], x), gap)
