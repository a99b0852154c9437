"""Rounding, signs, and division with remainder.

Steps have the derivative 0 wherever they have one. They are recorded with it (``smooth=False``),
so that a loss behind them gives gradients of 0 and not an error; ``mod`` and ``fmod`` follow their
numerator with slope 1 between the jumps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.declared import declare, implements
from ...engine.domain import DISTINCT, NONZERO
from ...engine.primitive import primitive
from ...engine.tensor import detached, wrap
from ..rules import flat, passed
from .arithmetic import ldexp

__all__ = [
    "ceil", "divmod", "fix", "floor", "floor_divide", "fmod", "fraction", "frexp", "heaviside",
    "mod", "modf", "rint", "round", "sign", "trunc",
]


def _draw_steps(rng: np.random.Generator) -> Any:
    """Numbers at least 0.1 away from every half and every integer, for tests."""
    whole = rng.integers(-3, 3, (2, 3))
    return (whole + rng.choice([0.0, 0.5], (2, 3)) + rng.uniform(0.1, 0.4, (2, 3)),), {}


def _step(function: Any, formula: str, methods: tuple[str, ...] = ()) -> Any:
    return primitive(
        formula=f"{formula}; slope 0", vjps=(flat,), numpy=[function], methods=methods,
        samples=_draw_steps, smooth=False,
    )(function)


floor = _step(np.floor, "the largest integer ≤ x", ("floor",))
ceil = _step(np.ceil, "the smallest integer ≥ x", ("ceil",))
trunc = _step(np.trunc, "x without its fraction", ("trunc",))
rint = _step(np.rint, "the nearest integer, halves to even")
sign = _step(np.sign, "-1, 0 or 1", ("sign",))


@primitive(vjps=(flat,), numpy=[np.fix], samples=_draw_steps, smooth=False)
def fix(x: Any) -> Any:
    """x without its fraction; slope 0"""
    return np.trunc(x)


@primitive(
    vjps=(flat,), numpy=[np.round, np.around], methods=["round", "__round__"],
    samples=_draw_steps, smooth=False,
)
def round(x: Any, *, decimals: int = 0) -> Any:
    """x rounded to so many decimals, halves to even; slope 0"""
    return np.round(x, decimals)


heaviside = primitive(
    "(),()->()", formula="0 for x < 0, y at 0, 1 for x > 0; slope 0", domains=(NONZERO, NONZERO),
    vjps=(flat, lambda g, x: passed(g, detached(x) == 0)), numpy=[np.heaviside],
    smooth=False,
)(np.heaviside)


def _draw_division(rng: np.random.Generator) -> Any:
    """Numerator and divisor whose quotient is at least 0.1 away from every integer, for tests."""
    y = rng.uniform(0.5, 2, 3) * rng.choice([-1.0, 1.0], 3)
    return (y * (rng.integers(-3, 3, (2, 3)) + rng.uniform(0.1, 0.9, (2, 3))), y), {}


floor_divide = primitive(
    "(),()->()", formula="⌊x / y⌋; slope 0", vjps=(flat, flat), numpy=[np.floor_divide],
    methods=["__floordiv__"], samples=_draw_division, smooth=False,
)(np.floor_divide)


def _minus_whole(g: Any, x: Any, y: Any, quotient: Any) -> Any:
    """-⌊x / y⌋ g"""
    return -g * quotient(detached(x), detached(y))


mod = primitive(
    "(),()->()", formula="x - y ⌊x / y⌋, with the sign of y", samples=_draw_division,
    domains=(DISTINCT, DISTINCT),
    vjps=(lambda g: g, lambda g, x, y: _minus_whole(g, x, y, np.floor_divide)),
    numpy=[np.remainder, np.mod], methods=["__mod__"],
)(np.remainder)

fmod = primitive(
    "(),()->()", formula="x - y trunc(x / y), with the sign of x", samples=_draw_division,
    domains=(DISTINCT, DISTINCT),
    vjps=(
        lambda g: g,
        lambda g, x, y: _minus_whole(g, x, y, lambda a, b: np.trunc(np.divide(a, b))),
    ),
    numpy=[np.fmod],
)(np.fmod)


@implements(np.divmod)
def divmod(x: Any, y: Any) -> Any:
    """``(x // y, x % y)``"""
    return floor_divide(x, y), mod(x, y)


@primitive(domains=(DISTINCT,), vjps=(lambda g: g,), samples=_draw_steps)
def fraction(x: Any) -> Any:
    """x - trunc(x), with the sign of x"""
    return np.modf(x)[0]


@implements(np.frexp)
def frexp(x: Any) -> Any:
    """``(m, n)`` with x = m 2ⁿ and ½ ≤ |m| < 1; the slope of m is 2⁻ⁿ, n has none."""
    exponent = np.frexp(x._data)[1]
    return ldexp(x, -exponent), wrap(exponent, None)


@implements(np.modf)
def modf(x: Any) -> Any:
    """``(fraction(x), trunc(x))``"""
    part = fraction(x)
    whole = trunc(x)
    return part, whole if whole.dtype == part.dtype else whole.astype(part.dtype)


declare(methods={"__divmod__": divmod})
