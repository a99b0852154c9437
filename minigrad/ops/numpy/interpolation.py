"""Functions that are known at points: their interpolation, integral and slope; angles unwrapped."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ...engine.tensor import Tensor, as_tensor, detached
from ..common import composite, existing
from ..reduce.cumulative import diff
from ..shape.axes import cast

__all__ = ["gradient", "interp", "trapezoid", "unwrap"]


@composite(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """The line through the points (xp, fp), xp increasing, at x, in float64.

    left, right: the values beyond its ends (default: those at the ends). period: of x, with which
    xp need not be in order and there are no ends. The gradient reaches every
    argument; on a point the slope is that to its right.
    """
    x, xp = cast(x, np.float64), cast(xp, np.float64)
    fp = cast(fp, np.result_type(as_tensor(fp).dtype, np.float64))
    if xp.ndim != 1 or fp.shape != xp.shape or xp.size == 0:
        raise ValueError(f"xp has shape {xp.shape} and fp {fp.shape}; wanted (n,) and (n,)")
    if period is not None:
        if detached(period) == 0:
            raise ValueError("period is 0")
        period, left, right = np.abs(period), None, None
        x, xp = x % period, xp % period
        order = np.argsort(detached(xp))
        xp, fp = xp[order], fp[order]
        xp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period])
        fp = np.concatenate([fp[-1:], fp, fp[:1]])
    at, knots = x._data, detached(xp)
    if len(knots) == 1:
        between = np.broadcast_to(np.reshape(fp, ()), x.shape)
    else:
        i = np.clip(np.searchsorted(knots, at, "right") - 1, 0, len(knots) - 2)
        low, high = np.take(xp, i), np.take(xp, i + 1)
        wide = detached(high) != detached(low)  # else the last two points are one
        share = np.where(wide, np.clip((x - low) / np.where(wide, high - low, 1), 0, 1), 1)
        between = np.take(fp, i) * (1 - share) + np.take(fp, i + 1) * share
    between = np.where(at < knots[0], fp[0] if left is None else left, between)
    return np.where(at > knots[-1], fp[-1] if right is None else right, between)


@composite(*existing("trapezoid", "trapz"))
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """∫ y dx along axis by the trapezoidal rule, at the points x or at steps of dx."""
    y = as_tensor(y)
    if x is not None:
        x = as_tensor(x)
        dx = diff(x, axis=axis if x.ndim != 1 else -1)
        if x.ndim == 1:
            dx = np.reshape(dx, [-1 if a == axis % y.ndim else 1 for a in range(y.ndim)])
    y = np.moveaxis(y, axis, -1)
    pairs = np.moveaxis(y[..., 1:] + y[..., :-1], -1, axis)
    return np.sum(dx * pairs / 2.0, axis=axis)


@composite(np.unwrap, metadata=["discont"])
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Any:
    """Angles with multiples of the period added, so that steps along axis are half one at most."""
    angles, length = detached(p), detached(period)
    shift = np.unwrap(angles, detached(discont), axis, period=length) - angles
    if isinstance(period, Tensor):
        shift = np.round(shift / length) * period
    return p + shift


# -- slopes


@composite(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The slope of samples along each axis (or those in `axis`): second-order differences inside,
    at the ends one-sided ones of first or second order.

    varargs: the steps: none for 1, one number for all axes, or for each axis a number or the
    coordinates of the samples. The gradient reaches steps and coordinates too.
    """
    f = as_tensor(f)
    if f.dtype.kind in "iu":
        f = f.astype(np.float64)
    axes = tuple(range(f.ndim)) if axis is None else normalize_axis_tuple(axis, f.ndim)
    if edge_order not in (1, 2):
        raise ValueError(f"edge_order={edge_order!r}, wanted 1 or 2")
    steps: Any = varargs or (1.0,)
    if len(steps) == 1 and np.ndim(steps[0]) == 0:
        steps = steps * len(axes)
    if len(steps) != len(axes):
        raise TypeError(f"{len(varargs)} steps for {len(axes)} axes; wanted none, one or all")
    slopes = [_slope(f, a, h, edge_order) for a, h in zip(axes, steps, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _steps(spacing: Any, n: int) -> Any:
    """The n - 1 steps between neighbours."""
    h = as_tensor(spacing)
    if h.dtype.kind != "f":
        h = h.astype(np.float64)
    if h.ndim == 0:
        return np.broadcast_to(h, (n - 1,))
    if h.shape != (n,):
        raise ValueError(f"coordinates of shape {h.shape}, wanted a number or shape ({n},)")
    return diff(h)


def _slope(f: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    kind, f = f.dtype, np.moveaxis(f, axis, -1)
    n = f.shape[-1]
    if n < edge_order + 1:
        raise ValueError(
            f"axis {axis} has length {n}; edge_order={edge_order} needs {edge_order + 1} samples"
        )
    h = _steps(spacing, n)
    rise = (f[..., 1:] - f[..., :-1]) / h  # the slope of each step
    before, after = h[:-1], h[1:]
    inside = (rise[..., :-1] * after + rise[..., 1:] * before) / (before + after)
    first, last = rise[..., :1], rise[..., -1:]
    if edge_order == 2:  # the slopes of the two last steps, extrapolated to the end
        first = first - (rise[..., 1:2] - first) * h[:1] / (h[:1] + h[1:2])
        last = last + (last - rise[..., -2:-1]) * h[-1:] / (h[-1:] + h[-2:-1])
    return cast(np.moveaxis(np.concatenate([first, inside, last], axis=-1), -1, axis), kind)
