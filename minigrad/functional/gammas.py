"""The gamma function's logarithm, its derivatives, and the inverse of the error function."""

from __future__ import annotations

from typing import Any

import numpy as np  # noqa: F401  # the examples use it

from ..ops.elementwise import gamma
from .activations import of_record

__all__ = ["digamma", "erfinv", "lgamma", "polygamma"]


@of_record(gamma.lgamma)
def lgamma(input: Any) -> Any:
    """ln |Γ(x)|, where Γ(n + 1) = n!; ∞ at 0, -1, -2, ...

    >>> float(lgamma(np.array(5.0)) - np.log(24.0))
    0.0
    """
    return gamma.lgamma(input)


@of_record(gamma.digamma)
def digamma(input: Any) -> Any:
    """ψ(x), the derivative of ln |Γ(x)|; NaN at -1, -2, ...

    >>> float(digamma(np.array(1.0)))    # minus Euler's constant
    -0.5772
    """
    return gamma.digamma(input)


@of_record(gamma.polygamma)
def polygamma(n: int, input: Any) -> Any:
    """ψ₍ₙ₎(x), the derivative of order n + 1 of ln |Γ(x)|. Raises ValueError for an n below 0.

    >>> float(polygamma(1, np.array(1.0)) - np.pi**2 / 6)
    0.0
    """
    return gamma.polygamma(input, n=n)


@of_record(gamma.erfinv)
def erfinv(input: Any) -> Any:
    """The y with erf(y) = x, for x between -1 and 1; ±∞ there, NaN beyond.

    >>> float(erfinv(np.array(0.5)))
    0.4769
    """
    return gamma.erfinv(input)
