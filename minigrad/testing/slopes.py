"""The slope of a function of one number, measured at many numbers of any size in one call.

No single step h suits all points: x may be 1e-300 or 1e300, and the function may vary on the scale
of x or of 1. So steps of all sizes are tried at once. Two neighbouring steps that agree resolve the
function; of such pairs the one that agrees best is taken, and its disagreement is the error.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Slopes", "measure_slopes"]

Array = np.ndarray[Any, Any]
EPS = float(np.finfo(np.float64).eps)
TINY = 1e-320  # the rounding error of the smallest numbers
# Steps of the size of 1 or of x, and below them steps of the size of a small x.
LADDER, SHORT = 8.0 ** -np.arange(16)[:, None], 8.0 ** -np.arange(6)[:, None]
NUDGES = np.array([-1.0, -3.0, -29.0, -997.0, 1.0, 3.0, 31.0, 1009.0])[:, None]
RUNGS = len(LADDER) + len(SHORT)
AGREE = 1e-4
# Beyond this, adjacent floats are further apart than the scale on which most functions vary.
FAR = 1e14


class Slopes(NamedTuple):
    """For every point, the slope and a bound on its error (Inf where no step resolves the
    function); the same to the left and to the right; and whether there is a kink or a jump."""

    value: Array
    error: Array
    left: Array
    left_error: Array
    right: Array
    right_error: Array
    bent: Any


def measure_slopes(
    f: Callable[[Array], Array], x: Array, low: Array, high: Array, via_one: Any = None
) -> Slopes:
    """The slopes of `f` at `x`, with steps that stay between `low` and `high`.

    f: elementwise, on arrays whose last axis is that of x. via_one: where `f` may go through
    numbers of size 1, as 1 + tanh(x) does, so that its results have their absolute rounding error;
    default: where x is not small.
    """
    with np.errstate(all="ignore"):
        room = np.minimum(x - low, high - x)
        longest = np.minimum(np.maximum(np.abs(x), 1.0) / 4, room / 2)
        longest = np.exp2(np.floor(np.log2(longest)))
        shorter = np.minimum(np.exp2(np.floor(np.log2(np.abs(x)))) / 4, longest * LADDER[-1] / 8)
        h = np.concatenate([longest * LADDER, shorter * SHORT])
        # Odd multiples, so that h is no period of f, of a unit for which x + h / 2 is exact.
        unit = 2 * np.spacing(np.abs(x) + h)
        h = np.rint(0.7231 * h / unit) * unit
        h = np.where(h >= 8 * unit, h, np.nan)
        steps = np.array([h, h / 2])
        nudges = np.spacing(np.abs(x)) * NUDGES
        rows = [x[None], x + nudges, *(x + steps), *(x - steps)]
        at = np.concatenate(rows)
        y = f(at)
        f0, jitter, (right, left) = y[0], y[1:9], np.reshape(y[9:], (2, 2, RUNGS, -1))
        # The noise of f: its change when x moves by little more than its own rounding, to the side
        # where it changes less, since there may be a jump on the other.
        moves = np.where(np.isfinite(jitter), np.abs(jitter - f0), 0.0)
        rough = np.minimum(moves[:2].max(axis=0), moves[4:6].max(axis=0))
        sides = moves[:4].max(axis=0), moves[4:].max(axis=0)
        rougher = np.where(np.abs(x) < FAR, np.minimum(*sides), np.maximum(*sides))
        size = np.abs([*right, *left, np.broadcast_to(f0, h.shape)]).max(axis=0)
        rough = np.maximum(rough, _quantum(right - f0, left - f0, size))
        one = np.where(np.abs(x) > 1e-3 if via_one is None else via_one, 1.0, 0.0)
        noise = (rough + 4 * EPS * np.maximum(size, one) + TINY) / h
        # Where f changes as much over the shortest step as over longer ones, none resolves it.
        change = np.abs([*(right - f0), *(left - f0)])
        change = change.max(axis=(0, 1), where=np.isfinite(change), initial=0.0)
        noise = np.where(rougher > 0.01 * change + 16 * EPS * np.abs(f0) + TINY, np.nan, noise)
        central = _extrapolated((right[0] - left[0]) / (2 * h), (right[1] - left[1]) / h, 4)
        ahead = _extrapolated((right[0] - f0) / h, (right[1] - f0) / (h / 2), 2)
        behind = _extrapolated((f0 - left[0]) / h, (f0 - left[1]) / (h / 2), 2)
        bent = _bent(right[0] - f0, left[0] - f0, h, noise + rougher / h) & (np.abs(x) < FAR)
        # Beside a zero of the slope, the rounding of the terms that cancel there.
        steep = np.maximum(np.abs(right[0] - f0), np.abs(left[0] - f0)) / h
        rest = 1e-8 * steep.max(axis=0, initial=0.0, where=np.isfinite(steep) & (h <= 1))
        gap = np.abs(right[0] - 2 * f0 + left[0]) / h
        shrinks = gap[1:] <= 0.5 * gap[:-1] + 4 * noise[1:]
        found = [
            _best(central, noise, rest, shrinks),
            _best(behind, 4 * noise, rest), _best(ahead, 4 * noise, rest),
        ]
    return Slopes(*found[0], *found[1], *found[2], bent)


def _quantum(right: Array, left: Array, size: Array) -> Array:
    """The smallest change of f, where it comes from rounding: log(1 + y) rounds a small y to
    multiples of EPS."""
    changes = np.abs([*right, *left])
    least = np.min(changes, axis=(0, 1), where=changes > 0, initial=np.inf)
    most = 64 * EPS * np.maximum(size, 1).max(axis=0, where=np.isfinite(size), initial=1.0)
    return np.where(least < most, least, 0.0)


def _extrapolated(coarse: Array, fine: Array, factor: int) -> Array:
    return (factor * fine - coarse) / (factor - 1)


def _best(slope: Array, noise: Array, rest: Array, fine: Any = True) -> tuple[Array, Array]:
    """The slope by the best step among the longest that agree with the next two, and its error."""
    apart = np.abs(slope[:-1] - slope[1:])
    size = np.maximum(np.abs(slope[:-1]), np.abs(slope[1:]))
    agree = (apart <= AGREE * size + 2 * (noise[:-1] + noise[1:])) & np.isfinite(apart) & fine
    agree = np.concatenate([agree, np.zeros((2, *agree.shape[1:]), bool)])
    pairs = agree[:-2] & agree[1:-1]
    first = np.argmax(pairs, axis=0)
    rungs = np.arange(len(apart))[:, None]
    run = np.logical_and.accumulate(agree[:-2] | (rungs < first), axis=0) & (rungs >= first)
    error = np.where(run & pairs.any(axis=0), apart + noise[:-1], np.inf)
    k = np.argmin(error, axis=0)[None]
    return np.take_along_axis(slope, k, 0)[0], np.take_along_axis(error, k, 0)[0] + rest


def _bent(right: Array, left: Array, h: Array, noise: Array) -> Any:
    """Where the slopes to the right and to the left do not approach each other.

    Their gap is h f'' for a smooth function and shrinks with the step; at a kink it stays. It is
    judged at the four shortest steps at which it can exceed the noise. The changes to either side
    have to shrink with the step too, or the function has not been resolved.
    """
    gap = np.abs(right + left) / h
    clear = gap > 100 * noise
    last = RUNGS - 1 - np.argmax(clear[::-1], axis=0)
    rungs = np.maximum(last - np.arange(4)[:, None], 0)  # the shortest first
    sides = (gap, np.abs(right), np.abs(left))
    gaps, rights, lefts = (np.take_along_axis(a, rungs, 0) for a in sides)
    steepest = np.maximum(rights[0], lefts[0]) / np.take_along_axis(h, rungs, 0)[0]
    after = np.take_along_axis(noise, np.minimum(last + 1, RUNGS - 1)[None], 0)[0]
    lasts = ~(100 * after < gaps[0] / 2) | (last == RUNGS - 1)  # no shorter step has a small gap
    settled = [np.all(a[:-1] <= 1.001 * a[1:], axis=0) for a in (rights, lefts)]
    stays = np.all(gaps[:-1] > 0.5 * gaps[1:], axis=0) & (gaps[0] > 1e-3 * steepest)
    return clear.any(axis=0) & lasts & (last >= 3) & stays & settled[0] & settled[1]
