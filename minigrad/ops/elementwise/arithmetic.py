"""Arithmetic, entry by entry, with NumPy's broadcasting.

A rule states the derivative of one entry; the tape undoes the broadcasting.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.declared import declare
from ...engine.domain import NONZERO, POSITIVE, Domain
from ...engine.primitive import primitive
from ...engine.tensor import Tensor, detached
from ..rules import flat, side

__all__ = [
    "absolute", "add", "cbrt", "copysign", "divide", "fabs", "float_power", "hypot", "ldexp",
    "multiply", "negative", "positive", "power", "reciprocal", "singular", "sqrt", "square",
    "subtract",
]

add = primitive(
    "(),()->()", formula="x + y", vjps=(lambda g: g, lambda g: g),
    numpy=[np.add], methods=["__add__"], is_sum=True,
)(np.add)

subtract = primitive(
    "(),()->()", formula="x - y", vjps=(lambda g: g, lambda g: -g),
    numpy=[np.subtract], methods=["__sub__"],
)(np.subtract)

multiply = primitive(
    "(),()->()", formula="x · y", vjps=(lambda g, y: g * y, lambda g, x: g * x),
    numpy=[np.multiply], methods=["__mul__"],
)(np.multiply)

divide = primitive(
    "(),()->()", formula="x / y", domains=(Domain(), NONZERO),
    vjps=(lambda g, y: g / y, lambda g, out, y: -(g * out) / y),
    numpy=[np.divide], methods=["__truediv__"],
)(np.divide)

negative = primitive(
    formula="-x", vjps=(lambda g: -g,), numpy=[np.negative], methods=["__neg__"]
)(np.negative)

positive = primitive(
    formula="x", vjps=(lambda g: g,), numpy=[np.positive], methods=["__pos__"]
)(np.positive)

reciprocal = primitive(
    formula="1 / x", domains=(NONZERO,), vjps=(lambda g, x: -(g / x / x),),
    numpy=[np.reciprocal], methods=["reciprocal"],
)(np.reciprocal)


@primitive(vjps=(lambda g, at: np.where(at, np.nan, g),), samples={"at": (False,)})
def singular(x: Any, *, at: Any) -> Any:
    """x, and 0 at points where there is a first derivative by convention only: no second one"""
    return np.where(at, np.zeros((), np.asarray(x).dtype), x)


# -- powers and roots


def _by_base(g: Any, x: Any, y: Any) -> Any:
    """y xʸ⁻¹, which is 0 for y = 0 also at x = 0, and where 1 / x overflows."""
    if isinstance(y, int | float) and y:
        return g * (y * np.power(x, y - 1))
    corner = (detached(y) == 0) & ~np.isfinite(np.power(np.abs(detached(x)), -1.0))
    return g * (singular(y, at=corner) * np.power(x, np.where(corner, 1, y - 1)))


def _by_exponent(g: Any, out: Any, x: Any, y: Any) -> Any:
    """xʸ ln x, which is 0 at x = 0 for y ≥ 0; NaN for x < 0, where only whole y are allowed."""
    zero = (detached(x) == 0) & (detached(y) >= 0)
    logarithm = np.log(np.where(zero, 1, x))
    return g * (out * singular(logarithm, at=zero & (detached(y) <= 1)))


power = primitive(
    "(),()->()", formula="xʸ", domains=(POSITIVE, Domain()), vjps=(_by_base, _by_exponent),
    numpy=[np.power], methods=["pow"],
)(np.power)

float_power = primitive(
    "(),()->()", formula="xʸ in float64 at least", domains=(POSITIVE, Domain()),
    vjps=(_by_base, _by_exponent), numpy=[np.float_power],
)(np.float_power)

square = primitive(
    formula="x²", vjps=(lambda g, x: g * (2 * x),), numpy=[np.square], methods=["square"]
)(np.square)

sqrt = primitive(
    formula="√x; slope ∞ at 0", domains=(POSITIVE,), vjps=(lambda g, out: g / (2 * out),),
    numpy=[np.sqrt], methods=["sqrt"],
)(np.sqrt)

cbrt = primitive(
    formula="∛x; slope ∞ at 0", domains=(NONZERO,),
    vjps=(lambda g, out: g / (3 * (out * out)),), numpy=[np.cbrt],
)(np.cbrt)


def _operator(self: Tensor, other: Any) -> Any:
    """``x ** y``; ``x ** 2`` is a square, as in NumPy."""
    kind = type(other)
    if (kind is int or (kind is float and self.dtype.kind == "f")) and other == 2:
        return square(self)
    return power(self, other)


declare(methods={"__pow__": _operator})

# -- absolute values

absolute = primitive(
    formula="|x|; slope 0 at 0", domains=(NONZERO,), vjps=(lambda g, x: g * side(x),),
    numpy=[np.absolute], methods=["__abs__", "abs"],
)(np.absolute)

fabs = primitive(
    formula="|x| as a float; slope 0 at 0", domains=(NONZERO,), vjps=(lambda g, x: g * side(x),),
    numpy=[np.fabs],
)(np.fabs)

copysign = primitive(
    "(),()->()", formula="|x| with the sign of y", domains=(NONZERO, NONZERO),
    vjps=(lambda g, x, y: g * np.copysign(1, detached(y)) * side(x), flat),
    numpy=[np.copysign],
)(np.copysign)

ldexp = primitive(
    "(),()->()", formula="x · 2ⁿ", vjps=(lambda g, y: np.ldexp(g, y), None), numpy=[np.ldexp],
    samples=lambda rng: ((rng.normal(size=(2, 3)), rng.integers(-3, 4, 3)), {}),
)(np.ldexp)


def _ratio(x: Any, out: Any) -> Any:
    """x / √(x² + y²), and 0 at the origin."""
    return singular(x / out, at=detached(out) == 0)


hypot = primitive(
    "(),()->()", formula="√(x² + y²); slope 0 at the origin", domains=(NONZERO, NONZERO),
    vjps=(lambda g, out, x: g * _ratio(x, out), lambda g, out, y: g * _ratio(y, out)),
    numpy=[np.hypot],
)(np.hypot)
