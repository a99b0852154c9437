"""Modified Bessel functions of the first kind, of order 0 (``np.i0``) and 1, its derivative."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.domain import NONZERO
from ...engine.primitive import primitive
from ...engine.tensor import detached
from ..rules import floating

__all__ = ["i0", "i1"]

_COSINES = np.cos((np.arange(64) + 0.5) * np.pi / 128)


def _i1_slope(g: Any, out: Any, x: Any) -> Any:
    """i0(x) - i1(x) / x, which is 1/2 at 0; where both overflow, it is ∞ and not ∞ - ∞."""
    flat, endless = detached(x) == 0, np.isinf(detached(out))
    second = np.where(endless, 0, out) / np.where(flat, 1, x)
    return g * (i0(x) - np.where(flat, 0.5, second))


@primitive(domains=(NONZERO,), vjps=(_i1_slope,))
def i1(x: Any) -> Any:
    """1/π ∫₀^π e^(x cos t) cos t dt"""
    # The trapezoidal rule for a periodic function: exact to rounding while e^x does not overflow.
    x = floating(x)
    values = _COSINES * np.sinh(x[..., None].astype(np.float64) * _COSINES)
    return np.asarray(np.mean(values, axis=-1)).astype(x.dtype)


@primitive(numpy=[np.i0], vjps=(lambda g, x: g * i1(x),))
def i0(x: Any) -> Any:
    """1/π ∫₀^π e^(x cos t) dt"""
    return np.i0(x)
