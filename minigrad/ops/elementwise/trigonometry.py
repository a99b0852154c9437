"""Circular and hyperbolic functions, entry by entry."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...engine.domain import NONZERO, Domain
from ...engine.primitive import primitive
from ...engine.tensor import detached
from ..rules import one
from .arithmetic import singular

__all__ = [
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cos", "cosh",
    "deg2rad", "rad2deg", "sin", "sinc", "sinh", "tan", "tanh",
]

INSIDE = Domain(-1.0, 1.0)

sin = primitive(
    formula="sin(x)", vjps=(lambda g, x: g * np.cos(x),), numpy=[np.sin], methods=["sin"]
)(np.sin)

cos = primitive(
    formula="cos(x)", vjps=(lambda g, x: g * -np.sin(x),), numpy=[np.cos], methods=["cos"]
)(np.cos)

tan = primitive(
    formula="tan(x)", domains=(Domain(-math.pi / 2, math.pi / 2),),
    vjps=(lambda g, out: g * (1 + out * out),), numpy=[np.tan], methods=["tan"],
)(np.tan)

arcsin = primitive(
    formula="arcsin(x); slope ∞ at ±1", domains=(INSIDE,), numpy=[np.arcsin], methods=["arcsin"],
    vjps=(lambda g, x: g / np.sqrt((1 - x) * (1 + x)),),
)(np.arcsin)

arccos = primitive(
    formula="arccos(x); slope -∞ at ±1", domains=(INSIDE,), numpy=[np.arccos], methods=["arccos"],
    vjps=(lambda g, x: -g / np.sqrt((1 - x) * (1 + x)),),
)(np.arccos)

# hypot(1, x) does not overflow where 1 + x² would.
arctan = primitive(
    formula="arctan(x)", vjps=(lambda g, x: g / np.hypot(1, x) / np.hypot(1, x),),
    numpy=[np.arctan], methods=["arctan"],
)(np.arctan)


def _turn(g: Any, x: Any, y: Any, leg: Any) -> Any:
    """The cotangent g times leg / (x² + y²), and 0 at the origin."""
    r = np.hypot(x, y)
    return g * singular(leg / r / r, at=detached(r) == 0)


arctan2 = primitive(
    "(),()->()", formula="the angle of the point (y, x); slope 0 at the origin",
    domains=(NONZERO, NONZERO), numpy=[np.arctan2],
    vjps=(lambda g, x, y: _turn(g, x, y, y), lambda g, x, y: _turn(g, x, y, -x)),
)(np.arctan2)

sinh = primitive(
    formula="sinh(x)", vjps=(lambda g, x: g * np.cosh(x),),
    numpy=[np.sinh], methods=["sinh"],
)(np.sinh)

cosh = primitive(
    formula="cosh(x)", vjps=(lambda g, x: g * np.sinh(x),),
    numpy=[np.cosh], methods=["cosh"],
)(np.cosh)


# (1 - y)(1 + y) keeps its digits near |y| = 1, where 1 - y² loses them.
def _by_tanh(g: Any, out: Any) -> Any:
    slope = one(out) - out
    slope *= one(out) + out
    slope *= g
    return slope


tanh = primitive(
    formula="tanh(x)", vjps=(_by_tanh,),
    numpy=[np.tanh], methods=["tanh"],
)(np.tanh)

arcsinh = primitive(
    formula="arcsinh(x)", vjps=(lambda g, x: g / np.hypot(1, x),),
    numpy=[np.arcsinh], methods=["arcsinh"],
)(np.arcsinh)

arccosh = primitive(
    formula="arccosh(x); slope ∞ at 1", domains=(Domain(low=1.0),),
    vjps=(lambda g, x: g / np.sqrt(x - 1) / np.sqrt(x + 1),),
    numpy=[np.arccosh], methods=["arccosh"],
)(np.arccosh)

arctanh = primitive(
    formula="arctanh(x); slope ∞ at ±1", domains=(INSIDE,),
    vjps=(lambda g, x: g / ((1 - x) * (1 + x)),), numpy=[np.arctanh], methods=["arctanh"],
)(np.arctanh)

deg2rad = primitive(
    formula="x π / 180", vjps=(lambda g: np.deg2rad(g),), numpy=[np.deg2rad, np.radians]
)(np.deg2rad)

rad2deg = primitive(
    formula="x 180 / π", vjps=(lambda g: np.rad2deg(g),), numpy=[np.rad2deg, np.degrees]
)(np.rad2deg)


def _sinc_rule(g: Any, x: Any, order: int = 0) -> Any:
    return g * _sinc_slope(x, order=order + 1)


@primitive(vjps=(lambda g, x: _sinc_rule(g, x),), numpy=[np.sinc])
def sinc(x: Any) -> Any:
    """sin(πx) / (πx), and 1 at 0"""
    return np.sinc(x)


@primitive(
    vjps=(_sinc_rule,), name="sinc_slope",
    samples={"order": (1, 2, 3)},
)
def _sinc_slope(x: Any, *, order: int) -> Any:
    """the derivative of sinc of the given order"""
    # f = sin(z)/z has z f⁽ⁿ⁾ + n f⁽ⁿ⁻¹⁾ = sin⁽ⁿ⁾(z); dividing by z is safe where |z| > n + 1, and
    # the series Σₖ (-1)ᵏ z²ᵏ⁻ⁿ / ((2k - n)! (2k + 1)) converges fast elsewhere.
    x = np.asarray(x)
    z = np.asarray(math.pi * x.astype(np.float64))
    near = np.abs(z) <= order + 1
    small, large = np.where(near, z, 0), np.where(near, order + 2, z)
    series = np.zeros_like(z)
    for k in range((order + 1) // 2, order + 15 + order // 2):
        p = 2 * k - order
        series += (-1) ** k * small**p / (math.factorial(p) * (2 * k + 1))
    far = np.sin(large) / large
    for n in range(1, order + 1):
        far = (np.sin(large + n * math.pi / 2) - n * far) / large
    slope = np.where(near, series, far) * math.pi**order
    return slope.astype(np.result_type(x, np.float16))
