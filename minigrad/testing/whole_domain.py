"""A law of elementwise ops: their derivatives are right from the smallest number to the largest.

One argument at a time moves over its whole domain, while the others rest at a few values. All
along, the slopes of order 1 and 2 are compared with measured ones, and searched for jumps that the
record does not declare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..engine.op import Op
from .gradcheck import CheckRefused
from .lines import Line, lines
from .slopes import Slopes, measure_slopes
from .trial import LawBroken

__all__ = ["UndeclaredKink", "whole_domain"]

Array = np.ndarray[Any, Any]
RTOL = 1e-4
MODERATE = (1e-8, 1e8)  # in this range differences in float64 must give a usable slope


class UndeclaredKink(LawBroken, CheckRefused):
    """An op whose value or slope jumps at a point that its record does not declare."""


def whole_domain(op: Op, params: Mapping[str, Any], usual: bool = True) -> None:
    """Over the whole domain, from the smallest number to the largest, the slopes of order 1 and 2
    are those of the function: never NaN, infinite only where they overflow, and without a jump
    that the record does not declare."""
    with np.errstate(all="ignore"):
        for line in lines(op, params):
            if not op.smooth:
                _flat(line)
                continue
            if usual:
                line = _with_jumps(line)
            _first_order(line, usual)
            _low_precision(line)
            _large(line)
            thin = line.only(slice(None, None, 2 if len(line.low) < 4000 else 5))
            for j, rule in enumerate(op.rules):
                if rule is not None:
                    _second_order(thin, j, usual)


def _flat(line: Line) -> None:
    x = line.args[line.i]
    found = line.slope(x)
    _report(line, (found != 0) & ~line.kink & ~np.isnan(line.value(x)), found, None, "slope")


def _first_order(line: Line, usual: bool) -> None:
    x = line.args[line.i]
    f0, found = line.value(x), line.slope(x)
    measured = measure_slopes(line.value, x, line.low, line.high)
    _report(line, np.isnan(found) & ~np.isnan(f0), found, measured, "slope")
    if usual:
        _refuse_kinks(line, measured, "slope")
    known = np.isfinite(f0) & ~line.kink & ~measured.bent
    _report(line, known & _off(found, measured), found, measured, "slope")
    low, high = _between(measured)
    outside = np.isfinite(f0) & line.kink & ((found < low) | (found > high))
    _report(line, outside, found, measured, "slope at a kink")
    sizes = np.abs(x)
    asked = known & (sizes > MODERATE[0]) & (sizes < MODERATE[1])
    useless = asked & ~(measured.error < np.inf)
    if useless.sum() > asked.sum() / 4:
        raise LawBroken(
            f"differences can tell nothing at {useless.sum()} of {asked.sum()} points, such as "
            f"{line.place(int(np.argmax(useless)))}: the function is too rough there. Declare in "
            f"the domain of {line.op.argument(line.i)!r} where it can be measured"
        )


def _second_order(line: Line, j: int, usual: bool) -> None:
    x = line.args[line.i]
    slope, found = line.slope(x, j), line.bend(x, j)
    measured = measure_slopes(lambda x: line.slope(x, j), x, line.low, line.high)
    name = f"derivative by {line.op.argument(line.i)} of the slope by {line.op.argument(j)}"
    known = np.isfinite(slope) & np.isfinite(line.value(x)) & ~line.kink
    known &= np.abs(x) < MODERATE[1]
    for a in line.args:  # rules square their arguments: where that overflows, they may too
        known &= (a == 0) | ((np.abs(a) > 1e-100) & (np.abs(a) < 1e100))
    _report(line, known & np.isnan(found) & np.isfinite(measured.error), found, measured, name)
    if usual:
        near = np.all([np.abs(a) < 1e4 for a in line.args], axis=0)
        _refuse_kinks(line, measured._replace(bent=measured.bent & near), name)
    # The squares and quotients in a rule lose more than one rounding.
    wrong = known & ~measured.bent & _off(found, measured, errors=16, tiny=1e-150)
    _report(line, wrong, found, measured, name)


def _off(found: Array, m: Slopes, errors: int = 4, tiny: float = 1e-290) -> Any:
    """Where a slope differs from the measured one by more than the error of the measurement."""
    close = np.abs(found - m.value) <= RTOL * np.abs(m.value) + errors * m.error + tiny
    overflown = np.isinf(found) & (np.abs(m.value) > 1e290) & (found * m.value > 0)
    return np.isfinite(m.error) & ~close & ~overflown


def _between(m: Slopes) -> tuple[Array, Array]:
    """The interval in which a slope at a kink may lie: between those to the left and the right."""
    slack = RTOL * np.maximum(np.abs(m.left), np.abs(m.right)) + 4 * (m.left_error + m.right_error)
    slack = np.where(np.isfinite(slack), slack + 1e-290, np.inf)
    return np.minimum(m.left, m.right) - slack, np.maximum(m.left, m.right) + slack


def _low_precision(line: Line) -> None:
    """In float16 and float32 the slopes are those in float64, to the precision of the dtype.

    Part of the tolerance is the rounding of x itself, which at 1e7 in float32 is 1.
    """
    x = line.args[line.i]
    for dtype, rtol in ((np.float32, 1e-2), (np.float16, 5e-2)):
        most = float(np.finfo(dtype).max)
        rounded = [a.astype(dtype).astype(float) for a in line.args]
        fits = np.all([np.isfinite(a) for a in rounded], axis=0) & ~line.kink
        fits &= (rounded[line.i] > line.low) & (rounded[line.i] < line.high)
        if not fits.any():
            continue
        exact = replace(line, args=rounded).only(fits)
        low = replace(exact, args=[a.astype(dtype) for a in exact.args])
        x = low.args[low.i]
        try:
            f0 = low.value(x)
        except TypeError:
            continue  # there is no such function for this dtype
        if f0.dtype != dtype:
            continue
        found, wanted = low.slope(x).astype(float), exact.slope(exact.args[exact.i])
        sizes = np.abs(exact.args[exact.i])
        apart = float(np.finfo(dtype).eps) * sizes
        nearby = [exact.slope(exact.args[exact.i] + s * apart) - wanted for s in (-4, -1, 1, 4)]
        unsure = 2 * np.nan_to_num(np.abs(nearby).max(axis=0), nan=np.inf)
        unsure = np.where(apart < 0.02, unsure, np.inf)
        scale = 1 + np.abs(f0.astype(float)) / np.maximum(np.abs(x.astype(float)), 1)
        slack = rtol * np.abs(wanted) + 64 * float(np.finfo(dtype).eps) * scale + unsure
        close = np.abs(found - wanted) <= slack
        # An intermediate product may overflow a little before the slope does.
        overflown = (np.abs(wanted) > most / 64) & (np.abs(found) > most / 128)
        wrong = np.isfinite(f0) & np.isfinite(wanted) & ~close & ~overflown
        wrong |= np.isnan(found) & ~np.isnan(f0) & ~np.isnan(wanted)
        # Beyond, intermediate results such as 2 x overflow.
        wrong &= (sizes < most / 100) & ((sizes > 100 / most) | (sizes == 0))
        name = f"slope in {np.dtype(dtype)}"
        if wrong.any():
            k = _simplest(low, wrong)
            raise LawBroken(
                f"the {name} is {found[k]!r} at {low.place(k)}, in float64 {wanted[k]!r}"
                + _extent(low, wrong)
            )


def _large(line: Line) -> None:
    """The slopes do not depend on how many entries there are."""
    x = line.args[line.i]
    small = np.all([np.abs(a) < 1e4 for a in line.args], axis=0)
    part = line.only((np.abs(x) < 20) & ~line.kink & small)
    n = len(part.low)
    if not n:
        return
    times = 2**17 // n + 1
    many = part.only(np.tile(np.arange(n), times))
    wanted, found = part.slope(part.args[part.i]), many.slope(many.args[many.i])
    wrong = ~np.isclose(found, np.tile(wanted, times), rtol=1e-6, atol=1e-12, equal_nan=True)
    if wrong.any():
        k = int(np.argmax(wrong))
        raise LawBroken(
            f"in an array of {found.size} entries the slope is {found[k]!r} at {many.place(k)}, "
            f"in one of {n} {wanted[k % n]!r}"
        )


# -- jumps


def _with_jumps(line: Line) -> Line:
    """The line with more points, at its jumps if it has any, found by bisection.

    Between neighbouring points, the half in which value or slope changes more is taken, down to two
    adjacent floats. Between those a smooth function hardly changes any more.
    """
    x = line.args[line.i]
    start = np.flatnonzero((x[1:] > x[:-1]) & ~line.kink[1:] & ~line.kink[:-1])
    start = start[(line.high[start] == line.high[start + 1])]
    start = start[(np.abs(x[start]) < 1e14) & (np.abs(x[start + 1]) > 1e-14)]
    cells = line.only(start)
    places = []
    for by_value in (False, True):
        a, b = x[start], x[start + 1]
        fa, fb, sa, sb = cells.value(a), cells.value(b), cells.slope(a), cells.slope(b)
        steepest = np.maximum(np.abs(sa), np.abs(sb))
        for _ in range(60):
            m = a + (b - a) / 2
            fm, sm = cells.value(m), cells.slope(m)
            left, right = (
                (_rest(fa, fm, sa, sm, m - a), _rest(fm, fb, sm, sb, b - m)) if by_value
                else (np.abs(sm - sa), np.abs(sb - sm))
            )
            take = ~(left > right)  # the right half
            a, fa, sa = np.where(take, m, a), np.where(take, fm, fa), np.where(take, sm, sa)
            b, fb, sb = np.where(take, b, m), np.where(take, fb, fm), np.where(take, sb, sm)
        size = np.maximum(np.abs(fa), np.abs(fb))
        if by_value:
            jumps = _rest(fa, fb, sa, sb, b - a) > 1e-10 * size + 10 * steepest * (b - a)
        else:
            floor = 1e-12 * size / np.maximum(np.abs(a), 1e-3)
            least = 1e-3 * np.maximum(np.abs(sa), np.abs(sb)) + 1e-6 * steepest + floor
            jumps = np.abs(sb - sa) > least
        places += [(k, at) for k in np.flatnonzero(jumps) for at in (a[k], b[k], x[start[k]])]
    if not places:
        return line
    kept = np.array([start[k] for k, _ in places])
    more = line.only(kept)
    more.args[line.i] = np.array([at for _, at in places])
    return replace(
        line,
        args=[np.append(p, q) for p, q in zip(line.args, more.args, strict=True)],
        low=np.append(line.low, more.low), high=np.append(line.high, more.high),
        kink=np.append(line.kink, more.kink),
    )


def _rest(fa: Array, fb: Array, sa: Array, sb: Array, width: Array) -> Array:
    """The part of a change fb - fa that the slopes sa and sb at its ends do not explain."""
    return np.abs(fb - fa - (sa / 2 + sb / 2) * width)


def _refuse_kinks(line: Line, m: Slopes, name: str) -> None:
    bent = m.bent & ~line.kink
    if not bent.any():
        return
    k = _simplest(line, bent)
    what = "the function" if name == "slope" else name
    raise UndeclaredKink(
        f"{what} has a kink or a jump at {line.place(k)}: its slope is {m.left[k]:.6g} to the left "
        f"and {m.right[k]:.6g} to the right{_extent(line, bent)}. Declare it in the record: "
        f"domains=(Domain(kinks=({float(line.args[line.i][k])!r},)),), distinct=True for a tie of "
        f"two arguments, or low= and high= where the domain ends"
    )


# -- reports


def _simplest(line: Line, wrong: Any) -> int:
    """The wrong point that is the easiest to read: nearest to 1 in size, or 0."""
    x = np.abs(line.args[line.i].astype(float))
    far = np.abs(np.log(np.where(x > 0, x, 1.0))) + sum(
        np.abs(np.log(np.where(a != 0, np.abs(a.astype(float)), 1.0))) for a in line.args
    )
    return int(np.argmin(np.where(wrong, far, np.inf)))


def _extent(line: Line, wrong: Any) -> str:
    x = line.args[line.i][wrong]
    if len(x) == 1:
        return ""
    return f" ({len(x)} of {len(wrong)} points, {float(x.min())!r} to {float(x.max())!r})"


def _report(line: Line, wrong: Any, found: Array, m: Slopes | None, name: str) -> None:
    if not wrong.any():
        return
    k = _simplest(line, wrong)
    wanted = "wanted 0" if m is None else f"by differences {m.value[k]:.6g} ± {m.error[k]:.2g}"
    if m is not None and line.kink[k]:
        wanted = f"by differences {m.left[k]:.6g} to the left and {m.right[k]:.6g} to the right"
    raise LawBroken(
        f"the {name} is {float(found[k])!r} at {line.place(k)}, {wanted}{_extent(line, wrong)}"
    )
