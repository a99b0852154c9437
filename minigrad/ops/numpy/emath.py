"""``np.emath``: functions whose results are complex outside of their real domain, and NumPy's own
within it. Complex results are refused, as everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...engine.tensor import as_tensor, detached
from ...errors import NoDerivativeError
from ..common import composite

__all__: list[str] = []


def _negative(x: Any) -> Any:
    return x < 0


def _beyond_one(x: Any) -> Any:
    return np.abs(x) > 1


_OF_ONE: dict[Any, tuple[Any, Callable[[Any], Any]]] = {
    np.emath.sqrt: (np.sqrt, _negative), np.emath.log: (np.log, _negative),
    np.emath.log2: (np.log2, _negative), np.emath.log10: (np.log10, _negative),
    np.emath.arccos: (np.arccos, _beyond_one), np.emath.arcsin: (np.arcsin, _beyond_one),
    np.emath.arctanh: (np.arctanh, _beyond_one),
}


def _real(x: Any, outside: Callable[[Any], Any]) -> Any:
    """`x` as a Tensor, unless some entry makes a complex result."""
    x = as_tensor(x)
    wrong = outside(detached(x))
    if wrong.any():
        raise NoDerivativeError(
            f"the result is complex at {detached(x)[wrong].flat[0]}, and minigrad differentiates "
            f"real numbers only; choose the entries that are real, as by np.where, or keep real "
            f"and imaginary part in two Tensors"
        )
    return x


def _within(function: Any, real: Any, outside: Callable[[Any], Any]) -> None:
    @composite(function)
    def call(x: Any) -> Any:
        return real(_real(x, outside))


for _function, (_same, _outside) in _OF_ONE.items():
    _within(_function, _same, _outside)


@composite(np.emath.power)
def _power(x: Any, p: Any) -> Any:
    """x ** p for x ≥ 0"""
    x, p = _real(x, _negative), as_tensor(p)
    if p.dtype.kind in "iu" and (detached(p) < 0).any():
        p = p.astype(float)
    return x**p


@composite(np.emath.logn)
def _logn(n: Any, x: Any) -> Any:
    """ln x / ln n for x ≥ 0 and n ≥ 0"""
    n = _real(n, _negative)
    return np.log(_real(x, _negative)) / np.log(n)
