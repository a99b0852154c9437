"""The logarithm of the gamma function and its derivatives, and the inverse of the error function.

Computed in float64: ψ₍ₙ₎ by its recurrence up to large x and the asymptotic series there
(Abramowitz and Stegun, 6.4.6 and 6.4.11), and by reflection for negative x (6.4.7); erf⁻¹ by
Newton's method.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial

from ...engine.domain import POSITIVE, Domain
from ...engine.primitive import primitive
from ..common import one_of
from ..rules import floating
from .special import erf, erfc

__all__ = ["digamma", "erfinv", "lgamma", "polygamma"]

# The Bernoulli numbers B₂, B₄, ... over (2k)!, each with its 2k.
_BERNOULLI = [
    (2 * k, b / math.factorial(2 * k)) for k, b in enumerate(
        (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510), 1)
]
_STEPS = 20  # up to x + 20, from where on the series is exact to the last digits


def _log_gamma(x: float) -> float:
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):  # at a pole, or too large
        return math.inf


def _large(n: int, x: Any) -> Any:
    """ψ₍ₙ₎(x) for large x."""
    total = np.log(x) - 0.5 / x if n == 0 else -(
        math.factorial(n - 1) * x ** (-float(n)) + 0.5 * math.factorial(n) * x ** -(n + 1.0))
    for k, b in _BERNOULLI:
        total = total - b * math.factorial(k + n - 1) * x ** -float(k + n)
    return total if n % 2 == 0 else -total


def _positive(n: int, x: Any) -> Any:
    """ψ₍ₙ₎(x) for x > 0: ψ₍ₙ₎(x) = ψ₍ₙ₎(x + 1) - (-1)ⁿ n! / xⁿ⁺¹, many times."""
    terms = (x[..., None] + np.arange(_STEPS)) ** -(n + 1.0)
    return _large(n, x + _STEPS) - (-1) ** n * math.factorial(n) * terms.sum(axis=-1)


def _polygamma(n: int, x: Any) -> Any:
    with np.errstate(all="ignore"):  # poles are ∞ or NaN, as in PyTorch
        right = _positive(n, np.where(x > 0.5, x, 1 - x))
        cotangent = Polynomial([0.0, 1.0])  # dⁿ/dxⁿ cot(πx), a polynomial in c = cot(πx)
        for _ in range(n):
            cotangent = cotangent.deriv() * Polynomial([-math.pi, 0, -math.pi])
        # Beside a pole it is as large as a number can be: the polynomial makes NaN of ∞.
        c = np.nan_to_num(1 / np.tan(math.pi * (x - np.round(x))), nan=math.nan)
        left = (-1) ** n * right - math.pi * cotangent(c)
        at_pole = (-1) ** (n + 1) * math.inf if n else np.where(x < 0, math.nan, -1 / x)
    pole = (x <= 0) & (x == np.floor(x))
    return np.where(x > 0.5, right, np.where(pole, at_pole, left))


def _polygamma_slope(g: Any, x: Any, n: int) -> Any:
    return g * polygamma(x, n=n + 1)


@primitive(
    vjps=(_polygamma_slope,), domains=(POSITIVE,),
    samples=lambda rng: ((rng.uniform(0.4, 4.0, (2, 3)) * one_of(rng, 1, 5),), {
        "n": int(rng.integers(0, 4))}),
    functional="polygamma(n, input)",
)
def polygamma(x: Any, *, n: int) -> Any:
    """ψ₍ₙ₎(x), the derivative of order n + 1 of ln Γ(x)

    Raises ValueError for an n below 0.

    >>> float(polygamma(np.array(1.0), n=1) - np.pi**2 / 6)
    0.0
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 0:
        raise ValueError(f"n is {n!r}, wanted an integer ≥ 0")
    x = floating(x)
    return np.asarray(_polygamma(int(n), x.astype(np.float64))).astype(x.dtype)


@primitive(
    vjps=(lambda g, x: g * polygamma(x, n=1),), domains=(POSITIVE,), methods=["digamma"],
    functional="digamma(input)",
)
def digamma(x: Any) -> Any:
    """ψ(x) = Γ'(x) / Γ(x), the derivative of ln |Γ(x)|

    NaN at -1, -2, ...

    >>> float(digamma(np.array(1.0)))    # minus Euler's constant
    -0.5772
    """
    x = floating(x)
    return np.asarray(_polygamma(0, x.astype(np.float64))).astype(x.dtype)


@primitive(
    vjps=(lambda g, x: g * digamma(x),), domains=(POSITIVE,), methods=["lgamma"],
    functional="lgamma(input)",
)
def lgamma(x: Any) -> Any:
    """ln |Γ(x)|, where Γ(n + 1) = n!

    ∞ at 0, -1, -2, ...

    >>> float(lgamma(np.array(5.0)) - np.log(24.0))
    0.0
    """
    x = floating(x)
    values = [_log_gamma(v) for v in x.reshape(-1).tolist()]
    return np.array(values, np.float64).reshape(x.shape).astype(x.dtype)


def _start(x: Any) -> Any:
    """erf⁻¹(x) to two digits or three (Winitzki, 2008)."""
    log = np.log1p(-x * x)
    half = 2 / (math.pi * 0.147) + log / 2
    return np.sign(x) * np.sqrt(np.sqrt(half * half - log / 0.147) - half)


@primitive(
    vjps=(lambda g, out: g * (math.sqrt(math.pi) / 2 * np.exp(out * out)),),
    domains=(Domain(-0.95, 0.95),), methods=["erfinv"],
    functional="erfinv(input)",
)
def erfinv(x: Any) -> Any:
    """the y with erf(y) = x, for -1 < x < 1; ±∞ at ±1

    NaN beyond ±1.

    >>> float(erfinv(np.array(0.5)))
    0.4769
    """
    given = floating(x)
    with np.errstate(all="ignore"):
        x = given.astype(np.float64)
        size = np.abs(x)
        y = _start(size)
        for _ in range(4):  # Newton's method, for erfc in the tail, which keeps its digits there
            gap = np.where(size > 0.5, (1 - size) - erfc(y), erf(y) - size)
            y = y - gap * (math.sqrt(math.pi) / 2) * np.exp(y * y)
        y = np.where(size < 1, np.copysign(y, x), np.where(size == 1, x * math.inf, math.nan))
    return y.astype(given.dtype)
