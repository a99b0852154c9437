"""The error function and its complement, accurate to the last digits in float64.

W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation
23 (1969), 631-637: three quotients of polynomials, for |x| ≤ 0.5, ≤ 4 and beyond.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.primitive import primitive
from ..rules import floating

__all__ = ["erf", "erfc"]

# Coefficients, the highest power first. Near: erf(x) = x P(x²) / Q(x²).
_NEAR = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2, 3.77485237685302021e2,
     3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)
# Middle: erfc(x) = e^(-x²) P(x) / Q(x).
_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
     2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
     1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3,
     1.23033935480374942e3),
)
# Far: erfc(x) = e^(-x²) (1/√π - P(x⁻²) x⁻² / Q(x⁻²)) / x.
_FAR = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)
_END = 30.0  # beyond it e^(-x²) is 0 in float64


def _quotient(coefficients: tuple[tuple[float, ...], ...], x: Any) -> Any:
    """P(x) / Q(x), by Horner's rule."""
    top, bottom = (_polynomial(c, x) for c in coefficients)
    return top / bottom


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    total = np.full_like(x, coefficients[0])
    for c in coefficients[1:]:
        total *= x
        total += c
    return total


def _gauss(x: Any) -> Any:
    """e^(-x²) for 0 ≤ x ≤ 30: x² is split in two, so that its rounding is not magnified."""
    coarse = np.trunc(x * 16) / 16
    return np.exp(-coarse * coarse) * np.exp(-(x - coarse) * (x + coarse))


def _middle(x: Any) -> Any:
    """erfc(x) for 0.5 < x ≤ 4"""
    return _gauss(x) * _quotient(_MIDDLE, x)


def _far(x: Any) -> Any:
    """erfc(x) for 4 < x"""
    x = np.minimum(x, _END)
    y = 1 / (x * x)
    return _gauss(x) * (1 / math.sqrt(math.pi) - y * _quotient(_FAR, y)) / x


def _erf(x: Any, complement: bool) -> Any:
    """erf or erfc of an array, computed in float64."""
    x = floating(x)
    flat = x.astype(np.float64).reshape(-1)
    size, out = np.abs(flat), np.empty_like(flat)
    far = np.flatnonzero(size > 4)
    middle = np.flatnonzero((size > 0.5) & (size <= 4))
    near = np.flatnonzero(~(size > 0.5))  # NaN too
    z = flat[near]
    value = z * _quotient(_NEAR, z * z)
    out[near] = 1 - value if complement else value
    for where, function in ((middle, _middle), (far, _far)):
        tail, sign = function(size[where]), np.sign(flat[where])
        out[where] = 1 - sign + sign * tail if complement else sign * (1 - tail)
    return out.reshape(x.shape).astype(x.dtype, copy=False)


def bell(x: Any) -> Any:
    """2/√π e^(-x²), the slope of erf. Beyond ±30 it is 0, and x² could overflow."""
    return 2 / math.sqrt(math.pi) * np.exp(-np.square(np.clip(x, -_END, _END)))


@primitive(vjps=(lambda g, x: g * bell(x),), methods=["erf"], functional="erf(input)")
def erf(x: Any) -> Any:
    """2/√π ∫₀ˣ e^(-t²) dt

    >>> erf(np.array([-1000.0, 0.0, 1.0])).round(4)
    array([-1.    ,  0.    ,  0.8427])
    """
    return _erf(x, complement=False)


@primitive(vjps=(lambda g, x: g * -bell(x),), methods=["erfc"], functional="erfc(input)")
def erfc(x: Any) -> Any:
    """1 - erf(x), accurate where that is tiny

    >>> float(erfc(np.array(10.0))), 1.0 - float(erf(np.array(10.0)))
    (2.0885e-45, 0.0)
    """
    return _erf(x, complement=True)
