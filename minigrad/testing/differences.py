"""The derivative of a function along a line, measured: central differences, extrapolated.

Two steps h and h/2 cancel the h² error, and their disagreement bounds the error of the result. If
that is too large, the step is shortened. One-sided differences that disagree show a kink.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..errors import MinigradError

__all__ = ["FINE", "GOOD", "CheckRefused", "Slope", "measure"]

FloatArray = np.ndarray[Any, np.dtype[np.float64]]
# With few bits, so that x + h is exact; not powers of two, which are periods of some functions.
STEPS = [185 / 256 * 2.0**-k for k in range(8, 41, 4)]
GOOD = 2e-4  # relative error; enough to notice a factor of 1.001
FINE = 1e-7  # enough to notice it in one of thousands of entries that are summed
ROUNDING = 64 * float(np.finfo(np.float64).eps)
UNDERFLOW = 1e-290  # numbers this small may have lost digits on the way


class CheckRefused(MinigradError, ValueError):
    """A gradient check that would prove nothing, and why."""


class Slope(NamedTuple):
    """A measured derivative: its value and a bound on its error per output, and the step used."""

    value: FloatArray
    error: FloatArray
    step: float


def measure(
    phi: Callable[[float], FloatArray], f0: FloatArray, what: str, good: float = GOOD
) -> Slope:
    """d phi(s) / ds at 0, where phi(0) = f0, to a relative error of `good` if possible.

    Raises CheckRefused at a kink or jump, where phi is not finite, and where it is too rough.
    """
    best: Slope | None = None
    refined = 0
    size = np.abs(f0)  # its rounding limits the precision of differences
    with np.errstate(all="ignore"):  # a step may leave the domain; then it is shortened
        for h in STEPS:
            values = [phi(s) for s in (h, -h, h / 2, -h / 2)]
            if not all(np.isfinite(v).all() for v in values):
                continue
            size = np.max(np.abs([size, *values]), axis=0)
            noise = size * (ROUNDING / h) + UNDERFLOW
            slope = _extrapolate(values, noise, h)
            if not refined:
                bent = _bent(phi, values, f0, noise, h, what)
                slope = slope._replace(error=np.where(bent, np.inf, slope.error))
            best = slope if best is None else _better(best, slope)
            if _within(best, good, noise):
                return best
            # Good enough to exclude a kink: shorter steps only make the bound on the error smaller.
            refined += bool(refined or _within(best, GOOD, noise))
            if refined > 2:
                return best
    if best is None:
        raise CheckRefused(
            f"check_grads: {what} is not finite within {STEPS[-1]:.0e} of the given point, at the "
            f"edge of its domain; move the point inside"
        )
    floor = 1e-6 * max(1.0, float(np.abs(f0).max(initial=0.0)))
    bad = best.error > 5 * GOOD * np.abs(best.value) + floor
    if bad.any():
        k = int(np.argmax(np.where(bad, best.error, -1)))
        raise CheckRefused(
            f"check_grads: {what} is too rough to measure near the given point: its slope is "
            f"{best.value[k]:.6g} ± {best.error[k]:.2g} at step {best.step:.0e}; it may have a "
            f"kink close by, compute in float32 inside, or use random numbers"
        )
    return best


def _within(slope: Slope, good: float, noise: FloatArray) -> bool:
    """Whether every slope is known to the relative error `good`, or as well as rounding allows."""
    scale = np.abs(slope.value).max(initial=0.0)
    return not (slope.error > good * np.abs(slope.value) + 1e-8 * scale + 2 * noise).any()


def _extrapolate(values: list[FloatArray], noise: FloatArray, h: float) -> Slope:
    right, left, near_right, near_left = values
    coarse, fine = (right - left) / (2 * h), (near_right - near_left) / h
    value = (4 * fine - coarse) / 3
    # A slope that is tiny beside the largest may be the rounding of larger intermediate results.
    floor = 1e-10 * np.abs(value).max(initial=0.0)
    return Slope(value, np.abs(value - fine) + noise + floor, h)


def _better(a: Slope, b: Slope) -> Slope:
    take = b.error < a.error
    step = b.step if take.any() else a.step
    return Slope(np.where(take, b.value, a.value), np.where(take, b.error, a.error), step)


def _bent(
    phi: Callable[[float], FloatArray],
    values: list[FloatArray],
    f0: FloatArray,
    noise: FloatArray,
    h: float,
    what: str,
) -> Any:
    """The outputs whose slopes to the right and to the left do not approach each other at step h.

    Their gap is h f'' for a smooth function and shrinks with the step. Where it stays at all
    shorter steps there is a kink, and CheckRefused is raised; else h is too long.
    """
    right, left, near_right, near_left = values
    wide = np.abs(right - 2 * f0 + left) / h
    gap = np.abs(near_right - 2 * f0 + near_left) / (h / 2)
    steepest = np.abs([right - f0, f0 - left]).max(initial=0.0) / h
    bent = (gap > 0.75 * wide) & (gap > 1e-3 * steepest + 4 * noise)
    stays = bent
    while stays.any():  # which is rare; down to the step at which rounding takes over
        h, before, noise = h / 16, gap, noise * 16
        right, left = phi(h), phi(-h)
        gap = np.abs(right - 2 * f0 + left) / h
        stays = stays & ~(gap < 0.5 * before)
        if stays.any() and (h < STEPS[-1] or not (gap > noise)[stays].any()):
            k = int(np.argmax(stays))
            raise CheckRefused(
                f"check_grads: {what} has a kink or a jump at the given point: its slope is "
                f"{(right[k] - f0[k]) / h:.6g} to the right and {(f0[k] - left[k]) / h:.6g} to the "
                f"left (step {h:.1e}); move the point away from it"
            )
    return bent
