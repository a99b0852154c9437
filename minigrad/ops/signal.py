"""Signals and functions: convolution, interpolation, integrals, slopes on a grid, polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..primitive import primitive
from ..tensor import detached
from .common import composite, existing, refuse
from .scan import diff

__all__ = ["convolve", "correlate", "gradient", "interp", "polyval", "trapezoid", "unwrap"]


def _padded(g: Any, n: int, m: int, mode: str) -> Any:
    """The cotangent of the full convolution, of which `mode` gave a part."""
    short = min(n, m)
    before = {"full": 0, "same": (short - 1) // 2, "valid": short - 1}[mode]
    after = n + m - 1 - before - g.shape[0]
    return np.concatenate([np.zeros(before, g.dtype), g, np.zeros(after, g.dtype)])


def _convolve_back(g: Any, n: int, other: Any, mode: str) -> Any:
    """For the operand of length n: the correlation of the cotangent with the other operand."""
    m = other.shape[0]
    return np.convolve(_padded(g, n, m, mode), other[::-1], "full")[m - 1 : m - 1 + n]


@primitive(
    "(n),(m)->(k)", numpy=[np.convolve],
    vjps=(
        lambda g, a_shape, v, mode: _convolve_back(g, a_shape[0], v, mode),
        lambda g, a, v_shape, mode: _convolve_back(g, v_shape[0], a, mode),
    ),
    samples=lambda rng: (
        (rng.normal(size=rng.integers(1, 6)), rng.normal(size=rng.integers(1, 6))),
        {"mode": str(rng.choice(["full", "same", "valid"]))},
    ),
)
def convolve(a: Any, v: Any, *, mode: str = "full") -> Any:
    """yₖ = Σᵢ aᵢ vₖ₋ᵢ"""
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"mode is {mode!r}, wanted 'full', 'same' or 'valid'")
    if np.ndim(a) != 1 or np.ndim(v) != 1:
        raise ValueError(f"a has shape {np.shape(a)} and v {np.shape(v)}; wanted one axis each")
    return np.convolve(a, v, mode)  # type: ignore[call-overload]  # checked above


@composite(np.correlate)
def correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    """cₖ = Σᵢ aᵢ₊ₖ vᵢ"""
    if np.shape(a)[0] < np.shape(v)[0]:  # NumPy exchanges the two, which reverses the result
        return convolve(v, a[::-1], mode=mode)[::-1]
    return convolve(a, v[::-1], mode=mode)


@composite(np.interp)
def interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    """The line through the points (xp, fp), xp increasing, at x; beyond its ends left and right
    (default: the values there)."""
    refuse("interp", period=period)
    at, knots = np.asarray(detached(x)), np.asarray(detached(xp))
    if knots.ndim != 1 or np.shape(fp) != knots.shape or len(knots) == 0:
        raise ValueError(f"xp has shape {knots.shape} and fp {np.shape(fp)}; wanted (n,) and (n,)")
    if len(knots) == 1:
        between = np.broadcast_to(np.reshape(fp, ()), at.shape)
    else:
        i = np.clip(np.searchsorted(knots, at, "right") - 1, 0, len(knots) - 2)
        low, high = np.take(xp, i), np.take(xp, i + 1)
        share = np.clip((x - low) / (high - low), 0, 1)
        between = np.take(fp, i) * (1 - share) + np.take(fp, i + 1) * share
    between = np.where(at < knots[0], fp[0] if left is None else left, between)
    return np.where(at > knots[-1], fp[-1] if right is None else right, between)


@composite(*existing("trapezoid", "trapz"))
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """∫ y dx along axis by the trapezoidal rule, at the points x or at steps of dx."""
    y = np.moveaxis(y, axis, -1)
    if x is not None:
        x = np.moveaxis(x, axis, -1) if np.ndim(x) > 1 else x
        dx = diff(x)
    return np.sum(dx * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


@composite(np.gradient)
def gradient(f: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """The slope of samples along each axis (or those in `axis`): central differences inside,
    one-sided at the ends. `spacing`: none for 1, one number for all axes, or one for each."""
    axes = range(np.ndim(f)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    steps = spacing * len(axes) if len(spacing) == 1 else spacing or (1,) * len(axes)
    if edge_order != 1 or any(np.ndim(h) for h in steps):
        refuse("gradient", "take even steps and first-order ends", edge_order=edge_order)
    if len(steps) != len(axes):
        raise ValueError(f"{len(spacing)} steps for {len(axes)} axes; wanted none, one or all")
    slopes = [_slope(f, a, h) for a, h in zip(axes, steps, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slope(f: Any, axis: int, step: Any) -> Any:
    f = np.moveaxis(f, axis, -1)
    if f.shape[-1] < 2:
        raise ValueError(f"axis {axis} has length {f.shape[-1]}; a slope needs two samples")
    parts = (
        (f[..., 1:2] - f[..., :1]) / step,
        (f[..., 2:] - f[..., :-2]) / (2 * step),
        (f[..., -1:] - f[..., -2:-1]) / step,
    )
    return np.moveaxis(np.concatenate(parts, axis=-1), -1, axis)


@composite(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """p₀ xⁿ⁻¹ + ... + pₙ₋₁, by Horner's rule."""
    total = np.multiply(p[0], np.ones_like(detached(x)))
    for k in range(1, len(p)):
        total = total * x + p[k]
    return total


@composite(np.unwrap)
def unwrap(
    p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * np.pi
) -> Any:
    """Angles with multiples of the period added, so that steps along axis are half one at most."""
    angles = detached(p)
    return p + (np.unwrap(angles, discont, axis, period=period) - angles)
